"""Levels by a model, checked bullet by bullet; what it leaves without good levels gets those of its source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lti_tool.frameworks.generate import replies
from lti_tool.frameworks.generate.asking import Asking, Refused
from lti_tool.frameworks.generate.bank import bank
from lti_tool.frameworks.generate.checking import findings, ladder_problems
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import LONGEST_BULLET, Competence, Engine, Outline
from lti_tool.frameworks.generate.judging import indicators_of
from lti_tool.frameworks.generate.ladders import of_ladder, of_tasks
from lti_tool.frameworks.generate.material import brief_data
from lti_tool.frameworks.generate.titling import may_repair

PROMPT = "generate-levels.1"
_TOKENS = 6000
FROM_SOURCE = "Its levels are those of its source, since the language model gave none that could be used."
Levels = tuple[tuple[str, ...], ...]


def write(places: Sequence[int], outline: Outline, composer: Composer, asking: Asking, later: int) -> Outline:
    """The outline with levels at those places that got good ones. Raises Refused."""
    ids = {f"i{place + 1}": place for place in places}
    asked = [
        {"id": key, "title": outline.items[place].title, "description": outline.items[place].description}
        for key, place in ids.items()
    ]
    data: dict[str, Any] = {
        "task": "levels",
        "brief": brief_data(composer.brief),
        "competencies": asked,
        "examples": [list(map(list, bank().ladders[ref].levels)) for ref in ("own:problem-solving", "own:planning")],
    }
    made_before = asking.made
    try:
        found = _ask(data, list(ids), asking)
    except Refused as refused:
        if not may_repair(asking, later):
            raise
        found = _ask(data | {"problem": refused.words}, list(ids), asking)
    filled = _with(outline, {ids[key]: levels for key, levels in found.items()})
    every = ladder_problems(composer.brief, filled, composer.embedder)
    problems = {place: words for place, words in every.items() if place in places}
    problems |= {place: ["It has no levels."] for place in places if not filled.items[place].levels}
    if problems and asking.made == made_before + 1 and may_repair(asking, later):
        filled = _repaired(data, filled, ids, problems, composer, asking)
    return _without_stoppers(places, filled, composer)


def _ask(data: dict[str, Any], ids: list[str], asking: Asking) -> dict[str, Levels]:
    sent = json.dumps(data, ensure_ascii=False)
    return asking.ask(PROMPT, sent, replies.ladders_schema(ids), lambda value: _short(value, ids), _TOKENS)


def _short(value: Any, ids: list[str]) -> dict[str, Levels]:
    """Without ladders that have a bullet too long to read."""
    found = replies.ladders(value, ids)
    return {
        key: levels
        for key, levels in found.items()
        if all(3 < len(bullet) <= LONGEST_BULLET for level in levels for bullet in level)
    }


def _repaired(
    data: dict[str, Any],
    filled: Outline,
    ids: dict[str, int],
    problems: dict[int, list[str]],
    composer: Composer,
    asking: Asking,
) -> Outline:
    failing = {key: place for key, place in ids.items() if place in problems}
    rewrite = [
        {
            "id": key,
            "title": filled.items[place].title,
            "levels": [list(level) for level in filled.items[place].levels],
            "findings": problems[place],
        }
        for key, place in failing.items()
    ]
    sent = {name: value for name, value in data.items() if name != "competencies"} | {"rewrite": rewrite}
    try:
        again = _ask(sent, list(failing), asking)
    except Refused:
        return filled
    for key, levels in again.items():  # each on its own: one that got worse does not spoil the others
        place = failing[key]
        tried = _with(filled, {place: levels})
        before = len(problems[place])
        after = len(ladder_problems(composer.brief, tried, composer.embedder).get(place, ()))
        if after < before or not filled.items[place].levels:
            filled = tried
    return filled


def _without_stoppers(places: Sequence[int], outline: Outline, composer: Composer) -> Outline:
    """Levels that could never be published (copies, placeholders) are no levels."""
    found = findings(composer.brief, outline, composer.embedder)
    stopped: dict[int, Levels] = {place: () for place in places if any(one.blocking for one in found.get(place, ()))}
    return _with(outline, stopped)


def from_sources(places: Sequence[int], outline: Outline, composer: Composer) -> tuple[Outline, int]:
    """Items still without levels get those of a source that they cite, or go. The number that got them."""
    kept: list[Competence] = []
    given = 0
    for place, item in enumerate(outline.items):
        if item.levels or place not in places:
            kept.append(item)
            continue
        levels = _of_source(item, composer)
        if levels:
            given += 1
            kept.append(
                replace(
                    item,
                    levels=levels,
                    indicators=indicators_of(levels),
                    notes=(*item.notes, FROM_SOURCE),
                    engine=Engine.SOURCES,
                )
            )
    return replace(outline, items=tuple(kept)), given


def _of_source(item: Competence, composer: Composer) -> Levels:
    for origin in item.origins:
        if origin.kind != "source":
            continue
        ladder = bank().ladders.get(f"{origin.name}:{origin.ref}")
        if ladder is not None:
            made = of_ladder(ladder, composer.want, composer.embedder)
            if made is not None:
                return made.levels
        for role in bank().roles:
            if (role.source, role.ref) == (origin.name, origin.ref):
                for group in role.tasks:
                    if origin.words in {task for _, task in group}:
                        whole = group if role.source != "nice" else [one for one in group if one[1] == origin.words]
                        return of_tasks(role, whole, composer.embedder).levels
    return ()


def _with(outline: Outline, levels: dict[int, Levels]) -> Outline:
    return replace(
        outline,
        items=tuple(
            replace(item, levels=levels[place], indicators=indicators_of(levels[place])) if place in levels else item
            for place, item in enumerate(outline.items)
        ),
    )
