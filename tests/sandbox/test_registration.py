"""Dynamic registration in both shapes."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from lti_tool.sandbox import LaunchDriver, Served
from lti_tool.sandbox.driver import StepFailed
from lti_tool.sandbox.places import LINEITEM, SCORE
from lti_tool.sandbox.registration import PLATFORM, TOOL
from tests.sandbox.conftest import control
from tests.sandbox.recorded import recorded, shape
from tests.sandbox.toy import Toy

SENT = recorded("registration/02-register-success")["request"]["body"]


def begin(sandbox: Served) -> tuple[str, str]:
    """The registration endpoint and a fresh token."""
    url = control(sandbox, "registration", {"url": "https://tool.example/register?x=1"})["url"]
    query = parse_qs(urlsplit(url).query)
    assert query["x"] == ["1"]
    token = query["registration_token"][0]
    found = requests.get(
        query["openid_configuration"][0], headers={"Authorization": f"Bearer {token}"}, timeout=5
    ).json()
    assert found["issuer"] == sandbox.base_url
    return found["registration_endpoint"], token


def send(sandbox: Served, body: Any, at: tuple[str, str] | None = None, method: str = "POST") -> requests.Response:
    url, token = at or begin(sandbox)
    return requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_moodles_configuration_has_the_recorded_keys(moodle: Served) -> None:
    real = recorded("registration/00-openid-configuration")["response"]["body"]
    found = requests.get(moodle.campus.url(moodle.campus.places.openid), timeout=5).json()
    assert set(found) == set(real)
    assert found[PLATFORM]["messages_supported"] == real[PLATFORM]["messages_supported"]
    assert set(found[PLATFORM]) == set(real[PLATFORM])


def test_moodle_answers_a_registration_as_recorded(moodle: Served) -> None:
    real = recorded("registration/02-register-success")["response"]["body"]
    told = send(moodle, SENT).json()
    assert shape(told) == shape(real)
    for changing in ("client_id",):
        told.pop(changing)
        real.pop(changing)
    told[TOOL].pop("deployment_id")
    real[TOOL].pop("deployment_id")
    assert told == real


@pytest.mark.parametrize(
    "file", ["21-register-unknown-scope-ignored", "22-register-no-scope-no-claims", "23-register-names-only"]
)
def test_moodle_says_what_it_kept(moodle: Served, file: str) -> None:
    real = recorded(f"registration/{file}")
    told = send(moodle, real["request"]["body"]).json()
    assert told["scope"] == real["response"]["body"]["scope"]
    assert told[TOOL]["claims"] == real["response"]["body"][TOOL]["claims"]
    assert set(told[TOOL]) == set(real["response"]["body"][TOOL])


def test_a_tool_registered_for_scores_alone_is_told_of_a_scope_it_does_not_get(moodle: Served) -> None:
    body = recorded("registration/21-register-unknown-scope-ignored")["request"]["body"]
    told = send(moodle, body).json()
    assert LINEITEM in told["scope"].split()
    tool = moodle.campus.tools[told["client_id"]]
    assert SCORE in tool.scopes
    assert LINEITEM not in tool.scopes


@pytest.mark.parametrize(
    "file",
    [
        "05-fail-missing-jwks-uri",
        "06-fail-missing-initiate-login-uri",
        "07-fail-missing-redirect-uris",
        "08-fail-missing-client-name",
        "09-fail-missing-response-types",
        "10-fail-response-types-without-id-token",
        "11-fail-missing-tool-configuration",
        "12-fail-missing-domain",
        "13-fail-domain-mismatch",
        "14-fail-auth-method",
        "15-fail-application-type",
    ],
)
def test_moodle_refuses_in_bare_text_and_the_token_stays_good(moodle: Served, file: str) -> None:
    real = recorded(f"registration/{file}")
    at = begin(moodle)
    told = send(moodle, real["request"]["body"], at)
    assert (told.status_code, told.text) == (real["response"]["status"], real["response"]["body"])
    assert told.headers["Content-Type"].startswith("text/html")
    assert send(moodle, SENT, at).status_code == 200


def test_a_token_works_once(either: Served) -> None:
    at = begin(either)
    assert send(either, SENT, at).status_code == 200
    again = send(either, SENT, at)
    assert again.status_code == 401
    if either.campus.temper == "moodle":
        assert again.text == recorded("registration/04-fail-token-reused")["response"]["body"]


def test_moodle_breaks_on_tokens_and_bodies_it_cannot_read(moodle: Served) -> None:
    url, token = begin(moodle)
    assert (
        requests.post(url, json=SENT, timeout=5).text == recorded("registration/16-fail-no-token")["response"]["body"]
    )
    for bad in (token[:-6] + "AAAAAA", "garbage"):
        page = send(moodle, SENT, (url, bad))
        assert page.status_code == 404
        assert "<h1>" in page.text
    assert send(moodle, "not an object", (url, token)).status_code == 404
    assert send(moodle, SENT, (url, token), "PUT").text == "Unsupported operation"


def test_canvas_answers_without_a_deployment(canvas: Served) -> None:
    told = send(canvas, SENT).json()
    assert "deployment_id" not in told[TOOL]
    assert set(told["scope"].split()) == set(SENT["scope"].split())
    refused = send(canvas, {name: each for name, each in SENT.items() if name != "jwks_uri"})
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (422, "missing required attribute jwks_uri")


def test_a_new_tool_waits_for_an_administrator(either: Served, toy: Toy) -> None:
    body = dict(SENT)
    body |= {
        "initiate_login_uri": f"{toy.url}/login",
        "redirect_uris": [f"{toy.url}/launch"],
        "jwks_uri": f"{toy.url}/jwks",
    }
    body[TOOL] = SENT[TOOL] | {"domain": urlsplit(toy.url).netloc, "target_link_uri": f"{toy.url}/launch"}
    told = send(either, body).json()
    either.campus.links[7] = replace(either.campus.links[7], client_id=told["client_id"])
    with LaunchDriver(either.base_url, 21, 7) as driver:
        request = driver.login()
        answer = driver.authorise(request).fields
        assert answer["error"] == "unauthorized_client"
        control(either, f"tools/{told['client_id']}/activate")
        assert driver.launch().status_code == 200


def test_canvas_shows_its_configuration_for_a_token_and_tells_every_fault(canvas: Served) -> None:
    where = canvas.campus.url(canvas.campus.places.openid)
    _, token = at = begin(canvas)
    for bare in (where, f"{where}?registration_token=x"):
        assert requests.get(bare, timeout=5).status_code == 401
    assert requests.get(where, params={"registration_token": token}, timeout=5).status_code == 200
    message = {"type": "LtiSubmissionReviewRequest"}
    odd = SENT | {
        "scope": "https://x.example/scope",
        "grant_types": ["implicit"],
        TOOL: SENT[TOOL] | {"messages": [message]},
    }
    odd[TOOL] |= {"custom_parameters": {"n": 7}}
    refused = send(canvas, odd, at)
    assert refused.status_code == 422
    words = refused.json()["errors"][0]["message"]
    for fault in ("grant_types", "Invalid scopes", "unknown type", "must be texts"):
        assert fault in words
    assert send(canvas, SENT, at).status_code == 200  # the token is as good as before


def test_a_configuration_names_no_address_elsewhere(either: Served) -> None:
    _, token = begin(either)
    bearer = {"Authorization": f"Bearer {token}"}
    found = requests.get(either.campus.url(either.campus.places.openid), headers=bearer, timeout=5).json()
    for name in ("token_endpoint", "jwks_uri", "authorization_endpoint", "registration_endpoint"):
        assert found[name].startswith(either.base_url)


def test_an_unknown_tool_has_no_link_to_launch(either: Served) -> None:
    either.campus.tools.clear()
    with LaunchDriver(either.base_url, 21, 7) as driver, pytest.raises(StepFailed):
        driver.start()
