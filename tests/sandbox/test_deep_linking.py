"""Deep linking: the request, the answers that are taken, and those that are not."""

from typing import Any

import pytest
import requests

from lti_tool.sandbox import LaunchDriver, Served
from lti_tool.sandbox.driver import StepFailed
from lti_tool.sandbox.keys import new_key
from tests.sandbox.conftest import control
from tests.sandbox.recorded import recorded
from tests.sandbox.toy import CLAIM, DEEP, Toy

ITEM = {
    "type": "ltiResourceLink",
    "title": "Heat map: argument essay",
    "text": "Marks by criterion",
    "url": "http://localhost/lti/launch",
    "custom": {"view": "heatmap", "rubric": "42"},
    "lineItem": {
        "label": "Mastery index",
        "scoreMaximum": 40,
        "resourceId": "heat-42",
        "tag": "mastery",
        "submissionReview": {"url": "http://localhost/lti/review", "custom": {"review": "yes"}},
    },
}


@pytest.fixture
def asked(either: Served) -> dict[str, Any]:
    return request_of(either)


def request_of(sandbox: Served) -> dict[str, Any]:
    with LaunchDriver.deep_link(sandbox.base_url, 11, 5) as driver:
        told: dict[str, Any] = driver.launch().json()["claims"]
    return told


def post(claims: dict[str, Any], token: str) -> requests.Response:
    url = claims[DEEP + "deep_linking_settings"]["deep_link_return_url"]
    return requests.post(url, data={"JWT": token}, timeout=10)


def test_moodles_request_has_the_recorded_claims(moodle: Served) -> None:
    real = recorded("deep-linking/01-request.2-auth")["id_token"]["payload"]
    told = request_of(moodle)
    assert set(told) == set(real)
    settings = DEEP + "deep_linking_settings"
    assert told[settings] | {"deep_link_return_url": ""} == real[settings] | {
        "deep_link_return_url": "",
        "title": "Toy tool",
    }


def test_a_student_may_not_choose_content(either: Served) -> None:
    with LaunchDriver.deep_link(either.base_url, 21, 5) as driver, pytest.raises(StepFailed):
        driver.start()


def test_an_answer_becomes_a_link_with_its_line_item(either: Served, asked: dict[str, Any], toy: Toy) -> None:
    page = post(asked, toy.deep_answer(asked, [ITEM]))
    assert page.status_code == 200
    assert "1 added" in page.text
    state = control(either, "state", method="GET")
    link = state["links"][-1]
    column = next(each for each in state["gradebook"] if each["link"] == link["id"])
    assert link["custom"] == ITEM["custom"]
    assert (column["scoreMaximum"], column["resourceId"], column["tag"]) == (40, "heat-42", "mastery")
    with LaunchDriver.review(either.base_url, 11, 5, column["id"], 21) as driver:
        review = driver.launch().json()["claims"]
    assert review[CLAIM + "target_link_uri"] == "http://localhost/lti/review"
    assert review[CLAIM + "custom"]["review"] == "yes"
    assert review[CLAIM + "custom"]["rubric"] == "42"


def test_a_deep_linked_line_item_of_moodle_shows_its_review(moodle: Served, toy: Toy, service: Any) -> None:
    asked = request_of(moodle)
    post(asked, toy.deep_answer(asked, [ITEM]))
    kind = "application/vnd.ims.lis.v2.lineitemcontainer+json"
    row = service(moodle)("GET", "/mod/lti/services.php/5/lineitems?type_id=3", kind).json()[-1]
    real = recorded("ags/lineitem-get-deep-linked")["response"]["body"]
    assert set(row) == set(real)


def test_several_items_other_types_and_none_at_all(either: Served, toy: Toy) -> None:
    asked = request_of(either)
    second = {"type": "ltiResourceLink", "title": "No mark"}
    page = post(asked, toy.deep_answer(asked, [ITEM, second, {"type": "html", "html": "x"}]))
    assert "2 added" in page.text
    assert "html" in page.text
    asked = request_of(either)
    assert "Nothing was chosen" in post(asked, toy.deep_answer(asked, [])).text
    asked = request_of(either)
    told = post(asked, toy.deep_answer(asked, [], **{DEEP + "errormsg": "The rubric could not be read"}))
    assert "The rubric could not be read" in told.text


FOREIGN = new_key("toy-1")


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1000, "iat": 500},
        {"iat": 9_999_999_999, "exp": 9_999_999_999},
        {"iss": "somebody"},
        {"aud": "https://other.example"},
        {"nonce": None},
        {"key": FOREIGN},
        {CLAIM + "deployment_id": "99"},
        {CLAIM + "deployment_id": None},
        {CLAIM + "message_type": "LtiResourceLinkRequest"},
        {CLAIM + "version": "1.1"},
        {DEEP + "data": "something else"},
        {DEEP + "content_items": "not a list"},
        {DEEP + "content_items": [ITEM | {"custom": {"number": 5}}]},
        {DEEP + "content_items": [ITEM | {"lineItem": {"label": "no maximum"}}]},
    ],
)
def test_a_wrong_answer_makes_nothing(either: Served, asked: dict[str, Any], toy: Toy, change: dict[str, Any]) -> None:
    before = len(control(either, "state", method="GET")["links"])
    page = post(asked, toy.deep_answer(asked, [ITEM], **change))
    assert page.status_code == (404 if either.campus.temper == "moodle" else 400)
    assert 'data-error="deep_link_refused"' in page.text
    assert len(control(either, "state", method="GET")["links"]) == before


def test_a_dialogue_is_answered_once_and_a_nonce_used_once(either: Served, toy: Toy) -> None:
    asked = request_of(either)
    token = toy.deep_answer(asked, [ITEM], nonce="the-same")
    assert post(asked, token).status_code == 200
    assert post(asked, token).status_code != 200
    again = request_of(either)
    assert post(again, toy.deep_answer(again, [ITEM], nonce="the-same")).status_code != 200


def test_what_is_no_jwt_is_refused(either: Served, asked: dict[str, Any]) -> None:
    assert "not a JWT" in post(asked, "not-a-jwt").text


def test_moodle_as_it_is_takes_what_the_strict_sandbox_refuses(moodle: Served, toy: Toy) -> None:
    control(moodle, "settings", {"strict": False})
    asked = request_of(moodle)
    token = toy.deep_answer(asked, [ITEM], **{CLAIM + "deployment_id": "99", CLAIM + "version": "1.1"})
    assert post(asked, token).status_code == 200  # deep-linking/25-wrong-deployment, 30-wrong-version
