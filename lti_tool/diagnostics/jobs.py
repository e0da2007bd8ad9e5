"""Evidence changed: estimates follow."""

from flask import Flask

from lti_tool.diagnostics import estimating, moving
from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.events import CourseMoved, EvidenceRecorded
from lti_tool.kit import clock, outbox
from lti_tool.kit.log import get_logger

log = get_logger(__name__)

TOGETHER = 100
"""Learners taken in at once: one transaction stays short."""


@outbox.handles(EvidenceRecorded)
def estimate(event: EvidenceRecorded, work: outbox.Work) -> None:
    """A whole course that arrives at once is one event for each learner: those that wait are taken in together."""
    assert work.institution_id is not None
    others = outbox.waiting_alike(work, EvidenceRecorded, estimate, limit=TOGETHER - 1, version_id=event.version_id)
    level_count = frameworks.framed(work.session, event.version_id).version.level_count
    people = {event.person_id, *(other.person_id for other in others)}
    with work.writing() as session:
        taken = estimating.refresh(session, work.institution_id, event.version_id, level_count, people, clock.now())
    log.info("mastery.estimated", version=event.version_id, learners=len(people), marks=taken)


@outbox.handles(CourseMoved)
def take_along(event: CourseMoved, work: outbox.Work) -> None:
    assert work.institution_id is not None
    with work.writing() as session:
        taken = moving.take_along(session, event, work.institution_id)
    log.info("course.settings_moved", course=event.course_id, taken=taken)


def install(_app: Flask) -> None:
    """Importing this module registers the handler."""
