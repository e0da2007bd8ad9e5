"""`lti-tool framework generate`: a draft from a brief, by a language model if a key is set, else from open sources."""

import json
import sys
from pathlib import Path
from typing import Any

import click


@click.command("generate", help="Make a draft framework from a brief (JSON). Prints it with its origins and findings.")
@click.option("--brief", "brief_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the draft here: CASE, or CSV by the ending."
)
def generate(brief_file: Path, out: Path | None) -> None:
    from lti_tool.frameworks import exchange
    from lti_tool.frameworks.generate import brief as briefs
    from lti_tool.frameworks.generate import documents
    from lti_tool.frameworks.generate.domain import Document
    from lti_tool.frameworks.generate.running import made_now

    def document(path: str) -> Document:
        file = brief_file.parent / path
        if not file.is_file():
            raise briefs.BadBrief({"documents": f"There is no file “{path}” beside the brief."})
        return documents.read(file.read_bytes(), file.name)

    brief = briefs.read(brief_file.read_bytes(), document)
    made = made_now(brief, say=lambda words: click.echo(words, err=True))
    if made.draft is not None and out is not None:
        data, lost = exchange.write(made.draft, "csv" if out.suffix.lower() == ".csv" else "case")
        for finding in lost:
            click.echo(f"{finding.place}: {finding.words}", err=True)
        out.write_bytes(data)
    click.echo(json.dumps(_told(made), indent=2, ensure_ascii=False))
    if made.draft is None:
        sys.exit(1)


def _told(made: Any) -> dict[str, Any]:
    from lti_tool.frameworks.generate.bank import SOURCES
    from lti_tool.frameworks.generate.keeping import to_json
    from lti_tool.frameworks.generate.outcome import sources_used

    return {
        "served": made.draft is not None,
        "calls": made.calls,
        "stages": [{"title": title, "engine": engine, "words": words} for title, engine, words in made.stages],
        **to_json(made.outline),
        "findings": [
            {"rule": one.rule.value, "severity": one.severity.value, "words": one.words, "blocking": one.blocking}
            for one in made.findings
        ],
        "sources": [
            {"name": SOURCES[key].name, "licence": SOURCES[key].licence, "attribution": SOURCES[key].attribution}
            for key in sources_used(made.outline)
        ],
    }
