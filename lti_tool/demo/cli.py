"""`lti-tool demo`: the whole job in a sandbox LMS, one line a step with its figure."""

import signal
import sys
import threading
import time

import click

LINE = "{mark:4}{what:34}{figure}"


@click.command(help="Run the main job end to end in a sandbox LMS and leave both servers running.")
@click.option("--once", is_flag=True, help="Stop both servers at the end.")
@click.option("--port", default=8000, show_default=True, help="The tool's port; another one where it is taken.")
@click.option("--sandbox-port", default=8001, show_default=True)
def demo(once: bool, port: int, sandbox_port: int) -> None:
    from lti_tool.demo.run import NotRight, run
    from lti_tool.demo.servers import NotStarted, Servers

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that both servers stop with the demo
    try:
        with Servers(tool_port=port, sandbox_port=sandbox_port) as servers:
            began = time.monotonic()
            run(servers, say)
            click.echo(f"Everything is right, in {time.monotonic() - began:.0f} s.")
            if once:
                return
            click.echo(f"\n  Sandbox LMS:  {servers.sandbox}   become somebody, open the course, open Waymark")
            click.echo(
                f"  Waymark:      {servers.tool}\n\nEverybody is fictional, every mark simulated. Ctrl+C stops both."
            )
            threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    except (NotRight, NotStarted) as wrong:
        click.echo(f"\nThe demo stopped: {wrong}", err=True)
        sys.exit(1)


def say(what: str, figure: str) -> None:
    click.echo(LINE.format(mark="ok", what=what, figure=figure))
