"""Somebody's work, opened from the gradebook: who launched decides whose."""

from typing import Any

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.kit.db import db, everywhere
from lti_tool.launch.domain import claims as c
from lti_tool.launch.models import Person
from tests.certification.refusing import reason_of
from tests.launch.platform import ASSISTANT, GONE, INSTRUCTOR, LEARNER, TestPlatform, enter, post_launch


def review(client: FlaskClient, platform: TestPlatform, whose: object, **given: Any) -> TestResponse:
    facts = {"message_type": c.SUBMISSION_REVIEW_REQUEST, "for_user": {"user_id": whose}}
    return enter(client, platform, **facts | given)


def own_page(app: Flask) -> str:
    with app.test_request_context():
        return url_for("diagnostics.own_map")


def test_a_teacher_opens_that_learners_page(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    enter(app.test_client(), platform, sub="learner-1")
    with app.app_context(), everywhere(db.session()):
        learner = db.session().scalars(select(Person.id).where(Person.subject == "learner-1")).one()
    for role in (INSTRUCTOR, ASSISTANT):
        landed = review(client, platform, "learner-1", sub="teacher-1", roles=[role])
        with app.test_request_context():
            assert landed.headers["Location"] == url_for("diagnostics.learner", person_id=learner)


def test_a_student_opens_only_their_own(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    """Moodle lets a student ask for anybody's by changing the address."""
    enter(app.test_client(), platform, sub="learner-2")
    own = review(client, platform, "learner-1", sub="learner-1", roles=[LEARNER])
    assert own.headers["Location"] == own_page(app)
    others = review(client, platform, "learner-2", sub="learner-1", roles=[LEARNER])
    assert others.status_code == 403
    assert reason_of(others) == "not_your_work"
    nobody = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"), GONE)
    assert reason_of(review(app.test_client(), platform, "learner-2", roles=[INSTRUCTOR], **nobody)) == "not_your_work"


def test_a_learner_of_another_course_or_nobody_is_a_clear_page(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    enter(app.test_client(), platform, sub="elsewhere", context={"id": "course-2", "title": "Other"})
    for whose in ("elsewhere", "never-seen"):
        answer = review(client, platform, whose, sub="teacher-1", roles=[INSTRUCTOR])
        assert answer.status_code == 404
        assert reason_of(answer) == "learner_unknown"


def test_a_request_that_names_nobody_is_refused(client: FlaskClient, platform: TestPlatform) -> None:
    for odd in (GONE, {}, "learner-1", {"user_id": 7}, {"user_id": ""}):
        facts = {"message_type": c.SUBMISSION_REVIEW_REQUEST, "for_user": odd, "roles": [INSTRUCTOR]}
        assert reason_of(post_launch(client, platform, **facts)) == "missing_for_user"
