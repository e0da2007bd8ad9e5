"""Reads everything one page needs, each fact once: the learner's page and the class page begin here."""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.diagnostics import queries
from lti_tool.diagnostics.cohort_page import Class
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
        framed=framed,
        cells=queries.learner_cells(session, person_id, version.id),
        targets=queries.targets(session, course.id, version.id, version.level_count),
        resources=queries.resources(session, course.id, version.id),
        opportunities=opportunities(session, course.id, person_id, now),
        coverage=grading.coverage(session, course.id, version.id),
        address=address,
        own=own,
    )


def steps_of(session: Session, subject: Subject, person_id: int) -> tuple[Step, ...]:
    return next_steps(
        {item: cell.standing for item, cell in subject.cells.items()},
        {c.id: subject.targets.of(c.id) for c in subject.framed.competencies},
        subject.framed.prerequisites,
        assessed=subject.coverage.keys(),
        declined=queries.declined(session, person_id),
    )


def class_of(session: Session, course: CourseInfo) -> Class:
    """Active learners, the LMS's test student left out."""
    framed = framework_of(session, course)
    version = framed.version
    members: tuple[MemberInfo, ...] = tuple(
        m for m in launch.people_of(session, course.id) if m.role == "learner" and not m.person.is_test
    )
    cells = queries.cohort_cells(session, [m.person.id for m in members], version.id)
    return Class(
        framed=framed,
        members=members,
        cells={(cell.person_id, cell.item_id): cell for cell in cells},
        targets=queries.targets(session, course.id, version.id, version.level_count),
        coverage=grading.coverage(session, course.id, version.id),
    )
