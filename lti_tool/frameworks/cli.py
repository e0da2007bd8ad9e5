"""`lti-tool framework`: import, export, list."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lti_tool.frameworks.cli_generate import generate
from lti_tool.frameworks.cli_lint import lint

if TYPE_CHECKING:
    from lti_tool.frameworks.domain import Finding
    from lti_tool.frameworks.incoming import Preview

FORMATS = ["auto", "case", "moodle", "canvas", "csv", "xlsx", "nice", "json"]
WRITES = ["case", "moodle", "canvas", "csv", "xlsx"]


@click.group(help="Competency frameworks: bring them in, send them out.")
def framework() -> None:
    pass


@framework.command("import", help="Import a framework file, whole or not at all. Prints id, version, counts, warnings.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="auto", show_default=True)
@click.option("--institution", default="", help="Whose framework it is, by name; needed where there are several.")
@click.option("--into", type=int, help="The framework (its id) that the file is the next version of.")
@click.option("--as-new", is_flag=True, help="A framework of its own, whatever its name and identifier.")
@click.option("--draft", "as_draft", is_flag=True, help="As a draft in place of a published version.")
@click.option("--preview", is_flag=True, help="Say what would change, and keep nothing.")
def import_(
    file: Path, form: str, institution: str, into: int | None, as_new: bool, as_draft: bool, preview: bool
) -> None:
    from lti_tool import create_app
    from lti_tool.frameworks import drafts, exchange, incoming, service
    from lti_tool.kit import clock
    from lti_tool.kit.db import db, scoped, writing
    from lti_tool.launch.service import the_institution

    if into is not None and as_new:
        raise click.UsageError("Choose --into or --as-new, not both.")
    draft = exchange.read_file(file, form)
    for warning in draft.warnings:
        click.echo(_said(warning), err=True)
    found: dict[str, Any]
    with create_app().app_context():
        session = db.session()
        with writing(session):
            owner = the_institution(session, institution, clock.now())
        with scoped(session, owner):
            if preview:
                found = _previewed(incoming.preview(session, draft))
            else:
                with writing(session):
                    keep = drafts.keep_draft if as_draft else service.keep
                    kept = keep(session, draft, owner, clock.now(), into=into, as_new=as_new)
                found = {
                    "id": kept.framework_id,
                    "version": kept.number,
                    "version_id": kept.version_id,
                    "new": kept.is_new,
                    "counts": kept.counts,
                }
    found["warnings"] = [
        {"place": w.place, "words": w.words, "severity": w.severity.value, "next_step": w.next_step}
        for w in draft.warnings
    ]
    click.echo(json.dumps(found, indent=2))


def _previewed(preview: "Preview") -> dict[str, Any]:
    match = preview.match
    return {
        "continues": {"id": match.framework_id, "title": match.title, "version": match.number} if match else None,
        "same": preview.is_same,
        "counts": preview.counts,
        "changes": [{"kind": c.kind.value, "item": c.label, "words": c.words} for c in preview.changes],
    }


def _said(finding: "Finding") -> str:
    place = f"{finding.place}: " if finding.place else ""
    return f"{place}{finding.words} {finding.next_step}".rstrip()


@framework.command("export", help="Write a framework's newest version to standard output, or to a file.")
@click.argument("framework_id", type=int)
@click.option("--format", "form", type=click.Choice(WRITES), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path))
def export(framework_id: int, form: str, out: Path | None) -> None:
    from lti_tool import create_app
    from lti_tool.frameworks import exchange, queries
    from lti_tool.kit.db import db, everywhere

    with create_app().app_context(), everywhere(db.session()) as session:
        draft = queries.draft(session, queries.newest_version_id(session, framework_id))
    data, lost = exchange.write(draft, form)
    for finding in lost:
        click.echo(_said(finding), err=True)
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


framework.add_command(generate)
framework.add_command(lint)
