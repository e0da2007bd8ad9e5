"""One token, one session: also when twenty browsers post it at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from lti_tool.kit.db import db
from lti_tool.launch.models import Launch
from tests.launch.platform import TestPlatform, enter, start_login


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
    with app.app_context():
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
