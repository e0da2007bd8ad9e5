"""The job behind every grade that leaves: claim, post, keep what the LMS said."""

import time
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from lti_tool.grading.assessments import line_items
from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.events import PassbackDue
from lti_tool.grading.passback import service
from lti_tool.grading.passback.domain import TRIES, wait
from lti_tool.kit import clock, outbox
from lti_tool.kit.db import writing
from lti_tool.kit.errors import Fault
from lti_tool.kit.log import get_logger
from lti_tool.launch import queries as launch
from lti_tool.launch.parts import parts
from lti_tool.lms.ags import Ags
from lti_tool.lms.delivery import Delivered, Outcome, Refused, TryLater, outcome_of_fault

log = get_logger(__name__)

KEPT_SECONDS = 5.0
NO_GRADEBOOK = Refused(
    "no_gradebook",
    "The LMS gave this course no way to send grades.",
    "Allow the tool to make columns in the gradebook, open it from the course once, then send it again.",
)
BUSY = TryLater(timedelta(seconds=2), "line_item_busy", "The column in the gradebook is being made.")


@outbox.handles(PassbackDue)
def send_grade(event: PassbackDue, work: outbox.Work) -> None:
    """Safe to run twice: a repeated post carries a later timestamp and the newest mark."""
    session = work.session
    with writing(session):
        ready = service.claim(session, event.delivery_id, parts().launch_url, clock.now())
    if isinstance(ready, service.NotNow):
        if ready.after is not None:
            raise outbox.TryAgain("A grade was sent within this second.", after=ready.after)
        return
    try:
        outcome = _post(session, ready)
    except Fault as fault:
        outcome = outcome_of_fault(fault)
    now = clock.now()
    if isinstance(outcome, Delivered):
        with work.writing():
            service.keep_sent(session, ready, now)
        log.info("passback.sent", delivery=ready.delivery_id, attempt=ready.attempt)
        return
    _put_off(session, ready, outcome, now)


def _put_off(session: Session, ready: service.Ready, outcome: TryLater | Refused, now: datetime) -> None:
    log.info("passback.not_taken", delivery=ready.delivery_id, attempt=ready.attempt, reason=outcome.reason)
    with writing(session):
        if isinstance(outcome, Refused) and outcome.reason == "line_item_gone":
            # this try may have been the first to look the column up
            gone = ready.line_item_url or assessments.get(session, ready.assessment_id).line_item_url
            if gone:
                line_items.forget(session, ready.assessment_id, gone)
        if isinstance(outcome, Refused) or ready.attempt >= TRIES:
            service.keep_trouble(session, ready, outcome, None, now)
            again = None
        else:
            hurry = outcome.later_timestamp or outcome is BUSY
            again = outcome.after if hurry else wait(ready.attempt, outcome.after)
            service.keep_trouble(session, ready, outcome, now + again, now)
    if again is None:
        raise outbox.GiveUp(outcome.words)
    raise outbox.TryAgain(outcome.words, after=again)


def _post(session: Session, ready: service.Ready) -> Outcome:
    gradebook = _gradebook_of(session, ready.course_id)
    url = ready.line_item_url or line_item_of(session, gradebook, ready.assessment_id)
    if not isinstance(url, str):
        return url
    return gradebook.post_score(url, ready.score, now=clock.now())


def _gradebook_of(session: Session, course_id: int) -> Ags:
    """The course's gradebook service, looked up once in a while: grades leave by the hundred."""
    kept: dict[int, tuple[float, Ags]] = current_app.extensions.setdefault("waymark.gradebooks", {})
    found = kept.get(course_id)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    gradebook = parts().services.ags_for(session, launch.course(session, course_id))
    kept[course_id] = (time.monotonic() + KEPT_SECONDS, gradebook)
    return gradebook


def line_item_of(session: Session, gradebook: Ags, assessment_id: int) -> str | TryLater | Refused:
    """The URL of the assessment's column, made in the LMS if there is none yet. Never two: one maker at a time, and
    the LMS is asked first."""
    with writing(session):
        found = line_items.find(session, assessment_id, parts().launch_url, clock.now())
    if isinstance(found, str):
        return found
    if isinstance(found, line_items.Busy):
        return BUSY
    if isinstance(found, line_items.NoGradebook):
        return NO_GRADEBOOK
    try:
        made = gradebook.ensure_line_item(found.container, found.wanted, now=clock.now())
    except Fault:
        with writing(session):
            line_items.give_up(session, assessment_id)
        raise
    with writing(session):
        line_items.keep(session, assessment_id, made.url)
    log.info("line_item.made", assessment=assessment_id)
    return made.url


def ensure_line_item(session: Session, assessment_id: int) -> str | None:
    """The column's URL, made now if need be; None where the LMS cannot now. For jobs and commands, outside any
    transaction."""
    gradebook = _gradebook_of(session, assessments.get(session, assessment_id).course_id)
    session.rollback()
    found = line_item_of(session, gradebook, assessment_id)
    return found if isinstance(found, str) else None
