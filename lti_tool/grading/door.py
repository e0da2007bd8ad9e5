"""What every view of this room needs: its blueprint, and rows of the viewer's own course only."""

from dataclasses import dataclass

from flask import Blueprint, current_app

from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.assessments.queries import AssessmentInfo, AssessmentUnknown
from lti_tool.kit.db import db
from lti_tool.kit.errors import NotFound
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo, PersonInfo
from lti_tool.web.components import State
from lti_tool.web.pages import Page
from lti_tool.web.viewer import Viewer

bp = Blueprint("grading", __name__, url_prefix="/grading")


@dataclass(frozen=True, kw_only=True)
class StatePage(Page):
    """A page that has nothing to show but why."""

    state: State


class NoCourse(NotFound):
    reason = "no_course"


class NobodyKnown(NotFound):
    reason = "nobody_known"


def course_of(viewer: Viewer) -> CourseInfo:
    """The course that the viewer came from. Raises NoCourse."""
    if viewer.course_id is None:
        raise NoCourse("This was not opened from a course.", "Open Waymark from a course in your LMS.")
    return launch.course(db.session(), viewer.course_id)


def own_assessment(viewer: Viewer, ref: str) -> AssessmentInfo:
    """One of our own assessments, in the viewer's course only."""
    return assessments.in_course(db.session(), viewer.course_id, ref)


def any_assessment(viewer: Viewer, assessment_id: int) -> AssessmentInfo:
    """An assessment of any source, in the viewer's course only."""
    found = assessments.get(db.session(), assessment_id)
    if found.course_id != viewer.course_id:
        raise AssessmentUnknown("This assessment is not in this course.", "Go back to the list of assessments.")
    return found


def learner_of(viewer: Viewer, person_id: int) -> PersonInfo:
    """A learner of the viewer's course, the test student too."""
    if viewer.course_id is None or launch.role_in(db.session(), viewer.course_id, person_id) != "learner":
        raise NobodyKnown("This person is not a learner in this course.", "Go back to the list of learners.")
    return launch.person(db.session(), person_id)


def self_of(viewer: Viewer) -> int:
    """The viewer's own person. Raises NobodyKnown for a visitor without a name."""
    if viewer.person_id is None:
        raise NobodyKnown("Your LMS did not say who you are.", "Ask whoever runs the course.")
    return viewer.person_id


def most_upload_bytes() -> int:
    return int(current_app.extensions["waymark.settings"].max_upload_mb) * 1024 * 1024
