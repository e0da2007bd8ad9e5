"""Commands that run the tool: serve, worker, db."""

import click

from lti_tool import settings as settings_module


@click.command(
    help="Serve the tool with a worker beside it, for one machine. At scale: gunicorn and `lti-tool worker`."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--worker/--no-worker", "with_worker", default=True, help="Start a worker as a child process.")
@click.option("--threads", default=8, show_default=True)
def serve(host: str, port: int, with_worker: bool, threads: int) -> None:
    from lti_tool.kit import schema
    from lti_tool.server import run

    schema.upgrade(settings_module.load().database_url)
    run(host, port, threads, with_worker=with_worker)


@click.command(help="Deliver what is due: alignments, estimates, grades. Run as many as you like.")
@click.option("--threads", default=None, type=int, help="How many at once; the setting worker_threads otherwise.")
@click.option("--parent", default=None, type=int, help="End when the process with this id has ended.")
def worker(threads: int | None, parent: int | None) -> None:
    from lti_tool import create_app
    from lti_tool.kit import jobs
    from lti_tool.server import end_with

    settings = settings_module.load()
    if parent is not None:
        end_with(parent)
    jobs.work(create_app(settings), settings.jobs_url, threads or settings.worker_threads)


@click.group("db", help="The database's schema.")
def db_group() -> None:
    pass


@db_group.command("upgrade", help="Bring the schema up to this version.")
def db_upgrade() -> None:
    from lti_tool.kit import schema

    settings = settings_module.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    schema.upgrade(settings.database_url)
    click.echo("The schema is up to date.", err=True)
