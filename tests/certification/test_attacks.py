"""What somebody who means harm would try at the doors that ask for no session."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from lti_tool.kit import log
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch.models import Institution
from lti_tool.launch.sessions import COOKIE
from tests.certification.refusing import reason_of, rows
from tests.launch.platform import INSTRUCTOR, LEARNER, TestPlatform, enter, new_key, post_launch, start_login

EVIL = "https://evil.example/take"
ADDRESSES = (EVIL, "//evil.example", "javascript:alert(1)", "https://localhost@evil.example", "/\\evil.example")


def test_no_parameter_leads_anywhere_but_to_the_lms_and_to_pages_of_ours(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    asked = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "7"}
    for address in ADDRESSES:
        names = ("target_link_uri", "redirect_uri", "next", "return_url", "redirect", "lti_message_hint")
        for method in ("get", "post"):
            sent = {**asked, **dict.fromkeys(names, address)}
            answer = getattr(client, method)("/lti/login", **{"query_string" if method == "get" else "data": sent})
            where = urlsplit(answer.headers["Location"])
            assert (where.scheme, where.netloc) == ("https", "lms.example")
            assert "redirect_uri=http%3A%2F%2Flocalhost%2Flti%2Flaunch&" in where.query + "&"
        visitor = app.test_client()
        answer = post_launch(visitor, platform, target_link_uri=address, presentation={"return_url": address})
        while answer.status_code in (302, 303):
            assert re.match(r"/[^/\\]", answer.headers["Location"])
            answer = visitor.get(answer.headers["Location"])
        assert answer.status_code in (200, 400, 404)  # a page of ours, or refused as no web address
        for path in ("/", "/welcome", "/start", "/lti/launch", "/invitation", "/lti/register"):
            moved = client.get(path, query_string=dict.fromkeys((*names, "url", "ticket", "said"), address))
            assert "evil" not in moved.headers.get("Location", "")
            assert "alert(1)" not in moved.text


def test_forms_of_other_sites_are_refused_where_no_session_is_asked_for(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    """The guard covers every other route, see the house tests. Login and launch come from the LMS's site by design."""
    from_the_lms = {"launch.login", "launch.launch"}
    tried = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        public = hasattr(view, "__waymark_public__") and "POST" in (rule.methods or set())
        if not public or rule.endpoint in from_the_lms or rule.arguments:
            continue
        for origin in (EVIL, "null", "http://localhost.evil.example", ""):
            headers = {"Sec-Fetch-Site": "cross-site"} | ({"Origin": origin} if origin else {})
            answer = client.post(rule.rule, data={"ticket": "x", "token": "x"}, headers=headers)
            assert (answer.status_code, 'data-error="cross_site"' in answer.text) == (403, True), rule.rule
        tried.append(rule.endpoint)
    assert "launch.start_confirmed" in tried
    assert "launch.accept_invitation" in tried


def test_a_key_that_the_token_brings_along_is_never_used(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    own = new_key("foreign")
    started = start_login(client, platform)
    claims = platform.claims(started.nonce)
    known = platform.key
    platform.key = own
    try:
        with time_machine.travel(datetime.now(UTC), tick=True) as clock:
            for header in (
                {"jwk": own.as_dict(private=False)},
                {"jku": platform.jwks_url.replace("/jwks", "/evil")},
                {"x5u": EVIL},
                {"x5c": ["AAAA"]},
                {"kid": "../../../dev/null"},
                {"kid": "key-a' OR '1'='1"},
                {"alg": "rs256"},
                {"alg": "RS256", "typ": "at+jwt", "cty": "JWT", "zip": "DEF"},
            ):
                clock.shift(5)  # so that unknown ids need not wait for the next look at the LMS's keys
                token = platform.sign_any({"alg": "RS256", "typ": "JWT", "kid": known.kid, **header}, claims)
                answer = client.post("/lti/launch", data={"state": started.state, "id_token": token})
                assert reason_of(answer) in ("bad_signature", "unknown_key", "wrong_algorithm", "malformed_token"), (
                    header
                )
    finally:
        platform.key = known
    assert rows(app) == 0


def test_a_role_that_was_taken_away_is_gone_everywhere_at_the_next_launch(app: Flask, platform: TestPlatform) -> None:
    teacher, phone, now_student = (app.test_client() for _ in range(3))
    for browser in (teacher, phone):
        enter(browser, platform, roles=[INSTRUCTOR])
        assert browser.get("/grading/assessments").status_code == 200
    enter(now_student, platform, roles=[LEARNER])
    for browser in (teacher, phone):
        assert browser.get("/grading/assessments").status_code == 401
    assert now_student.get("/grading/assessments").status_code == 403
    other_course = {"id": "course-2", "title": "Another"}
    enter(teacher, platform, roles=[INSTRUCTOR], context=other_course)
    assert (teacher.get("/grading/assessments").status_code, now_student.get("/welcome").status_code) == (200, 200)


def test_a_session_is_worth_nothing_with_another_prefix_or_as_a_bearer(app: Flask, platform: TestPlatform) -> None:
    client = app.test_client()
    enter(client, platform)
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    stranger = app.test_client()
    for headers in (
        {"X-Waymark-Session": kept.value},
        {"Cookie": f"waymark={kept.value}"},
        {"Authorization": f"Bearer {kept.value}"},
    ):
        assert stranger.get("/welcome", headers=headers).status_code == 401
    assert stranger.get("/welcome", query_string={"session": kept.value, COOKIE: kept.value}).status_code == 401


def test_an_error_of_the_database_is_logged_by_its_place_without_the_row(
    app: Flask, platform: TestPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL's and SQLAlchemy's messages repeat the row that was refused."""
    log.configure("info", as_json=True)
    try:

        @app.before_request
        def break_down() -> None:
            with everywhere(db.session()), writing(db.session()) as session:
                row = {"id": 1, "name": "Maple Example maple@example.edu", "created_at": datetime.now(UTC)}
                session.execute(insert(Institution).values(row))

        answer = app.test_client().get("/healthz")
    finally:
        log.configure("error", as_json=False)
    assert answer.status_code == 500
    assert not re.search("Maple|maple", answer.text)
    logged = capsys.readouterr().err
    crash = next(json.loads(line) for line in logged.splitlines() if "page.crashed" in line)
    assert "break_down" in crash["exception"]
    assert "IntegrityError" in crash["exception"]
    assert not re.search("Maple|maple", logged)


def test_a_launch_after_a_refused_one_is_not_harmed(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    assert reason_of(post_launch(client, platform, version="1.1")) == "wrong_version"
    assert post_launch(client, platform).status_code == 303
