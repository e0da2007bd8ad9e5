"""Sending grades. One row for each (line item, learner): the newest shown mark is what the gradebook gets.

A delivery is three short transactions around one request: claim a timestamp, (post), keep the outcome. The timestamp
is written before it is used and grows by whole seconds with each claim, and a claim reads the mark to send in the same
statement. So of two posts the one with the later timestamp carries the newer mark, whoever sends it and whoever was
killed in between; an LMS that takes only later timestamps ends with the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.grading.assessments.queries import AssessmentInfo
from lti_tool.grading.events import PassbackDue
from lti_tool.grading.models import Assessment, Delivery, Score
from lti_tool.grading.passback.domain import DeliveryState, comment_with_link
from lti_tool.grading.slices import slices
from lti_tool.kit import outbox
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import NotFound
from lti_tool.kit.ids import PersonId
from lti_tool.launch import queries as launch
from lti_tool.lms import delivery as lms
from lti_tool.lms import values

ONE_SECOND = timedelta(seconds=1)
TEST_STUDENT = "The LMS’s test student gets no grades."


class DeliveryUnknown(NotFound):
    reason = "delivery_unknown"


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed delivery: what to post, under which timestamp, and how often it was tried."""

    delivery_id: int
    assessment_id: int
    course_id: int
    score_id: int
    line_item_url: str | None
    score: values.Score
    attempt: int


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing to send (`after` is None: it was sent, or set aside), or not before `after`."""

    after: timedelta | None = None


def queue(session: Session, assessment: AssessmentInfo, people: Sequence[int], now: datetime) -> int:
    """Make the shown marks of these learners due in the gradebook; how many. Nothing where there is no gradebook."""
    if not assessment.own or not people or not has_gradebook(session, assessment):
        return 0
    known = launch.people(session, people)
    due = 0
    for ids in slices(people):
        rows = session.execute(
            select(Score.id, Score.person_id).where(
                Score.assessment_id == assessment.id,
                Score.person_id.in_(ids),
                Score.superseded_at.is_(None),
                Score.released_at.is_not(None),
                Score.points.is_not(None),
            )
        )
        for score_id, person_id in rows:
            test = person_id in known and known[PersonId(person_id)].is_test
            state = DeliveryState.SET_ASIDE if test else DeliveryState.WAITING
            delivery_id = upsert(
                session,
                Delivery,
                {"assessment_id": assessment.id, "person_id": person_id},
                {
                    "institution_id": assessment.institution_id,
                    "score_id": score_id,
                    "state": state,
                    "attempts": 0,
                    "next_try_at": None,
                    "reason": "test_student" if test else "",
                    "words": TEST_STUDENT if test else "",
                    "next_step": "",
                    "changed_at": now,
                },
            )
            if not test:
                outbox.post(session, PassbackDue(delivery_id), institution_id=assessment.institution_id)
                due += 1
    return due


def has_gradebook(session: Session, assessment: AssessmentInfo) -> bool:
    """Whether the LMS gave a column for this assessment, or a place to make one."""
    if assessment.line_item_url or launch.course(session, assessment.course_id).line_items_url:
        return True
    link = launch.link_to(session, assessment.course_id, assessment.ref)
    return link is not None and bool(link.line_item_url)


def claim(session: Session, delivery_id: int, report_link: str, now: datetime) -> Ready | NotNow:
    """Take the newest mark and the next timestamp, in the caller's transaction."""
    row = session.execute(
        select(
            Delivery.assessment_id,
            Delivery.person_id,
            Delivery.score_id,
            Delivery.state,
            Delivery.sent_score_id,
            Delivery.sent_timestamp,
            Delivery.attempts,
            Score.points,
            Score.max_points,
            Score.comment,
            Assessment.course_id,
            Assessment.line_item_url,
            Assessment.max_points.label("whole"),
        )
        .join(Score, Score.id == Delivery.score_id)
        .join(Assessment, Assessment.id == Delivery.assessment_id)
        .where(Delivery.id == delivery_id)
        .with_for_update(of=Delivery)
    ).one_or_none()
    if row is None or row.points is None or row.state == DeliveryState.SET_ASIDE:
        return NotNow()
    if row.sent_score_id == row.score_id and row.state == DeliveryState.SENT:
        return NotNow()
    stamp = lms.next_timestamp(now, row.sent_timestamp)
    if stamp is None:
        return NotNow(after=ONE_SECOND)
    _set(session, [Delivery.id == delivery_id], sent_timestamp=stamp, attempts=row.attempts + 1)
    person = launch.person(session, row.person_id)
    score = values.Score(
        person.subject,
        max(0.0, row.points),
        row.max_points or row.whole or 100.0,
        stamp,
        comment_with_link(row.comment, report_link),
    )
    return Ready(
        delivery_id, row.assessment_id, row.course_id, row.score_id, row.line_item_url, score, row.attempts + 1
    )


def keep_sent(session: Session, ready: Ready, now: datetime) -> None:
    """The gradebook has it. Where a newer mark came meanwhile, the row stays waiting for that one's own turn."""
    newest = Delivery.score_id == ready.score_id
    later = or_(Delivery.sent_score_id.is_(None), Delivery.sent_score_id <= ready.score_id)
    told = {"words": "", "next_step": "", "reason": "", "state": DeliveryState.SENT.value, "next_try_at": None}
    columns = {name: case((newest, value), else_=getattr(Delivery, name)) for name, value in told.items()}
    _set(
        session,
        [Delivery.id == ready.delivery_id, later],
        sent_score_id=ready.score_id,
        sent_at=now,
        changed_at=now,
        **columns,
    )


def _set(session: Session, where: Sequence[ColumnElement[bool]], **columns: Any) -> None:
    # no row of these is loaded in this session: there is nothing to bring in line
    statement = update(Delivery).where(*where).values(**columns)
    session.execute(statement, execution_options={"synchronize_session": False})


def keep_trouble(
    session: Session, ready: Ready, trouble: lms.TryLater | lms.Refused, next_try: datetime | None, now: datetime
) -> None:
    """It was not taken: trying again at `next_try`, or stopped (None) until somebody acts."""
    _set(
        session,
        [Delivery.id == ready.delivery_id, Delivery.score_id == ready.score_id],
        state=DeliveryState.RETRYING if next_try else DeliveryState.STOPPED,
        next_try_at=next_try,
        reason=trouble.reason,
        words=trouble.words,
        next_step=trouble.next_step,
        changed_at=now,
    )


def retry_delivery(session: Session, delivery_id: int, now: datetime) -> None:
    """Send it again now: by a person's wish, whatever its state. Raises DeliveryUnknown."""
    row = session.get(Delivery, delivery_id)
    if row is None:
        raise DeliveryUnknown("There is no such delivery.", "Go back to the list of scores on their way.")
    row.state, row.attempts, row.next_try_at, row.changed_at = DeliveryState.WAITING, 0, None, now
    outbox.post(session, PassbackDue(delivery_id), institution_id=row.institution_id)


def retry_all(session: Session, now: datetime, *, course_id: int | None = None) -> int:
    """Send everything that waits, is tried again or has stopped, now. How many."""
    open_ = (DeliveryState.WAITING, DeliveryState.RETRYING, DeliveryState.STOPPED)
    wanted = select(Delivery.id).where(Delivery.state.in_(open_))
    if course_id is not None:
        wanted = wanted.join(Assessment, Assessment.id == Delivery.assessment_id).where(
            Assessment.course_id == course_id
        )
    ids = session.scalars(wanted).all()
    for delivery_id in ids:
        retry_delivery(session, delivery_id, now)
    return len(ids)


def set_aside(session: Session, delivery_id: int, now: datetime) -> None:
    """Do not send it (the learner has left, say). Sending again remains possible. Raises DeliveryUnknown."""
    row = session.get(Delivery, delivery_id)
    if row is None:
        raise DeliveryUnknown("There is no such delivery.", "Go back to the list of scores on their way.")
    row.state, row.next_try_at, row.reason, row.words, row.next_step = (
        DeliveryState.SET_ASIDE,
        None,
        "by_hand",
        "Somebody decided not to send it.",
        "",
    )
    row.changed_at = now
