"""Adding a link to a course: what the instructor chooses goes back signed, as the LMS takes it."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from lti_tool.kit.db import Session
from lti_tool.kit.errors import Invalid
from lti_tool.launch import links
from lti_tool.launch.domain import claims as c
from lti_tool.launch.links import LinkChoice, Made
from lti_tool.web.viewer import Viewer
from tests.certification.refusing import reason_of
from tests.launch.platform import GONE, INSTRUCTOR, LEARNER, TestPlatform, enter, post_launch

OWN = {"Origin": "http://localhost"}
RETURN = "https://campus.example/return?course=3&id=7"
SETTINGS = {"accept_types": ["ltiResourceLink"], "deep_link_return_url": RETURN, "data": '{"op": "ü", "n": 1}'}
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def open_choices(client: FlaskClient, platform: TestPlatform, **given: Any) -> TestResponse:
    facts = {
        "message_type": c.DEEP_LINKING_REQUEST,
        "deep_linking": SETTINGS,
        "resource_link": GONE,
        "target_link_uri": GONE,
        "roles": [INSTRUCTOR],
    }
    return enter(client, platform, **facts | given)


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A kind of link that another room registers; what its forms said."""
    said: list[str] = []

    def make(_session: Session, viewer: Viewer, form: Mapping[str, str]) -> Made:
        if not form["title"].strip():
            raise Invalid("The assessment needs a title.", "Give it one.")
        said.append(f"{viewer.course_title}: {form['title']}")
        return Made(ref="a-1", title=form["title"], points=float(form["points"]))

    new = LinkChoice("example", "A new example", "Marked in Waymark.", make, asks_title=True, asks_points=True)
    monkeypatch.setattr(links, "CHOICES", [links.CHOICES[0], new])
    return said


def sent(client: FlaskClient, page: TestResponse) -> dict[str, Any]:
    """The claims of the signed answer on the page, checked against our published keys."""
    token = re.search(r'name="JWT" value="([^"]+)"', page.text)
    assert token is not None
    keys = KeySet.import_key_set(client.get("/lti/jwks.json").get_json())
    found: dict[str, Any] = json.loads(jws.deserialize_compact(token[1], keys, algorithms=["RS256"]).payload)
    return found


def test_the_heat_map_goes_back_signed_with_everything_the_lms_wants_echoed(
    client: FlaskClient, platform: TestPlatform
) -> None:
    assert open_choices(client, platform).headers["Location"] == "/deep-linking"
    assert "The heat map" in client.get("/deep-linking").text
    chosen = client.post("/deep-linking", data={"opens": "map"}, headers=OWN)
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/deep-linking/answer")
    page = client.get("/deep-linking/answer")
    assert f'action="{html.escape(RETURN)}"' in page.text
    assert "form-action 'self' https://campus.example;" in page.headers["Content-Security-Policy"]
    claims = sent(client, page)
    assert claims["iss"] == platform.client_id
    assert claims["aud"] == [platform.issuer]
    assert claims[c.DEPLOYMENT_ID] == platform.deployment_id
    assert claims[c.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert claims[c.VERSION] == "1.3.0"
    assert claims[DL + "data"] == SETTINGS["data"]
    assert claims["exp"] > claims["iat"]
    assert claims["nonce"]
    assert claims[DL + "content_items"] == [
        {
            "type": "ltiResourceLink",
            "title": "Where I stand",
            "url": "http://localhost/lti/launch",
            "custom": {"waymark_opens": "map", "waymark_ref": "map"},
        }
    ]


def test_data_is_left_out_when_it_did_not_come(client: FlaskClient, platform: TestPlatform) -> None:
    without = {name: value for name, value in SETTINGS.items() if name != "data"}
    open_choices(client, platform, deep_linking=without)
    client.post("/deep-linking", data={"opens": "map"}, headers=OWN)
    assert DL + "data" not in sent(client, client.get("/deep-linking/answer"))


def test_a_graded_link_brings_its_line_item_with_submission_review(
    client: FlaskClient, platform: TestPlatform, graded: list[str]
) -> None:
    open_choices(client, platform)
    form = {"opens": "example", "title": "Essay <1>", "points": "20"}
    assert client.post("/deep-linking", data=form, headers=OWN).status_code == 303
    page = client.get("/deep-linking/answer")
    assert "Essay &lt;1&gt;" in page.text
    (item,) = sent(client, page)[DL + "content_items"]
    assert item["custom"] == {"waymark_opens": "example", "waymark_ref": "a-1"}
    assert item["lineItem"]["scoreMaximum"] == 20
    assert item["lineItem"]["label"] == "Essay <1>"
    assert item["lineItem"]["resourceId"] == "a-1"
    assert item["lineItem"]["tag"] == "waymark"
    assert item["lineItem"]["submissionReview"]["url"] == "http://localhost/lti/launch"
    assert graded == ["Digital practice: Essay <1>"]


def test_a_faulty_form_comes_back_with_words_and_what_was_typed(
    client: FlaskClient, platform: TestPlatform, graded: list[str]
) -> None:
    open_choices(client, platform)
    answer = client.post("/deep-linking", data={"opens": "example", "title": " ", "points": "7"}, headers=OWN)
    assert answer.status_code == 400
    assert "The assessment needs a title." in answer.text
    assert 'value="7"' in answer.text
    nothing = client.post("/deep-linking", data={"opens": "nothing"}, headers=OWN)
    assert nothing.status_code == 400
    assert "Choose what to add." in nothing.text
    assert client.get("/deep-linking/answer").headers["Location"] == "/deep-linking"
    assert graded == []


def test_only_teachers_add_links(client: FlaskClient, platform: TestPlatform) -> None:
    answer = open_choices(client, platform, roles=[LEARNER])
    assert answer.status_code == 403
    assert reason_of(answer) == "only_teachers"
    assert client.get("/deep-linking").status_code == 403


def test_a_session_of_another_kind_has_nothing_to_answer(client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform, roles=[INSTRUCTOR])
    assert 'data-error="missing_deep_linking_settings"' in client.get("/deep-linking").text
    assert client.post("/deep-linking", data={"opens": "map"}, headers=OWN).status_code == 400


def test_a_form_of_another_site_adds_nothing(client: FlaskClient, platform: TestPlatform) -> None:
    open_choices(client, platform)
    for origin in ({}, {"Origin": "https://campus.example"}):
        answer = client.post("/deep-linking", data={"opens": "map"}, headers=origin)
        assert 'data-error="cross_site"' in answer.text


def test_a_faulty_request_is_refused(client: FlaskClient, platform: TestPlatform) -> None:
    link = ["ltiResourceLink"]
    faulty: list[tuple[object, str]] = [
        (GONE, "missing_deep_linking_settings"),
        ({}, "missing_deep_linking_settings"),
        ({"accept_types": link, "deep_link_return_url": "javascript:alert(1)"}, "missing_deep_linking_settings"),
        ({"accept_types": ["file"], "deep_link_return_url": RETURN}, "no_link_accepted"),
        ({"accept_types": "ltiResourceLink", "deep_link_return_url": RETURN}, "no_link_accepted"),
    ]
    for wanted, reason in faulty:
        facts = {"message_type": c.DEEP_LINKING_REQUEST, "deep_linking": wanted, "roles": [INSTRUCTOR]}
        assert reason_of(post_launch(client, platform, **facts)) == reason


def test_the_form_for_the_lms_has_a_button_for_when_scripts_are_off(app: Flask, platform: TestPlatform) -> None:
    client = app.test_client()
    open_choices(client, platform)
    client.post("/deep-linking", data={"opens": "map"}, headers=OWN)
    page = client.get("/deep-linking/answer").text
    assert re.search(r"<button[^>]*type=\"submit\"[^>]*>Add to the course</button>", page)
    assert "js/submit.js" in page
    assert 'hx-boost="false"' in page


def test_without_cookies_the_first_page_already_allows_the_form_for_the_lms(app: Flask, platform: TestPlatform) -> None:
    """All later pages are swapped into it, so its policy is theirs."""
    client = app.test_client(use_cookies=False)
    facts = {"message_type": c.DEEP_LINKING_REQUEST, "deep_linking": SETTINGS, "roles": [INSTRUCTOR]}
    asked = post_launch(client, platform, **facts)
    ticket = re.search(r'name="ticket" value="([^"]+)"', asked.text)
    assert ticket is not None
    page = client.post("/start", data={"ticket": ticket[1]}, headers=OWN)
    assert "form-action 'self' https://campus.example;" in page.headers["Content-Security-Policy"]


def test_several_links_go_back_at_once_where_the_lms_takes_several(
    client: FlaskClient, platform: TestPlatform, graded: list[str]
) -> None:
    form = {"opens": ["map", "example"], "title": "Essay", "points": "20"}
    open_choices(client, platform)
    assert 'type="radio"' in client.get("/deep-linking").text
    refused = client.post("/deep-linking", data=form, headers=OWN)
    assert refused.status_code == 400
    assert "one link at a time" in refused.text
    assert graded == []
    open_choices(client, platform, deep_linking=SETTINGS | {"accept_multiple": True})
    page = client.get("/deep-linking").text
    assert 'type="checkbox"' in page
    assert 'type="radio"' not in page
    assert client.post("/deep-linking", data=form, headers=OWN).status_code == 303
    answer = client.get("/deep-linking/answer")
    assert "Where I stand, Essay" in answer.text
    first, second = sent(client, answer)[DL + "content_items"]
    assert (first["custom"]["waymark_opens"], "lineItem" in first) == ("map", False)
    assert (second["custom"]["waymark_ref"], second["lineItem"]["scoreMaximum"]) == ("a-1", 20)


def test_an_assessment_that_is_there_can_be_placed_again_with_its_one_column(
    client: FlaskClient, platform: TestPlatform
) -> None:
    open_choices(client, platform)
    new = {"opens": "assessment", "title": "Essay on sources", "points": "20"}
    assert client.post("/deep-linking", data=new, headers=OWN).status_code == 303
    (made,) = sent(client, client.get("/deep-linking/answer"))[DL + "content_items"]
    again = {"opens": f"assessment/{made['custom']['waymark_ref']}"}
    open_choices(client, platform)
    assert "Essay on sources" in client.get("/deep-linking").text
    client.post("/deep-linking", data=again, headers=OWN)
    (item,) = sent(client, client.get("/deep-linking/answer"))[DL + "content_items"]
    assert (item["custom"], item["lineItem"]) == (made["custom"], made["lineItem"])  # nothing new was made
    # an LMS that would drop line items is not sent any; nor one whose gradebook has the column
    open_choices(client, platform, deep_linking=SETTINGS | {"accept_lineitem": False})
    client.post("/deep-linking", data=again, headers=OWN)
    assert "lineItem" not in sent(client, client.get("/deep-linking/answer"))[DL + "content_items"][0]
    column = {"scope": [], "lineitem": "https://lms.example/items/7"}
    enter(client, platform, roles=[INSTRUCTOR], custom=made["custom"], line_items=column)
    open_choices(client, platform)
    client.post("/deep-linking", data=again, headers=OWN)
    assert "lineItem" not in sent(client, client.get("/deep-linking/answer"))[DL + "content_items"][0]
    # what another course has is no offer here
    open_choices(client, platform, context={"id": "course-2", "title": "Other"})
    assert "Essay on sources" not in client.get("/deep-linking").text
    assert client.post("/deep-linking", data=again, headers=OWN).status_code == 400
