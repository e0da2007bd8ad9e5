"""Sending grades. One row for each (line item, learner): the newest shown mark is what the gradebook gets.

A delivery is three short transactions around one request: claim a timestamp, (post), keep the outcome. The timestamp
is written before it is used and grows by whole seconds with each claim, and a claim reads the mark to send in the same
statement. So of two posts the one with the later timestamp carries the newer mark, whoever sends it and whoever was
killed in between; an LMS that takes only later timestamps ends with the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
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
        select(Delivery, Score, Assessment)
        .join(Score, Score.id == Delivery.score_id)
        .join(Assessment, Assessment.id == Delivery.assessment_id)
        .where(Delivery.id == delivery_id)
        .with_for_update(of=Delivery)
    ).one_or_none()
    if row is None:
        return NotNow()
    delivery, score, assessment = row
    sent = delivery.sent_score_id == delivery.score_id and delivery.state == DeliveryState.SENT
    if sent or delivery.state == DeliveryState.SET_ASIDE or score.points is None:
        return NotNow()
    stamp = lms.next_timestamp(now, delivery.sent_timestamp)
    if stamp is None:
        return NotNow(after=ONE_SECOND)
    delivery.sent_timestamp = stamp
    delivery.attempts += 1
    person = launch.person(session, delivery.person_id)
    return Ready(
        delivery.id,
        delivery.assessment_id,
        assessment.course_id,
        delivery.score_id,
        assessment.line_item_url,
        values.Score(
            person.subject,
            max(0.0, score.points),
            score.max_points or assessment.max_points or 100.0,
            stamp,
            comment_with_link(score.comment, report_link),
        ),
        delivery.attempts,
    )


def keep_sent(session: Session, ready: Ready, now: datetime) -> None:
    """The gradebook has it. Where a newer mark came meanwhile, the row stays waiting for that one's own turn."""
    newest = {"state": DeliveryState.SENT, "next_try_at": None, "reason": "", "words": "", "next_step": ""}
    session.execute(
        update(Delivery)
        .where(
            Delivery.id == ready.delivery_id,
            or_(Delivery.sent_score_id.is_(None), Delivery.sent_score_id < ready.score_id),
        )
        .values(sent_score_id=ready.score_id, sent_at=now, changed_at=now)
    )
    session.execute(
        update(Delivery).where(Delivery.id == ready.delivery_id, Delivery.score_id == ready.score_id).values(**newest)
    )


def keep_trouble(
    session: Session, ready: Ready, trouble: lms.TryLater | lms.Refused, next_try: datetime | None, now: datetime
) -> None:
    """It was not taken: trying again at `next_try`, or stopped (None) until somebody acts."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == ready.delivery_id, Delivery.score_id == ready.score_id)
        .values(
            state=DeliveryState.RETRYING if next_try else DeliveryState.STOPPED,
            next_try_at=next_try,
            reason=trouble.reason,
            words=trouble.words,
            next_step=trouble.next_step,
            changed_at=now,
        )
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
