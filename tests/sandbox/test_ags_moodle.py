"""Line items in Moodle's temper, held against the recorded answers."""

import re
from typing import Any

import pytest

from lti_tool.sandbox import Served
from lti_tool.sandbox.places import LINEITEM_READ, SCORE
from tests.sandbox.conftest import Call
from tests.sandbox.moodle_ags import ITEM, ITEMS, LIST, blank, create, like, within
from tests.sandbox.recorded import recorded, shape


@pytest.fixture
def call(moodle: Served, service: Any) -> Call:
    made: Call = service(moodle)
    return made


@pytest.mark.parametrize(
    ("file", "accept"),
    [("lineitems-list-fail-accept-json", "application/json"), ("lineitems-list-fail-accept-any", "*/*")],
)
def test_the_accept_header_must_be_the_media_type(call: Call, file: str, accept: str) -> None:
    answer = call("GET", LIST, accept)
    like(answer, f"ags/{file}")
    assert blank(answer.json()["reason"]) == blank(recorded(f"ags/{file}")["response"]["body"]["reason"])


def test_the_content_type_must_be_the_media_type(call: Call) -> None:
    body = {"label": "x", "scoreMaximum": 3}
    like(call("POST", LIST, ITEM, "application/json", json=body), "ags/lineitem-create-fail-content-type-json")
    item = create(call)
    like(call("POST", within(item, "scores"), "*/*", "application/json", json={}), "ags/score-content-type-json")
    like(call("GET", within(item, "results"), "application/json"), "ags/results-accept-json-header")


def test_a_wrong_scope_or_token_is_401(moodle: Served, service: Any) -> None:
    reader = service(moodle, LINEITEM_READ)
    scorer = service(moodle, SCORE)
    body = {"label": "x", "scoreMaximum": 3}
    like(reader("POST", LIST, ITEM, ITEM, json=body), "ags/lineitem-create-fail-readonly-scope")
    like(scorer("GET", LIST, ITEMS), "ags/lineitems-list-wrong-scope")
    like(reader("GET", LIST, ITEMS, headers={"Authorization": ""}), "ags/lineitems-list-no-token")
    like(reader("GET", LIST, ITEMS, headers={"Authorization": "Bearer x"}), "ags/lineitems-list-bad-token")
    like(reader("GET", LIST.replace("=3", "=999"), ITEMS), "ags/lineitems-list-wrong-type-id")
    like(reader("DELETE", LIST.replace("?", "/1/lineitem?")), "ags/lineitem-delete-fail-readonly-scope")


def test_line_items_are_made_listed_filtered_and_deleted(call: Call) -> None:
    like(call("GET", LIST, ITEMS), "ags/lineitems-list-one")
    item = create(call, resourceId="rub-42", tag="C1")
    assert shape(item) == shape(recorded("ags/lineitem-create-uncoupled")["response"]["body"])
    coupled = create(call, label="Mastery", resourceId="rub-42", tag="mastery", resourceLinkId="7")
    assert shape(call("GET", coupled["id"], ITEM).json()) == shape(
        recorded("ags/lineitem-get-coupled")["response"]["body"]
    )
    create(call, resourceId="rub ü/1", tag="tag with space")
    for query, count in (
        ("tag=C1", 1),
        ("resource_id=rub-42", 2),
        ("resource_id=rub-42&tag=mastery", 1),
        ("resource_link_id=7", 1),
        ("resource_id=rub%20%C3%BC%2F1", 1),
        ("tag=nothing", 0),
    ):
        assert len(call("GET", f"{LIST}&{query}", ITEMS).json()) == count, query
    like(call("DELETE", item["id"]), "ags/lineitem-delete")
    like(call("DELETE", item["id"]), "ags/lineitem-delete-again")
    like(call("GET", item["id"], ITEM), "ags/lineitem-get-deleted")


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("lineitem-create-fail-no-label", {"scoreMaximum": 3}),
        ("lineitem-create-fail-no-max", {"label": "x"}),
        ("lineitem-create-fail-bad-resource-link", {"scoreMaximum": 3, "label": "x", "resourceLinkId": "99999"}),
    ],
)
def test_a_line_item_without_its_facts_is_refused(call: Call, file: str, body: dict[str, Any]) -> None:
    like(call("POST", LIST, ITEM, ITEM, json=body), f"ags/{file}")


def test_submission_review_and_dates_are_echoed_and_forgotten(call: Call) -> None:
    extra = {"submissionReview": {"url": "https://tool.example/r"}, "startDateTime": "2026-09-01T08:00:00Z"}
    item = create(call, **extra)
    assert item["submissionReview"] == extra["submissionReview"]
    assert not set(extra) & set(call("GET", item["id"], ITEM).json())


def test_the_same_line_item_posted_twice_is_two(call: Call) -> None:
    assert create(call, resourceId="r", tag="t")["id"] != create(call, resourceId="r", tag="t")["id"]


def test_what_a_put_leaves_out_is_lost(call: Call) -> None:
    item = create(call, resourceId="rub-42", tag="C1")
    body = {"label": "Planning", "scoreMaximum": 3}
    like(call("PUT", item["id"], ITEM, ITEM, json=body), "ags/lineitem-update-drop-tag")
    assert call("GET", item["id"], ITEM).json()["tag"] == ""
    like(call("PUT", item["id"], ITEM, ITEM, json={"scoreMaximum": 3}), "ags/lineitem-update-fail-no-label")


@pytest.mark.parametrize(
    ("file", "limit", "start"),
    [
        ("lineitems-paging-limit-first", 2, 0),
        ("lineitems-paging-limit-middle", 2, 2),
        ("lineitems-paging-limit-last", 2, 6),
        ("lineitems-paging-limit-past-the-end", 2, 99),
        ("lineitems-paging-limit-larger-than-all", 100, 0),
    ],
)
def test_the_link_header_has_curly_quotes_and_escaped_ampersands(call: Call, file: str, limit: int, start: int) -> None:
    for number in range(7):
        create(call, label=f"Item {number}")
    answer = call("GET", f"{LIST}&limit={limit}" + (f"&from={start}" if start else ""), ITEMS)
    sent = answer.headers["Link"].encode("latin-1").decode("utf-8")
    real = recorded(f"ags/{file}")["response"]["headers"]["Link"]
    host = answer.url.split("/mod/")[0]
    assert sent == real.replace("http://moodle.example", host).replace("services.php/9/", "services.php/5/")
    assert "next" not in answer.links  # the usual parser misses it


def test_following_the_link_header_finds_every_line_item(call: Call) -> None:
    for number in range(7):
        create(call, label=f"Item {number}", tag="many")
    url, seen = f"{LIST}&limit=3&tag=many", []
    while url:
        answer = call("GET", url, ITEMS)
        seen += [each["label"] for each in answer.json()]
        header = answer.headers["Link"].encode("latin-1").decode("utf-8")
        found = re.search(r"<([^>]*)>; rel=“next”", header)
        url = found[1].replace("&amp;", "&") if found else ""
    assert seen == [f"Item {number}" for number in range(7)]


def test_no_limit_and_limit_zero_have_no_link_header(call: Call) -> None:
    assert "Link" not in call("GET", f"{LIST}&limit=0", ITEMS).headers
