"""Access tokens are shared by processes: one asks the LMS, the others wait for what it brings."""

import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, update

from lti_tool.kit.db import Session, db, install, writing
from lti_tool.kit.http import Http
from lti_tool.kit.seal import Sealer
from lti_tool.launch.models import AccessToken
from lti_tool.launch.tokens import DbTokens
from lti_tool.lms.tokens import AccessTokens, Token, TokenDoor, TokenKey
from tests import processes
from tests.conftest import SECRETS
from tests.launch.platform import TestPlatform

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def needs_a_token(line: Connection, database: str, seal_key: str, url: str) -> None:
    """A process of its own: says that it is ready, then at each word of its parent which token it got."""
    engine = create_engine(database)
    install(engine)
    tokens = AccessTokens(Http(allow_private=True), DbTokens(Sealer(seal_key), lambda: engine), lambda claims: "signed")
    door, now = TokenDoor(1, "client", url), datetime.now(UTC)
    line.send("ready")
    line.recv()
    first = tokens.token(door, ["scope-a"], now=now)
    line.send(first)
    line.recv()
    line.send(tokens.renewed(door, ["scope-a"], refused=first, now=now))


def test_tokens_are_shared_by_processes_sealed_at_rest_and_dropped(
    app: Flask, platform: TestPlatform, session: Session
) -> None:
    sealer = app.extensions["waymark.sealer"]
    one, other = (DbTokens(sealer, lambda: db.engine) for _ in range(2))
    key, token = TokenKey(1, "scope-a scope-b"), Token("secret-token", NOW + timedelta(hours=1))
    assert one.get(key) is None
    one.put(key, Token("older", NOW))
    one.put(key, token)
    assert other.get(key) == token
    assert "secret-token" not in session.scalars(select(AccessToken.token_sealed)).one()
    session.rollback()
    with writing(session):
        session.execute(update(AccessToken).values(token_sealed="sealed-with-a-lost-key"))
    assert other.get(key) is None
    other.put(key, token)
    one.drop(key, "another")  # a process that comes late does not undo what another one renewed
    assert other.get(key) == token
    one.drop(key, token.value)
    assert other.get(key) is None


def test_one_process_asks_at_a_time_and_one_that_died_is_not_waited_for_long(
    app: Flask, platform: TestPlatform, session: Session
) -> None:
    one, other = (DbTokens(app.extensions["waymark.sealer"], lambda: db.engine) for _ in range(2))
    key, until = TokenKey(1, "scope-a"), NOW + timedelta(seconds=30)
    assert one.claim(key, NOW, until)
    assert not other.claim(key, NOW + timedelta(seconds=29), until)
    assert other.claim(key, until, until + timedelta(seconds=30))
    other.release(key)
    assert one.claim(key, NOW, until)
    one.put(key, Token("t", NOW))
    assert other.claim(key, NOW, until)


def test_two_processes_that_need_a_token_make_one_request(app: Flask, platform: TestPlatform, settings: Any) -> None:
    asked: list[int] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(1)
            time.sleep(0.4)
            body = b'{"access_token": "token-%d", "token_type": "Bearer", "expires_in": 3600}' % len(asked)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    words = (settings.database_url, SECRETS["seal_key"], f"http://127.0.0.1:{server.server_port}/token")
    lines = [processes.FORKS.Pipe() for _ in range(2)]
    both = [processes.FORKS.Process(target=needs_a_token, args=(theirs, *words)) for _, theirs in lines]

    def said() -> list[str]:
        assert all(line.poll(30) for line, _ in lines)
        return [line.recv() for line, _ in lines]

    def go() -> None:
        for line, _ in lines:
            line.send("go")

    for each in both:
        each.start()
    try:
        assert said() == ["ready", "ready"]
        go()
        assert said() == ["token-1", "token-1"]
        assert len(asked) == 1
        go()  # both were refused with it: one renews it
        assert said() == ["token-2", "token-2"]
        assert len(asked) == 2
    finally:
        for each in both:
            each.kill()
            each.join()
        for ends in lines:
            for end in ends:
                end.close()
        server.shutdown()
        server.server_close()
