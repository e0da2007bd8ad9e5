"""Rewrites by a language model, where there is one: asked for single statements, kept only where they pass the rules.

The model sees texts of the framework with short ids, and no name of an institution or a person. What it answers is
checked: the shape, the ids, the length, and that the rule which found the text finds nothing in its rewrite. Whatever
fails keeps the local proposal.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.lint.domain import LintFinding, Rule
from lti_tool.frameworks.lint.generic import FLAG, generic
from lti_tool.frameworks.lint.measurable import measurable
from lti_tool.frameworks.lint.observable import observable
from lti_tool.kit.log import get_logger
from lti_tool.llm.ledger import Use
from lti_tool.llm.ports import Ask, ModelFault, Writer
from lti_tool.llm.prompts import prompt
from lti_tool.llm.scrub import scrub

log = get_logger(__name__)
PROMPT = "rewrite.1"
AT_ONCE = 12
"""Statements of one question."""
MOST_QUESTIONS = 5
LONGEST = 200
REWRITABLE = (Rule.GENERIC, Rule.UNOBSERVABLE, Rule.NOT_MEASURABLE)


class _Rewrite(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    text: Annotated[str, Field(min_length=8, max_length=2000)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    rewrites: list[_Rewrite]


@dataclass(frozen=True)
class Rewritten:
    """All findings in their order, some with a better rewrite; how many of them, and why it stopped early, else ""."""

    findings: tuple[LintFinding, ...]
    count: int
    fell_back_because: str = ""


def note_use(use: Use) -> None:
    """One line of the log for each question: what it cost, never what was said."""
    log.info(
        "model.used",
        model=use.model,
        operation=use.operation,
        input_tokens=use.input_tokens,
        output_tokens=use.output_tokens,
        input_hash=use.input_hash,
    )


def rewritten(
    draft: FrameworkDraft,
    findings: Sequence[LintFinding],
    writer: Writer,
    record: Callable[[Use], None] = note_use,
    questions: int = MOST_QUESTIONS,
) -> Rewritten:
    """In at most so many questions. Never raises what a provider makes: a fault leaves the rest as it was, and says
    why."""
    wanted = [place for place, one in enumerate(findings) if one.rule in REWRITABLE][: AT_ONCE * questions]
    found = list(findings)
    count, because = 0, ""
    for start in range(0, len(wanted), AT_ONCE):
        places = wanted[start : start + AT_ONCE]
        try:
            texts = _ask(draft, [findings[place] for place in places], writer, record)
        except ModelFault as fault:
            log.warning("lint.fell_back", reason=fault.reason, model=writer.model)
            because = fault.words
            break
        for place, text in zip(places, texts, strict=True):
            if text and passes(text):
                found[place] = replace(found[place], rewrite=text)
                count += 1
    return Rewritten(tuple(found), count, because)


def passes(text: str) -> bool:
    """Would the linter leave this statement alone?"""
    whole = len(text) <= LONGEST and "\n" not in text
    return whole and generic(text)[0] < FLAG and observable(text).is_observable and measurable(text).is_measurable


def schema(ids: Sequence[str]) -> dict[str, Any]:
    """JSON Schema of a reply."""
    one = {
        "type": "object",
        "properties": {"id": {"type": "string", "enum": list(ids)}, "text": {"type": "string"}},
        "required": ["id", "text"],
    }
    return {
        "type": "object",
        "properties": {"rewrites": {"type": "array", "items": one}},
        "required": ["rewrites"],
    }


def _ask(
    draft: FrameworkDraft, some: Sequence[LintFinding], writer: Writer, record: Callable[[Use], None]
) -> list[str]:
    ids = [f"s{number:02d}" for number in range(1, len(some) + 1)]
    listed = [_outgoing(draft, key, one) for key, one in zip(ids, some, strict=True)]
    data = json.dumps({"statements": listed}, ensure_ascii=False)
    written = writer.write(Ask(prompt(PROMPT).text, data, schema(ids), PROMPT, max_tokens=2000))
    record(written.use)
    texts = read(written.value, ids)
    return [texts.get(key, "") for key in ids]


def _outgoing(draft: FrameworkDraft, key: str, finding: LintFinding) -> dict[str, Any]:
    item = draft.by_key.get(finding.place.item_key)
    about = item
    while about is not None and not about.descriptors and about.parent_keys:  # an indicator: its competency
        about = draft.by_key.get(about.parent_keys[0])
    named = about or item
    title = named.title if named else ""
    return {
        "id": key,
        "text": scrub(finding.quote)[:600],
        "competency": scrub(title)[:200],
        "level": finding.place.level or 0,
        "levels": len(draft.levels),
        "found": finding.rule.value,
    }


def read(value: Mapping[str, Any], ids: Sequence[str]) -> dict[str, str]:
    """Id to text. Raises ModelFault for another shape, an id that was not offered, or one that comes twice."""
    try:
        reply = _Reply.model_validate(dict(value))
    except ValidationError:
        raise _bad("The language model answered in another shape than it was asked for.") from None
    if any(one.id not in ids for one in reply.rewrites):
        raise _bad("The language model rewrote a statement that it was not given.")
    if len({one.id for one in reply.rewrites}) < len(reply.rewrites):
        raise _bad("The language model rewrote a statement twice.")
    return {one.id: " ".join(one.text.split()) for one in reply.rewrites}


def _bad(words: str) -> ModelFault:
    return ModelFault(words, reason="model_bad_reply", lasting=False)
