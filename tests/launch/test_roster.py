"""Names and roles by difference: a role learned at launch wins, who has left stays known."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.kit.db import scoped, writing
from lti_tool.launch import queries
from lti_tool.launch.models import Course
from lti_tool.launch.queries import CourseInfo
from lti_tool.launch.roster import RosterChange, sync_roster
from lti_tool.lms.values import Member, MemberStatus
from tests.factories import make_course, make_deployment, make_institution, make_person, make_platform

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def member(user_id: str, *roles: str, **given: object) -> Member:
    return Member(user_id, frozenset(roles or ("Learner",)), **{"name": f"{user_id.title()} Example", **given})  # type: ignore[arg-type]


@pytest.fixture
def course(app: Flask, session: Session) -> Iterator[CourseInfo]:
    """A course where a teacher, a non-editing teacher (an Instructor at launch) and a student have launched."""
    with writing(session):
        institution = make_institution(session)
        with scoped(session, institution.id):
            row = make_course(session, make_deployment(session, make_platform(session, institution)), title="One")
            make_person(session, row, "instructor", subject="tess", name="Tess Example")
            make_person(session, row, "instructor", subject="tom", name="Tom Example")
            make_person(session, row, "learner", subject="maple", name="Maple Example")
            course_id = row.id
    with scoped(session, institution.id):
        yield queries.course(session, course_id)


def sync(session: Session, course: CourseInfo, *members: Member) -> RosterChange:
    with writing(session):
        return sync_roster(session, course, members, NOW)


def roles(session: Session, course: CourseInfo) -> dict[str, str]:
    return {found.person.subject: found.role for found in queries.people_of(session, course.id)}


STAFF = (member("tess", "Instructor"), member("tom", "Learner"))


def test_a_roster_adds_people_and_a_role_learned_at_launch_wins(session: Session, course: CourseInfo) -> None:
    """Moodle calls a non-editing teacher Learner in its roster: he must not become a student row."""
    change = sync(session, course, *STAFF, member("maple"), member("oak"), member("ta", "TeachingAssistant"))
    assert (change.listed, change.people_added, change.joined, change.left) == (5, 2, 2, 0)
    assert roles(session, course) == {
        "tess": "instructor",
        "tom": "instructor",
        "maple": "learner",
        "oak": "learner",
        "ta": "assistant",
    }
    assert [found.subject for found in queries.learners(session, course.id)] == ["maple", "oak"]
    assert session.scalars(select(Course.roster_synced_at)).one() == NOW


def test_reading_the_same_roster_again_changes_nothing(session: Session, course: CourseInfo) -> None:
    everybody = (*STAFF, member("maple"), member("oak"))
    sync(session, course, *everybody)
    assert sync(session, course, *everybody) == RosterChange(4, 0, 0, 0, 0, 0)


def test_who_is_listed_no_more_is_inactive_and_comes_back_as_they_were(session: Session, course: CourseInfo) -> None:
    sync(session, course, *STAFF, member("maple"), member("oak"))
    assert sync(session, course, *STAFF, member("oak")).left == 1
    assert [found.subject for found in queries.learners(session, course.id)] == ["oak"]
    inactive = [m.person.subject for m in queries.people_of(session, course.id, active_only=False) if not m.active]
    assert inactive == ["maple"]
    assert sync(session, course, *STAFF, member("maple"), member("oak")).joined == 1
    assert len(queries.learners(session, course.id)) == 2


def test_a_suspended_student_is_inactive_and_a_deleted_one_too(session: Session, course: CourseInfo) -> None:
    sync(session, course, *STAFF, member("maple"), member("oak"), member("ash", status=MemberStatus.INACTIVE))
    assert "ash" not in roles(session, course)
    gone = member("oak", status=MemberStatus.DELETED)
    sync(session, course, *STAFF, member("maple", status=MemberStatus.INACTIVE), gone)
    assert queries.learners(session, course.id) == []


def test_staff_that_is_not_enrolled_and_the_test_student_stay(session: Session, course: CourseInfo) -> None:
    with writing(session):
        row = session.scalars(select(Course)).one()
        make_person(session, row, "learner", subject="test", name="Test Student", is_test=True)
    sync(session, course, member("maple"))
    assert roles(session, course) == {"tess": "instructor", "tom": "instructor", "maple": "learner", "test": "learner"}


def test_an_empty_roster_empties_no_course(session: Session, course: CourseInfo) -> None:
    sync(session, course)
    assert len(roles(session, course)) == 3
    assert session.scalars(select(Course.roster_synced_at)).one() is None


def test_names_are_taken_over_and_never_erased(session: Session, course: CourseInfo) -> None:
    sync(session, course, *STAFF, member("maple", name="Maple New Example", email="m@example.edu", lms_user_id="501"))
    sync(session, course, *STAFF, member("maple", name="", email=""))
    (found,) = queries.learners(session, course.id)
    assert (found.name, found.lms_user_id) == ("Maple New Example", "501")
    assert queries.person_by_lms_id(session, course.platform_id, ["501", "nobody"]) == {"501": found.id}


def test_a_role_from_the_roster_follows_the_roster(session: Session, course: CourseInfo) -> None:
    sync(session, course, *STAFF, member("maple"), member("oak"))
    assert sync(session, course, *STAFF, member("maple"), member("oak", "Instructor")).roles_changed == 1
    assert roles(session, course)["oak"] == "instructor"


def test_a_class_of_1200_is_read_in_slices(session: Session, course: CourseInfo) -> None:
    everybody = [member(f"user{number}") for number in range(1200)]
    assert sync(session, course, *STAFF, *everybody).people_added == 1200
    assert len(queries.learners(session, course.id)) == 1200
    assert sync(session, course, *STAFF, *everybody).people_added == 0


def test_ids_that_no_database_holds_are_passed_over(session: Session, course: CourseInfo) -> None:
    assert sync(session, course, *STAFF, member("maple"), member("x" * 300), member("a\x00b")).listed == 3
