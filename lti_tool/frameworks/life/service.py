"""Moving a version along: pilot, publication, retirement; and what people say and decide on the way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks import lint, queries
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.events import VersionChosen
from lti_tool.frameworks.generate.service import unread
from lti_tool.frameworks.life import queries as told
from lti_tool.frameworks.life.domain import WAIVABLE, Gate, Mark, Obstacle, ReviewKind, Side
from lti_tool.frameworks.models import (
    Framework,
    FrameworkFeedback,
    FrameworkReview,
    FrameworkVersion,
    Item,
    PilotCourse,
    SignOff,
    Waiver,
)
from lti_tool.frameworks.service import fingerprint, hold_courses
from lti_tool.kit import outbox
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.launch import queries as launch

LONGEST = 4000


class CannotPublish(Invalid):
    """`obstacles` lists everything in the way, each with its next step."""

    reason = "cannot_publish"
    status = 409

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        first = obstacles[0]
        super().__init__(" ".join(each.words for each in obstacles[:3]), first.next_step)
        self.obstacles = tuple(obstacles)


class WrongStatus(Invalid):
    reason = "wrong_status"
    status = 409


def start_pilot(
    session: Session, version_id: int, course_ids: Sequence[int], now: datetime, by: int | None = None
) -> None:
    """Try a draft in some courses: its content stands still from now on, and each course is moved to it.

    A running pilot takes in further courses. Raises NotFound, WrongStatus, and Invalid when no course is chosen.
    """
    row = _version(session, version_id)
    if row.status not in (Status.DRAFT, Status.PILOT):
        raise WrongStatus("Only a draft can be tried in a pilot.", "Open a draft of this framework first.")
    known = {int(course.id) for course in launch.courses(session)}
    chosen = [course_id for course_id in dict.fromkeys(course_ids) if course_id in known]
    if not chosen:
        raise Invalid("No course is chosen for the pilot.", "Choose at least one course.")
    if row.status == Status.DRAFT:
        row.fingerprint = fingerprint(queries.draft(session, version_id))
        row.status = Status.PILOT.value
        session.flush()
    own = {"institution_id": row.institution_id, "started_at": now, "ended_at": None}
    for course_id in chosen:
        upsert(session, PilotCourse, {"version_id": version_id, "course_id": course_id}, own)
        outbox.post(session, VersionChosen(course_id, version_id, by), institution_id=row.institution_id)


def publish(session: Session, version_id: int, now: datetime, by: int | None = None) -> None:
    """Roll a draft or a pilot out. Courses that work with an older version stay with it until somebody moves them.

    Raises CannotPublish with everything that is in the way and was not waived.
    """
    row = _version(session, version_id)
    obstacles = told.open_gates(session, version_id) + lint_obstacles(session, version_id)
    if obstacles:
        raise CannotPublish(obstacles)
    hold_courses(session, row.framework_id)
    if row.status == Status.DRAFT:
        row.fingerprint = fingerprint(queries.draft(session, version_id))
    row.status, row.published_at = Status.PUBLISHED.value, now
    session.get_one(Framework, row.framework_id).title = row.title
    pilots = update(PilotCourse).where(
        PilotCourse.version_id.in_(told.tried_before(session, row)), PilotCourse.ended_at.is_(None)
    )
    session.execute(pilots.values(ended_at=now))
    session.flush()


def retire(session: Session, version_id: int, now: datetime) -> None:
    """No course can choose this version any more. What was shown on it stays. Raises WrongStatus while courses still
    work with it, and for drafts."""
    row = _version(session, version_id)
    if row.status not in (Status.PUBLISHED, Status.PILOT):
        raise WrongStatus("Only a version that is in use can be retired.", "Discard a draft that is not wanted.")
    working = told.courses_on(session, version_id)
    if working:
        words = f"{len(working)} {'course works' if len(working) == 1 else 'courses work'} with this version."
        raise WrongStatus(words, "Move them to another version first.")
    row.status, row.retired_at = Status.RETIRED.value, now
    session.flush()


def give_feedback(
    session: Session,
    version_id: int,
    mark: Mark,
    words: str,
    now: datetime,
    *,
    given_as: str,
    item_id: int | None = None,
    course_id: int | None = None,
    person_id: int | None = None,
) -> int:
    """Keep what somebody says of a version. "Clear" needs no answer, so it is settled. Raises NotFound, Invalid."""
    row = _version(session, version_id)
    if item_id is not None:
        known = session.scalar(select(Item.id).where(Item.id == item_id, Item.version_id == version_id))
        if known is None:
            raise NotFound("This competency is not in the framework.", "Choose one from the list.")
    said = words.strip()[:LONGEST]
    if not said and mark is not Mark.CLEAR:
        raise Invalid("The note has no words yet.", "Say in a sentence what is unclear, missing or out of date.")
    given = FrameworkFeedback(
        institution_id=row.institution_id,
        version_id=version_id,
        item_id=item_id,
        course_id=course_id,
        person_id=person_id,
        given_as=given_as,
        mark=mark.value,
        words=said,
        created_at=now,
        settled_at=now if mark is Mark.CLEAR else None,
    )
    session.add(given)
    session.flush()
    return given.id


def settle_feedback(session: Session, feedback_id: int, answer: str, now: datetime, by: int | None = None) -> None:
    """Somebody has seen to it: changed the draft, or decided not to, and says so. Raises NotFound."""
    row = session.scalar(select(FrameworkFeedback).where(FrameworkFeedback.id == feedback_id))
    if row is None:
        raise NotFound("This note is not here.", "Reload the page.")
    row.settled_at, row.settled_by_id, row.answer = now, by, answer.strip()[:LONGEST]
    session.flush()


def sign(
    session: Session,
    version_id: int,
    side: Side,
    who: str,
    now: datetime,
    *,
    agreed: bool,
    note: str = "",
    by: int | None = None,
) -> None:
    """Record that leadership or employees agreed, or not yet. Raises NotFound, Invalid, WrongStatus."""
    row = _version(session, version_id)
    if row.status not in (Status.DRAFT, Status.PILOT):
        raise WrongStatus("This version is published already.", "Sign-off belongs to a draft or a pilot.")
    if not who.strip():
        raise Invalid("It is not said who signed.", "Name the person or the body, such as “Staff council”.")
    session.add(
        SignOff(
            institution_id=row.institution_id,
            version_id=version_id,
            side=side.value,
            agreed=agreed,
            who=who.strip()[:255],
            note=note.strip()[:LONGEST],
            signed_at=now,
            recorded_by_id=by,
        )
    )
    session.flush()


def waive(session: Session, version_id: int, gate: Gate, reason: str, now: datetime, by: int | None = None) -> None:
    """Go on without a gate, with a reason that stays. Raises NotFound, Invalid, WrongStatus."""
    row = _version(session, version_id)
    if row.status not in (Status.DRAFT, Status.PILOT):
        raise WrongStatus("This version is published already.", "Nothing has to be waived any more.")
    if gate not in WAIVABLE:
        raise Invalid("This cannot be waived.", "Mend it in the draft.")
    if len(reason.strip()) < 10:
        raise Invalid("A waiver needs its reason.", "Say in a sentence why this version goes on without it.")
    values = {
        "institution_id": row.institution_id,
        "reason": reason.strip()[:LONGEST],
        "waived_at": now,
        "waived_by_id": by,
    }
    upsert(session, Waiver, {"version_id": version_id, "of": gate.value}, values)


def record_review(
    session: Session, framework_id: int, kind: ReviewKind, note: str, now: datetime, by: int | None = None
) -> None:
    """The framework was looked through, or made anew: the next date counts from here. Raises NotFound."""
    framework = _framework(session, framework_id)
    session.add(
        FrameworkReview(
            institution_id=framework.institution_id,
            framework_id=framework_id,
            kind=kind.value,
            note=note.strip()[:LONGEST],
            done_at=now,
            done_by_id=by,
        )
    )
    session.flush()


def set_rhythm(session: Session, framework_id: int, review_months: int, overhaul_months: int) -> None:
    """How often a framework is looked through and made anew, in months. Raises NotFound, Invalid."""
    if not (1 <= review_months <= 24 and review_months <= overhaul_months <= 60):
        raise Invalid("A review comes every 1 to 24 months, an overhaul at most every 60.", "Choose other numbers.")
    framework = _framework(session, framework_id)
    framework.review_months, framework.overhaul_months = review_months, overhaul_months
    session.flush()


def open_to_all(session: Session, framework_id: int, *, is_open: bool) -> None:
    """Whether anybody may read the published version by the CASE API. Raises NotFound."""
    _framework(session, framework_id).is_open = is_open
    session.flush()


def lint_obstacles(session: Session, version_id: int) -> tuple[Obstacle, ...]:
    """What the linter says must not be published: placeholders, exact copies, missing levels; and generated items
    that nobody has read."""
    content = queries.draft(session, version_id)
    found = []
    for finding in lint.blocking(lint.lint(content)):
        item = content.by_key.get(finding.place.item_key)
        place = f"{item.code} {item.title}".strip() if item else ""
        found.append(Obstacle(Gate.LINT, finding.words, "Mend it in the draft.", place))
    waiting = len(unread(session, version_id))
    if waiting:
        words = f"{waiting} generated {'item was' if waiting == 1 else 'items were'} not read by a person yet."
        found.append(Obstacle(Gate.LINT, words, "Read them beside the brief they were made from, and tick them."))
    return tuple(found)


def _version(session: Session, version_id: int) -> FrameworkVersion:
    row = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == version_id).with_for_update())
    if row is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    return row


def _framework(session: Session, framework_id: int) -> Framework:
    row = session.scalar(select(Framework).where(Framework.id == framework_id))
    if row is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    return row
