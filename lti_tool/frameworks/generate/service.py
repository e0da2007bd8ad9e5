"""A generation from the first word of its brief to its draft: saved as it is written, begun, stopped, read."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks.generate import brief as briefs
from lti_tool.frameworks.generate import keeping, planning
from lti_tool.frameworks.generate.domain import Brief, Document
from lti_tool.frameworks.generate.events import StageDue
from lti_tool.frameworks.generate.models import Generation, GenerationDocument, GenerationStage
from lti_tool.frameworks.models import Item
from lti_tool.kit import outbox
from lti_tool.kit.errors import Invalid, NotFound


class Status(StrEnum):
    WRITING = "writing"
    WORKING = "working"
    DONE = "done"
    UNSERVED = "unserved"
    CANCELLED = "cancelled"


class WrongTime(Invalid):
    reason = "wrong_time"
    status = 409


FIELDS = ("organisation", "sector", "families", "goals", "stages", "months")


def begin(session: Session, institution_id: int, person_id: int | None, now: datetime) -> int:
    """An empty brief; its id."""
    row = Generation(
        institution_id=institution_id,
        status=Status.WRITING.value,
        brief={},
        outline={},
        read_at={},
        started_by_id=person_id,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def again(session: Session, generation_id: int, person_id: int | None, now: datetime) -> int:
    """The same brief with its documents, to be changed and tried once more."""
    old = get(session, generation_id)
    fresh = begin(session, old.institution_id, person_id, now)
    session.get_one(Generation, fresh).brief = dict(old.brief)
    for one in documents(session, generation_id):
        add_document(session, fresh, Document(one.name, one.text, one.cut), now)
    return fresh


def get(session: Session, generation_id: int) -> Generation:
    row = session.scalar(select(Generation).where(Generation.id == generation_id))
    if row is None:
        raise NotFound("This brief is not here.", "Begin a new one from the list of frameworks.")
    return row


def save(session: Session, generation_id: int, fields: Mapping[str, Any], now: datetime) -> None:
    """The fields as they were typed, complete or not. Raises NotFound, WrongTime."""
    row = _writing(session, generation_id)
    kept = {name: str(fields[name])[:4000] for name in FIELDS if name in fields}
    row.brief = {**row.brief, **kept, "learners": bool(fields.get("learners", row.brief.get("learners", False)))}
    row.changed_at = now


def add_document(session: Session, generation_id: int, document: Document, now: datetime) -> None:
    """Raises WrongTime, and Invalid where there are enough."""
    row = _writing(session, generation_id)
    many = session.scalar(select(func.count()).where(GenerationDocument.generation_id == generation_id)) or 0
    if many >= briefs.MOST_DOCUMENTS:
        raise Invalid(f"There are {briefs.MOST_DOCUMENTS} documents already.", "Take one away first.")
    session.add(
        GenerationDocument(
            institution_id=row.institution_id,
            generation_id=row.id,
            name=document.name,
            text=document.text,
            cut=document.cut,
        )
    )
    row.changed_at = now


def remove_document(session: Session, generation_id: int, document_id: int) -> None:
    _writing(session, generation_id)
    session.execute(
        delete(GenerationDocument).where(
            GenerationDocument.id == document_id, GenerationDocument.generation_id == generation_id
        )
    )


def documents(session: Session, generation_id: int) -> Sequence[GenerationDocument]:
    wanted = select(GenerationDocument).where(GenerationDocument.generation_id == generation_id)
    return session.scalars(wanted.order_by(GenerationDocument.id)).all()


def brief_of(session: Session, row: Generation) -> Brief:
    """Raises BadBrief with every fault."""
    found = [Document(one.name, one.text, one.cut) for one in documents(session, row.id)]
    given = {name: value for name, value in row.brief.items() if name != "with_model" and value != ""}
    return briefs.check(given, found)


def plan_of(brief: Brief, row: Generation) -> tuple[planning.Step, ...]:
    return planning.plan(brief, with_model=bool(row.brief.get("with_model")))


def start(session: Session, generation_id: int, now: datetime, *, with_model: bool) -> None:
    """The brief is complete: lay out the stages and make the first one due. Raises BadBrief, WrongTime."""
    row = _writing(session, generation_id)
    brief = brief_of(session, row)
    row.brief = {**row.brief, "with_model": with_model}
    row.status, row.changed_at = Status.WORKING.value, now
    for position, step in enumerate(plan_of(brief, row)):
        session.add(
            GenerationStage(
                institution_id=row.institution_id,
                generation_id=row.id,
                position=position,
                title=step.title,
                status="working" if position == 0 else "waiting",
            )
        )
    session.flush()
    due(session, row, 0)


def due(session: Session, row: Generation, position: int) -> None:
    outbox.post(session, StageDue(row.id, position), institution_id=row.institution_id, key=f"{row.id}/{position}")


def cancel(session: Session, generation_id: int, now: datetime) -> None:
    """No question is asked after this. What was made so far is not a draft and is dropped with the stages."""
    row = get(session, generation_id)
    if row.status != Status.WORKING:
        raise WrongTime("This is not under way any more.", "Look at what came of it.")
    row.status, row.changed_at = Status.CANCELLED.value, now
    session.execute(
        update(GenerationStage)
        .where(GenerationStage.generation_id == generation_id, GenerationStage.status != "done")
        .values(status="stopped")
    )


def tick(session: Session, generation_id: int, keys: Sequence[str], now: datetime) -> None:
    """A person has read these items. Ticks are only ever added: what was read was read."""
    row = get(session, generation_id)
    known = set(item_keys(row))
    row.read_at = {**row.read_at, **{key: now.isoformat() for key in keys if key in known and key not in row.read_at}}


def identifier(row: Generation) -> str:
    """Of the framework that comes of it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"generation/{row.institution_id}/{row.id}/{row.created_at.isoformat()}"))


def item_keys(row: Generation) -> tuple[str, ...]:
    from lti_tool.frameworks.generate.outcome import item_keys as keys_of

    return tuple(keys_of(keeping.from_json(row.outline), identifier(row)).values())


def unread(session: Session, version_id: int) -> tuple[str, ...]:
    """Keys of generated items of this version that nobody has ticked as read, those that were taken out of it left
    out; () where the version was not generated."""
    row = session.scalar(select(Generation).where(Generation.version_id == version_id))
    if row is None:
        return ()
    waiting = [key for key in item_keys(row) if key not in row.read_at]
    still = select(Item.key).where(Item.version_id == version_id, Item.key.in_(waiting))
    return tuple(session.scalars(still.order_by(Item.id)))


def _writing(session: Session, generation_id: int) -> Generation:
    row = get(session, generation_id)
    if row.status != Status.WRITING:
        raise WrongTime("This brief was handed in already.", "Use it again to change something.")
    return row
