"""Who did what, when: an institution's trail of what its administrators and this tool's operators decided.

Append-only: an entry is never changed or deleted by the tool. It names who acted and what was done to what, never a
learner: write "a delivery of assignment 3", not whose.
"""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Index, String, Text, event, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from lti_tool.kit.db import Base, Owned

COMMAND_LINE = "Command line"


class AuditEntry(Base, Owned):
    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_newest", "institution_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(255))
    """The administrator's or operator's name as it was then."""
    action: Mapped[str] = mapped_column(String(80), index=True)
    """What was done, as a code in the past tense: `deployment.approved`."""
    subject: Mapped[str] = mapped_column(String(300))
    """To what, in words: `Example Moodle, deployment 3`."""
    detail: Mapped[str] = mapped_column(Text, default="")


class Actor(Protocol):
    """Somebody with a name and a number, such as a page's viewer."""

    @property
    def name(self) -> str: ...

    @property
    def person_id(self) -> int | None: ...


def record(
    session: Session,
    actor: Actor | str,
    action: str,
    subject: str,
    detail: str = "",
    *,
    now: datetime,
    institution_id: int | None = None,
) -> None:
    """Add an entry in the caller's transaction, so that a deed and its entry stand or fall together. `actor` is the
    viewer, or words such as `COMMAND_LINE`. The institution is the session's, unless given. Secrets and learners' names
    do not belong into any of it."""
    said = actor if isinstance(actor, str) else actor.name or f"Person {actor.person_id or ''}".strip()
    entry = AuditEntry(
        at=now, actor=_plain(said, 255), action=action, subject=_plain(subject, 300), detail=_plain(detail, 2000)
    )
    if institution_id is not None:
        entry.institution_id = institution_id
    session.add(entry)


def entries(
    session: Session, *, action: str = "", actor: str = "", limit: int | None = 50, offset: int = 0
) -> list[AuditEntry]:
    """The institution's entries, the newest first; `action` may be a whole group: `deployment.`."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).offset(offset)
    if action.endswith("."):
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    elif action:
        query = query.where(AuditEntry.action == action)
    if actor:
        query = query.where(AuditEntry.actor == actor)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def actors(session: Session) -> list[str]:
    """Everybody who is in the institution's trail."""
    return list(session.scalars(select(AuditEntry.actor).distinct().order_by(AuditEntry.actor)))


def _plain(text: str, longest: int) -> str:
    """One line of printable text that a database can hold."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(clean.split())[:longest]


@event.listens_for(Session, "do_orm_execute")
def _only_append(state: ORMExecuteState) -> None:
    if state.is_update or state.is_delete:
        for mapper in state.all_mappers:
            if mapper.class_ is AuditEntry:
                raise RuntimeError("an audit trail is only ever added to")


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _never_changed(*_: object) -> None:
    raise RuntimeError("an audit trail is only ever added to")
