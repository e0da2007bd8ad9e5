"""Sessions: in a cookie, in the page where there is none, in a window of its own; and how they end."""

import html
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from lti_tool.kit import jobs
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch.models import Launch
from lti_tool.launch.sessions import BEARER_HEADER, BROWSER_COOKIE, COOKIE
from tests.certification.refusing import reason_of
from tests.launch.platform import INSTRUCTOR, TestPlatform, enter, post_launch

pytestmark = pytest.mark.both_databases

OWN = {"Origin": "http://localhost"}


def ticket_in(page: TestResponse) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def bearer_in(page: TestResponse) -> str:
    found = re.search(r'<meta name="waymark-session" content="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def test_a_session_ends_after_its_hours(client: FlaskClient, platform: TestPlatform) -> None:
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        enter(client, platform, roles=[])
        clock.shift(8 * 3600 - 60)
        assert client.get("/welcome").status_code == 200
        clock.shift(120)
        again = client.get("/welcome")
        assert again.status_code == 401
        assert 'data-error="open_again"' in again.text
        assert "frame-ancestors 'self' *" in again.headers["Content-Security-Policy"]


def test_a_ticket_opens_once_and_then_the_back_button_leads_to_the_page(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    where = post_launch(client, platform, roles=[]).headers["Location"]
    first = client.get(where)
    again = client.get(where)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/welcome"
    assert reason_of(app.test_client().get(where)) == "ticket_expired"


def test_a_ticket_is_of_no_use_in_another_browser_or_after_a_minute(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    where = post_launch(client, platform, roles=[]).headers["Location"]
    thief = app.test_client()
    post_launch(thief, platform, roles=[])
    assert reason_of(app.test_client().get(where)) == "ticket_expired"
    assert reason_of(thief.get(where)) == "ticket_expired"
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        clock.shift(61)
        assert reason_of(client.get(where)) == "ticket_expired"


def test_before_the_landing_the_cookie_opens_nothing(client: FlaskClient, platform: TestPlatform) -> None:
    post_launch(client, platform, roles=[])
    assert client.get_cookie(COOKIE) is not None
    assert client.get("/welcome").status_code == 401


def test_a_planted_session_id_is_never_taken_over(client: FlaskClient, platform: TestPlatform) -> None:
    client.set_cookie(COOKIE, "planted")
    enter(client, platform, roles=[])
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    assert kept.value != "planted"


def test_with_all_cookies_blocked_a_person_confirms_and_the_page_carries_the_session(
    app: Flask, platform: TestPlatform
) -> None:
    client = app.test_client(use_cookies=False)
    asked = post_launch(client, platform, roles=[])
    assert reason_of(asked) == "no_cookie"
    frames = asked.headers["Content-Security-Policy"].split("frame-ancestors ")[1].split()
    assert frames == ["'self'", "https://lms.example", "https://campus.example"]
    page = client.post("/start", data={"ticket": ticket_in(asked)}, headers=OWN)
    assert page.status_code == 200
    assert 'href="/welcome" data-go' in page.text
    bearer = bearer_in(page)
    opened = client.get("/welcome", headers={BEARER_HEADER: bearer})
    assert opened.status_code == 200
    assert bearer_in(opened) == bearer  # each page carries it on
    assert client.get("/welcome").status_code == 401  # a reload has no bearer
    # neither as a cookie nor a second time
    assert client.get("/welcome", headers={"Cookie": f"{COOKIE}={bearer}"}).status_code == 401
    again = client.post("/start", data={"ticket": ticket_in(asked)}, headers=OWN)
    assert reason_of(again) == "already_used"


def test_nobody_is_put_into_anothers_session_by_a_form_of_another_site(app: Flask, platform: TestPlatform) -> None:
    client = app.test_client(use_cookies=False)
    ticket = ticket_in(post_launch(client, platform, roles=[]))
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/start", data={"ticket": ticket}, headers=headers)
        assert reason_of(answer) == "cross_site"
    assert client.post("/start", data={"ticket": ticket}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_browser_that_drops_the_session_cookie_alone_gets_the_page_with_a_bearer(
    client: FlaskClient, platform: TestPlatform
) -> None:
    where = post_launch(client, platform, roles=[]).headers["Location"]
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    client.delete_cookie(COOKIE)
    page = client.get(where)
    assert page.status_code == 200
    assert client.get("/welcome", headers={BEARER_HEADER: bearer_in(page)}).status_code == 200
    client.set_cookie(COOKIE, kept.value)
    assert client.get("/welcome").status_code == 401  # the cookie's secret is good no more


def test_two_frames_launched_at_once_both_open(client: FlaskClient, platform: TestPlatform) -> None:
    first = post_launch(client, platform, roles=[], context={"id": "one", "title": "Course one"})
    second = post_launch(client, platform, roles=[], context={"id": "two", "title": "Course two"})
    assert client.get(second.headers["Location"]).status_code == 303
    page = client.get(first.headers["Location"])  # its cookie was replaced by the second's
    shown = client.get("/welcome", headers={BEARER_HEADER: bearer_in(page)})
    assert "Course one" in shown.text
    assert "Course two" in client.get("/welcome").text


def test_a_window_of_its_own_gets_a_session_of_its_own_once(app: Flask, platform: TestPlatform) -> None:
    framed = app.test_client(use_cookies=False)
    page = framed.post("/start", data={"ticket": ticket_in(post_launch(framed, platform, roles=[]))}, headers=OWN)
    ticket = ticket_in(page)
    window = app.test_client()
    opened = window.post("/start", data={"ticket": ticket}, headers=OWN)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/")
    assert window.get("/welcome").status_code == 200
    assert framed.get("/welcome", headers={BEARER_HEADER: bearer_in(page)}).status_code == 200
    assert reason_of(app.test_client().post("/start", data={"ticket": ticket}, headers=OWN)) == "ticket_expired"


def test_junk_for_a_ticket_or_a_session_is_refused(client: FlaskClient) -> None:
    for junk in ("", "x", "a.b.c", "é", "\x00"):
        assert reason_of(client.get("/start", query_string={"ticket": junk})) == "ticket_expired"
        assert reason_of(client.post("/start", data={"ticket": junk}, headers=OWN)) == "ticket_expired"
        assert client.get("/welcome", headers={"Cookie": f"{COOKIE}={junk}"}).status_code == 401
    assert client.get("/welcome", headers={BEARER_HEADER: "junk"}).status_code == 401


def test_sessions_of_earlier_days_are_forgotten(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform)
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        session.execute(update(Launch).values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    enter(app.test_client(), platform, roles=[INSTRUCTOR])
    jobs.sweep(app)
    with app.app_context(), everywhere(db.session()):
        assert db.session().scalar(select(func.count()).select_from(Launch)) == 1


FRAMED = {"Sec-Fetch-Dest": "iframe"}
STORES = {"lti_storage_target": "post_message_forwarding"}


def data_of(page: TestResponse) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', page.text)}


def login_with_storage(client: FlaskClient, platform: TestPlatform) -> TestResponse:
    form = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "user-1", **STORES}
    return client.post("/lti/login", data=form, headers=FRAMED)


def test_the_lms_keeps_what_ties_a_launch_to_a_browser_without_cookies(app: Flask, platform: TestPlatform) -> None:
    client = app.test_client(use_cookies=False)
    page = login_with_storage(client, platform)
    kept = data_of(page)
    assert (page.status_code, kept["target"], kept["origin"]) == (200, *STORES.values(), "https://lms.example")
    onward = html.unescape(re.search(r'href="([^"]+)"\s+data-onward', page.text)[1])  # type: ignore[index]
    assert kept["value"] not in onward  # no address says it
    asked = {name: values[0] for name, values in parse_qs(urlsplit(onward).query).items()}
    token = platform.sign(platform.claims(asked["nonce"], roles=[]))
    arrived = client.post("/lti/launch", data={"state": asked["state"], "id_token": token, **STORES})
    assert reason_of(arrived) == "no_cookie"  # a session is not there yet
    assert data_of(arrived)["key"] == kept["key"]
    assert "value" not in data_of(arrived)
    form = {"ticket": ticket_in(arrived), "state": asked["state"], "browser": kept["value"]}
    other = data_of(login_with_storage(client, platform))["value"]
    for wrong in ({"browser": other}, {"browser": ""}, {"state": asked["state"] + "x"}, {"ticket": "x"}):
        assert reason_of(client.post("/start", data=form | wrong, headers=OWN)) == "other_browser"
    opened = client.post("/start", data=form, headers=OWN)
    assert opened.status_code == 200
    assert client.get("/welcome", headers={BEARER_HEADER: bearer_in(opened)}).status_code == 200
    assert reason_of(client.post("/start", data=form, headers=OWN)) == "already_used"


def test_a_browser_that_is_remembered_is_not_asked_to_wait(client: FlaskClient, platform: TestPlatform) -> None:
    first = login_with_storage(client, platform)  # nothing is known of this browser yet; its cookie comes with the page
    assert first.status_code == 200
    assert client.get_cookie(BROWSER_COOKIE) is not None
    assert login_with_storage(client, platform).status_code == 302
    form = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "1"}
    for odd, headers in (("", FRAMED), ("x" * 200, FRAMED), ("_parent", {})):
        stranger = client.application.test_client()
        assert stranger.post("/lti/login", data=form | {"lti_storage_target": odd}, headers=headers).status_code == 302
