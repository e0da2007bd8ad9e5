"""A course with a framework, learners and an assessment; and a way to be somebody in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.frameworks.models import FrameworkVersion, Item
from lti_tool.grading import events
from lti_tool.grading.models import Assessment, Criterion
from lti_tool.kit import outbox
from lti_tool.kit.db import scoped, writing
from lti_tool.launch.models import Course, Person
from tests import factories as make


@pytest.fixture(autouse=True)
def _news_is_taken(app: Flask) -> None:
    """What this room tells the rooms above is taken by somebody, also where those are not wired."""
    for event in (events.EvidenceRecorded, events.AlignmentChanged):
        if event.__name__ not in outbox._handlers:
            outbox.handles(event)(_take)


def _take(_event: Any, _work: outbox.Work) -> None:
    pass


@dataclass
class Place:
    """A course of one institution, with what tests need of it."""

    session: Session
    institution_id: int
    course: Course
    version: FrameworkVersion
    items: list[Item]
    assessment: Assessment
    criteria: list[Criterion]
    learners: list[Person]
    teacher: Person


@pytest.fixture
def place(session: Session) -> Iterator[Place]:
    with placed(session) as made:
        yield made


@contextmanager
def placed(session: Session) -> Iterator[Place]:
    """Four competencies; one assessment of two criteria with ratings 0 to 3; three learners, one teacher."""
    with writing(session):
        institution = make.make_institution(session)
        with scoped(session, institution.id):
            platform = make.make_platform(session, institution)
            version = make.make_version(session, institution)
            items = [make.make_item(session, version, code=f"1.{n}", title=f"Skill {n}") for n in range(1, 5)]
            course = make.make_course(session, make.make_deployment(session, platform), framework_version_id=version.id)
            learners = [
                make.make_person(session, course, subject=f"user-{n}", name=f"{tree} Example")
                for n, tree in enumerate(("Maple", "Hazel", "Oak"))
            ]
            teacher = make.make_person(session, course, "instructor", subject="teacher", name="Rowan Example")
            assessment = make.make_assessment(session, course)
            criteria = (
                session.query(Criterion).filter_by(assessment_id=assessment.id).order_by(Criterion.position).all()
            )
            institution_id = institution.id
            session.flush()
            for row in (course, version, assessment, teacher, *items, *criteria, *learners):
                session.refresh(row)
            session.expunge_all()  # plain values from here on: tests read the database by queries
    with scoped(session, institution_id):
        yield Place(session, institution_id, course, version, items, assessment, criteria, learners, teacher)
    session.rollback()


def posted(session: Session, event: type) -> list[dict[str, Any]]:
    """The payloads of an event's rows, oldest first, each once."""
    rows = session.query(outbox.OutboxRow).order_by(outbox.OutboxRow.id).all()
    found: list[dict[str, Any]] = []
    for row in rows:
        if row.topic.split("/")[0] == event.__name__ and row.payload not in found:
            found.append(row.payload)
    session.rollback()
    return found
