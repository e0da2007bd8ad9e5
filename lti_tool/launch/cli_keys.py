"""`lti-tool keys`: the keys that the tool signs with. JSON on standard output."""

import json
from typing import Any

import click

from lti_tool.launch.keys import KeyInfo


@click.group("keys", help="The keys that the tool signs with.")
def keys_group() -> None:
    pass


@keys_group.command("list", help="Every published key, newest first.")
def list_() -> None:
    from lti_tool.kit import clock
    from lti_tool.launch import keys
    from lti_tool.launch.cli import opened_database

    with opened_database() as (session, _):
        found = keys.keys(session, clock.now())
    click.echo(json.dumps([_said(one) for one in found], indent=2))


@keys_group.command(
    help="Let another key sign. It is published before it signs, and the present one stays published for a day after."
)
@click.option("--compromised", is_flag=True, help="Withdraw every key at once: somebody else may have them.")
def rotate(compromised: bool) -> None:
    from flask import current_app

    from lti_tool.kit import audit, clock
    from lti_tool.kit.db import writing
    from lti_tool.launch import keys, queries
    from lti_tool.launch.cli import opened_database

    with opened_database() as (session, _):
        sealer = current_app.extensions["waymark.sealer"]
        with writing(session):
            now, deed = clock.now(), "keys.withdrawn" if compromised else "keys.rotated"
            turned = keys.rotate(session, sealer, now, compromised=compromised)
            for one in queries.institutions(session):
                what = f"Key {turned.kid}"
                audit.record(session, audit.COMMAND_LINE, deed, what, now=now, institution_id=one)
    click.echo(json.dumps(_said(turned), indent=2))


def _said(one: KeyInfo) -> dict[str, Any]:
    moments = {
        "published_at": one.published_at,
        "signs_from": one.signs_from,
        "published_until": one.published_until,
    }
    return {"kid": one.kid, "state": one.state} | {
        name: moment.isoformat() if moment else None for name, moment in moments.items()
    }
