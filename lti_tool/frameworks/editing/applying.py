"""Each change on the rows of a draft: (the change as it was made, what takes it back)."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, or_, select, update

from lti_tool.frameworks.domain import AssociationType, ItemKind
from lti_tool.frameworks.editing.board import CHILD, Board, Spot
from lti_tool.frameworks.editing.domain import (
    ABOUT_FIELDS,
    ITEM_FIELDS,
    LIMITS,
    ORDERING,
    RELATIONS,
    SCOPES,
    Add,
    Home,
    ItemFacts,
    LinkFacts,
    Move,
    Op,
    Relate,
    Remove,
    Restore,
    Set,
    SetAbout,
    Unrelate,
    closes,
    ordered,
)
from lti_tool.frameworks.models import Association, Item
from lti_tool.kit.errors import Invalid

Made = tuple[Op, Op]
DESCRIPTOR = "descriptor:"


class Cycle(Invalid):
    """Refused: it would lead round in a circle. `path` is the circle by keys, the first repeated at the end."""

    reason = "cycle"
    status = 409

    def __init__(self, kind: str, path: tuple[str, ...]) -> None:
        words = {
            AssociationType.PRECEDES: "That would make it come before itself.",
            AssociationType.IS_PART_OF: "That would make it a part of itself.",
        }.get(AssociationType(kind), "That would put it below itself.")
        super().__init__(words, "Take one of these relations away first.")
        self.path = path


def checked(fields: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    """Values that the columns take. Raises Invalid."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        stem = "descriptor" if name.startswith(DESCRIPTOR) else name
        if stem not in allowed:
            raise Invalid(f"There is no field {name}.", "Reload the page and try again.")
        if stem in ("level", "months"):
            if value is not None and not (isinstance(value, int) and 1 <= value <= 1200):
                raise Invalid("This is not a number that fits.", "Give a whole number.")
            found[name] = value
            continue
        text = str(value or "").replace("\r\n", "\n").replace("\x00", "").strip()
        longest = LIMITS.get(stem, 1000)
        if len(text) > longest:
            raise Invalid(f"The text is longer than {longest} characters.", "Shorten it.")
        if stem in ("title", "name") and not text:
            raise Invalid("It needs a name.", "Give it a few words.")
        if (stem == "kind" and text not in set(ItemKind)) or (stem == "scope" and text not in SCOPES):
            raise Invalid("This choice does not exist.", "Choose one of the list.")
        found[name] = text
    return found


def add(board: Board, op: Add) -> Made:
    asked = op.item
    own = checked({name: getattr(asked, name) for name in ITEM_FIELDS}, ITEM_FIELDS)
    parent_id = board.item(asked.parent).id if asked.parent is not None else None
    item = ItemFacts(
        key=str(uuid.uuid4()),
        parent=asked.parent,
        descriptors=checked_descriptors(asked.descriptors),
        **own,
    )
    siblings = board.siblings(parent_id)
    board.insert([item])
    board.place(parent_id, ordered(siblings, item.key, op.after))
    return Add(item, op.after), Remove(item.key)


def checked_descriptors(given: Mapping[str, str]) -> dict[str, str]:
    texts = checked({f"{DESCRIPTOR}{number}": text for number, text in given.items()}, ("descriptor",))
    return {name.removeprefix(DESCRIPTOR): text for name, text in texts.items() if text}


def set_fields(board: Board, op: Set) -> Made:
    row = board.item(op.item)
    fields = checked(op.fields, (*ITEM_FIELDS, "descriptor"))
    old = {name: value_of(row, name) for name in fields}
    values: dict[str, Any] = {}
    descriptors = dict(row.descriptors)
    for name, value in fields.items():
        if name.startswith(DESCRIPTOR):
            number = int(name.removeprefix(DESCRIPTOR))
            descriptors.pop(str(number), None)
            if value:
                descriptors[str(number)] = value
            values["descriptors"] = dict(sorted(descriptors.items(), key=lambda pair: int(pair[0])))
        else:
            values["level_number" if name == "level" else name] = value
    board.session.execute(update(Item).where(Item.id == row.id).values(values))
    return Set(op.item, fields), Set(op.item, old)


def value_of(row: Item, name: str) -> str | int | None:
    if name.startswith(DESCRIPTOR):
        return str(row.descriptors.get(name.removeprefix(DESCRIPTOR), ""))
    value: str | int | None = row.level_number if name == "level" else getattr(row, name)
    return value


def move(board: Board, op: Move) -> Made:
    row = board.item(op.item)
    if op.after == op.item:
        raise Invalid("It cannot stand behind itself.", "Choose another place.")
    parent_id = board.item(op.parent).id if op.parent is not None else None
    inverse = Move(op.item, board.key_of(row.parent_id), board.before(row))
    if op.parent is not None:
        if circle := closes(board.above(op.parent, without=op.item), op.item, op.parent):
            raise Cycle(CHILD, circle)
        if op.parent in board.more_parents([op.item]).get(op.item, ()):  # it becomes the main one, not kept twice
            board.unlink([(CHILD, op.item, op.parent)])
            inverse = replace(inverse, also=op.parent)
    board.place(parent_id, ordered(board.siblings(parent_id), op.item, op.after))
    if op.also is not None and op.also in board.by_key([op.also]):
        board.link([LinkFacts(CHILD, op.item, op.also)])
    return op, inverse


def remove(board: Board, op: Remove) -> Made:
    row = board.item(op.item)
    going, kept = staying(board, row)
    below = {spot.key: spot for spot in board.below(row)}
    keys = [key for key in below if key in going]
    by_id = {spot.id: spot.key for spot in below.values()}
    homes = []
    for key, other in kept.items():
        parent = by_id[below[key].parent_id or 0]
        if parent in going:
            homes.append(Home(key, parent, other, below[key].position))
    after, items = board.before(row), facts(board, keys)
    board.unlink([(CHILD, home.item, home.other) for home in homes])
    board.rehome([(home.item, home.other, None) for home in homes])
    links = _links_of(board, row.id, keys)
    board.session.execute(delete(Item).where(Item.id == row.id))  # the database takes what is below along
    return Remove(op.item, keys, homes), Restore(items, links, homes, after)


def staying(board: Board, root: Item) -> tuple[set[str], dict[str, str]]:
    """(what goes with the root, what also stands elsewhere with the parent it keeps). What a kept item holds stays
    with it."""
    below = board.below(root)
    more = board.more_parents(spot.key for spot in below)
    held: dict[int | None, list[Spot]] = {}
    for spot in below:
        held.setdefault(spot.parent_id, []).append(spot)
    going, kept = {spot.key for spot in below}, dict[str, str]()
    found = True
    while found:
        found = False
        for spot in below[1:]:
            elsewhere = next((parent for parent in more.get(spot.key, ()) if parent not in going), None)
            if spot.key in going and elsewhere is not None:
                kept[spot.key] = elsewhere
                staying = [spot]
                for one in staying:
                    going.discard(one.key)
                    staying += held.get(one.id, ())
                found = True
    return going, kept


def restore(board: Board, op: Restore) -> Made:
    root = op.items[0]
    standing = board.by_key(
        [one.key for one in op.items]
        + [root.parent or ""]
        + [key for home in op.homes for key in (home.item, home.other)]
        + [end for link in op.links for end in (link.origin, link.destination)]
    )
    parent = root.parent if root.parent in standing else None
    items = [replace(root, parent=parent), *op.items[1:]]
    parent_id = standing[parent].id if parent else None
    siblings = board.siblings(parent_id)
    board.insert([one for one in items if one.key not in standing])
    board.place(parent_id, ordered(siblings, root.key, op.after))
    homes = [
        home
        for home in op.homes
        if home.item in standing and home.other in standing
        if standing[home.item].parent_id == standing[home.other].id
    ]
    board.link([LinkFacts(CHILD, home.item, home.other) for home in homes])
    board.rehome([(home.item, home.parent, home.position) for home in homes])
    there = {*standing, *(one.key for one in items)}
    links = [link for link in op.links if link.outside or {link.origin, link.destination} <= there]
    board.link(links)
    return Restore(items, links, homes, op.after), Remove(root.key)


def relate(board: Board, op: Relate) -> Made:
    if op.type not in set(RELATIONS):
        raise Invalid("This relation does not exist.", "Choose one of the list.")
    origin, destination = board.item(op.origin), board.item(op.destination)
    if op.type == CHILD and origin.parent_id is None:
        return move(board, Move(op.origin, op.destination, _last_child(board, destination.id)))
    if op.type in set(ORDERING):
        edges = board.above(op.destination) if op.type == CHILD else board.edges(op.type)
        if circle := closes(edges, op.origin, op.destination):
            raise Cycle(op.type, circle)
    elif op.origin == op.destination:
        raise Invalid("It cannot be related to itself.", "Choose another one.")
    if _standing(board, op) or (op.type == CHILD and origin.parent_id == destination.id):
        raise Invalid("This relation is here already.")
    board.link([LinkFacts(op.type, op.origin, op.destination, op.extra)])
    return op, Unrelate(op.type, op.origin, op.destination)


def _last_child(board: Board, parent_id: int) -> str | None:
    siblings = board.siblings(parent_id)
    return siblings[-1] if siblings else None


def _standing(board: Board, op: Relate | Unrelate) -> list[Association]:
    return list(
        board.session.scalars(
            select(Association).where(
                Association.version_id == board.version_id,
                Association.type == op.type,
                Association.origin_key == op.origin,
                Association.destination_key == op.destination,
            )
        )
    )


def unrelate(board: Board, op: Unrelate) -> Made:
    standing = _standing(board, op)
    if not standing:
        raise Invalid("This relation is not here any more.")
    board.unlink([(op.type, op.origin, op.destination)])
    return op, Relate(op.type, op.origin, op.destination, dict(standing[0].extra))


def set_about(board: Board, op: SetAbout) -> Made:
    fields = checked(op.fields, ABOUT_FIELDS)
    row = board.version
    old = {name: str(getattr(row, name)) for name in fields}
    for name, value in fields.items():
        setattr(row, name, value[: 500 if name == "title" else 20 if name == "language" else None])
    board.session.flush()
    return SetAbout(fields), SetAbout(old)


def facts(board: Board, keys: list[str]) -> list[ItemFacts]:
    """Items in full, in the order of the keys."""
    rows = board.session.scalars(
        select(Item).where(Item.version_id == board.version_id, Item.key.in_(keys))
        if len(keys) <= 500
        else select(Item).where(Item.version_id == board.version_id),
        execution_options={"populate_existing": True},
    ).all()
    by_key = {row.key: row for row in rows}
    by_id = {row.id: row.key for row in rows}
    return [
        ItemFacts(
            key=row.key,
            title=row.title,
            kind=row.kind,
            code=row.code,
            description=row.description,
            scope=row.scope,
            level=row.level_number,
            descriptors=dict(row.descriptors),
            extra=dict(row.extra),
            parent=by_id.get(row.parent_id or 0) or board.key_of(row.parent_id),
            position=row.position,
        )
        for row in (by_key[key] for key in keys)
    ]


def _links_of(board: Board, root_id: int, keys: list[str]) -> list[LinkFacts]:
    """Every relation that goes when these items go."""
    chosen = set(keys)
    asked = select(Association).where(Association.version_id == board.version_id)
    if len(keys) == 1:
        asked = asked.where(or_(Association.origin_id == root_id, Association.destination_id == root_id))
    return [
        LinkFacts(
            link.type,
            link.origin_key,
            link.destination_key,
            dict(link.extra),
            link.origin_id is None or link.destination_id is None,
        )
        for link in board.session.scalars(asked.order_by(Association.id))
        if link.origin_key in chosen or link.destination_key in chosen
    ]
