"""`lti-tool admin`: an institution's first administrator, before any LMS is there. JSON on standard output."""

import json

import click


@click.group(help="Who looks after an institution's Waymark.")
def admin() -> None:
    pass


@admin.command(
    help="Make a link that opens the administrator's pages once, for an institution (made when there is none)."
)
@click.option("--institution", default="", help="The institution's name; may be left out while there is only one.")
@click.option("--days", default=7, show_default=True, help="How many days the link is good for.")
def invite(institution: str, days: int) -> None:
    from flask import current_app

    from lti_tool.kit import audit, clock
    from lti_tool.kit.db import everywhere, writing
    from lti_tool.launch import invitations, service
    from lti_tool.launch.cli import opened_database

    with opened_database() as (session, _):
        base_url = current_app.extensions["waymark.settings"].base_url
        with writing(session), everywhere(session):
            institution_id = service.the_institution(session, institution, clock.now())
            secret, info = invitations.invite(
                session,
                institution_id,
                invitations.Purpose.ADMINISTRATOR,
                clock.now(),
                days=days,
                made_by=audit.COMMAND_LINE,
            )
            name = invitations.institution_name(session, institution_id)
            audit.record(
                session,
                audit.COMMAND_LINE,
                "invitation.made",
                f"An administrator’s invitation, number {info.id}",
                f"Good until {info.expires_at:%Y-%m-%d}.",
                now=clock.now(),
                institution_id=institution_id,
            )
            session.flush()
        said = {
            "url": f"{base_url}/invitation?token={secret}",
            "institution": name,
            "expires_at": info.expires_at.isoformat(timespec="seconds"),
        }
    click.echo(json.dumps(said, indent=2))


@admin.command("list", help="Every invitation of an administrator that is still open.")
def list_() -> None:
    from lti_tool.kit import clock
    from lti_tool.launch import invitations
    from lti_tool.launch.cli import opened_database

    with opened_database() as (session, _):
        said = [
            {
                "id": one.id,
                "institution": invitations.institution_name(session, one.institution_id),
                "made_at": one.created_at.isoformat(timespec="seconds"),
                "expires_at": one.expires_at.isoformat(timespec="seconds"),
            }
            for one in invitations.open_administrators(session, clock.now())
        ]
    click.echo(json.dumps(said, indent=2))


@admin.command(help="Withdraw an invitation that `list` shows, by its id there.")
@click.argument("invitation", type=int)
def withdraw(invitation: int) -> None:
    from lti_tool.kit import audit, clock
    from lti_tool.kit.db import writing
    from lti_tool.launch import invitations
    from lti_tool.launch.cli import opened_database

    with opened_database() as (session, _):
        now = clock.now()
        owner = {one.id: one.institution_id for one in invitations.open_administrators(session, now)}.get(invitation, 0)
        with writing(session):
            invitations.revoke(session, owner, invitation, now)
            subject = f"An administrator’s invitation, number {invitation}"
            audit.record(session, audit.COMMAND_LINE, "invitation.withdrawn", subject, now=now, institution_id=owner)
            session.flush()
    click.echo(json.dumps({"id": invitation, "state": "withdrawn"}, indent=2))
