"""What the tool keeps about one person, in words and as data: each room that keeps something tells it (`TELLS`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from lti_tool.kit.db import Session
from lti_tool.launch.models import Course, Membership, Person


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is kept about a person, as far as that person may see it."""

    name: str
    """Its name in the downloaded data."""
    title: str
    words: str
    rows: tuple[Mapping[str, Any], ...]
    """Plain values: texts, numbers, moments as ISO text."""

    @property
    def count(self) -> str:
        """How much of it there is."""
        return "Nothing yet" if not self.rows else f"{len(self.rows)} {'entry' if len(self.rows) == 1 else 'entries'}"


Tell = Callable[[Session, int], Kept]
"""From a person's id, in the institution's scope."""


def kept_about(session: Session, person_id: int) -> list[Kept]:
    """Everything, room by room."""
    return [tell(session, person_id) for tell in TELLS]


def _who(session: Session, person_id: int) -> Kept:
    row = session.scalars(select(Person).where(Person.id == person_id)).one()
    said = {
        "name": row.name,
        "email": row.email,
        "id_in_the_lms": row.lms_user_id or row.subject,
        "last_here": row.seen_at.isoformat() if row.seen_at else None,
    }
    words = "Your name, your e-mail address and your id, as far as the LMS sends them, and when you were here last."
    return Kept("person", "Who you are", words, (said,))


def _courses(session: Session, person_id: int) -> Kept:
    found = session.execute(
        select(Course.title, Membership.role, Membership.section, Membership.active)
        .join(Membership, Membership.course_id == Course.id)
        .where(Membership.person_id == person_id)
        .order_by(Course.id)
    )
    rows = tuple({"course": one.title, "role": one.role, "section": one.section, "active": one.active} for one in found)
    return Kept("courses", "Your courses", "Each course that opened Waymark, and your role in it.", rows)


TELLS: list[Tell] = [_who, _courses]
