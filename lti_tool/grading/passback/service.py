"""Sending grades. One row for each (line item, learner): the newest shown mark is what the gradebook gets.

Grades that were given together travel together, a few at a time: claim their timestamps (one transaction), post them
beside each other, keep what the LMS said (one transaction). A timestamp is written before it is used and grows by whole
seconds with each claim, and a claim reads the mark to send in the same statement. So of two posts the one with the
later timestamp carries the newer mark, whoever sends it and whoever was killed in between; an LMS that takes only later
timestamps ends with the newest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.kit.ids import PersonId
from lti_tool.launch import queries as launch
from lti_tool.lms import delivery as lms
from lti_tool.lms import values

TOGETHER = 24
"""Grades in one event."""
OPEN = (DeliveryState.WAITING, DeliveryState.RETRYING, DeliveryState.STOPPED)
TEST_STUDENT = "The LMS’s test student gets no grades."
HIDDEN, SHOW_IT = "The mark is hidden from the learner.", "It is sent once it is shown."


class DeliveryUnknown(NotFound):
    reason = "delivery_unknown"


class NotToBeSent(Invalid):
    """A grade that the gradebook must not get."""

    reason = "not_to_be_sent"


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


def queue(session: Session, assessment: AssessmentInfo, people: Sequence[int], now: datetime) -> int:
    """Make the shown marks of these learners due in the gradebook; how many. Nothing where there is no gradebook."""
    if not assessment.own or not people or not has_gradebook(session, assessment):
        return 0
    known = launch.people(session, people)
    due: list[int] = []
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
                due.append(delivery_id)
        _hold_back(session, assessment.id, ids, now)
    send(session, due, assessment.institution_id)
    return len(due)


def _hold_back(session: Session, assessment_id: int, people: Sequence[int], now: datetime) -> None:
    """A mark that was hidden while it was on its way does not arrive after all. Shown again, it is queued again."""
    hidden = select(Score.person_id).where(
        Score.assessment_id == assessment_id,
        Score.person_id.in_(people),
        Score.superseded_at.is_(None),
        Score.released_at.is_(None),
    )
    _set(
        session,
        [Delivery.assessment_id == assessment_id, Delivery.person_id.in_(hidden), Delivery.state.in_(OPEN)],
        state=DeliveryState.SET_ASIDE,
        next_try_at=None,
        reason="hidden",
        words=HIDDEN,
        next_step=SHOW_IT,
        changed_at=now,
    )


def send(
    session: Session, delivery_ids: Iterable[int], institution_id: int | None, due: datetime | None = None
) -> None:
    """Post `PassbackDue` for these deliveries, now or at `due`."""
    for ids in slices(delivery_ids, TOGETHER):
        outbox.post(session, PassbackDue(ids), institution_id=institution_id, due=due)


def has_gradebook(session: Session, assessment: AssessmentInfo) -> bool:
    """Whether the LMS gave a column for this assessment, or a place to make one."""
    if assessment.line_item_url or launch.course(session, assessment.course_id).line_items_url:
        return True
    link = launch.link_to(session, assessment.course_id, assessment.ref)
    return link is not None and bool(link.line_item_url)


def claim(
    session: Session, delivery_ids: Sequence[int], report_link: str, now: datetime
) -> tuple[list[Ready], list[int]]:
    """Take the newest marks and the next timestamps, in the caller's transaction: what is ready, and which deliveries
    have to wait for the next second. What was sent already, or set aside, is neither."""
    rows = session.execute(
        select(
            Delivery.id,
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
        .where(Delivery.id.in_(delivery_ids))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    ).all()
    open_ = [row for row in rows if row.points is not None and not _settled(row)]
    people = launch.people(session, [row.person_id for row in open_])
    ready, later = [], []
    for row in open_:
        stamp = lms.next_timestamp(now, row.sent_timestamp)
        if stamp is None:
            later.append(int(row.id))
            continue
        score = values.Score(
            people[PersonId(row.person_id)].subject,
            max(0.0, row.points),
            row.max_points or row.whole or 100.0,
            stamp,
            comment_with_link(row.comment, report_link),
        )
        where = (row.assessment_id, row.course_id)
        ready.append(Ready(row.id, *where, row.score_id, row.line_item_url, score, row.attempts + 1))
    if ready:
        claimed = [
            {"id": one.delivery_id, "sent_timestamp": one.score.timestamp, "attempts": one.attempt} for one in ready
        ]
        session.execute(update(Delivery), claimed)
    return ready, later


def _settled(row: Any) -> bool:
    sent: bool = row.sent_score_id == row.score_id and row.state == DeliveryState.SENT
    return sent or bool(row.state == DeliveryState.SET_ASIDE)


def keep_sent(session: Session, sent: Sequence[Ready], now: datetime) -> None:
    """The gradebook has them. Where a newer mark came meanwhile, the row stays waiting for that one's own turn."""
    if not sent:
        return
    given = case({one.delivery_id: one.score_id for one in sent}, value=Delivery.id)
    told = {"words": "", "next_step": "", "reason": "", "state": DeliveryState.SENT.value, "next_try_at": None}
    columns = {
        name: case((Delivery.score_id == given, value), else_=getattr(Delivery, name)) for name, value in told.items()
    }
    _set(
        session,
        [
            Delivery.id.in_([one.delivery_id for one in sent]),
            or_(Delivery.sent_score_id.is_(None), Delivery.sent_score_id <= given),
        ],
        sent_score_id=given,
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
    """Send it again now: by a person's wish, whatever its state. Raises DeliveryUnknown; NotToBeSent for a hidden mark
    and for the test student."""
    row = session.get(Delivery, delivery_id)
    if row is None:
        raise DeliveryUnknown("There is no such delivery.", "Go back to the list of scores on their way.")
    if launch.person(session, row.person_id).is_test:
        raise NotToBeSent(TEST_STUDENT, "Its mark can be seen in Waymark.")
    score = session.get_one(Score, row.score_id)
    if score.released_at is None or score.superseded_at is not None:
        raise NotToBeSent(HIDDEN, SHOW_IT)
    row.state, row.attempts, row.next_try_at, row.changed_at = DeliveryState.WAITING, 0, None, now
    session.flush()
    send(session, [delivery_id], row.institution_id)


def retry_all(session: Session, now: datetime, *, course_id: int | None = None) -> int:
    """Send everything that waits, is tried again or has stopped, now. How many."""
    wanted = select(Delivery.id).where(Delivery.state.in_(OPEN))
    if course_id is not None:
        wanted = wanted.join(Assessment, Assessment.id == Delivery.assessment_id).where(
            Assessment.course_id == course_id
        )
    ids = session.scalars(wanted.order_by(Delivery.assessment_id, Delivery.id)).all()
    for part in slices(ids):
        _set(
            session, [Delivery.id.in_(part)], state=DeliveryState.WAITING, attempts=0, next_try_at=None, changed_at=now
        )
    scope = session.info.get("institution")
    send(session, ids, scope if isinstance(scope, int) else None)
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
