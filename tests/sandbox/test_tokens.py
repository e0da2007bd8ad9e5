"""The token endpoint, against Moodle's recorded answers and Canvas's documented ones."""

import time
from typing import Any

import pytest
import requests

from lti_tool.sandbox import Served
from lti_tool.sandbox.keys import new_key
from lti_tool.sandbox.places import LINEITEM, LINEITEM_READ, RESULT_READ, ROSTER, SCOPES, SCORE
from tests.sandbox.conftest import control
from tests.sandbox.recorded import recorded, shape
from tests.sandbox.toy import ASSERTION, Toy

FOREIGN = new_key("toy-1")


def test_a_token_is_granted_for_an_hour_with_the_scopes_asked_for(moodle: Served, toy: Toy) -> None:
    real = recorded("token/success-lineitem-and-score")["response"]
    answer = toy.ask(moodle, f"{LINEITEM} {SCORE}")
    assert answer.status_code == 200
    assert shape(answer.json()) == shape(real["body"])
    assert (answer.json()["scope"], answer.json()["expires_in"]) == (real["body"]["scope"], 3600)
    # JSON under the name of HTML: Moodle's own habit.
    assert answer.headers["Content-Type"] == real["headers"]["Content-Type"]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("fail-bad-signature", {"key": FOREIGN}),
        ("fail-expired", {"iat": 1000, "exp": 2000}),
        ("fail-no-kid", {"header": {"kid": None}}),
        ("fail-unknown-client", {"sub": "nobody"}),
        ("fail-unsupported-scope-only", {"scope": "https://tool.example/scope/nonsense"}),
        ("fail-empty-scope", {"scope": ""}),
    ],
)
def test_moodle_refuses_in_the_recorded_words(moodle: Served, toy: Toy, file: str, change: dict[str, Any]) -> None:
    real = recorded(f"token/{file}")["response"]
    scope = change.pop("scope", SCORE)
    answer = toy.ask(moodle, scope, **change)
    assert (answer.status_code, answer.json()) == (real["status"], real["body"])


def test_moodles_error_about_a_kid_is_not_json(moodle: Served, toy: Toy) -> None:
    real = recorded("token/fail-unknown-kid")["response"]
    answer = toy.ask(moodle, SCORE, header={"kid": "toy-9"})
    assert (answer.status_code, answer.text) == (real["status"], real["body"])
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_moodle_has_no_leeway_for_a_clock_ahead(moodle: Served, toy: Toy) -> None:
    answer = toy.ask(moodle, SCORE, iat=int(time.time()) + 3)
    assert answer.json()["error"].startswith("Cannot handle token with iat prior to ")
    assert answer.json()["error"].endswith("+0000")


@pytest.mark.parametrize("keys", ["<h1>Not here</h1>", {"keys": []}])
def test_moodle_shows_a_page_when_the_keys_cannot_be_fetched(moodle: Served, toy: Toy, keys: Any) -> None:
    toy.jwks = keys
    answer = toy.ask(moodle, SCORE)
    if keys == {"keys": []}:
        assert answer.json() == recorded("token/fail-jwks-emptyset")["response"]["body"]
    else:
        assert answer.status_code == 404
        assert "fix_jwks_alg" in answer.text
        assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("file", ["fail-get", "fail-json-body", "fail-assertion-missing", "fail-garbage-assertion"])
def test_moodle_wants_a_form_post(moodle: Served, toy: Toy, file: str) -> None:
    url = moodle.campus.url(moodle.campus.places.token)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": toy.assertion(url),
        "scope": SCORE,
    }
    if file == "fail-get":
        answer = requests.get(url, params=form, timeout=5)
    elif file == "fail-json-body":
        answer = requests.post(url, json=form, timeout=5)
    else:
        form["client_assertion"] = "" if file == "fail-assertion-missing" else "not.a.jwt"
        answer = requests.post(url, data=form, timeout=5)
    assert answer.json() == recorded(f"token/{file}")["response"]["body"]


def test_another_grant_type_is_not_supported(moodle: Served) -> None:
    url = moodle.campus.url(moodle.campus.places.token)
    form = {
        "grant_type": "authorization_code",
        "client_assertion_type": ASSERTION,
        "client_assertion": "x",
        "scope": "y",
    }
    answer = requests.post(url, data=form, timeout=5)
    assert answer.json() == recorded("token/fail-grant-type")["response"]["body"]


def test_a_tool_that_rotates_its_key_is_understood_at_once(either: Served, toy: Toy) -> None:
    assert toy.ask(either, SCORE).status_code == 200
    fresh = new_key("toy-2")
    toy.jwks = {"keys": [toy.key.as_dict(private=False), fresh.as_dict(private=False)]}
    assert toy.ask(either, SCORE, key=fresh).status_code == 200
    replaced = new_key("toy-2")
    toy.jwks = {"keys": [replaced.as_dict(private=False)]}
    assert toy.ask(either, SCORE, key=replaced).status_code == 200


def test_moodle_drops_a_scope_it_may_not_grant_and_canvas_refuses_the_lot(
    moodle: Served, canvas: Served, toy: Toy
) -> None:
    for sandbox in (moodle, canvas):
        sandbox.campus.tools["toy-client"].scopes = (SCORE, RESULT_READ, LINEITEM_READ)
    assert toy.ask(moodle, f"{LINEITEM} {SCORE}").json()["scope"] == SCORE
    assert toy.ask(moodle, ROSTER).json() == recorded("token/fail-scope-not-registered")["response"]["body"]
    refused = toy.ask(canvas, f"{LINEITEM} {SCORE}")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    "change",
    [{"aud": "https://other.example/token"}, {"aud": None}, {"iss": "somebody"}, {"exp": None}, {"jti": None}],
)
def test_the_sandbox_is_stricter_than_moodle_until_it_is_told_not_to_be(
    moodle: Served, toy: Toy, change: dict[str, Any]
) -> None:
    assert toy.ask(moodle, SCORE, **change).status_code == 400
    control(moodle, "settings", {"strict": False})
    assert toy.ask(moodle, SCORE, **change).status_code == 200  # as in token/aud-missing, no-exp, iss-differs-from-sub


def test_an_assertion_works_once(either: Served, toy: Toy) -> None:
    assert toy.ask(either, SCORE, jti="the-same").status_code == 200
    assert toy.ask(either, SCORE, jti="the-same").status_code == 400


def test_canvas_says_what_is_wrong(canvas: Served, toy: Toy) -> None:
    unknown = toy.ask(canvas, SCORE, sub="nobody")
    assert (unknown.status_code, unknown.json()["error"]) == (401, "invalid_client")
    signed = toy.ask(canvas, SCORE, key=FOREIGN)
    assert (signed.status_code, signed.json()["error_description"]) == (400, "JWS signature invalid.")
    assert toy.ask(canvas, SCORE).headers["Content-Type"] == "application/json"


def test_a_token_ends_after_its_time(either: Served, toy: Toy, service: Any) -> None:
    control(either, "settings", {"token_seconds": 0})
    call = service(either)
    path = {"moodle": "/mod/lti/services.php/5/lineitems?type_id=3", "canvas": "/api/lti/courses/5/line_items"}
    answer = call("GET", path[either.campus.temper], "application/vnd.ims.lis.v2.lineitemcontainer+json")
    assert answer.status_code == 401
    control(either, "settings", {"token_seconds": 3600})
    assert toy.ask(either, " ".join(SCOPES)).json()["expires_in"] == 3600
