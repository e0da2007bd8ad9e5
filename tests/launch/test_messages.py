"""Messages beyond the plain launch, and places that are no course: each leads somewhere sensible or to a clear page."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import unquote

from flask import Flask
from flask.testing import FlaskClient

from lti_tool.launch.domain import claims as c
from tests.certification.refusing import reason_of
from tests.launch.platform import ADMINISTRATOR, GONE, INSTRUCTOR, LEARNER, TestPlatform, enter, post_launch

PRIVACY = {"message_type": c.DATA_PRIVACY_REQUEST, "resource_link": GONE}
ACCOUNT = {"id": "account-1", "title": "Example College", "type": ["Account"]}


def data_on(page: str) -> dict[str, Any]:
    found = re.search(r'href="data:application/json;charset=utf-8,([^"]+)"', page)
    assert found is not None
    said: dict[str, Any] = json.loads(unquote(unescape(found[1])))
    return said


def test_a_data_privacy_launch_says_what_is_kept_and_gives_it_along(
    client: FlaskClient, platform: TestPlatform
) -> None:
    enter(client, platform)
    landed = enter(client, platform, **PRIVACY, context=GONE)
    assert landed.headers["Location"] == "/privacy"
    page = client.get("/privacy")
    assert page.status_code == 200
    for words in (
        "Who you are",
        "Your courses",
        "Your work",
        "Your marks",
        "Where you stand",
        "To change or delete it",
    ):
        assert words in page.text
    data = data_on(page.text)
    assert data["person"][0]["email"] == "maple@example.edu"
    assert data["courses"] == [{"course": "Digital practice", "role": "learner", "section": "", "active": True}]
    assert data["work"] == data["marks"] == data["standing"] == []


def test_nobody_reads_of_anybody_else_there(app: Flask, platform: TestPlatform) -> None:
    enter(app.test_client(), platform, sub="other", name="Oak Example", email="oak@example.edu")
    client = app.test_client()
    enter(client, platform, **PRIVACY, roles=[INSTRUCTOR])
    assert "Oak" not in unquote(client.get("/privacy").text)
    anonymous = app.test_client()
    nobody = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"), GONE)
    assert enter(anonymous, platform, **PRIVACY, **nobody).headers["Location"] == "/privacy"
    assert "Nothing is kept about you" in anonymous.get("/privacy").text
    assert reason_of(post_launch(client, platform, **PRIVACY, target_link_uri=GONE)) == "missing_target"


def test_an_account_of_the_lms_is_no_course_and_leads_administrators_to_the_connections(
    app: Flask, platform: TestPlatform
) -> None:
    """Canvas's account navigation sends a context with an id, which would make a course of the account."""
    for context in (ACCOUNT, GONE):
        administrator = app.test_client()
        landed = enter(administrator, platform, context=context, roles=[ADMINISTRATOR])
        assert landed.headers["Location"] == "/admin/connections"
        assert administrator.get("/admin/connections").status_code == 200
        other = app.test_client()
        assert enter(other, platform, context=context, roles=[LEARNER], sub="user-2").headers["Location"] == "/welcome"
        assert "outside any course" in other.get("/welcome").text


def test_other_messages_are_a_clear_page(app: Flask, platform: TestPlatform) -> None:
    for message in ("LtiStartProctoring", "LtiEulaRequest", "LtiAssetProcessorSettingsRequest", "LtiContextCopyNotice"):
        answer = post_launch(app.test_client(), platform, message_type=message)
        assert (answer.status_code, reason_of(answer)) == (400, "unknown_message_type")
        assert "Open Waymark by its link in a course." in answer.text
