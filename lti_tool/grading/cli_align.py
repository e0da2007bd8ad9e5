"""`lti-tool align`: match the criteria of a file to the competencies of another, without a database or a server."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lti_tool.kit.errors import Invalid

if TYPE_CHECKING:
    from lti_tool.grading.copilot.domain import CriterionText, Suggestions
    from lti_tool.grading.copilot.engines import Engines


class CriteriaUnusable(Invalid):
    """The file of criteria is wrong. `details` has one line for each fault."""

    reason = "criteria_unusable"

    def __init__(self, words: str, details: Sequence[str] = ()) -> None:
        super().__init__(words, 'Each line is a JSON object such as {"id": "c1", "text": "Cites sources correctly"}.')
        self.details = tuple(details)


class FrameworkEmpty(Invalid):
    reason = "framework_empty"


class NoKey(Invalid):
    reason = "no_key"


@click.command("align", help="Match rubric criteria to the competencies of a framework.")
@click.option(
    "--framework",
    "framework_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Any framework file that can be imported.",
)
@click.option(
    "--criteria",
    "criteria_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='A JSON object a line: {"id", "text"}.',
)
@click.option(
    "--out",
    "out_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help='A JSON object a line: {"id", "suggestions", "auto"}.',
)
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 50), help="Suggestions for a criterion.")
@click.option(
    "--engine",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "local", "cohere"]),
    help="Who answers; auto asks Cohere where COHERE_API_KEY is set.",
)
def align(framework_file: Path, criteria_file: Path, out_file: Path, top: int, engine: str) -> None:
    from lti_tool.frameworks.exchange import read_file
    from lti_tool.grading.copilot.framework import competency_texts
    from lti_tool.grading.copilot.suggest import suggest

    criteria = read_criteria(criteria_file)
    competencies = competency_texts(read_file(framework_file))
    if not competencies:
        raise FrameworkEmpty("There is no competency in this framework.", "Check the file, or choose its format.")
    click.echo(f"Matching {len(criteria)} criteria to {len(competencies)} competencies.", err=True)
    # Standard output is for the summary alone: whatever else speaks, logs included, goes to standard error.
    with redirect_stdout(sys.stderr), _engines(engine) as engines:
        found = suggest(criteria, competencies, (), engines, top=top)
    _write(out_file, found, top)
    for reason, count in Counter(one.fell_back_because for one in found if one.fell_back_because).items():
        click.echo(f"{count} answered by the local model instead: {reason}", err=True)
    click.echo(json.dumps(_summary(found, len(competencies), out_file), ensure_ascii=False))


def _engines(engine: str) -> "Engines":
    from lti_tool.grading.copilot.engines import engines, local_engines

    if engine == "local" or (engine == "auto" and not os.environ.get("COHERE_API_KEY")):
        return local_engines()
    from lti_tool import settings

    loaded = settings.load()
    if not loaded.cohere_api_key.get_secret_value():
        raise NoKey("There is no key for Cohere.", "Set COHERE_API_KEY, or leave out --engine cohere.")
    return engines(loaded)


def read_criteria(file: Path) -> "list[CriterionText]":
    """Raises CriteriaUnusable naming every faulty line; nothing is matched then."""
    from lti_tool.grading.copilot.domain import CriterionText

    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # splitlines() would also cut at U+2028
    except UnicodeDecodeError:
        raise CriteriaUnusable("The file of criteria is not UTF-8 text.") from None
    found: list[CriterionText] = []
    faults: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fault, key, text = _criterion(line)
        if fault:
            faults.append(f"line {number}: {fault}")
        else:
            found.append(CriterionText(key, text))
    if faults:
        raise CriteriaUnusable(f"{len(faults)} lines of the criteria cannot be used.", faults[:20])
    if not found:
        raise CriteriaUnusable("The file of criteria is empty.")
    repeated = [key for key, count in Counter(one.id for one in found).items() if count > 1]
    if repeated:
        click.echo(f"{len(repeated)} ids occur more than once, such as {repeated[0]}.", err=True)
    return found


def _criterion(line: str) -> tuple[str, str, str]:
    """(fault, id, text): the first is empty for a good line."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON", "", ""
    if not isinstance(value, dict):
        return "not a JSON object", "", ""
    key, text = value.get("id"), value.get("text")
    if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
        return '"id" is missing', "", ""
    if not isinstance(text, str) or not text.strip():
        return '"text" is missing or empty', "", ""
    return "", str(key), text


def _write(file: Path, found: "Iterable[Suggestions]", top: int) -> None:
    """Whole or not at all: the file is written beside its place and then moved there."""
    part = file.with_name(file.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as out:
            for one in found:
                out.write(json.dumps(_line(one, top), ensure_ascii=False) + "\n")
        part.replace(file)
    except OSError as trouble:
        part.unlink(missing_ok=True)
        raise Invalid(f"{file} cannot be written: {trouble.strerror}.", "Choose another place for --out.") from None


def _line(one: "Suggestions", top: int) -> dict[str, Any]:
    return {
        "id": one.criterion_id,
        "suggestions": [
            {
                "competency_id": suggestion.competency_id,
                "score": round(suggestion.score, 4),
                "confidence": round(suggestion.confidence, 3),
                "confidence_word": suggestion.confidence_word.value,
                "rationale": suggestion.rationale,
            }
            for suggestion in one.ranked[:top]
        ],
        "auto": one.auto,
        "no_match": one.no_match,
        "engine": one.engine.value,
        "model": one.model,
        "prompt_version": one.prompt_version,
        "input_hash": one.input_hash,
        "fell_back_because": one.fell_back_because,
    }


def _summary(found: "Sequence[Suggestions]", competencies: int, out: Path) -> dict[str, Any]:
    return {
        "criteria": len(found),
        "competencies": competencies,
        "engines": dict(Counter(one.engine.value for one in found)),
        "fell_back": sum(1 for one in found if one.fell_back_because),
        "no_match": sum(1 for one in found if one.no_match),
        "auto": sum(1 for one in found if one.auto),
        "out": str(out),
    }
