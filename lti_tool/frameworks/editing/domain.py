"""Changes of a draft as plain values. Each is kept with its inverse, so undoing is one more change.

Items are named by their key, which survives removal and restoring; row ids do not. A place in the outline is
(parent, after): below which item, and behind which of its children. That stays true when others moved things
meanwhile, as a number would not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from lti_tool.frameworks.domain import AssociationType
from lti_tool.frameworks.graph import Edge, path_between

ABOUT = "#about"
LEVEL = "#level"
PLACE = "place"
LIMITS = {"title": 2000, "description": 20000, "code": 120, "name": 255, "descriptor": 5000}
SCOPES = ("", "core", "functional")
MOST_LEVELS = 8

#: Relations that a person draws in the editor. A cycle of an ordering one is refused.
RELATIONS = (
    AssociationType.PRECEDES,
    AssociationType.IS_RELATED_TO,
    AssociationType.IS_PART_OF,
    AssociationType.IS_CHILD_OF,
)
ORDERING = (AssociationType.PRECEDES, AssociationType.IS_PART_OF, AssociationType.IS_CHILD_OF)


@dataclass(frozen=True)
class ItemFacts:
    """An item in full, as adding and restoring need it. `descriptors` has level numbers as text."""

    key: str
    title: str
    kind: str
    code: str = ""
    description: str = ""
    scope: str = ""
    level: int | None = None
    descriptors: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None
    position: int = 0


@dataclass(frozen=True)
class LinkFacts:
    """An association; the ends are keys, or names outside the framework."""

    type: str
    origin: str
    destination: str
    extra: dict[str, Any] = field(default_factory=dict)
    outside: bool = False
    """One end is no item of the framework."""


@dataclass(frozen=True)
class Home:
    """An item whose main parent goes or comes back. `parent` is that one, `position` its place there, `other` the
    parent it keeps."""

    item: str
    parent: str
    other: str
    position: int = 0


@dataclass(frozen=True)
class Add:
    item: ItemFacts
    after: str | None = None
    do: Literal["add"] = "add"


@dataclass(frozen=True)
class Set:
    """New values by field: title, code, description, kind, scope, level, or `descriptor:2`."""

    item: str
    fields: dict[str, str | int | None]
    do: Literal["set"] = "set"


@dataclass(frozen=True)
class Move:
    """`also`: a parent that it stands below once more, beside its main one."""

    item: str
    parent: str | None
    after: str | None = None
    also: str | None = None
    do: Literal["move"] = "move"


@dataclass(frozen=True)
class Remove:
    """The item and everything that stands below it and nowhere else. What also stands below another item stays
    there. `keys` (what goes) and `homes` (item, the parent it keeps) are filled when the change is made."""

    item: str
    keys: list[str] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    do: Literal["remove"] = "remove"


@dataclass(frozen=True)
class Restore:
    """What a removal took. The first item is its root; `homes` stand below `parent` again as they did."""

    items: list[ItemFacts]
    links: list[LinkFacts]
    homes: list[Home] = field(default_factory=list)
    after: str | None = None
    do: Literal["restore"] = "restore"


@dataclass(frozen=True)
class Relate:
    """`origin` precedes, is related to, is part of, or also stands below `destination`."""

    type: str
    origin: str
    destination: str
    extra: dict[str, Any] = field(default_factory=dict)
    do: Literal["relate"] = "relate"


@dataclass(frozen=True)
class Unrelate:
    type: str
    origin: str
    destination: str
    do: Literal["unrelate"] = "unrelate"


@dataclass(frozen=True)
class SetLevel:
    number: int
    fields: dict[str, str | int | None]
    do: Literal["set_level"] = "set_level"


@dataclass(frozen=True)
class AddLevel:
    """A new level at this number; those from it on move up by one, their descriptors and indicators with them."""

    number: int
    name: str
    description: str = ""
    months: int | None = None
    descriptors: dict[str, str] = field(default_factory=dict)
    """Item key to text, when a level comes back."""
    indicators: list[str] = field(default_factory=list)
    """Keys of the items that showed this level, when it comes back."""
    do: Literal["add_level"] = "add_level"


@dataclass(frozen=True)
class DropLevel:
    number: int
    do: Literal["drop_level"] = "drop_level"


@dataclass(frozen=True)
class SetAbout:
    """Of the version: title, description, publisher, licence, attribution, source_url, language."""

    fields: dict[str, str]
    do: Literal["set_about"] = "set_about"


Op = Add | Set | Move | Remove | Restore | Relate | Unrelate | SetLevel | AddLevel | DropLevel | SetAbout
ASKED = (Add, Set, Move, Remove, Relate, Unrelate, SetLevel, AddLevel, DropLevel, SetAbout)
"""What a page may send: restoring is only ever the inverse of a removal."""

ABOUT_FIELDS = ("title", "description", "publisher", "licence", "attribution", "source_url", "language")
ITEM_FIELDS = ("title", "code", "description", "kind", "scope", "level")


def as_json(op: Op) -> dict[str, Any]:
    return asdict(op)


def target_of(op: Op) -> str:
    """What an edit is about: an item's key, a level, or the framework itself."""
    match op:
        case Add() | Restore():
            return op.item.key if isinstance(op, Add) else op.items[0].key
        case Set() | Move() | Remove():
            return op.item
        case Relate() | Unrelate():
            return op.origin
        case SetLevel() | AddLevel() | DropLevel():
            return f"{LEVEL}{op.number}"
        case SetAbout():
            return ABOUT


def touches(op: Mapping[str, Any]) -> frozenset[str]:
    """Fields that a kept edit changed, for conflicts: two people may change different fields of one item."""
    match op["do"]:
        case "set" | "set_level" | "set_about":
            return frozenset(op["fields"])
        case "move":
            return frozenset({PLACE})
        case _:
            return frozenset()


def reorders_levels(op: Mapping[str, Any]) -> bool:
    """Level numbers mean something else after this: everybody reads the draft anew."""
    return op["do"] in ("add_level", "drop_level")


def changes_hierarchy(op: Op) -> bool:
    """Which items are competencies may differ after this."""
    if isinstance(op, Set):
        return "kind" in op.fields
    return isinstance(op, Add | Move | Remove | Restore) or (
        isinstance(op, Relate | Unrelate) and op.type == AssociationType.IS_CHILD_OF
    )


def ordered(siblings: Sequence[str], moved: str, after: str | None) -> list[str]:
    """Children of one parent with `moved` behind `after`: at the front for None, last when `after` is not there."""
    rest = [key for key in siblings if key != moved]
    if after is None:
        return [moved, *rest]
    place = rest.index(after) + 1 if after in rest else len(rest)
    return [*rest[:place], moved, *rest[place:]]


def closes(edges: Sequence[Edge], origin: str, destination: str) -> tuple[str, ...]:
    """The cycle that origin -> destination would close, from origin back to it; () when none."""
    if origin == destination:
        return (origin, origin)
    back = path_between(edges, destination, origin)
    return (origin, *back) if back else ()


def renumbered(descriptors: Mapping[str, Any], new_numbers: Mapping[int, int]) -> dict[str, Any]:
    """Descriptors under their levels' new numbers; those of a level that goes are left out."""
    return {str(new_numbers[int(old)]): text for old, text in descriptors.items() if int(old) in new_numbers}
