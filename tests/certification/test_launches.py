"""The 1EdTech certification's bad and good launches, by their names."""

import time
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.certification.refusing import reason_of, refused, rows
from tests.launch.platform import GONE, INSTRUCTOR, LEARNER, TestPlatform, enter, new_key, start_login

NO_NAMES = {"name": GONE, "given_name": GONE, "family_name": GONE}
NO_DATA = {**NO_NAMES, "email": GONE}
PEOPLE: dict[str, tuple[str, str]] = {"teacher": (INSTRUCTOR, "Instructor"), "student": (LEARNER, "Learner")}


def header_refused(client: FlaskClient, platform: TestPlatform, **header: Any) -> str:
    started = start_login(client, platform)
    token = platform.sign(platform.claims(started.nonce), **header)
    return reason_of(client.post("/lti/launch", data={"state": started.state, "id_token": token}))


def test_bad_launches(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    now = int(time.time())
    assert header_refused(client, platform, kid=None) == "missing_kid"
    assert header_refused(client, platform, kid="nobody-has-this", key=new_key("other")) == "unknown_key"
    bad = {
        "wrong LTI version": ({"version": "1.1"}, "wrong_version"),
        "missing LTI version": ({"version": GONE}, "wrong_version"),
        "invalid LTI message": ({"message_type": "LtiNonsense"}, "unknown_message_type"),
        "missing LTI claims": (
            dict.fromkeys(("message_type", "version", "deployment_id", "roles", "resource_link"), GONE),
            "wrong_version",
        ),
        "timestamps incorrect": ({"iat": 11_111, "exp": 22_222}, "token_expired"),
        "timestamps are no numbers": ({"iat": str(now), "exp": True}, "missing_timestamp"),
        "timestamps out of any range": ({"exp": 10**400}, "missing_timestamp"),
        "message type missing": ({"message_type": GONE}, "missing_message_type"),
        "roles missing": ({"roles": GONE}, "missing_roles"),
        "deployment id missing": ({"deployment_id": GONE}, "missing_deployment"),
        "resource link missing": ({"resource_link": GONE}, "missing_resource_link"),
        "resource link id missing": ({"resource_link": {"title": "x"}}, "missing_resource_link"),
        "sub missing, and not anonymous": ({"sub": GONE}, "missing_subject"),
        "sub empty": ({"sub": ""}, "missing_subject"),
        "nonce missing": ({"nonce": GONE}, "missing_nonce"),
        "nonce of nobody": ({"nonce": "made-up"}, "wrong_nonce"),
    }
    for name, (change, reason) in bad.items():
        assert refused(app, client, platform, **change) == reason, name


def test_bad_forms(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    started = start_login(client, platform)
    token = platform.sign(platform.claims(started.nonce))
    forms: dict[str, tuple[dict[str, str], str]] = {
        "nothing": ({}, "missing_id_token"),
        "no token": ({"state": started.state}, "missing_id_token"),
        "no state": ({"id_token": token}, "missing_state"),
        "a state that is not ours": ({"id_token": token, "state": "state-1"}, "wrong_state"),
        "no token but words": ({"id_token": "hello", "state": started.state}, "malformed_token"),
        "a token of garbage": ({"id_token": "a.b.c", "state": started.state}, "malformed_token"),
        "a list for a payload": ({"id_token": platform.sign([]), "state": started.state}, "malformed_token"),  # type: ignore[arg-type]
        "a huge token": ({"id_token": "a" * 100_001, "state": started.state}, "token_too_large"),
        "an OpenID error": ({"error": "login_required", "state": started.state}, "login_refused"),
    }
    for name, (form, reason) in forms.items():
        assert reason_of(client.post("/lti/launch", data=form)) == reason, name
    assert rows(app) == 0


def test_a_launch_from_another_browser_is_refused(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    started = start_login(client, platform)
    victim = app.test_client()
    start_login(victim, platform)
    form = {"state": started.state, "id_token": platform.sign(platform.claims(started.nonce))}
    assert reason_of(victim.post("/lti/launch", data=form)) == "other_browser"
    assert rows(app) == 0


def test_good_launches(app: Flask, platform: TestPlatform) -> None:
    for person, (role, short) in PEOPLE.items():
        good: dict[str, dict[str, Any]] = {
            "full": {"roles": [role]},
            "short role": {"roles": [short]},
            "unknown role": {"roles": ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"]},
            "no role": {"roles": []},
            "e-mail only": {"roles": [role], **NO_NAMES},
            "names only": {"roles": [role], "email": GONE},
            "no personal data": {"roles": [role], **NO_DATA},
            "anonymous": {"roles": [role], "sub": GONE, **NO_DATA},
            "no context": {"roles": [role], "context": GONE},
        }
        for name, change in good.items():
            assert enter(app.test_client(), platform, **change).status_code == 303, (person, name)


def test_certificates_that_the_lms_sends_along_are_passed_over(client: FlaskClient, platform: TestPlatform) -> None:
    started = start_login(client, platform)
    token = platform.sign(platform.claims(started.nonce), x5c=["M" * 1600, "M" * 2400], x5t="fingerprint")
    assert client.post("/lti/launch", data={"state": started.state, "id_token": token}).status_code == 303


def test_a_reload_of_the_launch_says_what_to_do(client: FlaskClient) -> None:
    answer = client.get("/lti/launch")
    assert answer.status_code == 401
    assert 'data-error="open_again"' in answer.text


def test_forms_of_other_shapes(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    started = start_login(client, platform)
    form = {"state": started.state, "id_token": platform.sign(platform.claims(started.nonce))}
    assert client.post("/lti/launch", data="x=1&" * 200).status_code == 400
    assert client.post("/lti/launch", data={"id_token": "a" * (1024 * 1024 + 1)}).status_code == 413
    assert reason_of(client.post("/lti/launch", json=form)) == "missing_id_token"
    undecodable = b"state=%ff%fe&id_token=\xff\xfe"
    plain = "application/x-www-form-urlencoded"
    assert reason_of(client.post("/lti/launch", data=undecodable, content_type=plain)) == "malformed_token"
    # of a field that comes twice the first counts, as everywhere
    twice = "&".join(f"{name}={value}" for name, value in [*form.items(), ("id_token", "x"), ("state", "x")])
    assert client.post("/lti/launch", data=twice, content_type=plain).status_code == 303
    again = start_login(client, platform)
    whole = {"state": again.state, "id_token": platform.sign(platform.claims(again.nonce))}
    assert client.post("/lti/launch", data=whole, content_type="multipart/form-data").status_code == 303
