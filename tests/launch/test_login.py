"""The login request: only to a registered LMS, bound to this browser, nothing stored."""

from flask import Flask
from flask.testing import FlaskClient

from lti_tool.launch.sessions import BROWSER_COOKIE
from tests.launch.platform import TestPlatform, register, start_login


def test_a_login_leads_to_the_registered_lms_with_all_it_wants(client: FlaskClient, platform: TestPlatform) -> None:
    started = start_login(client, platform)
    assert started.url.startswith("https://lms.example/auth?site=7&")  # its own query is kept
    assert started.params["site"] == "7"
    assert started.params["scope"] == "openid"
    assert started.params["response_type"] == "id_token"
    assert started.params["response_mode"] == "form_post"
    assert started.params["prompt"] == "none"
    assert started.params["client_id"] == platform.client_id
    assert started.params["redirect_uri"] == "http://localhost/lti/launch"
    assert started.params["login_hint"] == "user-1"
    assert started.params["lti_message_hint"] == '{"cmid":21}'
    assert started.params["state"] != started.params["nonce"]


def test_a_login_may_come_as_a_get_and_without_a_hint_about_the_message(
    client: FlaskClient, platform: TestPlatform
) -> None:
    query = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "7"}
    answer = client.get("/lti/login", query_string=query)
    assert answer.status_code == 302
    assert "lti_message_hint" not in answer.headers["Location"]


def test_the_browser_gets_a_partitioned_cookie_of_this_host_alone(client: FlaskClient, platform: TestPlatform) -> None:
    form = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "7"}
    answer = client.post("/lti/login", data=form)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{BROWSER_COOKIE}=")
    assert BROWSER_COOKIE.startswith("__Host-")
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert attribute in cookie.split("; ")
    assert "Domain" not in cookie


def test_a_second_login_in_the_same_browser_keeps_its_value_so_that_two_frames_can_open(
    client: FlaskClient, platform: TestPlatform
) -> None:
    start_login(client, platform)
    first = client.get_cookie(BROWSER_COOKIE)
    start_login(client, platform)
    second = client.get_cookie(BROWSER_COOKIE)
    assert first is not None
    assert second is not None
    assert first.value == second.value


def test_a_planted_browser_value_is_not_taken_over(client: FlaskClient, platform: TestPlatform) -> None:
    client.set_cookie(BROWSER_COOKIE, "attacker")
    start_login(client, platform)
    kept = client.get_cookie(BROWSER_COOKIE)
    assert kept is not None
    assert kept.value != "attacker"


def test_one_registration_of_an_issuer_needs_no_client_id_two_do(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    assert start_login(client, platform, client_id=None).params["client_id"] == platform.client_id
    other = TestPlatform(client_id="another", jwks_url=platform.jwks_url)
    register(app, other)
    app.extensions["waymark.launch"].directory.forget()
    answer = client.post("/lti/login", data={"iss": platform.issuer, "login_hint": "7"})
    assert answer.status_code == 400
    assert 'data-error="platform_ambiguous"' in answer.text
    assert start_login(client, other).params["client_id"] == "another"


def test_what_a_login_must_say(client: FlaskClient, platform: TestPlatform) -> None:
    whole = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "7"}
    for change, reason in (
        ({"iss": ""}, "missing_issuer"),
        ({"login_hint": ""}, "missing_login_hint"),
        ({"iss": "https://stranger.example"}, "platform_unknown"),
        ({"client_id": "stranger"}, "platform_unknown"),
        ({"iss": "\x00"}, "platform_unknown"),
    ):
        answer = client.post("/lti/login", data=whole | change)
        assert 400 <= answer.status_code < 500
        assert f'data-error="{reason}"' in answer.text
        # the page must be readable in the frame, although nobody knows whose frame it is
        assert "frame-ancestors 'self' *" in answer.headers["Content-Security-Policy"]


def test_a_lecture_hall_of_500_behind_one_address_gets_in_within_the_minute(
    client: FlaskClient, platform: TestPlatform
) -> None:
    for _ in range(500):
        start_login(client, platform)


def test_far_more_than_that_is_asked_to_wait(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    rate = app.extensions["waymark.launch"].logins
    for _ in range(rate.most - 1):
        rate.count("127.0.0.1")
    query = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "7"}
    statuses = {client.post("/lti/login", data=query).status_code for _ in range(5)}
    assert 429 in statuses
    late = client.post("/lti/login", data=query)
    assert 0 < int(late.headers["Retry-After"]) <= 61
    assert 'data-error="http_429"' in late.text
