"""Reads everything one page needs, each fact once: the learner's page and the class page begin here."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from lti_tool.diagnostics import queries
from lti_tool.diagnostics.cohort_page import Class
from lti_tool.diagnostics.mastery.levels import place
from lti_tool.diagnostics.since import Changed, changes
from lti_tool.diagnostics.steps import Step, next_steps
from lti_tool.diagnostics.subject import Address, Subject
from lti_tool.frameworks import queries as frameworks
from lti_tool.grading import queries as grading
from lti_tool.grading.courses import version_of
from lti_tool.grading.opportunities import opportunities
from lti_tool.kit.errors import NotFound
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo, MemberInfo


class NoFramework(NotFound):
    """The institution has no framework yet, so there is no map to draw."""

    reason = "no_framework"


def framework_of(session: Session, course: CourseInfo) -> frameworks.Framed:
    """Raises NoFramework."""
    version_id = version_of(session, course)
    if version_id is None:
        raise NoFramework(
            "Your institution has not chosen a competency framework yet.",
            "An administrator adds one under Frameworks; DigComp 3.0 is there to start with.",
        )
    return frameworks.framed(session, version_id)


def subject_of(
    session: Session, course: CourseInfo, person_id: int, address: Address, *, own: bool, now: datetime
) -> Subject:
    framed = framework_of(session, course)
    version = framed.version
    return Subject(
        course_id=course.id,
        framed=framed,
        cells=queries.learner_cells(session, person_id, version.id),
        targets=queries.targets(session, course.id, version.id, version.level_count),
        resources=queries.resources(session, course.id, version.id),
        opportunities=opportunities(session, course.id, person_id, now),
        coverage=grading.coverage(session, course.id, version.id),
        address=address,
        own=own,
    )


def steps_of(subject: Subject, declined: frozenset[int]) -> tuple[Step, ...]:
    return next_steps(
        {item: cell.standing for item, cell in subject.cells.items()},
        {c.id: subject.targets.of(c.id) for c in subject.framed.competencies},
        subject.framed.prerequisites,
        assessed=subject.coverage.keys(),
        declined=declined,
    )


def changes_of(session: Session, subject: Subject, person_id: int) -> tuple[date, tuple[Changed, ...]] | None:
    """What changed lately and since when; None where there is nothing to compare with. One query."""
    before = queries.before(session, person_id, subject.framed.version.id)
    if before is None:
        return None
    now = {item: cell.standing for item, cell in subject.cells.items() if item in subject.framed.by_id}
    then = {item: place(belief, now[item].cuts) for item, belief in before.cells.items() if item in now}
    return before.day, changes(now, then)


def class_of(session: Session, course: CourseInfo) -> Class:
    """Active learners, the LMS's test student left out."""
    from lti_tool.diagnostics import class_map

    framed = framework_of(session, course)
    version = framed.version
    members: tuple[MemberInfo, ...] = tuple(
        m for m in launch.people_of(session, course.id) if m.role == "learner" and not m.person.is_test
    )
    people = [m.person.id for m in members]
    return Class(
        framed=framed,
        members=members,
        cells=class_map.standings(
            people,
            [c.id for c in framed.competencies],
            queries.packed_cells(session, people, version.id),
            queries.cuts(session, version.id),
        ),
        targets=queries.targets(session, course.id, version.id, version.level_count),
        coverage=grading.coverage(session, course.id, version.id),
    )
