"""`lti-tool framework`: import, export, list."""

import json
import sys
from pathlib import Path

import click

FORMATS = ["auto", "case", "moodle", "canvas", "csv", "nice"]


@click.group(help="Competency frameworks: bring them in, send them out.")
def framework() -> None:
    pass


@framework.command("import", help="Import a framework file, whole or not at all. Prints id, version, counts, warnings.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="auto", show_default=True)
@click.option("--institution", default="", help="Whose framework it is, by name; needed where there are several.")
def import_(file: Path, form: str, institution: str) -> None:
    from lti_tool import create_app
    from lti_tool.frameworks import exchange, service
    from lti_tool.kit import clock
    from lti_tool.kit.db import db, scoped, writing
    from lti_tool.launch.service import the_institution

    draft = exchange.read_file(file, form)
    with create_app().app_context():
        session = db.session()
        with writing(session):
            owner = the_institution(session, institution, clock.now())
            with scoped(session, owner):
                kept = service.keep(session, draft, owner, clock.now())
    click.echo(
        json.dumps(
            {
                "id": kept.framework_id,
                "version": kept.number,
                "version_id": kept.version_id,
                "new": kept.is_new,
                "counts": kept.counts,
                "warnings": [{"place": w.place, "words": w.words} for w in draft.warnings],
            },
            indent=2,
        )
    )


@framework.command("export", help="Write a framework's newest version to standard output, or to a file.")
@click.argument("framework_id", type=int)
@click.option("--format", "form", type=click.Choice(FORMATS[1:5]), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path))
def export(framework_id: int, form: str, out: Path | None) -> None:
    from lti_tool import create_app
    from lti_tool.frameworks import exchange, queries
    from lti_tool.kit.db import db, everywhere

    with create_app().app_context(), everywhere(db.session()) as session:
        draft = queries.draft(session, queries.newest_version_id(session, framework_id))
    data, lost = exchange.write(draft, form)
    for finding in lost:
        click.echo(f"{finding.place}: {finding.words}", err=True)
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)


@framework.command("list", help="The frameworks that are kept, as JSON.")
def list_() -> None:
    from dataclasses import asdict

    from lti_tool import create_app
    from lti_tool.frameworks import queries
    from lti_tool.kit.db import db, everywhere

    with create_app().app_context(), everywhere(db.session()) as session:
        found = queries.summaries(session)
    click.echo(json.dumps([asdict(one) for one in found], indent=2))
