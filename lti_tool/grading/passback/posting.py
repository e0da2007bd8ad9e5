"""Talking to the gradebook: the course's service, its column for an assessment, and a few posts beside each other."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy.orm import Session

from lti_tool.grading.assessments import line_items
from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.passback.service import Ready
from lti_tool.kit import clock
from lti_tool.kit.db import writing
from lti_tool.kit.errors import Fault
from lti_tool.kit.log import get_logger
from lti_tool.launch import queries as launch
from lti_tool.launch.parts import parts
from lti_tool.lms.ags import Ags
from lti_tool.lms.delivery import Outcome, Refused, TryLater, outcome_of_fault
from lti_tool.lms.values import Family

log = get_logger(__name__)

AT_ONCE = 4
"""Posts beside each other, and grades that one transaction keeps."""
KEPT_SECONDS = 5.0
NO_GRADEBOOK = Refused(
    "no_gradebook",
    "The LMS gave this course no way to send grades.",
    "Allow the tool to make columns in the gradebook, open it from the course once, then send it again.",
)
BUSY = TryLater(timedelta(seconds=2), "line_item_busy", "The column in the gradebook is being made.")
SLOW = TryLater(timedelta(0), "lms_slow", "The LMS answers slowly; this grade is sent next.")
SHORTLY = (BUSY, SLOW)
"""No trouble of the LMS's: no back-off."""


@dataclass(frozen=True, slots=True)
class Service:
    gradebook: Ags
    one_at_a_time: bool


def post(session: Session, ready: Sequence[Ready]) -> list[Outcome]:
    """Post these grades, outside any transaction; what became of each, in order. Raises nothing of the LMS's making."""
    columns: dict[int, tuple[Service, str] | TryLater | Refused] = {}
    for one in ready:
        if one.assessment_id not in columns:
            columns[one.assessment_id] = _column(session, one)
    session.rollback()  # nothing is held while the LMS answers

    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def send(one: Ready) -> Outcome:
        column = columns[one.assessment_id]
        if not isinstance(column, tuple):
            return column
        service, url = column
        with app.app_context():  # the access token is looked up in the database
            return service.gradebook.post_score(url, one.score, now=clock.now())

    alone = any(isinstance(column, tuple) and column[0].one_at_a_time for column in columns.values())
    if len(ready) == 1 or alone:
        return [send(one) for one in ready]
    pool: ThreadPoolExecutor = current_app.extensions.setdefault(
        "waymark.posting", ThreadPoolExecutor(2 * AT_ONCE, thread_name_prefix="posting")
    )
    return list(pool.map(send, ready))


def _column(session: Session, one: Ready) -> tuple[Service, str] | TryLater | Refused:
    try:
        service = _service_of(session, one.course_id)
        found = one.line_item_url or line_item_of(session, service.gradebook, one.assessment_id)
    except Fault as fault:
        outcome = outcome_of_fault(fault)
        assert isinstance(outcome, TryLater | Refused)
        return outcome
    return (service, found) if isinstance(found, str) else found


def _service_of(session: Session, course_id: int) -> Service:
    """The course's gradebook service, looked up once in a while: grades leave by the hundred."""
    kept: dict[int, tuple[float, Service]] = current_app.extensions.setdefault("waymark.gradebooks", {})
    found = kept.get(course_id)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    course = launch.course(session, course_id)
    # Canvas counts requests beside each other against the tool: 50 units of its bucket up front for each
    service = Service(parts().services.ags_for(session, course), Family.of(course.family) is Family.CANVAS)
    kept[course_id] = (time.monotonic() + KEPT_SECONDS, service)
    return service


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
    service = _service_of(session, assessments.get(session, assessment_id).course_id)
    session.rollback()
    found = line_item_of(session, service.gradebook, assessment_id)
    return found if isinstance(found, str) else None
