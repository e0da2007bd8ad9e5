"""The rows of one draft while a change is made: read as far as the change needs, written where it touches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks.domain import AssociationType, FrameworkDraft, ItemDraft, ItemKind, competencies
from lti_tool.frameworks.editing.domain import ItemFacts, LinkFacts
from lti_tool.frameworks.graph import Edge
from lti_tool.frameworks.models import Association, FrameworkVersion, Item, Level
from lti_tool.kit.errors import Fault

CHILD = AssociationType.IS_CHILD_OF.value


class Gone(Fault):
    """Somebody removed what the change is about."""

    reason = "gone"
    status = 409

    def __init__(self, key: str) -> None:
        super().__init__("This was removed meanwhile.", "Bring it back, or leave it removed.")
        self.key = key


@dataclass(frozen=True)
class Spot:
    """An item as the hierarchy knows it."""

    id: int
    key: str
    parent_id: int | None
    position: int
    kind: str
    assessed: bool


class Board:
    def __init__(self, session: Session, version: FrameworkVersion) -> None:
        self.session = session
        self.version = version
        self.version_id = version.id
        self.own: dict[str, Any] = {"institution_id": version.institution_id, "version_id": self.version_id}

    # reading

    def item(self, key: str) -> Item:
        """Raises Gone."""
        found = self.session.scalar(
            select(Item)
            .where(Item.version_id == self.version_id, Item.key == key)
            .execution_options(populate_existing=True)
        )
        if found is None:
            raise Gone(key)
        return found

    def level(self, number: int) -> Level:
        """Raises Gone."""
        found = self.session.scalar(select(Level).where(Level.version_id == self.version_id, Level.number == number))
        if found is None:
            raise Gone(f"#level{number}")
        return found

    def levels(self) -> Sequence[Level]:
        return self.session.scalars(
            select(Level).where(Level.version_id == self.version_id).order_by(Level.number)
        ).all()

    @cached_property
    def spots(self) -> dict[int, Spot]:
        """Every item's place, by row id, in the order of the rows."""
        rows: Iterable[Any] = self.session.execute(
            select(Item.id, Item.key, Item.parent_id, Item.position, Item.kind, Item.assessed)
            .where(Item.version_id == self.version_id)
            .order_by(Item.id)
        )
        return {row[0]: Spot(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows}

    @cached_property
    def ids(self) -> dict[str, int]:
        return {spot.key: spot.id for spot in self.spots.values()}

    @cached_property
    def more_parents(self) -> dict[str, list[str]]:
        """Item key to the parents beside its main one."""
        found: dict[str, list[str]] = {}
        for origin, destination in self.edges(CHILD):
            found.setdefault(origin, []).append(destination)
        return found

    def edges(self, kind: str) -> list[Edge]:
        """(origin, destination) of one kept relation inside the framework; main parents are not among them."""
        rows = self.session.execute(
            select(Association.origin_key, Association.destination_key).where(
                Association.version_id == self.version_id,
                Association.type == kind,
                Association.origin_id.is_not(None),
                Association.destination_id.is_not(None),
            )
        )
        return [(origin, destination) for origin, destination in rows]

    def hierarchy(self, without: str = "") -> list[Edge]:
        """(item, parent) by every parent; `without` leaves out one item's main parent."""
        spots = self.spots
        main = [
            (spot.key, spots[spot.parent_id].key)
            for spot in spots.values()
            if spot.parent_id in spots and spot.key != without
        ]
        return main + self.edges(CHILD)

    def siblings(self, parent_id: int | None) -> list[str]:
        """Keys of the children by main parent, in reading order."""
        return [spot.key for spot in self.children.get(parent_id, ())]

    def before(self, key: str) -> str | None:
        """The sibling that an item stands behind, None for the first."""
        siblings = self.siblings(self.spots[self.ids[key]].parent_id)
        place = siblings.index(key)
        return siblings[place - 1] if place else None

    @cached_property
    def children(self) -> dict[int | None, list[Spot]]:
        """By main parent's row id, in reading order."""
        found: dict[int | None, list[Spot]] = {}
        for spot in self.spots.values():
            found.setdefault(spot.parent_id, []).append(spot)
        for group in found.values():
            group.sort(key=lambda spot: (spot.position, spot.id))
        return found

    def below(self, key: str) -> list[str]:
        """The item and everything below it by main parents, parents before children."""
        found = [key]
        for one in found:
            found += [spot.key for spot in self.children.get(self.ids[one], ())]
        return found

    # writing

    def place(self, parent_id: int | None, keys: Sequence[str]) -> None:
        """These are the parent's children from now on, in this order. Writes only the rows that differ."""
        spots, ids = self.spots, self.ids
        changed = [
            {"id": ids[key], "parent_id": parent_id, "position": position}
            for position, key in enumerate(keys)
            if (spots[ids[key]].parent_id, spots[ids[key]].position) != (parent_id, position)
        ]
        if changed:
            self.session.execute(update(Item), changed)
        self.forget()

    def rehome(self, places: Sequence[tuple[str, str, int | None]]) -> None:
        """(item, its main parent from now on, position there; None: last)."""
        ids, ends = self.ids, dict[str, int]()
        rows = []
        for key, parent, position in places:
            if position is None:
                there = self.children.get(ids[parent], ())
                position = ends.get(parent, max((spot.position for spot in there), default=-1)) + 1
                ends[parent] = position
            rows.append({"id": ids[key], "parent_id": ids[parent], "position": position})
        if rows:
            self.session.execute(update(Item), rows)
            self.forget()

    def unlink(self, links: Sequence[tuple[str, str, str]]) -> None:
        """Take away (type, origin, destination)."""
        for kind, origin, destination in links:
            self.session.execute(
                delete(Association).where(
                    Association.version_id == self.version_id,
                    Association.type == kind,
                    Association.origin_id == self.ids.get(origin),
                    Association.destination_key == destination,
                )
            )
        self.forget()

    def insert(self, items: Sequence[ItemFacts]) -> None:
        """Rows of new items, parents before children."""
        if not items:
            return
        self.session.execute(
            insert(Item),
            [
                {
                    **self.own,
                    "key": one.key,
                    "kind": one.kind,
                    "assessed": False,
                    "code": one.code,
                    "title": one.title,
                    "description": one.description,
                    "scope": one.scope,
                    "level_number": one.level,
                    "position": one.position,
                    "descriptors": dict(one.descriptors),
                    "extra": dict(one.extra),
                }
                for one in items
            ],
        )
        self.forget()
        ids = self.ids
        parents = [{"id": ids[one.key], "parent_id": ids[one.parent]} for one in items if one.parent is not None]
        if parents:
            self.session.execute(update(Item), parents)
            self.forget()

    def link(self, links: Sequence[LinkFacts]) -> None:
        if not links:
            return
        ids = self.ids
        self.session.execute(
            insert(Association),
            [
                {
                    **self.own,
                    "type": one.type,
                    "origin_id": ids.get(one.origin),
                    "origin_key": one.origin,
                    "destination_id": ids.get(one.destination),
                    "destination_key": one.destination,
                    "extra": dict(one.extra),
                }
                for one in links
            ],
        )
        self.forget()

    def forget(self) -> None:
        """What was read of the hierarchy is read again when it is asked for."""
        for name in ("spots", "ids", "children", "more_parents"):
            self.__dict__.pop(name, None)

    def settle(self) -> dict[str, bool]:
        """Which items are competencies, told anew after the hierarchy changed; those that differ, by key."""
        spots, more = self.spots, self.more_parents
        light = FrameworkDraft(
            identifier="",
            title="",
            items=tuple(
                ItemDraft(
                    key=spot.key,
                    title="",
                    parent_keys=(
                        (spots[spot.parent_id].key, *more.get(spot.key, ())) if spot.parent_id in spots else ()
                    ),
                    kind=ItemKind(spot.kind),
                )
                for spot in spots.values()
            ),
        )
        chosen = {item.key for item in competencies(light)}
        differ = {spot.key: spot.key in chosen for spot in spots.values() if spot.assessed != (spot.key in chosen)}
        if differ:
            self.session.execute(
                update(Item), [{"id": self.ids[key], "assessed": assessed} for key, assessed in differ.items()]
            )
            self.forget()
        return differ
