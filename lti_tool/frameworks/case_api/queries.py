"""Which published versions a caller may read, each made ready once per process."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries
from lti_tool.frameworks.case_api.served import Served, document_of, serve
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.models import Framework, FrameworkVersion

#: Records kept ready in one process; the version asked for last always stays.
MOST_RECORDS = 30_000
_ready: WeakKeyDictionary[Any, OrderedDict[tuple[int, str], Served]] = WeakKeyDictionary()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Readable:
    version_id: int
    published_at: datetime
    fingerprint: str


def readable(session: Session, institution_id: int | None) -> tuple[Readable, ...]:
    """The newest published version of each framework that is open to all, and of each one of the institution whose
    token came along. Where two institutions publish the same framework, the one here longest answers for it.
    Run it `everywhere`."""
    newest = (
        select(FrameworkVersion.framework_id, func.max(FrameworkVersion.number).label("number"))
        .where(FrameworkVersion.status == Status.PUBLISHED)
        .group_by(FrameworkVersion.framework_id)
        .subquery()
    )
    allowed: ColumnElement[bool] = Framework.is_open.is_(True)
    if institution_id is not None:
        allowed = or_(allowed, Framework.institution_id == institution_id)
    rows = session.execute(
        select(FrameworkVersion, Framework.identifier, Framework.institution_id)
        .join(Framework, Framework.id == FrameworkVersion.framework_id)
        .join(newest, (newest.c.framework_id == Framework.id) & (newest.c.number == FrameworkVersion.number))
        .where(allowed)
        .order_by(Framework.id)
    ).all()
    # One's own comes before another institution's copy of it.
    rows = sorted(rows, key=lambda row: row[2] != institution_id)
    found: dict[str, Readable] = {}
    for version, identifier, _ in rows:
        moment = version.published_at or version.created_at
        found.setdefault(identifier, Readable(version.id, moment, version.fingerprint))
    return tuple(sorted(found.values(), key=lambda one: one.version_id))


def document(session: Session, one: Readable, base_uri: str) -> dict[str, Any]:
    """A version's CFDocument, without reading its items."""
    return document_of(queries.head(session, one.version_id), one.published_at, base_uri)


def served(session: Session, one: Readable, base_uri: str) -> Served:
    """A version made ready. A published version never changes, so each process does it once."""
    kept = _ready.setdefault(session.get_bind(), OrderedDict())
    key = one.version_id, base_uri
    with _lock:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    made = serve(queries.draft(session, one.version_id), one.published_at, base_uri)
    with _lock:
        kept[key] = made
        while len(kept) > 1 and sum(each.weight for each in kept.values()) > MOST_RECORDS:
            kept.popitem(last=False)
    return made
