"""Which framework a course works with."""

from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.launch.queries import CourseInfo


def version_of(session: Session, course: CourseInfo) -> int | None:
    """The course's own choice, else the newest published version of the institution's default framework; None where
    the institution has no framework yet."""
    return course.framework_version_id or frameworks.default_version_id(session)
