"""What an LMS copied: a new course and its links find out where they come from, by the histories that an LMS tells.

Most links need no history: our own id is in their custom parameters and comes along with the copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from lti_tool.kit.db import Session
from lti_tool.launch.models import Course, ResourceLink


@dataclass(frozen=True, slots=True)
class EarlierLink:
    opens: str
    assessment_ref: str | None


def framework_before(session: Session, platform_id: int, history: Sequence[str]) -> int | None:
    """The framework version that the latest known one of these courses was set to work with, in the institution in
    scope. One that kept the institution's default says nothing."""
    rows = session.execute(
        select(Course.context_id, Course.framework_version_id).where(
            Course.platform_id == platform_id, Course.context_id.in_(list(history))
        )
    )
    chosen = {row.context_id: row.framework_version_id for row in rows}
    return next((chosen[one] for one in history if one in chosen), None)


def link_before(session: Session, platform_id: int, history: Sequence[str]) -> EarlierLink | None:
    """What the latest known one of these links opens, in the institution in scope."""
    rows = session.execute(
        select(ResourceLink.link_id, ResourceLink.opens, ResourceLink.assessment_ref)
        .join(Course, Course.id == ResourceLink.course_id)
        .where(Course.platform_id == platform_id, ResourceLink.link_id.in_(list(history)))
    )
    known = {row.link_id: EarlierLink(row.opens, row.assessment_ref) for row in rows}
    return next((known[one] for one in history if one in known), None)
