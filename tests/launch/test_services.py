"""Our keys, the tokens they buy, and the LMS's services reached with them, over loopback HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from flask import Flask
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import select, update

from lti_tool.kit import jobs
from lti_tool.kit.db import db, everywhere, scoped, writing
from lti_tool.kit.outbox import OutboxRow
from lti_tool.launch import queries
from lti_tool.launch.models import Course, Platform
from tests.launch.platform import INSTRUCTOR, TestPlatform, enter

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Lms:
    """Gives tokens and a roster; `refuses` makes the roster answer with that status."""

    def __init__(self) -> None:
        self.url = ""
        self.tokens: list[dict[str, str]] = []
        self.rosters: list[str] = []
        self.refuses = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, Any]:
        if handler.command == "POST":
            body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.tokens.append(form)
            return 200, {"access_token": f"token-{len(self.tokens)}", "expires_in": 3600, "scope": form["scope"]}
        self.rosters.append(f"{handler.path} {handler.headers['Authorization']}")
        people = [
            {"user_id": "user-1", "roles": ["Instructor"], "status": "Active", "name": "Maple Example"},
            {"user_id": "user-2", "roles": ["Learner"], "status": "Active", "name": "Oak Example"},
        ]
        return self.refuses or 200, {"id": self.url, "context": {"id": "course-1"}, "members": people}


@contextmanager
def lms_services() -> Iterator[Lms]:
    lms = Lms()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, said = lms.answer(self)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    lms.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield lms
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def teach(app: Flask, platform: TestPlatform, services: Lms) -> None:
    """A teacher opens the course of an LMS with these services."""
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        session.execute(update(Platform).values(auth_token_url=f"{services.url}/token"))
    enter(
        app.test_client(),
        platform,
        roles=[INSTRUCTOR],
        names_roles={"context_memberships_url": f"{services.url}/members?type_id=3"},
    )


def test_a_teachers_launch_has_the_roster_read_in_the_background_once_an_hour(
    app: Flask, platform: TestPlatform
) -> None:
    with lms_services() as services:
        teach(app, platform, services)
        teach(app, platform, services)
        assert services.rosters == []  # nothing in the request
        jobs.sweep(app)
        jobs.sweep(app)
        assert services.rosters == ["/members?type_id=3 Bearer token-1"]
    assertion = services.tokens[0]["client_assertion"]
    keys = KeySet.import_key_set(app.test_client().get("/lti/jwks.json").get_json())
    claims = json.loads(jws.deserialize_compact(assertion, keys, algorithms=["RS256"]).payload)
    assert claims["iss"] == claims["sub"] == platform.client_id
    with app.app_context(), everywhere(db.session()):
        course = db.session().scalars(select(Course)).one()
        assert course.roster_synced_at is not None
        members = queries.people_of(db.session(), course.id)
        assert {member.person.name: member.role for member in members} == {
            "Maple Example": "instructor",
            "Oak Example": "learner",
        }


def test_a_student_does_not_have_the_roster_read(app: Flask, platform: TestPlatform) -> None:
    enter(app.test_client(), platform, names_roles={"context_memberships_url": "http://127.0.0.1:9/members"})
    with app.app_context(), everywhere(db.session()):
        assert db.session().scalars(select(OutboxRow)).all() == []


def test_a_roster_that_is_refused_or_away_is_visible_with_its_reason(app: Flask, platform: TestPlatform) -> None:
    with lms_services() as services:
        services.refuses = 403
        teach(app, platform, services)
        jobs.sweep(app)
        with app.app_context(), everywhere(db.session()):
            row = db.session().scalars(select(OutboxRow).where(OutboxRow.topic.like("RosterDue/read_roster"))).one()
            assert row.dead_at is not None
            assert "does not allow this tool" in str(row.last_error)
            assert "Oak" not in str(row.last_error)


def test_an_lms_that_is_down_is_asked_again_later(app: Flask, platform: TestPlatform) -> None:
    with lms_services() as services:
        services.refuses = 503
        teach(app, platform, services)
        jobs.sweep(app)
        with app.app_context(), everywhere(db.session()):
            row = db.session().scalars(select(OutboxRow).where(OutboxRow.topic.like("RosterDue/read_roster"))).one()
            assert row.dead_at is None
            assert row.done_at is None
            assert row.attempts >= 1


def test_a_course_has_its_gradebook_with_the_scopes_of_its_launches(app: Flask, platform: TestPlatform) -> None:
    score = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    enter(app.test_client(), platform, line_items={"scope": [score], "lineitems": "http://127.0.0.1:9/items"})
    with app.app_context(), everywhere(db.session()):
        session = db.session()
        with scoped(session, 1):
            course = queries.courses(session)[0]
            assert course.ags_scopes == {score}
            services = app.extensions["waymark.launch"].services
            assert services.ags_for(session, course) is not None
            assert not session.in_transaction()
