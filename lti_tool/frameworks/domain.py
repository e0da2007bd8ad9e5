"""Frameworks as plain values: what a reader produces, a writer takes and the tables keep.

The hierarchy lives in one place: `ItemDraft.parent_keys`. `FrameworkDraft.associations` holds every other
relation (and an `isChildOf` whose parent lies outside the framework). `hierarchy()` gives the hierarchy as
associations to whoever needs that view.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any

from lti_tool.frameworks.graph import find_cycle, in_order, path_between


class ItemKind(StrEnum):
    """What an item is. `ITEM` means that the source did not say."""

    CATEGORY = "category"
    COMPETENCY = "competency"
    SKILL = "skill"
    KNOWLEDGE = "knowledge"
    TASK = "task"
    INDICATOR = "indicator"
    OUTCOME = "outcome"
    STATEMENT = "statement"
    ITEM = "item"


#: Observable behaviour below a competency: what "demonstrate X" may cite.
INDICATOR_KINDS = frozenset({ItemKind.INDICATOR, ItemKind.STATEMENT, ItemKind.TASK})
_BELOW = INDICATOR_KINDS | {ItemKind.KNOWLEDGE, ItemKind.OUTCOME}


class AssociationType(StrEnum):
    """The relations of CASE 1.1. A type that is not listed here stays the source's own string."""

    IS_CHILD_OF = "isChildOf"
    PRECEDES = "precedes"
    IS_RELATED_TO = "isRelatedTo"
    IS_PART_OF = "isPartOf"
    IS_PEER_OF = "isPeerOf"
    EXACT_MATCH_OF = "exactMatchOf"
    REPLACED_BY = "replacedBy"
    EXEMPLAR = "exemplar"
    HAS_SKILL_LEVEL = "hasSkillLevel"
    IS_TRANSLATION_OF = "isTranslationOf"


class Status(StrEnum):
    """Where a version stands. Only a draft's content may change: what people work with stays as it was."""

    DRAFT = "draft"
    PILOT = "pilot"
    PUBLISHED = "published"
    RETIRED = "retired"


class Severity(StrEnum):
    """`ERROR` stops an import, `WARNING` is something that was repaired, left out or lost, `NOTE` is news."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing to tell a person about a file: where (line, column, JSON path), what, and what to do."""

    place: str
    words: str
    severity: Severity = Severity.WARNING
    next_step: str = ""


@dataclass(frozen=True)
class LevelDraft:
    """One proficiency level, `number` counting from 1 upward. `months` is what reaching it from the level below is
    meant to take; None when the source does not say."""

    number: int
    name: str
    description: str = ""
    months: int | None = None


@dataclass(frozen=True)
class ItemDraft:
    """One item. `key` is the identifier in the source; `parent_keys[0]` is the main parent, `()` the top.

    `descriptors` maps a level's number to its text, `level` is the level that an indicator shows, `scope` is
    "core", "functional" or "", `position` counts from 0 among the children of the main parent. `extra` keeps
    what the source said and this model does not, under the source's own names, so that an export in the same
    format loses nothing.
    """

    key: str
    title: str
    parent_keys: tuple[str, ...] = ()
    kind: ItemKind = ItemKind.ITEM
    code: str = ""
    description: str = ""
    scope: str = ""
    descriptors: Mapping[int, str] = field(default_factory=dict)
    level: int | None = None
    position: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AssociationDraft:
    """`origin` relates to `destination`: "A precedes B" makes A a prerequisite of B.

    A destination outside the framework is no item's key; `destination_uri` then names it.
    """

    type: str
    origin_key: str
    destination_key: str
    destination_uri: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FrameworkDraft:
    """A whole framework as one value. `items` keep the order of the source; reading order is `position`."""

    identifier: str
    title: str
    description: str = ""
    version: str = ""
    language: str = ""
    publisher: str = ""
    licence: str = ""
    attribution: str = ""
    source_url: str = ""
    levels: tuple[LevelDraft, ...] = ()
    items: tuple[ItemDraft, ...] = ()
    associations: tuple[AssociationDraft, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    format: str = ""
    warnings: tuple[Finding, ...] = field(default=(), compare=False)

    @cached_property
    def by_key(self) -> Mapping[str, ItemDraft]:
        """Items by key, computed once."""
        return {item.key: item for item in self.items}

    @cached_property
    def children_by_key(self) -> Mapping[str, tuple[ItemDraft, ...]]:
        """Children of each key in reading order, the top under "". With several parents, under each.

        Positions count below the main parent. A group that some items only share keeps the order of the source.
        """
        found: dict[str, list[ItemDraft]] = {}
        shared: set[str] = set()
        for item in self.items:
            for parent in item.parent_keys or ("",):
                found.setdefault(parent, []).append(item)
            shared.update(item.parent_keys[1:])
        return {
            key: tuple(kids if key in shared else sorted(kids, key=attrgetter("position")))
            for key, kids in found.items()
        }


def children(draft: FrameworkDraft, key: str = "") -> tuple[ItemDraft, ...]:
    """Children of an item in reading order; with no key, the top of the framework."""
    return draft.children_by_key.get(key, ())


def indicators_of(draft: FrameworkDraft, key: str, level: int | None = None) -> tuple[ItemDraft, ...]:
    """Observable behaviour directly below an item, all levels or one; learning outcomes where there is no other."""
    below = [child for child in children(draft, key) if level is None or child.level == level]
    found = tuple(child for child in below if child.kind in INDICATOR_KINDS)
    return found or tuple(child for child in below if child.kind is ItemKind.OUTCOME)


def competencies(draft: FrameworkDraft) -> tuple[ItemDraft, ...]:
    """What a rubric criterion is aligned to, in the order of the source.

    Items said to be competencies, and items of no said kind that stand below no competency and have nothing
    but indicators and knowledge below them. Where that gives nothing: leaves that are skills, outcomes or
    statements, and in the end whatever has only indicators below it.
    """
    said = {item.key for item in draft.items if item.kind is ItemKind.COMPETENCY}
    below = descendants(draft, *said)
    ends = [item for item in draft.items if item.kind not in _BELOW and _is_end(draft, item)]
    unsaid = {item.key for item in ends if item.kind is ItemKind.ITEM and item.key not in below}
    chosen = said | unsaid or {item.key for item in _leaves(draft)} or {item.key for item in ends}
    return tuple(item for item in draft.items if item.key in chosen)


def _leaves(draft: FrameworkDraft) -> Iterator[ItemDraft]:
    left_out = (ItemKind.CATEGORY, ItemKind.INDICATOR, ItemKind.TASK, ItemKind.KNOWLEDGE)
    return (item for item in draft.items if item.kind not in left_out and not children(draft, item.key))


def _is_end(draft: FrameworkDraft, item: ItemDraft) -> bool:
    return all(child.kind in _BELOW for child in children(draft, item.key))


def descendants(draft: FrameworkDraft, *keys: str) -> frozenset[str]:
    """Keys of everything below these items, by every parent."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        for child in children(draft, waiting.pop()):
            if child.key not in found:
                found.add(child.key)
                waiting.append(child.key)
    return frozenset(found)


def path_of(draft: FrameworkDraft, item: ItemDraft) -> tuple[ItemDraft, ...]:
    """From the top of the framework to the item itself, along main parents."""
    path = [item]
    seen = {item.key}
    while path[-1].parent_keys:
        parent = draft.by_key.get(path[-1].parent_keys[0])
        if parent is None or parent.key in seen:
            break
        seen.add(parent.key)
        path.append(parent)
    return tuple(reversed(path))


def hierarchy(draft: FrameworkDraft) -> Iterator[AssociationDraft]:
    """The hierarchy as associations, one `isChildOf` per item and parent inside the framework."""
    for item in draft.items:
        for parent in item.parent_keys:
            yield AssociationDraft(AssociationType.IS_CHILD_OF, item.key, parent)


def edges(draft: FrameworkDraft, kind: str) -> tuple[tuple[str, str], ...]:
    """(origin, destination) of one relation, inside the framework only."""
    if kind == AssociationType.IS_CHILD_OF:
        return tuple((link.origin_key, link.destination_key) for link in hierarchy(draft))
    known = draft.by_key
    return tuple(
        (link.origin_key, link.destination_key)
        for link in draft.associations
        if link.type == kind and link.origin_key in known and link.destination_key in known
    )


def cycle_in(draft: FrameworkDraft, kind: str) -> tuple[str, ...]:
    """Keys of one cycle of a relation, the first repeated at the end; () when there is none."""
    return find_cycle(edges(draft, kind))


def would_cycle(draft: FrameworkDraft, kind: str, origin: str, destination: str) -> tuple[str, ...]:
    """The cycle that adding origin -> destination would close, from origin back to origin; () when none."""
    back = path_between(edges(draft, kind), destination, origin)
    return (origin, *back) if back else ()


def prerequisites(draft: FrameworkDraft, key: str) -> tuple[str, ...]:
    """Keys of all that has to come before an item, directly or not, in an order that can be followed."""
    backward = tuple((after, before) for before, after in edges(draft, AssociationType.PRECEDES))
    reached = {key}
    waiting = [key]
    following: dict[str, list[str]] = {}
    for after, before in backward:
        following.setdefault(after, []).append(before)
    while waiting:
        for before in following.get(waiting.pop(), ()):
            if before not in reached:
                reached.add(before)
                waiting.append(before)
    return learning_order(draft, reached - {key})


def learning_order(draft: FrameworkDraft, keys: Iterable[str]) -> tuple[str, ...]:
    """The given keys, prerequisites first, else in the order of the source; members of a cycle last."""
    wanted = set(keys)
    nodes = [item.key for item in draft.items if item.key in wanted]
    return in_order(nodes, edges(draft, AssociationType.PRECEDES))


def counts(draft: FrameworkDraft) -> dict[str, int]:
    """Items, items per kind, competencies, levels and associations (the hierarchy included)."""
    per_kind: dict[str, int] = {}
    for item in draft.items:
        per_kind[item.kind.value] = per_kind.get(item.kind.value, 0) + 1
    # A CASE package also links the top of the hierarchy to its document.
    links = sum(len(item.extra.get("isChildOf", item.parent_keys)) for item in draft.items) + len(draft.associations)
    return {
        "items": len(draft.items),
        "associations": links,
        "levels": len(draft.levels),
        "competencies": len(competencies(draft)),
        **{f"kind_{kind}": number for kind, number in sorted(per_kind.items())},
    }


def with_positions(items: Sequence[ItemDraft]) -> tuple[ItemDraft, ...]:
    """The items with `position` counted anew among the children of each main parent, in the order given."""
    seen: dict[str, int] = {}
    placed = []
    for item in items:
        parent = item.parent_keys[0] if item.parent_keys else ""
        place = seen.get(parent, 0)
        seen[parent] = place + 1
        placed.append(item if item.position == place else replace(item, position=place))
    return tuple(placed)
