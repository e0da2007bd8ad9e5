"""Who a launch makes of somebody."""

import pytest

from lti_tool.launch.domain.roles import CourseRole, course_role, is_administrator, is_test_user

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([f"{M}#Instructor"], CourseRole.INSTRUCTOR),
        (["Instructor"], CourseRole.INSTRUCTOR),
        ([f"{M}/Instructor#PrimaryInstructor"], CourseRole.INSTRUCTOR),
        ([f"{M}#Learner"], CourseRole.LEARNER),
        (["Learner"], CourseRole.LEARNER),
        ([f"{M}/Learner#GuestLearner"], CourseRole.LEARNER),
        ([f"{M}#Instructor", f"{M}#Learner"], CourseRole.INSTRUCTOR),
        ([f"{M}/Instructor#TeachingAssistant"], CourseRole.ASSISTANT),
        ([f"{M}#Instructor", f"{M}/Instructor#TeachingAssistant"], CourseRole.ASSISTANT),
        ([f"{M}/Instructor#TeachingAssistant", f"{M}/Instructor#PrimaryInstructor"], CourseRole.INSTRUCTOR),
        (["TeachingAssistant", "Instructor"], CourseRole.ASSISTANT),
        ([f"{M}#Mentor"], CourseRole.OTHER),
        ([f"{M}#Administrator"], CourseRole.OTHER),
        ([], CourseRole.OTHER),
        (["urn:example:Wizard", ""], CourseRole.OTHER),
        # a teacher somewhere in the institution is no teacher in this course
        ([f"{INSTITUTION}#Instructor"], CourseRole.OTHER),
        ([f"{INSTITUTION}#Faculty", f"{SYSTEM}#User"], CourseRole.OTHER),
    ],
)
def test_course_roles_come_from_context_roles_alone(roles: list[str], expected: CourseRole) -> None:
    assert course_role(roles) is expected


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([f"{INSTITUTION}#Administrator"], True),
        ([f"{SYSTEM}#Administrator", f"{M}#Instructor"], True),
        ([f"{SYSTEM}#SysAdmin"], True),
        ([f"{M}#Administrator"], False),
        (["Administrator"], False),
        ([f"{M}#Instructor", f"{INSTITUTION}#Instructor"], False),
        ([f"{INSTITUTION}#AdministratorX"], False),
    ],
)
def test_the_institutions_administrator_is_a_rule_of_its_own(roles: list[str], expected: bool) -> None:
    assert is_administrator(roles) is expected


def test_canvas_student_view_is_known_by_its_test_user() -> None:
    assert is_test_user(["http://purl.imsglobal.org/vocab/lti/system/person#TestUser", f"{M}#Learner"])
    assert not is_test_user([f"{M}#Learner", f"{SYSTEM}#User"])
