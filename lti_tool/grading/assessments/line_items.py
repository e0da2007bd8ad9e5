"""Our columns in the LMS's gradebook: one for each of our own assessments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_tool.grading import leases
from lti_tool.grading.assessments import queries
from lti_tool.grading.models import Assessment
from lti_tool.launch import queries as launch
from lti_tool.launch import service as launch_service
from lti_tool.launch.deep_linking import TAG
from lti_tool.lms.values import NewLineItem

LEASE = timedelta(seconds=90)
DEFAULT_MAXIMUM = 100.0


@dataclass(frozen=True, slots=True)
class Missing:
    """No column yet, and nobody else is making one: make it at `container`, then `keep`."""

    container: str
    wanted: NewLineItem


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else is making it at this moment."""


@dataclass(frozen=True, slots=True)
class NoGradebook:
    """The LMS gave neither a column nor a place to make one."""


def find(session: Session, assessment_id: int, launch_url: str, now: datetime) -> str | Missing | Busy | NoGradebook:
    """The column's URL, or what to do about it, in the caller's transaction. The LMS's own column of the link that
    opens the assessment comes first."""
    assessment = queries.get(session, assessment_id)
    if assessment.line_item_url:
        return assessment.line_item_url
    link = launch.link_to(session, assessment.course_id, assessment.ref)
    if link is not None and link.line_item_url:
        keep(session, assessment_id, link.line_item_url)
        return link.line_item_url
    container = launch.course(session, assessment.course_id).line_items_url
    if not container:
        return NoGradebook()
    if not leases.take(session, assessment.institution_id, _lease(assessment_id), now, LEASE):
        return Busy()
    wanted = NewLineItem(
        label=assessment.title[:240].strip() or "Assessment",
        maximum=assessment.max_points or DEFAULT_MAXIMUM,
        resource_id=assessment.ref,
        tag=TAG,
        resource_link_id=link.link_id if link else None,
        launch_url=launch_url,
    )
    return Missing(container, wanted)


def keep(session: Session, assessment_id: int, url: str) -> None:
    session.execute(update(Assessment).where(Assessment.id == assessment_id).values(line_item_url=url))
    leases.give_back(session, _lease(assessment_id))


def give_up(session: Session, assessment_id: int) -> None:
    """It could not be made this time."""
    leases.give_back(session, _lease(assessment_id))


def forget(session: Session, assessment_id: int, url: str) -> None:
    """The LMS says that this column is gone: the next delivery looks for it, and makes it, anew."""
    gone = update(Assessment).where(Assessment.id == assessment_id, Assessment.line_item_url == url)
    session.execute(gone.values(line_item_url=None))
    launch_service.forget_line_item(session, queries.get(session, assessment_id).course_id, url)


def _lease(assessment_id: int) -> str:
    return f"line-item/{assessment_id}"
