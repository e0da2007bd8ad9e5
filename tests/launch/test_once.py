"""One token, one session: also when twenty browsers post it at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.kit import idle
from lti_tool.kit.db import db, everywhere
from lti_tool.launch.models import Launch
from lti_tool.launch.once import open_once
from tests.launch.platform import TestPlatform, enter, start_login

pytestmark = pytest.mark.both_databases


def test_of_twenty_posts_of_one_token_at_once_exactly_one_gets_in(app: Flask, platform: TestPlatform) -> None:
    enter(app.test_client(), platform)  # keys and look-ups are in memory: the race is about the row
    first = app.test_client()
    started = start_login(first, platform)
    cookie = first.get_cookie("__Host-waymark-browser")
    assert cookie is not None
    form = {"state": started.state, "id_token": platform.sign(platform.claims(started.nonce))}
    together = Barrier(20)

    def post(_: int) -> tuple[int, str | None]:
        client = app.test_client(use_cookies=False)
        together.wait()
        answer = client.post("/lti/launch", data=form, headers={"Cookie": f"{cookie.key}={cookie.value}"})
        return answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(20)))
    assert sorted(status for status, _ in answers) == [303] + [409] * 19
    with app.app_context(), everywhere(db.session()):
        used = select(func.count()).select_from(Launch).where(Launch.nonce == started.nonce)
        assert db.session().scalar(used) == 1


def test_of_twenty_landings_with_one_ticket_exactly_one_lands(app: Flask, platform: TestPlatform) -> None:
    client = app.test_client()
    started = start_login(client, platform)
    form = {"state": started.state, "id_token": platform.sign(platform.claims(started.nonce))}
    where = client.post("/lti/launch", data=form).headers["Location"]
    browser = client.get_cookie("__Host-waymark-browser")
    assert browser is not None
    together = Barrier(20)

    def get(_: int) -> int:
        other = app.test_client(use_cookies=False)
        together.wait()
        # the browser's value alone, without the session's cookie: a page with a bearer, once
        return other.get(where, headers={"Cookie": f"{browser.key}={browser.value}"}).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(get, range(20)))
    assert statuses == [200] + [401] * 19


def test_the_row_that_the_driver_wrote_reads_back_as_it_was_meant(app: Flask, platform: TestPlatform) -> None:
    now = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=UTC)
    row = {
        "nonce": "n" * 32,
        "session_hash": "s" * 43,
        "platform_id": 1,
        "deployment_id": 1,
        "institution_id": 1,
        "claims": {"name": "Zoë 李明 $1 ? %s", "odd": "\ud800\x00", "deep": [1, {"a": None}]},
        "created_at": now,
        "expires_at": now + timedelta(hours=8),
    }
    with app.app_context(), everywhere(db.session()):
        assert open_once(db.engine, row)
        assert not open_once(db.engine, row)
        found = db.session().scalars(select(Launch)).one()
        assert {name: getattr(found, name) for name in row} == row
        assert (found.landed_at, found.viewer, found.person_id) == (None, None, None)


def test_a_failure_of_the_database_is_told_and_its_connection_not_used_again(
    app: Flask, platform: TestPlatform
) -> None:
    row = {"nonce": "n", "session_hash": "s", "platform_id": 99, "deployment_id": 99, "institution_id": 99}
    row |= {"claims": {}, "created_at": datetime.now(UTC), "expires_at": datetime.now(UTC)}
    with app.app_context(), everywhere(db.session()):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            open_once(db.engine, row)
        assert db.session().scalar(select(func.count()).select_from(Launch)) == 0
        assert open_once(db.engine, row | {"platform_id": 1, "deployment_id": 1, "institution_id": 1})


def test_a_database_server_that_restarted_costs_nobody_their_launch(
    app: Flask, platform: TestPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(app.test_client(), platform)
    with app.app_context(), everywhere(db.session()):
        if db.engine.dialect.name != "postgresql":
            return
        engine = db.engine

    def cut() -> None:
        """What a restart does to the connections that lie in the pool."""
        direct = psycopg.connect(engine.url.render_as_string(False).replace("+psycopg", ""), autocommit=True)
        with direct:
            others = "pid <> pg_backend_pid() AND datname = current_database()"
            direct.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")

    started = start_login(client := app.test_client(), platform)
    cut()  # used a moment ago, so nobody asks whether it is still there
    token = platform.sign(platform.claims(started.nonce))
    assert client.post("/lti/launch", data={"state": started.state, "id_token": token}).status_code == 303
    cut()
    monkeypatch.setattr(idle, "LONGEST", 0.0)  # as after some seconds
    with app.app_context(), everywhere(db.session()):
        assert db.session().scalar(select(func.count()).select_from(Launch)) == 2
