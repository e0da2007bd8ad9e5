"""`lti-tool framework lint`: what is to be mended in a framework, kept or in a file."""

import json
import os
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lti_tool.frameworks.domain import FrameworkDraft
    from lti_tool.frameworks.lint import LintFinding
    from lti_tool.frameworks.lint.queries import Dismissal


@click.command("lint")
@click.argument("target", metavar="ID|FILE")
@click.option("--json", "only_json", is_flag=True, help="Nothing but the JSON: no words on standard error.")
@click.option("--local", is_flag=True, help="Ask no language model for rewrites, even where a key is set.")
def lint(target: str, only_json: bool, local: bool) -> None:
    """What is to be mended in a framework: the newest version of one that is kept (by its id), or a file.

    Prints findings with place, reason and rewrite as JSON. Exits with 1 when something blocks publishing, else with 0:
    the rest is advice.
    """
    # Standard output is for the JSON alone: whatever else speaks, logs included, goes to standard error.
    with redirect_stdout(sys.stderr):
        draft, found, aside = _found(target)
        if not local and os.environ.get("COHERE_API_KEY"):
            found = _rewritten(draft, found)
    if not only_json:
        for one in found:
            click.echo(f"{one.severity.value}: {one.words} {one.rewrite}".rstrip(), err=True)
    stops = sum(one.blocking for one in found)
    told = {
        "framework": {"title": draft.title, "identifier": draft.identifier},
        "counts": {
            "findings": len(found),
            "blocking": stops,
            "dismissed": len(aside),
            "by_rule": dict(sorted(Counter(one.rule.value for one in found).items())),
        },
        "findings": [_told(draft, one) for one in found],
        "dismissed": [_told(draft, one) | {"note": why.note, "at": why.at.isoformat()} for one, why in aside],
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    if stops:
        sys.exit(1)


def _found(
    target: str,
) -> "tuple[FrameworkDraft, tuple[LintFinding, ...], tuple[tuple[LintFinding, Dismissal], ...]]":
    """Of a file: everything. Of a kept framework: its newest version, without what was set aside."""
    from lti_tool.llm.opening import local_embedder

    embed = local_embedder().embed
    if Path(target).is_file():
        from lti_tool.frameworks import exchange
        from lti_tool.frameworks import lint as linter

        draft = exchange.read_file(Path(target), "auto")
        return draft, linter.lint(draft, embed), ()
    if not target.isdecimal():
        raise click.BadParameter(f"There is no file “{target}”, and it is no id of a framework.")
    from lti_tool import create_app
    from lti_tool.frameworks import queries
    from lti_tool.frameworks.lint.queries import judged
    from lti_tool.kit.db import db, everywhere

    with create_app().app_context(), everywhere(db.session()) as session:
        found = judged(session, queries.newest_version_id(session, int(target)), embed)
        session.close()
        db.engine.dispose()
    return found.draft, found.open, found.aside


def _rewritten(draft: "FrameworkDraft", found: "tuple[LintFinding, ...]") -> "tuple[LintFinding, ...]":
    from lti_tool import settings
    from lti_tool.frameworks.lint.rewriting import rewritten
    from lti_tool.llm.opening import cohere_of

    cohere = cohere_of(settings.load())
    if cohere is None:
        return found
    with cohere as connection:
        better = rewritten(draft, found, connection.writer)
    if better.fell_back_because:
        click.echo(f"Rewrites are the tool's own from here: {better.fell_back_because}", err=True)
    return better.findings


def _told(draft: "FrameworkDraft", one: "LintFinding") -> dict[str, Any]:
    item = draft.by_key.get(one.place.item_key)
    return {
        "rule": one.rule.value,
        "severity": one.severity.value,
        "blocking": one.blocking,
        "place": {
            "item": one.place.item_key,
            "title": item.title if item else "",
            "level": one.place.level,
            "bullet": one.place.bullet,
        },
        "words": one.words,
        "reason": one.reason,
        "rewrite": one.rewrite,
        "text": one.quote,
        "others": list(one.others),
        "offers_merge": one.offers_merge,
        "evidence": list(one.evidence),
        "score": one.score,
    }
