"""A small course for tests: a framework, learners, assessments with mapped criteria, and marks by the real door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks.models import FrameworkVersion, Item
from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Choice, Decider
from lti_tool.grading.marking import service as marking
from lti_tool.grading.marking.domain import CriterionMark, Mark
from lti_tool.grading.models import Assessment, Criterion
from lti_tool.kit import jobs
from lti_tool.kit.db import scoped, writing
from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.launch.models import Course, Institution, Person
from lti_tool.web.viewer import Role, Viewer
from tests.factories import (
    NOW,
    make_assessment,
    make_course,
    make_deployment,
    make_institution,
    make_item,
    make_person,
    make_platform,
    make_version,
)


@dataclass(frozen=True)
class SmallCourse:
    """Ids only: rows expire with their transaction."""

    institution_id: int
    platform_id: int
    course_id: int
    version_id: int
    competencies: tuple[int, ...]
    learners: tuple[int, ...]
    teacher: int
    assessments: tuple[int, ...]
    criteria: tuple[tuple[int, ...], ...]
    """Criterion ids of each assessment."""

    def viewer(self, role: Role, person: int | None = None) -> Viewer:
        return Viewer(
            institution_id=InstitutionId(self.institution_id),
            platform_id=PlatformId(self.platform_id),
            person_id=PersonId(person if person is not None else self.teacher),
            course_id=CourseId(self.course_id),
            course_title="Small course",
            roles=frozenset({role}),
            session_hash="x",
            name="Somebody Example",
        )


def small_course(
    session: Session,
    *,
    competencies: int = 3,
    learners: int = 4,
    assessments: int = 3,
    levels: int = 4,
    sections: Sequence[str] = (),
    names: Sequence[str] = (),
    item_facts: Mapping[str, Any] | None = None,
    areas: bool = True,
    assessed: int | None = None,
) -> SmallCourse:
    """Each assessment has one criterion for each competency, four ratings, mapped by the teacher. `item_facts` replace
    a competency's, `{n}` in a text is its number; `levels` 0 names none. `assessed`: only that many have criteria."""
    with writing(session):
        session.info["institution"] = "everywhere"
        institution: Institution = make_institution(session)
        course: Course = make_course(session, make_deployment(session, make_platform(session, institution)))
        version: FrameworkVersion = make_version(session, institution, levels=levels)
        area: Item = make_item(session, version, kind="category", assessed=False, code="1", title="Area")
        items = [
            make_item(
                session,
                version,
                parent_id=area.id if areas else None,
                **{
                    name: value.format(n=n) if isinstance(value, str) else value
                    for name, value in {
                        "code": "1.{n}",
                        "title": "Competency {n}",
                        "descriptors": {"2": f"Does {n}", "3": f"Explains {n}"},
                        **(item_facts or {}),
                    }.items()
                },
            )
            for n in range(1, competencies + 1)
        ]
        course.framework_version_id = version.id
        called = [*names, *(f"Tree{n:02d} Example" for n in range(len(names), learners))]
        people: list[Person] = [make_person(session, course, name=name) for name in called]
        teacher = make_person(session, course, role="instructor", name="Rowan Example")
        made: list[Assessment] = [
            make_assessment(session, course, criteria=assessed or competencies) for _ in range(assessments)
        ]
        if sections:
            from lti_tool.launch.models import Membership

            for person, section in zip(people, sections, strict=True):
                member = session.scalar(select(Membership).where(Membership.person_id == person.id))
                assert member is not None
                member.section = section
        criteria = tuple(
            tuple(
                session.scalars(
                    select(Criterion.id).where(Criterion.assessment_id == a.id).order_by(Criterion.position)
                )
            )
            for a in made
        )
        found = SmallCourse(
            institution.id,
            course.platform_id,
            course.id,
            version.id,
            tuple(item.id for item in items),
            tuple(person.id for person in people),
            teacher.id,
            tuple(a.id for a in made),
            criteria,
        )
    session.info["institution"] = None
    with scoped(session, found.institution_id), writing(session):
        mapped = {
            criterion: [Choice(item)]
            for row in found.criteria
            for criterion, item in zip(row, found.competencies, strict=False)
        }
        alignments.decide_several(session, mapped, Decider.person(found.teacher), NOW)
    return found


def mark(
    session: Session,
    course: SmallCourse,
    place: int,
    marks: Mapping[int, Sequence[int | None]],
    *,
    at: datetime | None = None,
    released: bool = True,
    comment: str = "",
) -> None:
    """Mark one assessment: learner's place in the course to points on each criterion; None leaves a criterion out.
    `comment` stands at each criterion."""
    moment = at or NOW + timedelta(days=7 * place)
    given = []
    for who, row in marks.items():
        criteria = tuple(
            CriterionMark(criterion, float(points), comment=comment)
            for criterion, points in zip(course.criteria[place], row, strict=True)
            if points is not None
        )
        total = sum(one.points for one in criteria)
        given.append(
            Mark(
                course.learners[who],
                total,
                3.0 * len(row),
                moment,
                criteria,
                marker=str(course.teacher),
                released=released,
            )
        )
    with scoped(session, course.institution_id), writing(session):
        marking.record_scores(session, course.assessments[place], given, moment)


def classmates(first: int, until: int, task: int, criteria: int = 3) -> dict[int, list[int]]:
    """Marks of a class as it is: everybody at their own height, one task better than another. The ruler needs them."""
    heights = (0, 1, 1, 2, 2, 3)
    return {
        who: [
            max(0, min(3, heights[(who - 1) % 6] + ((task + k + who) % 3 - 1) * ((task + 2 * k + who) % 2)))
            for k in range(criteria)
        ]
        for who in range(first, until)
    }


def deliver(app: Flask) -> int:
    """Let the jobs run: estimates follow evidence."""
    return jobs.sweep(app)
