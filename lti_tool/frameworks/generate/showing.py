"""Indicators with the evidence that shows them, and a last mending of what the checks still find."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lti_tool.frameworks.generate import replies
from lti_tool.frameworks.generate.asking import Asking
from lti_tool.frameworks.generate.checking import ladder_problems
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import (
    LEVELS,
    LONGEST_BULLET,
    Competence,
    Engine,
    Evidence,
    Indicator,
    Outline,
    Remark,
)
from lti_tool.frameworks.generate.judging import indicators_of, is_good
from lti_tool.frameworks.generate.material import brief_data

SHOW_PROMPT, MEND_PROMPT = "generate-indicators.1", "generate-mend.1"
AT_ONCE = 12
"""Competencies in one question; the indicators of the rest are their own bullets."""
_TOKENS = 5000


def show(outline: Outline, composer: Composer, asking: Asking) -> Outline:
    """One indicator for each level from the second up, of items that a model wrote. Raises Refused."""
    places = [place for place, item in enumerate(outline.items) if item.engine is Engine.MODEL and item.levels][
        :AT_ONCE
    ]
    if not places:
        return outline
    ids = {f"i{place + 1}": place for place in places}
    data = {
        "task": "indicators",
        "brief": brief_data(composer.brief),
        "competencies": _listed(outline, ids),
        "evidence": [one.value for one in Evidence],
    }
    found = asking.ask(
        SHOW_PROMPT,
        json.dumps(data, ensure_ascii=False),
        replies.indicators_schema(list(ids)),
        lambda value: replies.indicators(value, list(ids)),
        _TOKENS,
    )
    items = list(outline.items)
    for key, place in ids.items():
        rows = [(level, text, kind) for one, level, text, kind in found if one == key]
        items[place] = _shown(items[place], rows)
    return replace(outline, items=tuple(items))


def _shown(item: Competence, rows: Sequence[tuple[int, str, Evidence]]) -> Competence:
    """The measurable ones of the answer; a level that got none keeps its own bullets."""
    own = indicators_of(item.levels)
    made: list[Indicator] = []
    for level in range(1, LEVELS + 1):
        good = [
            Indicator(level, text, kind)
            for at, text, kind in rows
            if at == level and len(text) <= LONGEST_BULLET and is_good(text)
        ]
        made += good[:2] or [one for one in own if one.level == level]
    return replace(item, indicators=tuple(made))


def mend(outline: Outline, composer: Composer, asking: Asking) -> Outline:
    """Edits of bullets that leave less to find; merges only as proposals. Raises Refused. No question where nothing is
    wrong."""
    problems = ladder_problems(composer.brief, outline, composer.embedder)
    problems = {place: words for place, words in problems.items() if outline.items[place].engine is Engine.MODEL}
    if not problems or not asking.possible:
        return outline
    ids = {f"i{place + 1}": place for place in problems}
    data: dict[str, Any] = {
        "task": "mend",
        "brief": brief_data(composer.brief),
        "competencies": [row | {"findings": problems[ids[row["id"]]]} for row in _listed(outline, ids)],
        "others": [item.title for place, item in enumerate(outline.items) if place not in problems],
    }
    answer = asking.ask(
        MEND_PROMPT,
        json.dumps(data, ensure_ascii=False),
        replies.edits_schema(list(ids)),
        lambda value: replies.edits(value, list(ids)),
        _TOKENS,
    )
    for edit in answer.edits:
        tried = _edited(outline, ids[edit.id], edit)
        if tried is not None:
            before = len(problems.get(ids[edit.id], ()))
            now = ladder_problems(composer.brief, tried, composer.embedder)
            if len(now.get(ids[edit.id], ())) < before:
                outline, problems = tried, now
    proposed = [
        _proposal(outline, ids[one.keep], ids[one.drop], one.reason) for one in answer.merges if one.keep != one.drop
    ]
    return replace(outline, remarks=(*outline.remarks, *proposed))


def _edited(outline: Outline, place: int, edit: replies.Edit) -> Outline | None:
    item = outline.items[place]
    level, bullet, text = edit.level - 1, edit.bullet - 1, replies.clean(edit.new).rstrip(".;")
    if level >= len(item.levels) or bullet >= len(item.levels[level]) or not 3 < len(text) <= LONGEST_BULLET:
        return None
    old = item.levels[level][bullet]
    levels = tuple(
        tuple(text if (row, at) == (level, bullet) else one for at, one in enumerate(bullets))
        for row, bullets in enumerate(item.levels)
    )
    shown = tuple(replace(one, text=text) if one.text == old else one for one in item.indicators)
    items = list(outline.items)
    items[place] = replace(item, levels=levels, indicators=shown)
    return replace(outline, items=tuple(items))


def _proposal(outline: Outline, keep: int, drop: int, reason: str) -> Remark:
    titles = (outline.items[keep].title, outline.items[drop].title)
    words = f"The model proposes to merge “{titles[1]}” into “{titles[0]}”: {replies.clean(reason)} Nothing was merged."
    return Remark("Merging", words)


def _listed(outline: Outline, ids: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "title": outline.items[place].title,
            "levels": [list(level) for level in outline.items[place].levels],
        }
        for key, place in ids.items()
    ]
