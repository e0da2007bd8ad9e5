"""Scores on their way, for pages and checks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.grading.models import Assessment, Delivery, Score
from lti_tool.grading.passback.domain import DeliveryState
from lti_tool.launch import queries as launch


@dataclass(frozen=True, slots=True)
class DeliveryInfo:
    """A grade and where it is. `state` is `waiting`, `sent`, `retrying`, `stopped` or `set_aside`; `words` and
    `next_step` say why in words for people, `reason` as a code. `attempts` counts since it was last queued."""

    id: int
    course_id: int
    course_title: str
    assessment_id: int
    assessment_title: str
    person_id: int
    person_name: str
    points: float | None
    max_points: float | None
    state: DeliveryState
    attempts: int
    next_try_at: datetime | None
    sent_at: datetime | None
    reason: str
    words: str
    next_step: str
    changed_at: datetime


def deliveries(
    session: Session,
    *,
    course_id: int | None = None,
    assessment_id: int | None = None,
    person_id: int | None = None,
    states: tuple[DeliveryState, ...] = (),
    limit: int = 50,
    offset: int = 0,
) -> tuple[DeliveryInfo, ...]:
    """Deliveries of the institution in scope, of one course or one assessment; the last changed first."""
    wanted = (
        select(Delivery, Score.points, Score.max_points, Assessment.title, Assessment.course_id)
        .join(Score, Score.id == Delivery.score_id)
        .join(Assessment, Assessment.id == Delivery.assessment_id)
        .order_by(Delivery.changed_at.desc(), Delivery.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if course_id is not None:
        wanted = wanted.where(Assessment.course_id == course_id)
    if assessment_id is not None:
        wanted = wanted.where(Delivery.assessment_id == assessment_id)
    if person_id is not None:
        wanted = wanted.where(Delivery.person_id == person_id)
    if states:
        wanted = wanted.where(Delivery.state.in_(states))
    rows = session.execute(wanted).all()
    people = launch.people(session, {row.Delivery.person_id for row in rows})
    names = {int(one.id): one.shown_as for one in people.values()}
    courses = {int(one.id): one.title for one in launch.courses(session)} if rows else {}
    return tuple(
        DeliveryInfo(
            id=row.Delivery.id,
            course_id=row.course_id,
            course_title=courses.get(row.course_id, ""),
            assessment_id=row.Delivery.assessment_id,
            assessment_title=row.title,
            person_id=row.Delivery.person_id,
            person_name=names.get(row.Delivery.person_id, ""),
            points=row.points,
            max_points=row.max_points,
            state=DeliveryState(row.Delivery.state),
            attempts=row.Delivery.attempts,
            next_try_at=row.Delivery.next_try_at,
            sent_at=row.Delivery.sent_at,
            reason=row.Delivery.reason,
            words=row.Delivery.words,
            next_step=row.Delivery.next_step,
            changed_at=row.Delivery.changed_at,
        )
        for row in rows
    )


def delivery_counts(session: Session, *, course_id: int | None = None) -> dict[DeliveryState, int]:
    """How many deliveries are in each state, zeros included."""
    wanted = select(Delivery.state, func.count()).group_by(Delivery.state)
    if course_id is not None:
        wanted = wanted.join(Assessment, Assessment.id == Delivery.assessment_id).where(
            Assessment.course_id == course_id
        )
    found = {DeliveryState(state): count for state, count in session.execute(wanted)}
    return {state: found.get(state, 0) for state in DeliveryState}
