"""Reading a course from its LMS: the network first, then one transaction that keeps what it said."""

from datetime import timedelta

from flask import current_app

from lti_tool.grading.events import IntakeDue
from lti_tool.grading.intake import connections, runs, service
from lti_tool.grading.intake.people import add_people, known_people
from lti_tool.kit import clock, outbox
from lti_tool.kit.db import Session, writing
from lti_tool.kit.errors import Fault, Unavailable
from lti_tool.kit.log import get_logger
from lti_tool.launch import queries as launch
from lti_tool.launch.events import RosterDue
from lti_tool.lms.faults import Throttled, may_pass

log = get_logger(__name__)

MEANWHILE = timedelta(seconds=3)
"""Until it is looked again whether another reading of the course has ended."""


@outbox.handles(RosterDue)
def ask_for_intake(event: RosterDue, work: outbox.Work) -> None:
    """An instructor opened the course: its assessments are looked at too."""
    course = launch.course(work.session, event.course_id)
    if connections.connection_of(work.session, course.platform_id) is None:
        return
    with work.writing() as session:
        runs.intake_due(session, course, clock.now())


@outbox.handles(IntakeDue)
def take_in(event: IntakeDue, work: outbox.Work) -> None:
    """Safe to run twice: a second run finds nothing to change."""
    session = work.session
    course = launch.course(session, event.course_id)
    if connections.connection_of(session, course.platform_id) is None:
        return
    key = connections.key_of(session, course.platform_id)
    with writing(session):
        run_id = runs.start(session, course, key.kind, clock.now())
    if run_id is None:
        raise outbox.TryAgain("Another reading of this course is under way.", after=MEANWHILE)
    try:
        extensions = current_app.extensions
        token = extensions["waymark.sealer"].unseal(key.token_sealed)
        reader = connections.open_reader(extensions["waymark.http"], key, token)
        snapshot = reader.read_course(course_in_lms(course))
        people = known_people(session, course, snapshot)
        session.rollback()  # nothing is held while the LMS answers
        strangers = {mark.user_source_id for mark in snapshot.marks} - people.keys()
        members = connections.read_people(reader, course_in_lms(course)) if strangers else ()
    except Fault as fault:
        _keep_trouble(session, run_id, course, fault)
        if not may_pass(fault):
            return  # somebody has to change something: it is told on the page and to administrators
        after = fault.after if isinstance(fault, Throttled) else None
        raise outbox.TryAgain(fault.words, after=after) from fault
    except Exception:
        _keep_trouble(session, run_id, course, Unavailable("An unexpected error.", "It is tried again."))
        raise
    now = clock.now()
    with work.writing():
        if members:
            add_people(session, course, members, now)
            people = known_people(session, course, snapshot)
        counts = service.keep_snapshot(session, course, key.kind, snapshot, people, now)
        runs.end(session, run_id, counts, "", now)
        connections.keep_check(session, course.platform_id, None, now)
        runs.next_run(session, course, now)
    log.info("intake.kept", course=course.id, source=key.kind, **counts.numbers())


def course_in_lms(course: launch.CourseInfo) -> str:
    """The course's id in the LMS's own interface. Moodle uses the one of launches."""
    return course.lms_course_id or course.context_id


def _keep_trouble(session: Session, run_id: int, course: launch.CourseInfo, fault: Fault) -> None:
    now = clock.now()
    log.info("intake.failed", course=course.id, reason=fault.reason)
    with writing(session):
        runs.end(session, run_id, None, str(fault), now)
        connections.keep_check(session, course.platform_id, fault, now)
