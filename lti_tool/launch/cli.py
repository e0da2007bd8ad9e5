"""`lti-tool platform`: which LMSs the tool is connected to. JSON on standard output."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click

from lti_tool.kit.db import Session
from lti_tool.launch.queries import DeploymentInfo, PlatformInfo


@click.group(help="The LMSs that the tool is connected to.")
def platform() -> None:
    pass


@platform.command(
    help="Add an LMS by hand, with an approved deployment. Run again, it brings the addresses up to date."
)
@click.option("--issuer", required=True, help="What the LMS calls itself, such as https://moodle.example.edu.")
@click.option("--client-id", required=True)
@click.option("--auth-login-url", required=True, help="The LMS's authentication request URL.")
@click.option("--auth-token-url", required=True, help="The LMS's access token URL.")
@click.option("--jwks-url", required=True, help="The LMS's public key set URL.")
@click.option("--deployment-id", required=True, help="More are added by running the command again.")
@click.option("--name", default="", help="What administrators call it; the issuer's host otherwise.")
@click.option("--auth-audience", default=None, help="What the LMS wants as audience where that is not its token URL.")
@click.option("--institution", default="", help="The institution's name; may be left out while there is only one.")
def add(
    issuer: str,
    client_id: str,
    auth_login_url: str,
    auth_token_url: str,
    jwks_url: str,
    deployment_id: str,
    name: str,
    auth_audience: str | None,
    institution: str,
) -> None:
    from lti_tool.kit import audit, clock
    from lti_tool.kit.db import writing
    from lti_tool.launch import queries, service

    new = service.NewPlatform(
        issuer=issuer,
        client_id=client_id,
        auth_login_url=auth_login_url,
        auth_token_url=auth_token_url,
        jwks_url=jwks_url,
        name=name,
        auth_audience=auth_audience,
        institution=institution,
    )
    with opened_database() as (session, allow_http):
        with writing(session):
            platform_id = service.add_platform(session, new, clock.now(), allow_http=allow_http)
            deployment = service.add_deployment(session, platform_id, deployment_id, clock.now())
            known, owner = queries.platform(session, platform_id), deployment.institution_id
            what = f"{known.name} ({issuer})"
            audit.record(session, audit.COMMAND_LINE, "platform.added", what, now=clock.now(), institution_id=owner)
        _say(_platform(queries.platform(session, platform_id), [deployment]))


@platform.command("list", help="Every LMS with its deployments.")
def list_() -> None:
    from lti_tool.launch import queries

    with opened_database() as (session, _):
        deployments = queries.deployments(session)
        _say(
            [
                _platform(known, [d for d in deployments if d.platform_id == known.id])
                for known in queries.platforms(session)
            ]
        )


@platform.command(help="Approve a deployment that `list` shows as pending, by its id there.")
@click.argument("deployment", type=int)
@click.option("--refuse", is_flag=True, help="Refuse it instead.")
def approve(deployment: int, refuse: bool) -> None:
    from lti_tool.kit import audit, clock
    from lti_tool.kit.db import writing
    from lti_tool.launch import queries, service

    with opened_database() as (session, _):
        known = {found.id: found for found in queries.deployments(session)}
        owner = next((found.institution_id for id_, found in known.items() if id_ == deployment), 0)
        with writing(session):
            decided = service.decide_deployment(session, owner, deployment, approved=not refuse)
            deed = "deployment.refused" if refuse else "deployment.approved"
            what = f"{queries.platform(session, decided.platform_id).name}, deployment {decided.deployment_id}"
            audit.record(session, audit.COMMAND_LINE, deed, what, now=clock.now(), institution_id=owner)
        _say(_deployment(decided))


@platform.command(
    help="Let a deployment, by its id in `list`, be another institution's: one LMS may serve several. "
    "Possible until the first course opens the tool there."
)
@click.argument("deployment", type=int)
@click.option("--institution", required=True, help="The institution's name; a new one is made.")
def assign(deployment: int, institution: str) -> None:
    from lti_tool.kit import audit, clock
    from lti_tool.kit.db import writing
    from lti_tool.launch import service

    with opened_database() as (session, _):
        with writing(session):
            now = clock.now()
            assigned = service.assign_deployment(session, deployment, institution, now)
            what, owner = f"Deployment {assigned.deployment_id}", assigned.institution_id
            audit.record(session, audit.COMMAND_LINE, "deployment.assigned", what, now=now, institution_id=owner)
        _say(_deployment(assigned) | {"institution_id": assigned.institution_id})


@contextmanager
def opened_database() -> Iterator[tuple[Session, bool]]:
    """A session on the migrated database, and whether plain http is allowed to other hosts than this one."""
    from lti_tool import create_app
    from lti_tool import settings as settings_module
    from lti_tool.kit import schema
    from lti_tool.kit.db import db, everywhere

    settings = settings_module.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    schema.upgrade(settings.database_url)
    with create_app(settings).app_context():
        try:
            with everywhere(db.session()) as session:
                yield session, settings.allow_private
        finally:
            db.session.remove()
            db.engine.dispose()


def _platform(known: PlatformInfo, deployments: list[DeploymentInfo]) -> dict[str, Any]:
    said = asdict(known)
    said["jwks_fetched_at"] = known.jwks_fetched_at.isoformat() if known.jwks_fetched_at else None
    return said | {"deployments": [_deployment(one) for one in deployments]}


def _deployment(one: DeploymentInfo) -> dict[str, Any]:
    return {"id": one.id, "deployment_id": one.deployment_id, "status": one.status}


def _say(said: Any) -> None:
    click.echo(json.dumps(said, indent=2))
