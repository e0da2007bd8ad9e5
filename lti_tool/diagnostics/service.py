"""What people change here: targets, resources, steps put aside, requests to look again."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.diagnostics.models import CheckRequest, Resource, StepChoice, Target
from lti_tool.frameworks.queries import Framed
from lti_tool.kit.errors import Invalid, NotFound

LONGEST_WORDS = 2000


def set_target(session: Session, course_id: int, framed: Framed, item_id: int | None, level: int) -> None:
    """The level this course expects of a competency, or of all that have none of their own (`item_id` None)."""
    if not 1 <= level <= framed.version.level_count:
        raise Invalid(f"This framework has levels 1 to {framed.version.level_count}.", "Choose one of them.")
    if item_id is not None and item_id not in framed.by_id:
        raise NotFound("This competency is not in the course's framework.", "Choose one from the list.")
    same = Target.item_id.is_(None) if item_id is None else Target.item_id == item_id
    row = session.scalar(
        select(Target).where(Target.course_id == course_id, Target.version_id == framed.version.id, same)
    )
    if row is None:
        row = Target(course_id=course_id, version_id=framed.version.id, item_id=item_id)
        session.add(row)
    row.level = level


def add_resource(
    session: Session, course_id: int, framed: Framed, item_id: int, *, title: str, url: str, minutes: int | None = None,
    level: int | None = None, note: str = "",
) -> int:  # fmt: skip
    """Link material to a competency; the new row's id. Raises Invalid for a title or address that cannot be shown."""
    if item_id not in framed.by_id:
        raise NotFound("This competency is not in the course's framework.", "Choose one from the list.")
    if not title.strip():
        raise Invalid("The resource has no title.", "Say in a few words what it is.")
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid("This is not a web address.", "Give the whole address, beginning with https://")
    if minutes is not None and not 1 <= minutes <= 6000:
        raise Invalid("Minutes are a whole number of 1 or more.", "Leave the field empty if you do not know.")
    row = Resource(
        course_id=course_id,
        version_id=framed.version.id,
        item_id=item_id,
        level=level,
        title=title.strip()[:300],
        url=url.strip()[:2000],
        minutes=minutes,
        note=note.strip(),
    )
    session.add(row)
    session.flush()
    return row.id


def remove_resource(session: Session, course_id: int, resource_id: int) -> None:
    row = session.get(Resource, resource_id)
    if row is None or row.course_id != course_id:
        raise NotFound("This resource is gone already.", "")
    session.delete(row)


def decline_step(session: Session, person_id: int, item_id: int, now: datetime) -> None:
    """The learner puts a step aside; it can be taken back."""
    restore_step(session, person_id, item_id)
    session.add(StepChoice(person_id=person_id, item_id=item_id, choice="declined", chosen_at=now))


def restore_step(session: Session, person_id: int, item_id: int) -> None:
    session.execute(delete(StepChoice).where(StepChoice.person_id == person_id, StepChoice.item_id == item_id))


def ask_check(
    session: Session, course_id: int, person_id: int, words: str, now: datetime, item_id: int | None = None
) -> None:
    """The learner asks the teacher to look at a result or a mapping again."""
    if not words.strip():
        raise Invalid("Nothing was written.", "Say in a sentence what looks wrong, then send it.")
    session.add(
        CheckRequest(
            course_id=course_id, person_id=person_id, item_id=item_id, words=words.strip()[:LONGEST_WORDS], asked_at=now
        )
    )


def settle_check(session: Session, course_id: int, request_id: int, now: datetime) -> None:
    row = session.get(CheckRequest, request_id)
    if row is None or row.course_id != course_id:
        raise NotFound("This request is not in your course.", "")
    row.settled_at = now
