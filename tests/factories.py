"""Rows for tests, with only the facts that matter given. Each `make_*` flushes and returns the row."""

import itertools
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from lti_tool.frameworks.models import Framework, FrameworkVersion, Item, Level
from lti_tool.grading.models import Assessment, Criterion, Rating
from lti_tool.launch.models import Course, Deployment, Institution, Membership, Person, Platform

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)
Row = TypeVar("Row")


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def make_institution(session: Session, **given: Any) -> Institution:
    return _add(session, Institution(**{"name": f"Example College {next(_numbers)}", "created_at": NOW, **given}))


def make_platform(session: Session, institution: Institution, **given: Any) -> Platform:
    n = next(_numbers)
    facts = {
        "institution_id": institution.id,
        "name": f"LMS {n}",
        "issuer": f"https://lms{n}.example",
        "client_id": f"client-{n}",
        "family": "moodle",
        "auth_login_url": f"https://lms{n}.example/auth",
        "auth_token_url": f"https://lms{n}.example/token",
        "jwks_url": f"https://lms{n}.example/jwks",
        "created_at": NOW,
    }
    return _add(session, Platform(**{**facts, **given}))


def make_deployment(session: Session, platform: Platform, **given: Any) -> Deployment:
    facts = {
        "platform_id": platform.id,
        "institution_id": platform.institution_id,
        "deployment_id": f"d{next(_numbers)}",
        "status": "approved",
        "created_at": NOW,
    }
    return _add(session, Deployment(**{**facts, **given}))


def make_course(session: Session, deployment: Deployment, **given: Any) -> Course:
    n = next(_numbers)
    facts = {
        "institution_id": deployment.institution_id,
        "platform_id": deployment.platform_id,
        "deployment_id": deployment.id,
        "context_id": f"context-{n}",
        "title": f"Course {n}",
        "created_at": NOW,
    }
    return _add(session, Course(**{**facts, **given}))


def make_person(session: Session, course: Course, role: str = "learner", **given: Any) -> Person:
    n = next(_numbers)
    facts = {
        "institution_id": course.institution_id,
        "platform_id": course.platform_id,
        "subject": f"sub-{n}",
        "name": f"Tree {n} Example",
    }
    person = _add(session, Person(**{**facts, **given}))
    _add(
        session,
        Membership(
            institution_id=course.institution_id,
            course_id=course.id,
            person_id=person.id,
            role=role,
            role_from="launch",
        ),
    )
    return person


def make_version(session: Session, institution: Institution, levels: int = 4, **given: Any) -> FrameworkVersion:
    n = next(_numbers)
    own = {"institution_id": institution.id}
    framework = _add(session, Framework(**own, identifier=f"framework-{n}", title=f"Framework {n}", created_at=NOW))
    facts = {
        "framework_id": framework.id,
        "number": 1,
        "status": "published",
        "title": framework.title,
        "format": "csv",
        "fingerprint": f"{n:064d}",
        "extra": {},
        "created_at": NOW,
        "published_at": NOW,
    }
    version = _add(session, FrameworkVersion(**own, **{**facts, **given}))
    for number in range(1, levels + 1):
        _add(session, Level(**own, version_id=version.id, number=number, name=f"Level {number}"))
    return version


def make_item(session: Session, version: FrameworkVersion, **given: Any) -> Item:
    n = next(_numbers)
    facts = {
        "institution_id": version.institution_id,
        "version_id": version.id,
        "key": f"item-{n}",
        "kind": "competency",
        "assessed": True,
        "code": str(n),
        "title": f"Competency {n}",
        "position": n,
        "descriptors": {},
        "extra": {},
    }
    return _add(session, Item(**{**facts, **given}))


def make_assessment(session: Session, course: Course, criteria: int = 2, ratings: int = 4, **given: Any) -> Assessment:
    """With a rubric of `criteria` criteria, each of `ratings` ratings worth 0, 1, 2 ... points."""
    n = next(_numbers)
    own = {"institution_id": course.institution_id}
    facts = {
        "course_id": course.id,
        "source": "moodle",
        "source_id": str(n),
        "title": f"Assessment {n}",
        "max_points": float(criteria * (ratings - 1)),
        "fingerprint": f"{n:064d}",
        "created_at": NOW,
    }
    assessment = _add(session, Assessment(**own, **{**facts, **given}))
    for position in range(criteria):
        criterion = _add(
            session,
            Criterion(
                **own,
                assessment_id=assessment.id,
                source_id=f"c{n}-{position}",
                position=position,
                title=f"Criterion {position + 1}",
                max_points=float(ratings - 1),
            ),
        )
        for points in range(ratings):
            _add(
                session,
                Rating(
                    **own,
                    criterion_id=criterion.id,
                    source_id=str(points),
                    points=float(points),
                    title=f"Rating {points}",
                ),
            )
    return assessment
