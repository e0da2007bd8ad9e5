"""What keeps a version from being published: placeholders, missing levels, exact copies."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from lti_tool.frameworks.domain import FrameworkDraft, Severity
from lti_tool.frameworks.lint.domain import LintFinding, Place, Rule
from lti_tool.frameworks.lint.reading import Rungs

_PLACEHOLDER = re.compile(
    r"\bnot (?:currently|yet) defined|currently not defined|\bt\.?\s?b\.?\s?[acd]\b\.?|lorem ipsum|^\W*n/?a\W*$"
    r"|\bto be (?:confirmed|defined|added|completed|written|decided|determined)\b|^\W*to[ -]?do\W*$|^todo\b"
    r"|\bplaceholder\b|\b(?:add|enter|insert|type|write) (?:a |the |your )?(?:text|descriptor"
    r"|description) here\b|\bcoming soon\b"
    r"|^\W*x{2,}\W*$|^\[[^\]]*\]$|^\W+$|^(?:new|untitled) (?:competency|item|category|level|indicator)\b[\W\d]*$",
    re.IGNORECASE,
)
_EMPTY = "A learner is placed on these words, and an assessor judges by them."


@lru_cache(maxsize=16_384)
def is_placeholder(text: str) -> bool:
    """Is this a text that somebody meant to write later?"""
    return bool(_PLACEHOLDER.search(text.strip())) if text.strip() else True


def placeholders(rungs: Sequence[Rungs]) -> Iterator[LintFinding]:
    for one in rungs:
        if is_placeholder(one.item.title):
            words = (
                f"“{one.item.title.strip()}” stands where a title belongs." if one.item.title.strip() else "No title."
            )
            yield _stops(
                Rule.PLACEHOLDER, Place(one.item.key), words, _EMPTY, "Name what people can do.", one.item.title
            )
        if one.item.description.strip() and is_placeholder(one.item.description):
            words = f"The description still says “{short(one.item.description)}”."
            rewrite = "Write it, or leave it empty."
            yield _stops(Rule.PLACEHOLDER, Place(one.item.key), words, _EMPTY, rewrite, one.item.description)
        for said in one.everything:
            if is_placeholder(said.text):
                where = f"Level {said.place.level}" if said.place.level else "An indicator"
                words = f"{where} of “{one.item.title}” still says “{short(said.text)}”."
                rewrite = "Write what a person at this level can be seen doing."
                yield _stops(Rule.PLACEHOLDER, said.place, words, _EMPTY, rewrite, said.text)


def missing_levels(draft: FrameworkDraft, rungs: Sequence[Rungs]) -> Iterator[LintFinding]:
    """Levels that the framework has and a competency does not describe. A framework that describes no level of any
    competency (a taxonomy such as NICE) has chosen to do without and is not told so once for each."""
    wanted = {level.number for level in draft.levels} or {number for one in rungs for number in one.levels}
    if not any(texts for one in rungs for texts in one.levels.values()):
        return
    names = {level.number: level.name for level in draft.levels}
    for one in rungs:
        missing = sorted(number for number in wanted if not one.levels.get(number))
        if not missing:
            continue
        told = ", ".join(_level_name(number, names) for number in missing)
        words = f"“{one.item.title}” says nothing for {told}."
        reason = "Nobody can be placed on a level that is not described."
        rewrite = "Describe what a person at each of them can be seen doing."
        yield _stops(Rule.MISSING_LEVEL, Place(one.item.key, missing[0]), words, reason, rewrite, told)


def copies(rungs: Sequence[Rungs]) -> Iterator[LintFinding]:
    """Levels of one competency, or whole competencies, that say the same word for word."""
    wholes: dict[tuple[str, str], Rungs] = {}
    for one in rungs:
        seen: dict[str, int] = {}
        for number in one.levels:
            texts = one.said(number)
            said = _folded(" ".join(texts))
            if not said or all(is_placeholder(text) for text in texts):
                continue
            if said in seen:
                words = f"Levels {seen[said]} and {number} of “{one.item.title}” say the same, word for word."
                reason = "A learner cannot move from one to the other."
                rewrite = f"Say what level {number} asks for beyond level {seen[said]}."
                yield _stops(Rule.COPY, Place(one.item.key, number), words, reason, rewrite, "\n".join(texts))
            seen.setdefault(said, number)
        known = wholes.setdefault((_folded(one.item.title), _folded(one.item.description)), one)
        if known is not one and one.item.title.strip():
            words = f"“{one.item.title}” stands here twice."
            reason = "Evidence for one competency would be divided between two."
            yield _stops(
                Rule.COPY, Place(one.item.key), words, reason, "Merge the two.", one.item.title, (known.item.key,), True
            )


def _stops(
    rule: Rule,
    place: Place,
    words: str,
    reason: str,
    rewrite: str,
    quote: str,
    others: tuple[str, ...] = (),
    offers_merge: bool = False,
) -> LintFinding:
    return LintFinding(
        rule, Severity.ERROR, place, words, reason, rewrite, True, quote, others=others, offers_merge=offers_merge
    )


def _level_name(number: int, names: dict[int, str]) -> str:
    name = names.get(number, "")
    return f"level {number}" if not name or name.lower() == f"level {number}" else f"level {number} ({name})"


def _folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def short(text: str) -> str:
    """One line of at most 80 signs, for quoting."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79].rsplit(" ", 1)[0] + " …"
