"""What people change here: targets, resources, steps put aside, requests to look again."""

from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lti_tool.diagnostics import queries
from lti_tool.diagnostics.models import CheckRequest, Resource, StepChoice, Target
from lti_tool.diagnostics.subject import level_names
from lti_tool.frameworks.queries import Framed
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import Invalid, NotFound

LONGEST_WORDS = 2000
LONGEST_TITLE, LONGEST_URL = 300, 2000
MOST_MINUTES = 6000
MOST_OPEN_CHECKS = 5


class ResourceRefused(Invalid):
    """A resource that cannot be linked; `faults` says why, by field."""

    reason = "resource_refused"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()), "Mend what is named, then send it again.")
        self.faults = dict(faults)


class TooManyChecks(Invalid):
    reason = "too_many_checks"


def set_target(session: Session, course_id: int, framed: Framed, item_id: int | None, level: int) -> None:
    """The level this course expects of a competency, or of all that have none of their own (`item_id` None). Level 0
    takes a competency's own target away. Raises Invalid, NotFound."""
    top = len(level_names(framed))
    if not (1 if item_id is None else 0) <= level <= top:
        raise Invalid(f"This framework has levels 1 to {top}.", "Choose one of them.")
    if item_id is not None and item_id not in framed.by_id:
        raise NotFound("This competency is not in the course's framework.", "Choose one from the list.")
    # the unique constraint does not see rows without a competency: one before is taken away, not looked for
    same = Target.item_id.is_(None) if item_id is None else Target.item_id == item_id
    session.execute(delete(Target).where(Target.course_id == course_id, Target.version_id == framed.version.id, same))
    if level:
        session.add(Target(course_id=course_id, version_id=framed.version.id, item_id=item_id, level=level))


def add_resource(
    session: Session, course_id: int, framed: Framed, *, item: str, title: str, url: str, minutes: str = "",
    level: str = "", note: str = "",
) -> int:  # fmt: skip
    """Link material to a competency, each value as it was typed; the new row's id. Raises ResourceRefused."""
    faults = {
        "item": "" if item.isdecimal() and int(item) in framed.by_id else "Choose a competency from the list.",
        "level": "" if not level or _number(level, len(level_names(framed))) else "Choose a level from the list.",
        "title": _title_fault(title.strip()),
        "url": _url_fault(url.strip()),
        "minutes": "" if not minutes.strip() or _number(minutes, MOST_MINUTES) else "Give whole minutes, 1 or more.",
    }
    if any(faults.values()):
        raise ResourceRefused({name: words for name, words in faults.items() if words})
    row = Resource(
        course_id=course_id,
        version_id=framed.version.id,
        item_id=int(item),
        level=_number(level, len(level_names(framed))),
        title=title.strip(),
        url=url.strip(),
        minutes=_number(minutes, MOST_MINUTES),
        note=note.strip(),
    )
    session.add(row)
    session.flush()
    return row.id


def _number(text: str, most: int) -> int | None:
    """A whole number from 1 to `most`, or None."""
    digits = text.strip()
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0
    return number if 1 <= number <= most else None


def _title_fault(title: str) -> str:
    if not title:
        return "Say in a few words what it is."
    return f"At most {LONGEST_TITLE} characters, please." if len(title) > LONGEST_TITLE else ""


def _url_fault(url: str) -> str:
    if len(url) > LONGEST_URL:
        return f"This address is longer than {LONGEST_URL} characters."
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        good = False
    if not good or any(ord(letter) <= 32 or letter == "\x7f" for letter in url):
        return "Give the whole web address, beginning with https://"
    return ""


def remove_resource(session: Session, course_id: int, resource_id: int) -> None:
    row = session.get(Resource, resource_id)
    if row is None or row.course_id != course_id:
        raise NotFound("This resource is gone already.", "")
    session.delete(row)


def decline_step(session: Session, person_id: int, item_id: int, institution_id: int, now: datetime) -> None:
    """The learner puts a step aside; it can be taken back. Twice is once."""
    upsert(
        session,
        StepChoice,
        {"person_id": person_id, "item_id": item_id},
        {"institution_id": institution_id, "choice": "declined", "chosen_at": now},
    )


def restore_steps(session: Session, person_id: int, item_ids: Collection[int]) -> None:
    session.execute(delete(StepChoice).where(StepChoice.person_id == person_id, StepChoice.item_id.in_(item_ids)))


def ask_check(
    session: Session, course_id: int, person_id: int, words: str, now: datetime, item_id: int | None = None
) -> None:
    """The learner asks the teacher to look at a result or a mapping again. Raises Invalid, TooManyChecks."""
    said = words.strip()
    if not said:
        raise Invalid("Nothing was written.", "Say in a sentence what looks wrong, then send it.")
    if len(queries.own_checks(session, course_id, person_id)) >= MOST_OPEN_CHECKS:
        raise TooManyChecks(
            f"{MOST_OPEN_CHECKS} of your requests are still open.", "Wait until your teacher has looked at them."
        )
    session.add(
        CheckRequest(
            course_id=course_id, person_id=person_id, item_id=item_id, words=said[:LONGEST_WORDS], asked_at=now
        )
    )


def settle_check(session: Session, course_id: int, request_id: int, now: datetime) -> None:
    """Raises NotFound, also for another course's."""
    row = session.get(CheckRequest, request_id)
    if row is None or row.course_id != course_id:
        raise NotFound("This request is not in your course.", "Go back to the class.")
    row.settled_at = now
