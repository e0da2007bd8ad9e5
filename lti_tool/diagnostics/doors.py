"""What the room's pages have in common: the blueprint, whose course it is, who may look at whom."""

from flask import Blueprint, current_app, request, url_for

from lti_tool.kit.db import db
from lti_tool.kit.errors import NotFound
from lti_tool.kit.ids import PersonId
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.viewer import Viewer

bp = Blueprint("diagnostics", __name__, url_prefix="/diagnostics")
MOST_ID = 2**31 - 1
"""Databases refuse larger ids with an error of their own: for us they are simply not there."""
ID = f"int(max={MOST_ID})"
"""An id in a route."""


class NoCourse(NotFound):
    """The launch named no course."""

    reason = "no_course"


class NotKnown(NotFound):
    """The LMS did not say who launched."""

    reason = "not_known"


class NotInCourse(NotFound):
    """Somebody else's learner, or nobody."""

    reason = "not_in_course"


def course_of(viewer: Viewer) -> CourseInfo:
    """Raises NoCourse."""
    if viewer.course_id is None:
        raise NoCourse("This was not opened from a course.", "Open Waymark from a course in your LMS.")
    return launch.course(db.session(), viewer.course_id)


def oneself(viewer: Viewer) -> PersonId:
    """Raises NotKnown."""
    if viewer.person_id is None:
        raise NotKnown("Your LMS did not say who you are.", "Ask whoever runs the course.")
    return viewer.person_id


def learner_of(course: CourseInfo, person_id: int) -> int:
    """The id, if this is a learner of the course. Raises NotInCourse, also for people of other courses."""
    if person_id > MOST_ID or launch.role_in(db.session(), course.id, person_id) != "learner":
        raise NotInCourse("This learner is not in your course.", "Go back to the class and choose somebody there.")
    return person_id


def wants_part() -> bool:
    """Does a script of ours ask for what opens under a cell, and not for the page?"""
    return request.headers.get("X-Requested-With") == "fetch"


def page_of(endpoint: str) -> str:
    """The address of another room's page; empty where that room is not part of this installation."""
    return url_for(endpoint) if endpoint in current_app.view_functions else ""
