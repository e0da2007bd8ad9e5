"""What the plain CSV and the JSON list share: items with an id, a parent and a title become a framework."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from lti_tool.frameworks.domain import (
    AssociationDraft,
    AssociationType,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
    with_positions,
)
from lti_tool.frameworks.exchange.kinds import kind_of
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.settle import Keys, settle
from lti_tool.frameworks.exchange.text import shorten

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SCOPES = ("core", "functional")


@dataclass(frozen=True)
class PlainItem:
    """An item as a row says it; `place` is the row."""

    place: str
    key: str
    title: str
    description: str = ""
    parents: tuple[str, ...] = ()
    kind: str = ""
    scope: str = ""
    code: str | None = None
    precedes: tuple[str, ...] = ()
    descriptors: Mapping[int, str] = field(default_factory=dict)
    level: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def assemble(
    rows: Sequence[PlainItem],
    report: Report,
    format: str,
    title: str = "",
    level_names: Mapping[int, str] | None = None,
) -> FrameworkDraft:
    """The framework of these rows, in their order. Raises `BadFramework` with every fault."""
    keys = Keys(report)
    items: list[ItemDraft] = []
    links: list[tuple[str, AssociationDraft]] = []
    known = {row.key for row in rows}
    for row in rows:
        if not row.key:
            report.fault(row.place, "There is no id.", "Give every item an id of its own.")
        if not row.title:
            report.fault(row.place, "There is no title.", "Give every item a title.")
        if not row.key or not keys.take(row.key, row.place):
            continue
        items.append(_item(row, known, report))
        links += [(row.place, link) for link in _precedes(row, known)]
    for place, link in links:
        if link.destination_key not in keys.places:
            words = (
                f"“{shorten(link.origin_key, 80)}” precedes “{shorten(link.destination_key, 80)}”, which is not there."
            )
            report.fault(place, words, "Correct the id, or take it out of the column.")
    name = PurePath(report.name).stem.strip() or "Imported framework"
    draft = FrameworkDraft(
        identifier=name,
        title=title or name,
        levels=_levels(items, level_names or {}),
        items=with_positions(items),
        associations=tuple(link for _, link in links),
        format=format,
    )
    return settle(draft, keys.places, report)


def _item(row: PlainItem, known: set[str], report: Report) -> ItemDraft:
    kind = kind_of(row.kind) if row.kind else ItemKind.ITEM
    if row.kind and kind is ItemKind.ITEM and row.kind.casefold() != "item":
        report.warn(
            row.place,
            f"The kind “{shorten(row.kind, 40)}” is not known: the item is of no kind.",
            "Use category, competency, skill, knowledge, task, outcome, statement or indicator.",
        )
    scope = row.scope.casefold()
    if scope and scope not in _SCOPES:
        words = f"The scope “{shorten(row.scope, 40)}” was left out."
        report.warn(row.place, words, "Use core or functional, or leave the cell empty.")
        scope = ""
    return ItemDraft(
        key=row.key,
        title=row.title,
        parent_keys=tuple(dict.fromkeys(split_names(row.parents, known))),
        kind=kind,
        code=code_of(row.key) if row.code is None else row.code,
        description=row.description,
        scope=scope,
        descriptors=dict(row.descriptors),
        level=row.level,
        extra=dict(row.extra),
    )


def _precedes(row: PlainItem, known: set[str]) -> Iterable[AssociationDraft]:
    for destination in dict.fromkeys(split_names(row.precedes, known)):
        yield AssociationDraft(AssociationType.PRECEDES, row.key, destination)


def split_names(cells: Iterable[str], known: set[str]) -> Iterable[str]:
    """The ids in cells: a whole cell when it is an id, otherwise its parts between blanks, commas or semicolons."""
    for cell in cells:
        if cell in known:
            yield cell
        else:
            yield from re.split(r"[\s;,|]+", cell.strip()) if cell.strip() else ()


def code_of(key: str) -> str:
    """The id as the code that people see, unless it is a UUID or too long to be one."""
    return "" if _UUID.fullmatch(key) or len(key) > 40 else key


def _levels(items: Sequence[ItemDraft], names: Mapping[int, str]) -> tuple[LevelDraft, ...]:
    said = {number for item in items for number in item.descriptors}
    said |= {item.level for item in items if item.level is not None} | set(names)
    # A gap in the numbers is a level that nothing describes yet, not a missing one.
    return tuple(
        LevelDraft(number, names.get(number) or f"Level {number}") for number in range(1, max(said, default=0) + 1)
    )
