"""What the editor's page reads: a draft whole, and what changed since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks.editing.domain import ABOUT_FIELDS, reorders_levels
from lti_tool.frameworks.models import Association, FrameworkEdit, FrameworkVersion, Item, ItemPlace, Level
from lti_tool.kit.errors import NotFound
from lti_tool.launch import queries as launch

MOST_CHANGES = 500
"""A page that missed more reads the draft anew."""


@dataclass(frozen=True)
class Change:
    seq: int
    op: dict[str, Any]
    undoes: int | None
    person_id: int | None
    client: str
    at: datetime


@dataclass(frozen=True)
class Changes:
    """`reload` says: read the draft anew instead. `status` is the version's, which may be no draft any more."""

    seq: int
    status: str
    edits: tuple[Change, ...]
    names: dict[int, str]
    reload: bool


def last_seq(session: Session, version_id: int) -> int:
    return session.scalar(select(func.max(FrameworkEdit.seq)).where(FrameworkEdit.version_id == version_id)) or 0


def content(session: Session, version_id: int) -> dict[str, Any]:
    """A version as the page's script reads it. Five queries, whatever the size.

    `items` are rows `[key, parent, kind, assessed, code, title, description, scope, level, descriptors, position]` in
    the order of the table, `parent` as a place in this list, -1 for the top. `links` are `[type, origin, destination]`,
    ends as places in the list; what leads outside the framework is not among them. Raises NotFound.
    """
    version = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == version_id))
    if version is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    seq = last_seq(session, version_id)
    columns = Item.__table__.c
    named = (
        columns.id, columns.key, columns.parent_id, columns.kind, columns.assessed, columns.code, columns.title,
        columns.description, columns.scope, columns.level_number, columns.descriptors, columns.position,
    )  # fmt: skip
    rows = session.execute(
        select(Item).with_only_columns(*named).where(Item.version_id == version_id).order_by(Item.id)
    ).all()
    place = {row[0]: number for number, row in enumerate(rows)}
    links = session.execute(
        select(Association.type, Association.origin_id, Association.destination_id)
        .where(Association.version_id == version_id)
        .order_by(Association.id)
    )
    levels = session.scalars(select(Level).where(Level.version_id == version_id).order_by(Level.number))
    spots = session.execute(
        select(ItemPlace.item_key, ItemPlace.x, ItemPlace.y).where(ItemPlace.version_id == version_id)
    )
    return {
        "seq": seq,
        "status": version.status,
        "number": version.number,
        "about": {name: getattr(version, name) for name in ABOUT_FIELDS},
        "levels": [[one.number, one.name, one.description, one.months] for one in levels],
        "items": [[row[1], place.get(row[2], -1), *row[3:]] for row in rows],
        "links": [
            [kind, place[origin], place[destination]]
            for kind, origin, destination in links
            if origin in place and destination in place
        ],
        "places": {key: [x, y] for key, x, y in spots},
    }


def changes(session: Session, version_id: int, since: int) -> Changes:
    """Edits after `since`, oldest first, with the names of who made them. Raises NotFound."""
    status = session.scalar(select(FrameworkVersion.status).where(FrameworkVersion.id == version_id))
    if status is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    rows = session.scalars(
        select(FrameworkEdit)
        .where(FrameworkEdit.version_id == version_id, FrameworkEdit.seq > since)
        .order_by(FrameworkEdit.seq)
        .limit(MOST_CHANGES + 1)
    ).all()
    edits = tuple(_change(row) for row in rows)
    too_many = len(edits) > MOST_CHANGES
    return Changes(
        seq=last_seq(session, version_id) if too_many else edits[-1].seq if edits else since,
        status=status,
        edits=() if too_many else edits,
        names=names(session, (edit.person_id for edit in edits)),
        reload=too_many or any(reorders_levels(edit.op) for edit in edits),
    )


def history(session: Session, version_id: int, most: int = 50) -> tuple[Change, ...]:
    """The latest edits, newest first."""
    rows = session.scalars(
        select(FrameworkEdit)
        .where(FrameworkEdit.version_id == version_id)
        .order_by(FrameworkEdit.seq.desc())
        .limit(most)
    )
    return tuple(_change(row) for row in rows)


def names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Names of those who edited, by person id."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    return {int(key): person.name for key, person in launch.people(session, wanted).items()}


def removal_of(session: Session, version_id: int, key: str) -> Change | None:
    """The edit that took this item away."""
    rows = session.scalars(
        select(FrameworkEdit).where(FrameworkEdit.version_id == version_id).order_by(FrameworkEdit.seq.desc())
    )
    for row in rows:
        if row.op["do"] == "remove" and key in row.op["keys"]:
            return _change(row)
    return None


def _change(row: FrameworkEdit) -> Change:
    return Change(row.seq, row.op, row.undoes, row.person_id, row.client, row.at)
