"""Names and roles, read whole and written by difference: no large LMS sends differences.

A role learned at launch wins: Moodle calls a non-editing teacher Instructor there and Learner in its roster.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.kit.db import Base, Session
from lti_tool.launch.domain.claims import is_id
from lti_tool.launch.domain.facts import text
from lti_tool.launch.domain.roles import CourseRole, course_role
from lti_tool.launch.models import Course, Membership, Person
from lti_tool.launch.queries import CourseInfo
from lti_tool.lms.values import Member, MemberStatus

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RosterChange:
    """How many rows changed."""

    listed: int
    people_added: int
    people_changed: int
    joined: int
    roles_changed: int
    left: int


def sync_roster(session: Session, course: CourseInfo, members: Iterable[Member], now: datetime) -> RosterChange:
    """Bring people and memberships to what the LMS lists. Who is listed no more is inactive, not gone: their work
    stays. Staff that an LMS lets in without enrolling them (administrators), and the test student, stay as they are.
    An empty list changes nothing: no course that somebody opens is empty."""
    listed = {m.user_id: m for m in members if m.status is not MemberStatus.DELETED and is_id(m.user_id)}
    if not listed:
        return RosterChange(0, 0, 0, 0, 0, 0)
    added = _add_people(session, course, listed)
    known = _people(session, course, listed)
    changed = sum(_refresh(session, person, listed[person.subject]) for person in known.values())
    standing = {
        row.person_id: row
        for row in session.execute(
            select(
                Membership.id,
                Membership.person_id,
                Membership.role,
                Membership.role_from,
                Membership.active,
                Person.is_test,
            )
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.course_id == course.id)
        )
    }
    joined, new, roles, left = 0, [], 0, 0
    present = {known[subject].id: member for subject, member in listed.items()}
    for person_id, member in present.items():
        active, role = member.status is MemberStatus.ACTIVE, course_role(member.roles).value
        row = standing.get(person_id)
        if row is None:
            if active:
                new.append({"course_id": course.id, "person_id": person_id, "role": role, "role_from": "roster"})
            continue
        values: dict[str, Any] = {}
        if row.role_from == "roster" and row.role != role:
            values["role"] = role
            roles += 1
        if row.active != active:
            values["active"] = active
            joined, left = joined + active, left + (not active)
        if values:
            session.execute(update(Membership).where(Membership.id == row.id).values(**values))
    for person_id, row in standing.items():
        kept = row.is_test or (row.role_from == "launch" and row.role != CourseRole.LEARNER.value)
        if row.active and person_id not in present and not kept:
            session.execute(update(Membership).where(Membership.id == row.id).values(active=False))
            left += 1
    own = {"institution_id": course.institution_id, "active": True, "section": ""}
    _insert_new(session, Membership, ["course_id", "person_id"], [{**own, **values} for values in new])
    session.execute(update(Course).where(Course.id == course.id).values(roster_synced_at=now))
    return RosterChange(len(listed), added, changed, joined + len(new), roles, left)


def _add_people(session: Session, course: CourseInfo, listed: dict[str, Member]) -> int:
    known = _people(session, course, listed)
    own = {"institution_id": course.institution_id, "platform_id": course.platform_id, "seen_at": None}
    new = [
        {
            **own,
            "subject": subject,
            "name": text(member.name, 255),
            "email": text(member.email, 255),
            "lms_user_id": member.lms_user_id if is_id(member.lms_user_id) else None,
            "is_test": member.is_test,
        }
        for subject, member in listed.items()
        if subject not in known
    ]
    _insert_new(session, Person, ["institution_id", "platform_id", "subject"], new)
    return len(new)


def _people(session: Session, course: CourseInfo, subjects: Iterable[str]) -> dict[str, Row[Any]]:
    found: dict[str, Row[Any]] = {}
    for some in _slices(sorted(subjects)):
        query = select(Person.id, Person.subject, Person.name, Person.email, Person.lms_user_id, Person.is_test)
        rows = session.execute(query.where(Person.platform_id == course.platform_id, Person.subject.in_(some)))
        found |= {row.subject: row for row in rows}
    return found


def _refresh(session: Session, person: Row[Any], member: Member) -> bool:
    """Take over what the LMS says and we did not know; what it does not say is kept."""
    said = {
        "name": text(member.name, 255),
        "email": text(member.email, 255),
        "lms_user_id": member.lms_user_id if is_id(member.lms_user_id) else None,
        "is_test": member.is_test,
    }
    values = {name: value for name, value in said.items() if value and value != getattr(person, name)}
    if values:
        session.execute(update(Person).where(Person.id == person.id).values(**values))
    return bool(values)


def _insert_new(session: Session, model: type[Base], conflict: list[str], rows: list[dict[str, Any]]) -> None:
    table: Table = model.__table__  # type: ignore[assignment]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=conflict)
    for some in _slices(rows):
        session.execute(statement, list(some))


def _slices(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
