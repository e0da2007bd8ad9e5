"""What an LMS's role names make of somebody.

Course roles come from the context roles alone: an administrator of the institution does not become a teacher of
the course, and a teacher somewhere in the institution is no teacher here (LTI 1.3 Core, appendix A.2).
"""

from collections.abc import Iterable
from enum import StrEnum

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_ADMINISTRATORS = {
    "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin",
}
_TEST_USERS = {
    "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#TestUser",
}
_SHORT = {"Administrator", "ContentDeveloper", "Instructor", "Learner", "Mentor", "Manager", "Member", "Officer"}
"""The short names that the standard still allows; all of them are context roles."""


class CourseRole(StrEnum):
    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"
    LEARNER = "learner"
    OTHER = "other"


def context_roles(roles: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The context roles among them as (principal, sub-role), the sub-role empty for a principal role."""
    return frozenset(found for role in roles if (found := _context_role(role)) is not None)


def _context_role(role: str) -> tuple[str, str] | None:
    if role in _SHORT or role in ("TeachingAssistant", "Student"):
        return ("Instructor", role) if role == "TeachingAssistant" else (role.replace("Student", "Learner"), "")
    if not role.startswith(MEMBERSHIP):
        return None
    path, _, name = role[len(MEMBERSHIP) :].partition("#")
    if path == "":
        return ("Instructor", name) if name == "TeachingAssistant" else (name, "")
    return path.lstrip("/"), name


def course_role(roles: Iterable[str]) -> CourseRole:
    """The one role in the course. A teaching assistant is one although the LMS says Instructor too, unless another
    kind of instructor is named beside it; a teacher who is also enrolled as a learner is a teacher."""
    found = context_roles(roles)
    principals = {principal for principal, _ in found}
    kinds = {sub for principal, sub in found if principal == "Instructor" and sub}
    if "Instructor" in principals:
        assisting = any(sub.startswith("TeachingAssistant") for sub in kinds)
        teaching = any(not sub.startswith(("TeachingAssistant", "Grader")) for sub in kinds)
        return CourseRole.ASSISTANT if assisting and not teaching else CourseRole.INSTRUCTOR
    return CourseRole.LEARNER if "Learner" in principals else CourseRole.OTHER


def is_administrator(roles: Iterable[str]) -> bool:
    """Of the institution or of the whole LMS. The short name `Administrator` and the context role of that name
    are about one course and do not count."""
    return not _ADMINISTRATORS.isdisjoint(roles)


def is_test_user(roles: Iterable[str]) -> bool:
    """Canvas's Test Student, by which a teacher looks through a student's eyes."""
    return not _TEST_USERS.isdisjoint(roles)
