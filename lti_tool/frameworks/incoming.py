"""A file between its upload and the decision: held for an hour, read again, compared with what is here."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from lti_tool.frameworks import exchange, matching, queries
from lti_tool.frameworks.domain import FrameworkDraft, counts
from lti_tool.frameworks.life.diff import Carried, Change, carried, changes
from lti_tool.frameworks.matching import Match
from lti_tool.frameworks.models import PendingImport
from lti_tool.frameworks.service import fingerprint
from lti_tool.kit.errors import NotFound

HELD = timedelta(hours=1)


@dataclass(frozen=True)
class Preview:
    """What an import would do. `match` is None for a framework that is new here."""

    draft: FrameworkDraft
    counts: dict[str, int]
    match: Match | None
    is_same: bool
    """Word for word what is here already."""
    changes: tuple[Change, ...]
    carried: Carried | None


def hold(session: Session, name: str, data: bytes, institution_id: int, now: datetime) -> int:
    """Keep an uploaded file until it is decided on. Files nobody decided on within an hour go."""
    session.execute(delete(PendingImport).where(PendingImport.created_at < now - HELD))
    row = PendingImport(
        institution_id=institution_id, name=name[:255], data=zlib.compress(data, level=3), created_at=now
    )
    session.add(row)
    session.flush()
    return row.id


def held(session: Session, pending_id: int, now: datetime) -> tuple[str, FrameworkDraft]:
    """The file's name and the framework in it. Raises NotFound once it is gone, BadFramework never: it was read when
    it came."""
    row = session.scalar(
        select(PendingImport).where(PendingImport.id == pending_id).options(undefer(PendingImport.data))
    )
    if row is None or now - row.created_at > HELD:
        raise NotFound("This file is not here any more.", "Choose it and import it again.")
    return row.name, exchange.read_bytes(zlib.decompress(row.data), row.name)


def drop(session: Session, pending_id: int) -> None:
    session.execute(delete(PendingImport).where(PendingImport.id == pending_id))


def preview(session: Session, draft: FrameworkDraft) -> Preview:
    """What importing this would do, without doing anything."""
    match = matching.find(session, draft)
    if match is None:
        return Preview(draft, counts(draft), None, is_same=False, changes=(), carried=None)
    stored = queries.draft(session, match.version_id)
    same = queries.fingerprint_of(session, match.version_id) == fingerprint(draft)
    told = () if same else changes(stored, draft)
    return Preview(draft, counts(draft), match, same, told, carried(stored, draft))
