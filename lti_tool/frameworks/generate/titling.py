"""Titles by a model: the core first, then each role family beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lti_tool.frameworks.generate import replies
from lti_tool.frameworks.generate.asking import Asking, Refused
from lti_tool.frameworks.generate.checking import title_problems
from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import CORE, FUNCTIONAL, MOST_CALLS, PER_FAMILY, Competence, Engine, Outline
from lti_tool.frameworks.generate.material import Material, brief_data, for_core, for_family

CORE_PROMPT, FUNCTIONAL_PROMPT = "generate-core.1", "generate-functional.1"
_TOKENS = 2400


def core(composer: Composer, asking: Asking, later: int) -> tuple[Competence, ...]:
    """Raises Refused."""
    material = for_core(composer)
    data: dict[str, Any] = {"task": "core", "brief": brief_data(composer.brief), **material.as_data()}
    return _asked(CORE_PROMPT, data, material, CORE, (), (), composer, asking, later)


def functional(family: int, outline: Outline, composer: Composer, asking: Asking, later: int) -> tuple[Competence, ...]:
    """Raises Refused."""
    material = for_family(composer, family)
    most = min(FUNCTIONAL[1], PER_FAMILY[1] - len(outline.core))
    least = max(FUNCTIONAL[0], PER_FAMILY[0] - len(outline.core))
    data: dict[str, Any] = {
        "task": "functional",
        "brief": brief_data(composer.brief),
        "role_family": composer.brief.families[family],
        "core": [item.title for item in outline.core],
        "taken_by_other_families": [item.title for item in outline.items if not item.is_core],
        **material.as_data(),
    }
    return _asked(FUNCTIONAL_PROMPT, data, material, (least, most), (family,), outline.items, composer, asking, later)


def _asked(
    version: str,
    data: dict[str, Any],
    material: Material,
    limits: tuple[int, int],
    families: tuple[int, ...],
    beside: Sequence[Competence],
    composer: Composer,
    asking: Asking,
    later: int,
) -> tuple[Competence, ...]:
    offered = list(material.pieces)
    made_before = asking.made

    def once(problem: str) -> list[replies.Titled]:
        sent = json.dumps(data | ({"problem": problem} if problem else {}), ensure_ascii=False)
        return asking.ask(
            version,
            sent,
            replies.titles_schema(offered),
            lambda value: replies.titles(value, limits, offered),
            _TOKENS,
        )

    try:
        found = once("")
    except Refused as refused:
        if not may_repair(asking, later):
            raise
        found = once(refused.words)
    items = [_competence(one, material, families) for one in found]
    problems = _problems(items, beside, composer)
    if problems and asking.made == made_before + 1 and may_repair(asking, later):
        items = _repaired(version, data, items, problems, material, families, beside, composer, asking)
    return tuple(items)


def may_repair(asking: Asking, later: int) -> bool:
    """Only while every later stage can still ask once."""
    return asking.possible and asking.made + 1 + later <= MOST_CALLS


def _repaired(
    version: str,
    data: dict[str, Any],
    items: list[Competence],
    problems: dict[int, list[str]],
    material: Material,
    families: tuple[int, ...],
    beside: Sequence[Competence],
    composer: Composer,
    asking: Asking,
) -> list[Competence]:
    """Only what failed is asked for again, and taken only where less is wrong with it then."""
    offered = list(material.pieces)
    ids = {f"i{place + 1}": place for place in problems}
    failing = [
        {"id": key, "title": items[place].title, "description": items[place].description, "findings": problems[place]}
        for key, place in ids.items()
    ]
    kept = [item.title for place, item in enumerate(items) if place not in problems]
    sent = json.dumps(data | {"rewrite": failing, "keep": kept}, ensure_ascii=False)
    try:
        answers = asking.ask(
            version,
            sent,
            replies.titles_schema(offered, list(ids)),
            lambda value: replies.titles(value, (1, len(ids)), offered, list(ids)),
            _TOKENS,
        )
    except Refused:
        return items  # the first version stands, with what was found shown beside it
    changed = list(items)
    for one in answers:
        changed[ids[one.id]] = _competence(one, material, families)
    fresh = len({item.title.lower() for item in changed}) == len(changed)
    return changed if fresh and _weight(_problems(changed, beside, composer)) < _weight(problems) else items


def _problems(items: Sequence[Competence], beside: Sequence[Competence], composer: Composer) -> dict[int, list[str]]:
    whole = Outline((*(replace(item, levels=(), indicators=()) for item in beside), *items))
    found = title_problems(composer.brief, whole, composer.embedder)
    return {place - len(beside): words for place, words in found.items() if place >= len(beside)}


def _weight(problems: dict[int, list[str]]) -> int:
    return sum(map(len, problems.values()))


def _competence(one: replies.Titled, material: Material, families: tuple[int, ...]) -> Competence:
    origins = material.origins(one.cites)
    why = next((origin.words for origin in origins if origin.kind == "goal"), "")
    return Competence(one.title, one.description, families, why, origins, engine=Engine.MODEL)
