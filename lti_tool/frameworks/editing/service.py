"""A change arrives: refused when somebody else changed the same thing, made, and kept with what takes it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import drafts
from lti_tool.frameworks.editing import applying, levels, wire
from lti_tool.frameworks.editing.applying import value_of
from lti_tool.frameworks.editing.board import Board, Gone
from lti_tool.frameworks.editing.domain import (
    PLACE,
    Add,
    AddLevel,
    DropLevel,
    Move,
    Op,
    Relate,
    Remove,
    Restore,
    Set,
    SetAbout,
    SetLevel,
    Unrelate,
    as_json,
    changes_hierarchy,
    target_of,
    touches,
)
from lti_tool.frameworks.models import FrameworkEdit, FrameworkVersion, Item, ItemPlace
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import Fault, Invalid, NotFound

MAKE: dict[type[Any], Callable[[Board, Any], applying.Made]] = {
    Add: applying.add,
    Set: applying.set_fields,
    Move: applying.move,
    Remove: applying.remove,
    Restore: applying.restore,
    Relate: applying.relate,
    Unrelate: applying.unrelate,
    SetAbout: applying.set_about,
    SetLevel: levels.set_level,
    AddLevel: levels.add_level,
    DropLevel: levels.drop_level,
}


@dataclass(frozen=True)
class From:
    """Who sends a change, and from which open page. `sent` counts within the page."""

    client: str
    sent: int
    person_id: int | None = None


@dataclass(frozen=True)
class Done:
    """A change as it was made; `assessed` tells which items became or ceased to be competencies by it."""

    seq: int
    op: dict[str, Any]
    undoes: int | None = None
    assessed: Mapping[str, bool] = field(default_factory=dict)


class Conflict(Fault):
    """Somebody else changed the same thing since. `theirs` is what stands there now, by field."""

    reason = "conflict"
    status = 409

    def __init__(self, seq: int, person_id: int | None, at: datetime, theirs: Mapping[str, Any]) -> None:
        super().__init__("Somebody else changed this while you did.", "Choose which of the two stays.")
        self.seq, self.person_id, self.at, self.theirs = seq, person_id, at, dict(theirs)


class TakenBack(Invalid):
    reason = "taken_back"
    status = 409


def change(
    session: Session, version_id: int, op: Op, sender: From, now: datetime, *, base: int = 0, keep: bool = False
) -> Done:
    """Make one change of a draft. `base` is the last seq its author had seen; `keep` makes it over others' work.

    Raises NotFound, NotADraft, Conflict, Gone, Cycle (with the path) and Invalid. Call it inside `writing()`.
    """
    board = _board(session, version_id)
    if (again := _sent_before(session, version_id, sender)) is not None:
        return again
    if not keep:
        _refuse_conflict(board, op, sender, base)
    return _make(board, op, sender, now)


def undo(session: Session, version_id: int, seq: int, sender: From, now: datetime, *, keep: bool = False) -> Done:
    """Take an edit back by one more edit. Undoing that one is redoing. Raises what `change` raises, and TakenBack."""
    board = _board(session, version_id)
    if (again := _sent_before(session, version_id, sender)) is not None:
        return again
    edit = session.scalar(select(FrameworkEdit).where(FrameworkEdit.version_id == version_id, FrameworkEdit.seq == seq))
    if edit is None:
        raise NotFound("This change is not of this draft.", "Reload the page.")
    if session.scalar(
        select(FrameworkEdit.id).where(FrameworkEdit.version_id == version_id, FrameworkEdit.undoes == seq)
    ):
        raise TakenBack("This change was taken back already.", "Reload the page to see how it stands.")
    inverse = wire.kept(edit.inverse)
    if not keep:
        _refuse_overtaken(board, edit, inverse)
    return _make(board, inverse, sender, now, undoes=seq)


def put_places(session: Session, version_id: int, places: list[tuple[str, float, float]]) -> None:
    """Where items stand in the drawing of a draft; the last word counts. Raises NotFound, NotADraft."""
    row = drafts.needs_draft(session, version_id)
    known = set(
        session.scalars(select(Item.key).where(Item.version_id == version_id, Item.key.in_([p[0] for p in places])))
    )
    for key, x, y in places:
        if key in known:
            keys = {"version_id": version_id, "item_key": key}
            upsert(session, ItemPlace, keys, {"institution_id": row.institution_id, "x": x, "y": y})


def _board(session: Session, version_id: int) -> Board:
    # One writer of a version at a time: numbers follow each other, and two halves of a cycle cannot slip in at once.
    session.execute(select(FrameworkVersion.id).where(FrameworkVersion.id == version_id).with_for_update())
    return Board(session, drafts.needs_draft(session, version_id))


def _sent_before(session: Session, version_id: int, sender: From) -> Done | None:
    row = session.scalar(
        select(FrameworkEdit).where(
            FrameworkEdit.version_id == version_id,
            FrameworkEdit.client == sender.client,
            FrameworkEdit.sent == sender.sent,
        )
    )
    return None if row is None else Done(row.seq, row.op, row.undoes)


def _make(board: Board, op: Op, sender: From, now: datetime, undoes: int | None = None) -> Done:
    session, version_id = board.session, board.version_id
    made, inverse = MAKE[type(op)](board, op)
    assessed = board.settle() if changes_hierarchy(made) else {}
    last = session.scalar(select(func.max(FrameworkEdit.seq)).where(FrameworkEdit.version_id == version_id))
    edit = FrameworkEdit(
        **board.own,
        seq=(last or 0) + 1,
        person_id=sender.person_id,
        client=sender.client,
        sent=sender.sent,
        target=target_of(made),
        op=as_json(made) | ({"assessed": assessed} if assessed else {}),
        inverse=as_json(inverse),
        undoes=undoes,
        at=now,
    )
    session.add(edit)
    session.flush()
    return Done(edit.seq, edit.op, undoes, assessed)


def _refuse_conflict(board: Board, op: Op, sender: From, base: int) -> None:
    """Others' edits of the same fields of the same thing since `base`; of anything in it, where it is to go."""
    since = select(FrameworkEdit).where(
        FrameworkEdit.version_id == board.version_id,
        FrameworkEdit.seq > base,
        FrameworkEdit.client != sender.client,
    )
    if isinstance(op, Remove):
        going, _ = applying.staying(board, board.item(op.item))
        edits = [edit for edit in board.session.scalars(since.order_by(FrameworkEdit.seq)) if edit.target in going]
        if edits:
            last = edits[-1]
            raise Conflict(last.seq, last.person_id, last.at, {last.target: sorted(touches(last.op))})
        return
    mine = touches(as_json(op))
    if not mine:
        return
    edits = [
        edit
        for edit in board.session.scalars(
            since.where(FrameworkEdit.target == target_of(op)).order_by(FrameworkEdit.seq)
        )
        if touches(edit.op) & mine
    ]
    if edits:
        theirs = standing(board, op)
        asked = getattr(op, "fields", None)
        if asked is None or any(theirs[name] != asked[name] for name in asked):
            raise Conflict(edits[-1].seq, edits[-1].person_id, edits[-1].at, theirs)


def _refuse_overtaken(board: Board, edit: FrameworkEdit, inverse: Op) -> None:
    """What the edit had made must still stand, or undoing it would undo somebody's later work."""
    session = board.session
    if isinstance(inverse, Remove):
        later = session.scalars(
            select(FrameworkEdit)
            .where(
                FrameworkEdit.version_id == board.version_id,
                FrameworkEdit.seq > edit.seq,
                FrameworkEdit.client != edit.client,
                FrameworkEdit.target.in_([spot.key for spot in board.below(board.item(inverse.item))]),
            )
            .order_by(FrameworkEdit.seq.desc())
            .limit(1)
        ).first()
        if later is not None:
            raise Conflict(later.seq, later.person_id, later.at, {later.target: sorted(touches(later.op))})
        return
    names = touches(edit.op)
    if not names:
        return
    made = wire.kept(edit.op)
    now = standing(board, made)
    then = {PLACE: {"parent": made.parent}} if isinstance(made, Move) else dict(getattr(made, "fields", {}))
    if any(now[name] != then[name] for name in names):
        last = session.scalars(
            select(FrameworkEdit)
            .where(FrameworkEdit.version_id == board.version_id, FrameworkEdit.target == edit.target)
            .order_by(FrameworkEdit.seq.desc())
            .limit(1)
        ).one()
        raise Conflict(last.seq, last.person_id, last.at, now)


def standing(board: Board, op: Op) -> dict[str, Any]:
    """What stands now in the fields that a change is about. Raises Gone."""
    match op:
        case Set():
            row = board.item(op.item)
            return {name: value_of(row, name) for name in op.fields}
        case SetLevel():
            level = board.level(op.number)
            return {name: getattr(level, name) for name in op.fields}
        case SetAbout():
            return {name: getattr(board.version, name) for name in op.fields}
        case Move():
            parent_id = board.item(op.item).parent_id
            return {PLACE: {"parent": board.key_of(parent_id)}}
        case _:
            return {}


__all__ = ["Conflict", "Done", "From", "Gone", "TakenBack", "change", "put_places", "undo"]
