"""A framework as the rules see it: competencies with the statements of each level, in the families that people meet."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from lti_tool.frameworks.domain import (
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    children,
    competencies,
    indicators_of,
    path_of,
)
from lti_tool.frameworks.lint.domain import Place

CORE, FUNCTIONAL = "core", "functional"
_MARK = re.compile(r"^[\s\-*•–·▪◦]+(?=\S)|^\s*\(?\d{1,2}[.)]\s+")
_SENTENCE = re.compile(r"(?<=[a-z0-9)”’\"'][.!?;])\s+(?=[A-Z“\"'])")


@dataclass(frozen=True)
class Statement:
    """One statement and where it stands: in a descriptor of the competency, or in an indicator of its own key."""

    text: str
    place: Place


@dataclass(frozen=True)
class Rungs:
    """A competency with its levels: number to statements, the descriptor's first, then indicators of that level."""

    item: ItemDraft
    levels: Mapping[int, tuple[Statement, ...]]
    unplaced: tuple[Statement, ...] = ()
    """Indicators that name no level."""

    @property
    def text(self) -> str:
        return f"{self.item.title}. {self.item.description}".strip()

    def said(self, level: int) -> tuple[str, ...]:
        return tuple(one.text for one in self.levels.get(level, ()))

    @property
    def steps(self) -> tuple[tuple[int, int], ...]:
        """Neighbouring levels that are both described."""
        numbers = [number for number, statements in self.levels.items() if statements]
        return tuple(pairwise(numbers))

    @property
    def everything(self) -> tuple[Statement, ...]:
        return (*(one for statements in self.levels.values() for one in statements), *self.unplaced)


@dataclass(frozen=True)
class Family:
    """What one role family sees: the core and its own functional competencies. `key` is its category, "" for none."""

    key: str
    title: str
    core: tuple[Rungs, ...]
    functional: tuple[Rungs, ...]
    unmarked: tuple[Rungs, ...] = ()
    """Competencies that are marked neither core nor functional."""

    @property
    def members(self) -> tuple[Rungs, ...]:
        return self.core + self.functional + self.unmarked


def statements(text: str) -> tuple[str, ...]:
    """A descriptor in its single statements: lines, then sentences, without bullet marks."""
    found: list[str] = []
    for line in text.splitlines():
        bare = _MARK.sub("", line).strip()
        found += (part.strip() for part in _SENTENCE.split(bare) if part.strip())
    return tuple(found)


def rungs_of(draft: FrameworkDraft, item: ItemDraft) -> Rungs:
    found = {
        number: [Statement(one, Place(item.key, number, place)) for place, one in enumerate(statements(text))]
        for number, text in item.descriptors.items()
    }
    unplaced: list[Statement] = []
    for shown in indicators_of(draft, item.key):
        known = unplaced if shown.level is None else found.setdefault(shown.level, [])
        # a descriptor that was joined from indicators says each of them already
        if shown.title.strip() and all(one.text != shown.title.strip() for one in known):
            known.append(Statement(shown.title.strip(), Place(shown.key, shown.level)))
    return Rungs(item, {number: tuple(each) for number, each in sorted(found.items())}, tuple(unplaced))


def all_rungs(draft: FrameworkDraft) -> tuple[Rungs, ...]:
    """Each competency of a framework; those that only head other competencies have nothing to judge."""
    offered = [item for item in competencies(draft) if item.kind is not ItemKind.CATEGORY]
    keys = {item.key for item in offered}
    ends = (item for item in offered if not any(child.key in keys for child in children(draft, item.key)))
    return tuple(rungs_of(draft, item) for item in ends)


def families(draft: FrameworkDraft, rungs: Iterable[Rungs]) -> tuple[Family, ...]:
    """The core with each category's functional competencies. Where nothing is marked: the competencies of each
    category by themselves, as readers meet them."""
    rungs = tuple(rungs)
    core = tuple(one for one in rungs if one.item.scope == CORE)
    groups: dict[str, list[Rungs]] = {}
    for one in rungs:
        if one.item.scope != CORE:
            groups.setdefault(_category(draft, one.item), []).append(one)
    marked = bool(core) or any(one.item.scope for one in rungs)
    if not groups:
        return (Family("", "", core, ()),) if core else ()
    return tuple(
        Family(
            key,
            draft.by_key[key].title if key else "",
            core if marked else (),
            tuple(one for one in members if one.item.scope == FUNCTIONAL),
            tuple(one for one in members if one.item.scope != FUNCTIONAL),
        )
        for key, members in groups.items()
    )


def _category(draft: FrameworkDraft, item: ItemDraft) -> str:
    above = path_of(draft, item)[:-1]
    return next((one.key for one in reversed(above) if one.kind in (ItemKind.CATEGORY, ItemKind.ITEM)), "")
