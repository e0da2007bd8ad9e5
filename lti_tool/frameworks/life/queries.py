"""What pages say of a framework's life: its versions, what was said of them, who agreed, what stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.life.domain import Due, Gate, Mark, Obstacle, ReviewKind, Side, due_dates
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
from lti_tool.kit.errors import NotFound
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the history of its framework."""

    id: int
    number: int
    status: Status
    based_on_id: int | None
    created_at: datetime
    published_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    id: int
    mark: Mark
    words: str
    given_as: str
    item: str
    """The competency's code and title; empty for the framework as a whole."""
    course_id: int | None
    person_id: int | None
    version_number: int
    created_at: datetime
    settled_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class SignLine:
    side: Side
    agreed: bool
    who: str
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class WaiverLine:
    gate: Gate
    reason: str
    waived_at: datetime
    waived_by_id: int | None


@dataclass(frozen=True, slots=True)
class ReviewLine:
    kind: ReviewKind
    note: str
    done_at: datetime


def history(session: Session, framework_id: int) -> tuple[VersionLine, ...]:
    """Every version of a framework, the newest first. Raises NotFound when there is none."""
    rows = session.scalars(
        select(FrameworkVersion)
        .where(FrameworkVersion.framework_id == framework_id)
        .order_by(FrameworkVersion.number.desc())
    ).all()
    if not rows:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    return tuple(
        VersionLine(
            row.id,
            row.number,
            Status(row.status),
            row.based_on_id,
            row.created_at,
            row.published_at,
            row.retired_at,
        )
        for row in rows
    )


def tried_before(session: Session, row: FrameworkVersion) -> tuple[int, ...]:
    """The version itself and the pilots it was refined from."""
    found = [row.id]
    above = row.based_on_id
    while above is not None and above not in found:
        parent = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == above))
        if parent is None or parent.status != Status.PILOT:
            break
        found.append(parent.id)
        above = parent.based_on_id
    return tuple(found)


def feedback(session: Session, framework_id: int, *, open_only: bool = False) -> tuple[FeedbackLine, ...]:
    """What was said of any version of a framework, open ones first, then the newest."""
    wanted = (
        select(FrameworkFeedback, FrameworkVersion.number, Item.code, Item.title)
        .join(FrameworkVersion, FrameworkVersion.id == FrameworkFeedback.version_id)
        .outerjoin(Item, Item.id == FrameworkFeedback.item_id)
        .where(FrameworkVersion.framework_id == framework_id)
        .order_by(FrameworkFeedback.settled_at.is_not(None), FrameworkFeedback.id.desc())
    )
    if open_only:
        wanted = wanted.where(FrameworkFeedback.settled_at.is_(None))
    return tuple(
        FeedbackLine(
            row.id,
            Mark(row.mark),
            row.words,
            row.given_as,
            f"{code or ''} {title or ''}".strip(),
            row.course_id,
            row.person_id,
            number,
            row.created_at,
            row.settled_at,
            row.answer,
        )
        for row, number, code, title in session.execute(wanted)
    )


def signs(session: Session, version_id: int) -> tuple[SignLine, ...]:
    """Every sign-off of a version, the latest first."""
    rows = session.scalars(select(SignOff).where(SignOff.version_id == version_id).order_by(SignOff.id.desc()))
    return tuple(SignLine(Side(row.side), row.agreed, row.who, row.note, row.signed_at) for row in rows)


def waivers(session: Session, version_id: int) -> tuple[WaiverLine, ...]:
    rows = session.scalars(select(Waiver).where(Waiver.version_id == version_id).order_by(Waiver.id))
    return tuple(WaiverLine(Gate(row.of), row.reason, row.waived_at, row.waived_by_id) for row in rows)


def open_gates(session: Session, version_id: int) -> tuple[Obstacle, ...]:
    """What stands between a version and its publication, the linter's findings aside, without what was waived."""
    row = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == version_id))
    if row is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    if row.status not in (Status.DRAFT, Status.PILOT):
        return (Obstacle(Gate.STATUS, "This version is published already.", "Open a draft to change it."),)
    waived = {line.gate for line in waivers(session, version_id)}
    found = []
    waiting = session.scalar(
        select(func.count())
        .select_from(FrameworkFeedback)
        .where(
            FrameworkFeedback.version_id.in_(tried_before(session, row)),
            FrameworkFeedback.settled_at.is_(None),
        )
    )
    if waiting and Gate.FEEDBACK not in waived:
        words = f"{waiting} {'piece' if waiting == 1 else 'pieces'} of pilot feedback wait for an answer."
        found.append(Obstacle(Gate.FEEDBACK, words, "Answer them, or record why the version goes on without."))
    latest: dict[Side, SignLine] = {}
    for line in signs(session, version_id):
        latest.setdefault(line.side, line)
    for side in Side:
        line_of_side = latest.get(side)
        if (line_of_side is None or not line_of_side.agreed) and Gate.SIGN_OFF not in waived:
            said = "has not signed" if line_of_side is None else "said not yet"
            found.append(
                Obstacle(
                    Gate.SIGN_OFF,
                    f"{'Leadership' if side is Side.LEADERSHIP else 'The employees’ side'} {said}.",
                    "Record the sign-off, or why the version goes on without.",
                )
            )
    return tuple(found)


def courses_on(session: Session, version_id: int) -> tuple[CourseInfo, ...]:
    """Courses that work with a version, by their own choice or by the institution's default."""
    default = queries.default_version_id(session)
    return tuple(
        course
        for course in launch.courses(session)
        if course.framework_version_id == version_id or (course.framework_version_id is None and default == version_id)
    )


def pilot_courses(session: Session, version_id: int) -> frozenset[int]:
    """Courses in which a version is being tried now."""
    return frozenset(
        session.scalars(
            select(PilotCourse.course_id).where(PilotCourse.version_id == version_id, PilotCourse.ended_at.is_(None))
        )
    )


def reviews(session: Session, framework_id: int) -> tuple[ReviewLine, ...]:
    """Reviews and overhauls that were done, the latest first."""
    rows = session.scalars(
        select(FrameworkReview)
        .where(FrameworkReview.framework_id == framework_id)
        .order_by(FrameworkReview.done_at.desc())
    )
    return tuple(ReviewLine(ReviewKind(row.kind), row.note, row.done_at) for row in rows)


def due(session: Session, framework_ids: Iterable[int], now: datetime) -> dict[int, tuple[Due, Due]]:
    """For each framework that was ever published: when it is to be reviewed and made anew."""
    wanted = list(framework_ids)
    began: dict[int, datetime] = {}
    for framework_id, moment in session.execute(
        select(FrameworkVersion.framework_id, func.min(FrameworkVersion.published_at))
        .where(FrameworkVersion.framework_id.in_(wanted), FrameworkVersion.published_at.is_not(None))
        .group_by(FrameworkVersion.framework_id)
    ):
        if moment is not None:
            began[framework_id] = moment
    done: dict[tuple[int, str], datetime] = {}
    for framework_id, kind, moment in session.execute(
        select(FrameworkReview.framework_id, FrameworkReview.kind, func.max(FrameworkReview.done_at))
        .where(FrameworkReview.framework_id.in_(wanted))
        .group_by(FrameworkReview.framework_id, FrameworkReview.kind)
    ):
        done[framework_id, kind] = moment
    found = {}
    for framework in session.scalars(select(Framework).where(Framework.id.in_(wanted))):
        if framework.id in began:
            found[framework.id] = due_dates(
                began[framework.id],
                done.get((framework.id, ReviewKind.REVIEW)),
                done.get((framework.id, ReviewKind.OVERHAUL)),
                framework.review_months,
                framework.overhaul_months,
                now,
            )
    return found


@dataclass(frozen=True, slots=True)
class FrameworkInfo:
    id: int
    title: str
    is_open: bool
    review_months: int
    overhaul_months: int


def framework(session: Session, framework_id: int) -> FrameworkInfo:
    """Raises NotFound."""
    row = session.scalar(select(Framework).where(Framework.id == framework_id))
    if row is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    return FrameworkInfo(row.id, row.title, row.is_open, row.review_months, row.overhaul_months)
