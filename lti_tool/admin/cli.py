"""`lti-tool platform check`: the connection check from the command line. JSON on standard output, words on standard
error; exit 1 when something does not work."""

import json
import sys
from typing import Any

import click

from lti_tool.launch.cli import platform

__all__ = ["platform"]

MARKS = {"ok": "ok", "warn": "look", "bad": "WRONG", "unchecked": "not checked"}


@platform.command(help="Try everything between an LMS and this tool (every LMS without ID); say what is wrong.")
@click.argument("platform_id", metavar="[ID]", type=int, required=False)
def check(platform_id: int | None) -> None:
    from lti_tool.admin.checking import service
    from lti_tool.admin.checking.domain import TITLES
    from lti_tool.admin.jobs import look_at
    from lti_tool.kit import clock
    from lti_tool.kit.audit import COMMAND_LINE
    from lti_tool.kit.db import scoped, writing
    from lti_tool.launch import queries
    from lti_tool.launch.cli import opened_database

    said: list[dict[str, Any]] = []
    with opened_database() as (session, _):
        known = [queries.platform(session, platform_id)] if platform_id is not None else queries.platforms(session)
        session.rollback()
        for one in known:
            with scoped(session, one.institution_id):
                found = look_at(session, one.id)
                with writing(session):
                    service.keep_now(session, one.id, COMMAND_LINE, found, clock.now())
            said.append({"id": one.id, "name": one.name, "findings": [finding.as_json() for finding in found]})
            click.echo(f"{one.name} ({one.issuer})", err=True)
            for finding in found:
                click.echo(f"  {MARKS[finding.state.value]}: {TITLES[finding.step]}. {finding.words}", err=True)
                for step in finding.fix:
                    click.echo(f"      {step}", err=True)
    click.echo(json.dumps(said, indent=2))
    if any(finding["state"] == "bad" for one in said for finding in one["findings"]):
        sys.exit(1)
