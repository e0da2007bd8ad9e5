"""The rows of one draft while a change is made: read as far as the change needs, written where it touches."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks.domain import AssociationType, FrameworkDraft, ItemDraft, ItemKind, competencies
from lti_tool.frameworks.editing.domain import ItemFacts, LinkFacts
from lti_tool.frameworks.graph import Edge
from lti_tool.frameworks.models import Association, FrameworkVersion, Item, Level
from lti_tool.kit.errors import Fault

CHILD = AssociationType.IS_CHILD_OF.value
AT_ONCE = 400
"""Values in one IN list: both databases take it."""


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

    def spots(self, *where: Any) -> list[Spot]:
        """In reading order of each parent's children."""
        rows: Iterable[Any] = self.session.execute(
            select(Item.id, Item.key, Item.parent_id, Item.position)
            .where(Item.version_id == self.version_id, *where)
            .order_by(Item.position, Item.id)
        )
        return [Spot(row[0], row[1], row[2], row[3]) for row in rows]

    def by_key(self, keys: Iterable[str]) -> dict[str, Spot]:
        """Those of the keys that stand."""
        return {spot.key: spot for part in _parts(set(keys)) for spot in self.spots(Item.key.in_(part))}

    def key_of(self, row_id: int | None) -> str | None:
        return None if row_id is None else self.session.scalar(select(Item.key).where(Item.id == row_id))

    def children(self, parent_id: int | None) -> list[Spot]:
        """By main parent, in reading order; of None the top."""
        return self.spots(Item.parent_id.is_(None) if parent_id is None else Item.parent_id == parent_id)

    def siblings(self, parent_id: int | None) -> list[str]:
        return [spot.key for spot in self.children(parent_id)]

    def before(self, row: Item) -> str | None:
        """The sibling that an item stands behind, None for the first."""
        siblings = self.siblings(row.parent_id)
        place = siblings.index(row.key)
        return siblings[place - 1] if place else None

    def below(self, row: Item) -> list[Spot]:
        """The item and everything below it by main parents, parents before children."""
        found = [Spot(row.id, row.key, row.parent_id, row.position)]
        level = [row.id]
        while level:
            here = [spot for part in _parts(level) for spot in self.spots(Item.parent_id.in_(part))]
            found += here
            level = [spot.id for spot in here]
        return found

    def more_parents(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Item key to the parents beside its main one."""
        found: dict[str, list[str]] = {}
        for part in _parts(keys):
            for origin, destination in self._edges(CHILD, Association.origin_key.in_(part)):
                found.setdefault(origin, []).append(destination)
        return found

    def edges(self, kind: str) -> list[Edge]:
        """(origin, destination) of one kept relation inside the framework; main parents are not among them."""
        return self._edges(kind)

    def _edges(self, kind: str, *where: Any) -> list[Edge]:
        rows = self.session.execute(
            select(Association.origin_key, Association.destination_key)
            .where(
                Association.version_id == self.version_id,
                Association.type == kind,
                Association.origin_id.is_not(None),
                Association.destination_id.is_not(None),
                *where,
            )
            .order_by(Association.id)
        )
        return [(origin, destination) for origin, destination in rows]

    def above(self, start: str, without: str = "") -> list[Edge]:
        """(item, parent) of everything that an item stands below, by every parent: enough to find a circle in.
        `without` leaves out one item's main parent."""
        found: list[Edge] = []
        seen, level = {start}, [start]
        while level:
            spots = self.by_key(level)
            parents = {spot.parent_id for spot in spots.values() if spot.parent_id is not None and spot.key != without}
            keys = {spot.id: spot.key for part in _parts(parents) for spot in self.spots(Item.id.in_(part))}
            here = [(s.key, keys[s.parent_id]) for s in spots.values() if s.parent_id in keys and s.key != without]
            here += [(key, parent) for key, more in self.more_parents(level).items() for parent in more]
            found += here
            level = [key for key in dict.fromkeys(parent for _, parent in here) if key not in seen]
            seen.update(level)
        return found

    # writing

    def place(self, parent_id: int | None, keys: Sequence[str]) -> None:
        """These are the parent's children from now on, in this order. Writes only the rows that differ."""
        spots = {spot.key: spot for spot in self.children(parent_id)}
        spots |= self.by_key(key for key in keys if key not in spots)
        changed = [
            {"id": spots[key].id, "parent_id": parent_id, "position": position}
            for position, key in enumerate(keys)
            if (spots[key].parent_id, spots[key].position) != (parent_id, position)
        ]
        if changed:
            self.session.execute(update(Item), changed)

    def rehome(self, places: Sequence[tuple[str, str, int | None]]) -> None:
        """(item, its main parent from now on, position there; None: last)."""
        spots = self.by_key(key for item, parent, _ in places for key in (item, parent))
        ends: dict[str, int] = {}
        rows = []
        for key, parent, position in places:
            if position is None:
                if parent not in ends:
                    ends[parent] = max((spot.position for spot in self.children(spots[parent].id)), default=-1)
                ends[parent] += 1
                position = ends[parent]
            rows.append({"id": spots[key].id, "parent_id": spots[parent].id, "position": position})
        if rows:
            self.session.execute(update(Item), rows)

    def link(self, links: Sequence[LinkFacts]) -> None:
        if not links:
            return
        spots = self.by_key(end for one in links for end in (one.origin, one.destination))
        ids = {key: spot.id for key, spot in spots.items()}
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

    def unlink(self, links: Sequence[tuple[str, str, str]]) -> None:
        """Take away (type, origin, destination)."""
        wanted = set(links)
        origins = {origin for _, origin, _ in wanted}
        for part in _parts(origins):
            rows: Iterable[Any] = self.session.execute(
                select(Association.id, Association.type, Association.origin_key, Association.destination_key).where(
                    Association.version_id == self.version_id, Association.origin_key.in_(part)
                )
            )
            going = [row[0] for row in rows if (row[1], row[2], row[3]) in wanted]
            for ids in _parts(going):
                self.session.execute(delete(Association).where(Association.id.in_(ids)))

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
        ids = {
            key: spot.id
            for key, spot in self.by_key(key for one in items for key in (one.key, one.parent) if key).items()
        }
        parents = [{"id": ids[one.key], "parent_id": ids[one.parent]} for one in items if one.parent is not None]
        if parents:
            self.session.execute(update(Item), parents)

    def settle(self) -> dict[str, bool]:
        """Which items are competencies, told anew after the hierarchy changed; those that differ, by key."""
        kinds = set(self.session.scalars(select(Item.kind).where(Item.version_id == self.version_id).distinct()))
        if ItemKind.COMPETENCY in kinds and ItemKind.ITEM not in kinds:  # then the kind alone decides
            rows: Iterable[Any] = self.session.execute(
                select(Item.id, Item.key, Item.assessed).where(
                    Item.version_id == self.version_id,
                    Item.assessed != (Item.kind == ItemKind.COMPETENCY.value),
                )
            )
            differ = {row[1]: (row[0], not row[2]) for row in rows}
        else:
            differ = self._told_anew()
        if differ:
            self.session.execute(update(Item), [{"id": id_, "assessed": value} for id_, value in differ.values()])
        return {key: value for key, (_, value) in differ.items()}

    def _told_anew(self) -> dict[str, tuple[int, bool]]:
        """By the domain's rule over the whole hierarchy: (row id, is a competency) of the keys that differ."""
        columns = Item.__table__.c
        rows: Sequence[Any] = self.session.execute(
            select(Item)
            .with_only_columns(columns.id, columns.key, columns.parent_id, columns.kind, columns.assessed)
            .where(Item.version_id == self.version_id)
            .order_by(Item.id)
        ).all()
        keys = {row[0]: row[1] for row in rows}
        more: dict[str, list[str]] = {}
        for origin, destination in self.edges(CHILD):
            more.setdefault(origin, []).append(destination)
        light = FrameworkDraft(
            identifier="",
            title="",
            items=tuple(
                ItemDraft(
                    key=row[1],
                    title="",
                    parent_keys=(keys[row[2]], *more.get(row[1], ())) if row[2] in keys else (),
                    kind=ItemKind(row[3]),
                )
                for row in rows
            ),
        )
        chosen = {item.key for item in competencies(light)}
        return {row[1]: (row[0], row[1] in chosen) for row in rows if row[4] != (row[1] in chosen)}


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Lists short enough for one IN."""
    every = list(values)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
