"""The linter between stages: which items of an unfinished outline still need another look, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lti_tool.frameworks.domain import Severity
from lti_tool.frameworks.generate.domain import Brief, Competence, Outline
from lti_tool.frameworks.generate.outcome import item_keys, to_draft
from lti_tool.frameworks.lint import LintFinding, Rule, lint
from lti_tool.frameworks.lint.words import content_words, stem

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder

REPEATED = 0.60
"""Share of common words from which two competencies say the same at one level."""
OF_TITLES = frozenset({Rule.SKILL, Rule.OVERLAP, Rule.PLACEHOLDER})
_TRIAL = "urn:trial"


def findings(brief: Brief, outline: Outline, embedder: Embedder) -> dict[int, list[LintFinding]]:
    """Warnings and errors at each item, by its place in the outline."""
    draft = to_draft(brief, outline, _TRIAL)
    places = {key: place for place, key in item_keys(outline, _TRIAL).items()}
    indicators = {item.key: item.parent_keys[0] for item in draft.items if item.parent_keys}
    found: dict[int, list[LintFinding]] = {}
    for one in lint(draft, embed=embedder.embed):
        key = one.place.item_key if one.place.item_key in places else indicators.get(one.place.item_key, "")
        if key in places and one.severity is not Severity.NOTE:
            found.setdefault(places[key], []).append(one)
    return found


def title_problems(brief: Brief, outline: Outline, embedder: Embedder) -> dict[int, list[str]]:
    """Of titles alone: bare skills, and pairs to be merged."""
    return {
        place: words
        for place, rows in findings(brief, outline, embedder).items()
        if (
            words := [
                _told(one)
                for one in rows
                if one.rule in OF_TITLES and (one.rule is not Rule.OVERLAP or one.offers_merge)
            ]
        )
    }


def ladder_problems(brief: Brief, outline: Outline, embedder: Embedder) -> dict[int, list[str]]:
    """Of levels: everything the linter warns of there, and bullets that another competency has at the same level."""
    found = {
        place: words
        for place, rows in findings(brief, outline, embedder).items()
        if (words := [_told(one) for one in rows if one.rule not in OF_TITLES and one.rule is not Rule.COUNT])
    }
    for place, repeated in _repeats(outline.items).items():
        found.setdefault(place, []).append(repeated)
    return found


def _told(one: LintFinding) -> str:
    where = f"Level {one.place.level}: " if one.place.level else ""
    quote = f" (“{one.quote}”)" if one.quote and one.quote not in one.words else ""
    return f"{where}{one.words}{quote} {one.reason}".strip()


def _repeats(items: Sequence[Competence]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    words = [[{stem(word) for word in content_words(" ".join(level))} for level in item.levels] for item in items]
    for place in range(len(items)):
        for other in range(place):
            for level, (mine, theirs) in enumerate(zip(words[place], words[other], strict=False), 1):
                shared = len(mine & theirs) / max(len(mine | theirs), 1)
                if shared >= REPEATED and mine and items[place].levels != items[other].levels:
                    found[place] = f"Level {level} repeats what “{items[other].title}” says there."
    return found
