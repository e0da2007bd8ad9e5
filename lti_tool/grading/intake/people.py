"""Whose marks they are."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.launch.roster import sync_roster
from lti_tool.lms.values import CourseSnapshot, Member

ROLES = {"instructor": "Instructor", "assistant": "TeachingAssistant", "learner": "Learner"}


def known_people(session: Session, course: CourseInfo, snapshot: CourseSnapshot) -> dict[str, int]:
    """The LMS's user ids of the snapshot's marks to persons here; who is not known is left out."""
    ids = {mark.user_source_id for mark in snapshot.marks} | {user for _, user in snapshot.unmarked}
    return {user: int(person) for user, person in launch.person_by_lms_id(session, course.platform_id, ids).items()}


def add_people(session: Session, course: CourseInfo, members: Iterable[Member], now: datetime) -> None:
    """Take in whom the LMS's own list names and we do not know yet. The roles that people have here stay: names and
    roles, and above all launches, know them better."""
    here = {one.person.subject: one.role for one in launch.people_of(session, course.id, active_only=False)}
    listed = [
        replace(member, roles=frozenset({ROLES.get(here[member.user_id], "Other")}))
        if member.user_id in here
        else member
        for member in members
    ]
    sync_roster(session, course, listed, now)


def called(session: Session, course_id: int) -> dict[str, Sequence[int]]:
    """What the learners of a course may be called in a file (case folded), and who that is: ids of the LMS, names."""
    found: dict[str, set[int]] = {}
    for person in launch.learners(session, course_id):
        for name in filter(None, (person.subject, person.lms_user_id, person.name)):
            found.setdefault(name.casefold(), set()).add(int(person.id))
    return {name: sorted(people) for name, people in found.items()}
