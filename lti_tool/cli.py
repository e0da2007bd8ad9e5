"""The console script `lti-tool`: commands grouped by room. JSON on standard output, words on standard error;
exit 0 or 1, and 2 for wrong usage."""

import importlib
import sys
from typing import Any

import click

from lti_tool import __version__
from lti_tool.kit.errors import Fault

COMMANDS = {
    "serve": "lti_tool.cli_run:serve",
    "worker": "lti_tool.cli_run:worker",
    "db": "lti_tool.cli_run:db_group",
    "admin": "lti_tool.launch.cli_admin:admin",
    "platform": "lti_tool.admin.cli:platform",
    "keys": "lti_tool.launch.cli_keys:keys_group",
    "framework": "lti_tool.frameworks.cli:framework",
    "align": "lti_tool.grading.cli_align:align",
    "mastery": "lti_tool.diagnostics.cli_mastery:mastery",
    "demo": "lti_tool.demo.cli:demo",
}
"""Loaded only when called: `lti-tool mastery` must not import the web application."""


class Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Lazy, help="Waymark: a competency framework at work inside an LMS.")
@click.version_option(__version__)
def cli() -> None:
    pass


def main() -> Any:
    """Faults become words on standard error and exit 1."""
    from lti_tool.settings import SettingsWrong

    try:
        return cli()
    except Fault as fault:
        click.echo(f"{fault.words} {fault.next_step}".strip(), err=True)
        for detail in getattr(fault, "details", ()):
            click.echo(f"  {detail}", err=True)
    except SettingsWrong as wrong:
        click.echo(str(wrong), err=True)
    sys.exit(1)
