"""LMSs that lie, dawdle and send people astray: each is refused with its reason, nothing is kept, and the address is as
good as before."""

import html
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lti_tool import create_app
from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch import invitations, registration, service
from lti_tool.launch.domain.registering import CANVAS, PLATFORM
from lti_tool.launch.invitations import Purpose
from lti_tool.launch.models import Invitation, Platform
from lti_tool.settings import load
from tests.conftest import SECRETS
from tests.walks.databases import sqlite_database

__all__ = ["sqlite_database"]

Answers = Callable[[BaseHTTPRequestHandler], None]
MANY = 100 * 1024 * 1024


class Liar:
    """A server whose configuration and registration endpoint answer as a test wants."""

    port = 0

    def __init__(self) -> None:
        self.config: Answers = self.good
        self.answer: Answers = json_of({"client_id": "waymark-there", "scope": ""})
        self.asked: list[dict[str, str]] = []
        self.posted: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def configuration(self, **more: Any) -> dict[str, Any]:
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
        said = {"issuer": self.url, PLATFORM: {"product_family_code": "odd"}} | {
            name: f"{self.url}/{name}" for name in names
        }
        return {name: value for name, value in (said | more).items() if value is not None}

    def says(self, **more: Any) -> Answers:
        return json_of(self.configuration(**more))

    def good(self, request: BaseHTTPRequestHandler) -> None:
        self.says()(request)


def json_of(said: Any, status: int = 200) -> Answers:
    return text_of(json.dumps(said), status, "application/json")


def text_of(said: str, status: int = 200, kind: str = "text/html") -> Answers:
    def send(request: BaseHTTPRequestHandler) -> None:
        body = said.encode()
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return send


def to(where: str, status: int = 302) -> Answers:
    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", where)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return send


def endless(request: BaseHTTPRequestHandler) -> None:
    """100 MB, without saying so beforehand."""
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.end_headers()
    for _ in range(MANY // 65536):
        request.wfile.write(b" " * 65536)


def dripping(request: BaseHTTPRequestHandler) -> None:
    """A byte at a time, so that no single wait is long."""
    request.send_response(200)
    request.end_headers()
    for _ in range(200):
        request.wfile.write(b" ")
        time.sleep(0.05)


def silent(_: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    made = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(dict(self.headers))
            made.config(self)

        def do_POST(self) -> None:
            made.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            made.answer(self)

        def handle(self) -> None:
            with suppress(ConnectionError, TimeoutError):  # whoever asked has gone, as they should
                super().handle()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def honest(liar: Liar) -> Liar:
    """The same server before it lies."""
    fresh = Liar()
    liar.config, liar.answer = liar.good, fresh.answer
    liar.asked.clear()
    liar.posted.clear()
    return liar


def built(database: str, folder: Path, base_url: str = "http://localhost") -> Flask:
    return create_app(
        load(
            base_url=base_url,
            database_url=database,
            jobs_url=f"sqlite:///{folder}/jobs.db",
            data_dir=folder,
            log_level="error",
            **SECRETS,
        )
    )


@pytest.fixture(scope="module")
def app(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = built(sqlite_database, tmp_path_factory.mktemp("tool"))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Visit:
    """An administrator's browser that the LMS sends to the tool."""

    def __init__(self, app: Flask) -> None:
        self.app, self.client = app, app.test_client()
        with app.app_context(), writing(db.session()) as session, everywhere(session):
            session.query(Platform).delete()
            owner = service.the_institution(session, "", clock.now())
            given: dict[str, Any] = {"days": 7, "made_by": "a test"}
            self.secret, info = invitations.invite(session, owner, Purpose.REGISTER, clock.now(), **given)
            self.id = info.id

    def come(self, where: str, token: str = "t0ken") -> Any:
        query = {"invitation": self.secret, "openid_configuration": where, "registration_token": token}
        return self.client.get("/lti/register", query_string=query)

    def refused(self, where: str, token: str = "t0ken") -> tuple[str, str]:
        """The reason and the page's words; asserts that nothing came of it."""
        answer = self.come(where, token)
        found = re.search(r'data-error="([a-z_]+)"', answer.text)
        assert found, answer.text[-3000:]
        assert 400 <= answer.status_code < 500
        assert "frame-ancestors 'self' *" in answer.headers["Content-Security-Policy"]
        with self.app.app_context(), everywhere(db.session()) as session:
            row = session.get(Invitation, self.id)
            assert row is not None
            assert (row.used_at, row.claimed_until, row.failure) == (None, None, found[1])
            assert session.query(Platform).count() == 0
            session.rollback()
        return found[1], html.unescape(re.sub(r"<[^>]+>", " ", answer.text))

    def lied_to(self, liar: Liar, config: Answers | None = None, answer: Answers | None = None) -> str:
        liar.config, liar.answer = config or liar.good, answer or json_of({"client_id": "x"})
        return self.refused(f"{liar.url}/configuration")[0]


@pytest.fixture
def visit(app: Flask) -> Visit:
    return Visit(app)


def test_configurations_that_lie_are_refused_one_by_one(honest: Liar, visit: Visit) -> None:
    liar = honest
    for expected, config in (
        ("configuration_unreachable", to("http://169.254.169.254/latest/meta-data/iam")),
        ("configuration_unreachable", to("http://[::ffff:169.254.169.254]/")),
        ("configuration_unreachable", to("gopher://127.0.0.1:6379/_FLUSHALL")),
        ("configuration_unreachable", to("/configuration")),  # in circles
        ("configuration_unreachable", endless),
        ("configuration_refused", text_of("who are you?", 401)),
        ("configuration_refused", text_of("gone", 500)),
        ("configuration_unreadable", text_of("<!DOCTYPE html><title>Log in</title>")),
        ("configuration_unreadable", text_of("[" * 200_000, kind="application/json")),
        ("configuration_unreadable", json_of(["issuer"])),
        ("configuration_incomplete", json_of({})),
        ("configuration_incomplete", liar.says(token_endpoint=None)),
        ("configuration_incomplete", liar.says(jwks_uri="file:///etc/passwd")),
        ("configuration_incomplete", liar.says(issuer="x" * 3000)),
        ("issuer_mismatch", liar.says(issuer="https://moodle.example.edu")),
        ("issuer_mismatch", liar.says(issuer="https://canvas.instructure.com")),
        ("endpoint_elsewhere", liar.says(token_endpoint="https://sso.canvaslms.com/login/oauth2/token")),
        ("endpoint_elsewhere", liar.says(authorization_server="https://sso.canvaslms.com/login/oauth2/token")),
        ("endpoint_elsewhere", liar.says(jwks_uri="http://127.0.0.1:1/keys")),
        ("endpoint_elsewhere", liar.says(registration_endpoint="http://127.0.0.1:1/register")),
        ("not_supported", liar.says(id_token_signing_alg_values_supported=["none"])),
    ):
        started = time.monotonic()
        assert visit.lied_to(liar, config) == expected
        assert time.monotonic() - started < 5
    assert liar.posted == []  # none of them was asked to register
    for where in ("x", "file:///etc/passwd", "javascript:alert(1)", f"{liar.url.replace('//', '//a:b@')}/c"):
        assert visit.refused(where)[0] == "configuration_address_wrong"
    for token in ("a b", "a\r\nX-Evil: 1", "é", "t" * 9000):
        assert visit.refused(f"{liar.url}/c", token)[0] == "registration_token_wrong"
    liar.config = liar.good
    assert visit.come(f"{liar.url}/configuration").status_code == 200  # after all of it
    assert liar.asked[-1]["Authorization"] == "Bearer t0ken"  # Canvas wants it there


def test_a_configuration_that_another_host_gives_is_that_hosts(honest: Liar, visit: Visit) -> None:
    """localhost and 127.0.0.1 are two hosts with one server here."""
    other = f"http://localhost:{honest.port}/configuration"
    hops: list[Answers] = [to(other), honest.good]
    honest.config = lambda request: hops.pop(0)(request)
    reason, words = visit.refused(f"{honest.url}/configuration")
    assert reason == "issuer_mismatch"
    assert "It came from localhost and says it is 127.0.0.1." in words
    honest.config = honest.good
    assert visit.refused(other)[0] == "issuer_mismatch"


def test_answers_to_a_registration_that_are_none(honest: Liar, visit: Visit) -> None:
    for expected, answer in (
        ("registration_refused", to("http://169.254.169.254/")),
        ("registration_refused", to("https://elsewhere.example/", 307)),
        ("registration_refused", json_of({"errors": [{"message": "Invalid scopes"}]}, 422)),
        ("registration_token_refused", text_of("token_already_used", 401)),
        ("registration_token_refused", text_of("Expired token", 400)),
        ("registration_unanswered", text_of("<h1>Oops</h1>", 502)),
        ("registration_unanswered", endless),
        ("registration_unreadable", text_of("<h1>Thank you</h1>")),
        ("registration_unreadable", json_of({"client_id": ""})),
        ("registration_unreadable", json_of({"client_id": "x" * 300})),
        ("registration_unreadable", json_of([])),
    ):
        assert visit.lied_to(honest, None, answer) == expected
    honest.config, honest.answer = honest.good, json_of({"message": "<script>alert(1)</script>"}, 400)
    answer = visit.come(f"{honest.url}/configuration")
    assert "It says: &lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    honest.config = honest.says(**{PLATFORM: {"product_family_code": "x" * 99, CANVAS + "account_name": "<b>&"}})
    honest.answer = json_of({"client_id": "second", "scope": "javascript:alert(1)"})
    answer = visit.come(f"{honest.url}/configuration")
    assert answer.status_code == 200
    assert "&lt;b&gt;&amp;" in answer.text
    assert honest.posted[-1]["redirect_uris"] == ["http://localhost/lti/launch"]


def test_an_lms_that_dawdles_is_not_waited_for(honest: Liar, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "TIMEOUT", (0.3, 0.2))  # seconds; one reads for three times as long at most
    visit = Visit(app)
    for config, answer, expected in (
        (silent, None, "configuration_unreachable"),
        (dripping, None, "configuration_unreachable"),
        (None, silent, "registration_unanswered"),
        (None, dripping, "registration_unanswered"),
    ):
        started = time.monotonic()
        assert visit.lied_to(honest, config, answer) == expected
        assert time.monotonic() - started < 3


def test_where_private_networks_are_refused_none_is_asked(honest: Liar, sqlite_database: str, tmp_path: Path) -> None:
    app = built(sqlite_database, tmp_path, "https://waymark.example.edu")
    visit = Visit(app)
    reason, words = visit.refused(f"{honest.url}/configuration")
    assert reason == "configuration_unreachable"
    assert "is on a private network, which this installation does not connect to." in words
    assert "LTI_TOOL_PRIVATE_NETWORKS=allow" in words
    assert visit.refused("http://moodle.example.edu/c")[0] == "configuration_address_wrong"  # no plain http either
    assert honest.asked == []
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_without_an_open_invitation_nobody_is_asked_at_all(honest: Liar, app: Flask, visit: Visit) -> None:
    client: FlaskClient = app.test_client()
    for secret, expected, status in (("", "invitation_missing", 400), ("x" * 43, "invitation_unknown", 404)):
        query = {"invitation": secret, "openid_configuration": f"{honest.url}/c", "registration_token": "t"}
        answer = client.get("/lti/register", query_string=query)
        assert (answer.status_code, f'data-error="{expected}"' in answer.text) == (status, True)
    assert honest.asked == []
