"""The launch: what the login form and the id_token hold, and how strict the authorisation endpoint is."""

import time
from typing import Any

import pytest
import requests

from lti_tool.sandbox import LaunchDriver, Served
from lti_tool.sandbox.driver import AuthRequest, Form, StepFailed, forms_of
from tests.sandbox.conftest import control
from tests.sandbox.recorded import recorded
from tests.sandbox.toy import CLAIM

MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


def claims_of(sandbox: Served, person: int, link: int) -> dict[str, Any]:
    with LaunchDriver(sandbox.base_url, person, link) as driver:
        page = driver.launch()
    assert page.status_code == 200, page.text
    told: dict[str, Any] = page.json()["claims"]
    return told


def test_a_student_opens_the_tool_and_the_token_verifies(either: Served) -> None:
    told = claims_of(either, 21, 7)
    assert told["iss"] == either.base_url
    assert told["name"] == "Maple Example"
    assert told[CLAIM + "tool_platform"]["product_family_code"] == either.campus.temper
    assert told["exp"] - told["iat"] == (60 if either.campus.temper == "moodle" else 3600)


def test_moodles_login_form_has_the_recorded_fields(moodle: Served) -> None:
    with LaunchDriver(moodle.base_url, 21, 7) as driver:
        form = driver.start()
    assert set(form.fields) == set(recorded("launches/student.1-login")["oidc_login_request"]["params"])


def test_canvas_offers_platform_storage(canvas: Served) -> None:
    with LaunchDriver(canvas.base_url, 21, 7) as driver:
        assert driver.start().fields["lti_storage_target"] == "post_message_forwarding"


@pytest.mark.parametrize(("person", "link", "file"), [(11, 8, "teacher"), (21, 8, "student"), (2, 8, "admin")])
def test_moodles_token_has_the_recorded_claims(moodle: Served, person: int, link: int, file: str) -> None:
    real = recorded(f"launches/{file}.2-auth")["id_token"]["payload"]
    told = claims_of(moodle, person, link)
    # Basic outcomes, LTI 1.1's way of grading, is the one thing the sandbox does without.
    assert set(told) == set(real) - {"https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"}
    assert told[CLAIM + "roles"] == real[CLAIM + "roles"]
    for name in ("context", "resource_link", "tool_platform", "ext", "launch_presentation"):
        assert set(told[CLAIM + name]) == set(real[CLAIM + name]), name
    endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    assert told[endpoint].keys() == real[endpoint].keys()
    assert told[endpoint]["scope"] == real[endpoint]["scope"]


def test_moodle_calls_an_assistant_instructor_in_a_launch(moodle: Served) -> None:
    real = recorded("launches/ta-non-editing-teacher.2-auth")["id_token"]["payload"]
    assert claims_of(moodle, 12, 7)[CLAIM + "roles"] == real[CLAIM + "roles"] == [MEMBER + "Instructor"]


def test_an_unknown_variable_reaches_the_tool_as_written(either: Served) -> None:
    told = claims_of(either, 21, 7)[CLAIM + "custom"]
    assert told["unknown"] == "$Unknown.variable"
    assert told["person"] == "S-0021"
    assert told["canvas_user"] == ("21" if either.campus.temper == "canvas" else "$Canvas.user.id")


def test_canvas_names_its_user_by_a_uuid_and_the_test_student_as_such(canvas: Served) -> None:
    told = claims_of(canvas, 29, 7)
    assert len(told["sub"]) == 36
    assert "http://purl.imsglobal.org/vocab/lti/system/person#TestUser" in told[CLAIM + "roles"]


def test_an_anonymous_visitor_launches_without_saying_who(either: Served) -> None:
    told = claims_of(either, 0, 7)
    assert not {"sub", "name", "email", "given_name", CLAIM + "lis"} & set(told)
    assert told[CLAIM + "custom"]["person"] == "$Person.sourcedId"


def test_a_tool_that_may_not_know_names_gets_none(moodle: Served) -> None:
    tool = moodle.campus.tools["toy-client"]
    tool.names = tool.email = False
    real = recorded("launches/privacy-anonymous.2-auth")["id_token"]["payload"]
    told = claims_of(moodle, 21, 7)
    assert not {"name", "given_name", "family_name", "email"} & set(told)
    assert told[CLAIM + "ext"] == real[CLAIM + "ext"]
    assert told[CLAIM + "lis"]["person_sourcedid"] == "S-0021"  # the record system's id comes all the same


def test_somebody_outside_the_course_gets_no_launch(either: Served) -> None:
    with LaunchDriver(either.base_url, 31, 7) as driver, pytest.raises(StepFailed):
        driver.start()


# The lineitem claim


def lineitem_claim(sandbox: Served, link: int) -> Any:
    endpoint = claims_of(sandbox, 11, link)["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]
    return endpoint.get("lineitem", "missing")


def test_the_lineitem_claim_of_moodle_vanishes_when_a_second_one_is_coupled(moodle: Served, service: Any) -> None:
    call = service(moodle)
    assert lineitem_claim(moodle, 8).endswith("/lineitem?type_id=3")
    assert lineitem_claim(moodle, 7) == "missing"
    kind = "application/vnd.ims.lis.v2.lineitem+json"
    body = {"label": "Second", "scoreMaximum": 5, "resourceLinkId": "8"}
    call("POST", "/mod/lti/services.php/5/lineitems?type_id=3", kind, kind, json=body)
    assert lineitem_claim(moodle, 8) == "missing"
    call("DELETE", "/mod/lti/services.php/5/lineitems/1/lineitem?type_id=3")
    assert lineitem_claim(moodle, 8) == ""  # the empty string, as recorded in launches/one-coupled-lineitem
    claim = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    assert recorded("launches/one-coupled-lineitem.2-auth")["id_token"]["payload"][claim]["lineitem"] == ""


# Authorisation


def asked(driver: LaunchDriver, **changes: str | None) -> AuthRequest:
    request = driver.login()
    params = {name: value for name, value in (request.params | changes).items() if value is not None}
    return AuthRequest(request.url.split("?")[0], params, "post")


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "openid email"},
        {"response_type": "code"},
        {"nonce": None},
        {"state": None},
        {"redirect_uri": "https://elsewhere.example/launch"},
        {"lti_message_hint": None},
        {"lti_message_hint": '{"cmid":1}'},
    ],
)
def test_moodle_answers_a_broken_request_with_a_404_page(moodle: Served, changes: dict[str, str | None]) -> None:
    with LaunchDriver(moodle.base_url, 21, 7) as driver, pytest.raises(StepFailed) as failed:
        driver.authorise(asked(driver, **changes))
    assert failed.value.response.status_code == 404
    assert "Invalid request" in failed.value.response.text


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("auth-error-wrong-client-id", {"client_id": "nobody"}),
        ("auth-error-wrong-login-hint", {"login_hint": "99999"}),
        ("auth-error-wrong-prompt", {"prompt": "login"}),
        ("auth-error-wrong-response-mode", {"response_mode": "query"}),
        ("auth-error-missing-response-mode", {"response_mode": None}),
    ],
)
def test_moodle_posts_these_refusals_to_the_tool(moodle: Served, file: str, changes: dict[str, str | None]) -> None:
    real = recorded(f"launches/{file}.2-auth")["tool_receives"]["params"]
    with LaunchDriver(moodle.base_url, 21, 7) as driver:
        form = driver.authorise(asked(driver, **changes))
    assert {name: text for name, text in form.fields.items() if name != "state"} == {
        name: text for name, text in real.items() if name != "state"
    }
    assert form.fields["state"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid email"}, "invalid_request_object"),
        ({"nonce": None}, "invalid_request_object"),
        ({"state": None}, "invalid_request_object"),
        ({"response_mode": "query"}, "invalid_request_object"),
        ({"login_hint": "somebody"}, "login_required"),
        ({"lti_message_hint": "old"}, "launch_no_longer_valid"),
    ],
)
def test_canvas_posts_its_refusals_to_the_tool(canvas: Served, changes: dict[str, str | None], error: str) -> None:
    with LaunchDriver(canvas.base_url, 21, 7) as driver:
        assert driver.authorise(asked(driver, **changes)).fields["error"] == error


def test_a_hint_works_once(either: Served) -> None:
    with LaunchDriver(either.base_url, 21, 7) as driver:
        request = driver.login()
        assert "id_token" in driver.authorise(request).fields
        if either.campus.temper == "moodle":
            with pytest.raises(StepFailed):
                driver.authorise(request)
        else:
            assert driver.authorise(request).fields["error"] == "launch_no_longer_valid"


def test_a_redirect_uri_is_compared_exactly(either: Served) -> None:
    with LaunchDriver(either.base_url, 21, 7) as driver:
        slash = asked(driver, redirect_uri=driver.login().params["redirect_uri"] + "/")
        with pytest.raises(StepFailed) as failed:
            driver.authorise(slash)
    assert failed.value.response.status_code in (400, 404)


# Keys


def test_two_keys_are_published_and_a_rotation_overlaps(either: Served) -> None:
    url = either.campus.url(either.campus.places.certs)
    before = {key["kid"] for key in requests.get(url, timeout=5).json()["keys"]}
    kid = control(either, "rotate-keys")["kid"]
    keys = requests.get(url, timeout=5).json()["keys"]
    after = {key["kid"] for key in keys}
    assert len(before) == len(after) == 2
    assert kid not in before
    assert len(before & after) == 1
    assert all(key["alg"] == "RS256" and "d" not in key for key in keys)
    with LaunchDriver(either.base_url, 21, 7) as driver:
        assert driver.launch().json()["header"]["kid"] == kid


# The crooked launches a test of the tool asks for


def test_a_launch_is_forged_at_will(moodle: Served) -> None:
    with LaunchDriver(moodle.base_url, 21, 7) as driver:
        changed = driver.forge(claims_patch={"roles": [], "exp": 5, "sub": None, "name": "Somebody"}).json()["claims"]
        assert changed[CLAIM + "roles"] == []
        assert changed["exp"] == 5
        assert "sub" not in changed
        assert driver.forge(header_patch={"kid": None}).json() == {"error": "signature"}
        for key in ("foreign", "none", "hmac", "broken"):
            assert driver.forge(key=key).json() == {"error": "signature"}, key  # type: ignore[arg-type]
        assert driver.forge(state="of-nobody").json() == {"error": "state"}


def test_a_launch_is_replayed_and_mixed_up(moodle: Served) -> None:
    with LaunchDriver(moodle.base_url, 21, 7) as driver:
        assert driver.launch().status_code == 200
        assert driver.replay().status_code == 400
        first, second = driver.login(), driver.login()
        form = driver.authorise(first)
        mixed = driver.send(Form(form.action, form.fields | {"state": second.state}))
        assert mixed.json() == {"error": "state"}


def test_the_driver_keeps_secure_cookies_on_loopback_or_none_at_all(moodle: Served) -> None:
    with LaunchDriver(moodle.base_url, 21, 7) as driver:
        assert "toy_state" in driver.launch().json()["cookies"]
    with LaunchDriver(moodle.base_url, 21, 7, cookies=False) as driver:
        assert driver.launch().json()["cookies"] == {}


def test_a_submission_review_says_whose_work_it_is(either: Served) -> None:
    item = next(each for each in control(either, "state", method="GET")["gradebook"] if each["link"] == 8)
    with LaunchDriver.review(either.base_url, 11, 5, item["id"], 21) as driver:
        told = driver.launch().json()["claims"]
    assert told[CLAIM + "message_type"] == "LtiSubmissionReviewRequest"
    maple = either.campus.seed.person(21)
    assert maple is not None
    assert told[CLAIM + "for_user"]["user_id"] == either.campus.sub(maple)
    assert told["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitem"] == item["url"]


def test_moodle_lets_a_student_ask_for_the_work_of_another(moodle: Served, canvas: Served) -> None:
    with LaunchDriver.review(moodle.base_url, 21, 5, 1, 22) as driver:
        told = driver.launch().json()["claims"]
    assert (told["sub"], told[CLAIM + "for_user"]["user_id"]) == ("21", "22")
    with LaunchDriver.review(canvas.base_url, 21, 5, 1, 22) as driver, pytest.raises(StepFailed):
        driver.start()


def test_a_form_is_found_on_a_page() -> None:
    html = '<form action="/a?b=1" method="POST"><input name="x" value="&quot;1&quot;"><input type="submit"></form>'
    assert forms_of(html, "http://localhost:1/c") == [Form("http://localhost:1/a?b=1", {"x": '"1"'}, "post")]


def test_the_token_is_issued_now(moodle: Served) -> None:
    assert abs(claims_of(moodle, 21, 7)["iat"] - time.time()) < 5
