"""Institutions and LMSs: one institution with several LMSs, one LMS with several institutions; what a course is."""

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, scoped, writing
from lti_tool.launch import queries, service
from lti_tool.launch.models import Deployment, Person
from lti_tool.launch.service import DeploymentInUse, DeploymentUnknown
from tests.certification.refusing import reason_of
from tests.launch.platform import INSTRUCTOR, TestPlatform, enter, post_launch, register

pytestmark = pytest.mark.both_databases


def titles(app: Flask, institution_id: int) -> list[tuple[str, int]]:
    with app.app_context(), scoped(db.session(), institution_id):
        return [(one.title, one.platform_id) for one in queries.courses(db.session())]


def approve(app: Flask, deployment_id: str, institution: str) -> int:
    """What whoever runs the installation does about a deployment that waits; its institution."""
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        row = session.scalars(select(Deployment).where(Deployment.deployment_id == deployment_id)).one()
        assigned = service.assign_deployment(session, row.id, institution, clock.now())
        service.decide_deployment(session, assigned.institution_id, row.id, approved=True)
        return int(assigned.institution_id)


def test_one_lms_serves_two_institutions_and_neither_sees_the_other(app: Flask, platform: TestPlatform) -> None:
    enter(app.test_client(), platform, roles=[INSTRUCTOR])
    platform.deployment_id = "2"
    assert reason_of(post_launch(app.test_client(), platform)) == "deployment_pending"
    second = approve(app, "2", "South College")
    assert second == 2
    # the same person, and a context with the same id: another course, of another institution
    enter(app.test_client(), platform, roles=[INSTRUCTOR], context={"id": "course-1", "title": "Southern practice"})
    assert titles(app, 1) == [("Digital practice", 1)]
    assert titles(app, 2) == [("Southern practice", 1)]
    with app.app_context():
        people = {}
        for institution in (1, 2):
            with scoped(db.session(), institution):
                people[institution] = db.session().scalars(select(Person.id).where(Person.subject == "user-1")).one()
        assert people[1] != people[2]


def test_one_institution_has_two_lmss_whose_ids_are_their_own(app: Flask, platform: TestPlatform) -> None:
    other = TestPlatform(issuer="https://other.example", jwks_url=platform.jwks_url)
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        new = service.NewPlatform(
            issuer=other.issuer,
            client_id=other.client_id,
            auth_login_url=other.auth_login_url,
            auth_token_url="https://other.example/token",
            jwks_url=other.jwks_url,
        )
        row = service.add_platform(session, new, clock.now(), allow_http=True)
        service.add_deployment(session, row, other.deployment_id, clock.now())
    enter(app.test_client(), platform)
    enter(app.test_client(), other, context={"id": "course-1", "title": "On the other one"})
    assert titles(app, 1) == [("Digital practice", 1), ("On the other one", row)]


def test_a_deployment_with_courses_stays_where_it_is(app: Flask, platform: TestPlatform) -> None:
    enter(app.test_client(), platform)
    with app.app_context(), everywhere(db.session()):
        with pytest.raises(DeploymentInUse), writing(db.session()) as session:
            service.assign_deployment(session, 1, "South College", clock.now())
        with pytest.raises(DeploymentUnknown), writing(db.session()) as session:
            service.assign_deployment(session, 99, "South College", clock.now())
        # adding it again, as a script that sets up an installation does, moves nothing
        platform.deployment_id = "2"
    post_launch(app.test_client(), platform)
    south = approve(app, "2", "South College")
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        assert service.add_deployment(session, 1, "2", clock.now()).institution_id == south


def test_a_second_registration_of_one_lms_has_courses_of_its_own(app: Flask, platform: TestPlatform) -> None:
    second = TestPlatform(client_id="second", jwks_url=platform.jwks_url)
    register(app, second)
    enter(app.test_client(), platform)
    enter(app.test_client(), second, context={"id": "course-1", "title": "Under the second"})
    with app.app_context(), everywhere(db.session()):
        assert len(queries.courses(db.session())) == 2
