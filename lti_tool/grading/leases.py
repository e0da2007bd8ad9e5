"""One at a time, across processes: an LMS makes two columns of two requests, and two intakes would do all twice."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lti_tool.grading.models import Lease
from lti_tool.kit.db import insert_once


def take(session: Session, institution_id: int, name: str, now: datetime, length: timedelta) -> bool:
    """Whether it is ours now, in the caller's transaction. A lease that was left behind ends by itself."""
    own = {"institution_id": institution_id, "name": name}
    if insert_once(session, Lease, ["institution_id", "name"], {**own, "until": now + length}):
        return True
    taken = session.execute(
        update(Lease).where(Lease.name == name, Lease.until < now).values(until=now + length).returning(Lease.id)
    )
    return taken.scalar_one_or_none() is not None


def give_back(session: Session, name: str) -> None:
    session.execute(delete(Lease).where(Lease.name == name))
