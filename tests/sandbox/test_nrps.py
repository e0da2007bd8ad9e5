"""The roster in both tempers."""

from typing import Any

import pytest

from lti_tool.sandbox import Served
from lti_tool.sandbox.places import CLAIM, SCORE
from tests.sandbox.recorded import recorded, shape

KIND = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOODLE = "/mod/lti/services.php/CourseSection/5/bindings/3/memberships"
CANVAS = "/api/lti/courses/5/names_and_roles"
MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


def test_moodles_roster_has_the_recorded_shape(moodle: Served, service: Any) -> None:
    real = recorded("nrps/small-whole")["response"]
    answer = service(moodle)("GET", MOODLE, KIND)
    assert answer.headers["Content-Type"] == real["headers"]["Content-Type"]
    assert shape(answer.json()) == shape(real["body"])


def test_moodle_calls_the_assistant_learner_and_everybody_active(moodle: Served, service: Any) -> None:
    members = {each["user_id"]: each for each in service(moodle)("GET", MOODLE).json()["members"]}
    assert members["12"]["roles"] == ["Learner"]
    assert members["11"]["roles"] == ["Instructor"]
    assert "24" not in members  # a suspended enrolment
    assert members["25"]["status"] == "Active"  # a suspended account
    assert "29" not in members  # Moodle has no test student


def test_moodles_pages_lose_the_role(moodle: Served, service: Any) -> None:
    call = service(moodle)
    first = call("GET", f"{MOODLE}?limit=2&role=Learner", KIND)
    assert first.links["next"]["url"] == f"{moodle.base_url}{MOODLE}?limit=2&from=2"
    assert len(first.json()["members"]) == 2
    assert "Link" not in call("GET", f"{MOODLE}?limit=0", KIND).headers
    for role in ("Learner", MEMBER.replace("#", "%23") + "Learner"):
        rows = call("GET", f"{MOODLE}?role={role}", KIND).json()["members"]
        assert {each["roles"][0] for each in rows} == {"Learner"}
    assert len(call("GET", f"{MOODLE}?role=Juggler").json()["members"]) == 6


def test_moodles_roster_by_link(moodle: Served, service: Any) -> None:
    call = service(moodle)
    member = call("GET", f"{MOODLE}?rlid=7&limit=1", KIND).json()["members"][0]
    assert member["message"] == [{CLAIM + "message_type": "LtiResourceLinkRequest"}]
    unknown = call("GET", f"{MOODLE}?rlid=99999", KIND)
    assert (unknown.status_code, unknown.reason) == (404, "Not Found: LTI link 99999 doesn't exist")
    assert call("GET", f"{MOODLE}?rlid=10", KIND).status_code == 502


@pytest.mark.parametrize(
    ("file", "accept", "headers"),
    [
        ("fail-accept-json", "application/json", {}),
        ("fail-no-token", KIND, {"Authorization": ""}),
        ("fail-bad-token", KIND, {"Authorization": "Bearer x"}),
    ],
)
def test_moodles_refusals_are_the_recorded_ones(
    moodle: Served, service: Any, file: str, accept: str, headers: dict[str, str]
) -> None:
    real = recorded(f"nrps/{file}")["response"]
    answer = service(moodle)("GET", MOODLE, accept, headers=headers)
    assert answer.status_code == real["status"]
    assert answer.json()["reason"].replace("/5/", "/4/") == real["body"]["reason"]
    assert shape(answer.json()) == shape(real["body"])


def test_a_roster_needs_its_scope_and_a_course(moodle: Served, canvas: Served, service: Any) -> None:
    assert service(moodle, SCORE)("GET", MOODLE, KIND).status_code == 401
    assert service(canvas, SCORE)("GET", CANVAS, KIND).status_code == 401
    assert service(moodle)("GET", MOODLE.replace("/5/", "/99999/"), KIND).status_code == 404
    assert service(canvas)("GET", CANVAS.replace("/5/", "/99999/"), KIND).status_code == 404


def test_canvas_tells_roles_statuses_and_the_test_student(canvas: Served, service: Any) -> None:
    answer = service(canvas)("GET", CANVAS, KIND)
    assert answer.headers["Content-Type"].startswith(KIND)
    members = {each.get("name"): each for each in answer.json()["members"]}
    assert members["Sorrel Example"]["roles"] == [
        MEMBER + "Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
    ]
    assert members["Linden Example"]["status"] == "Inactive"
    assert "http://purl.imsglobal.org/vocab/lti/system/person#TestUser" in members["Test Student"]["roles"]


def test_canvas_gives_the_numeric_id_when_a_link_is_named(canvas: Served, service: Any) -> None:
    call = service(canvas)
    rlid = canvas.campus.link_by_lti_id(5, "x")
    assert rlid is None
    known = {each["id"]: each["lti_id"] for each in call("GET", "/control/state").json()["links"]}
    rows = call("GET", f"{CANVAS}?rlid={known[7]}", KIND).json()["members"]
    maple = next(each for each in rows if each["name"] == "Maple Example")
    assert maple["message"][0][CLAIM + "custom"]["canvas_user"] == "21"
    assert call("GET", f"{CANVAS}?rlid=nothing", KIND).status_code == 400


def test_canvas_pages_and_filters(canvas: Served, service: Any) -> None:
    call = service(canvas)
    url, seen = f"{CANVAS}?limit=3", 0
    while url:
        answer = call("GET", url, KIND)
        seen += len(answer.json()["members"])
        url = answer.links.get("next", {}).get("url", "")
    assert seen == 8
    rows = call("GET", CANVAS + "?role=" + MEMBER.replace("#", "%23") + "Learner", KIND).json()["members"]
    assert len(rows) == 6
