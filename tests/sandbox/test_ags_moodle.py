"""Line items, scores and results in Moodle's temper, held against the recorded answers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import time_machine

from lti_tool.sandbox import Served
from lti_tool.sandbox.places import LINEITEM_READ, SCORE
from tests.sandbox.conftest import Call, control
from tests.sandbox.recorded import recorded, shape

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORES = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
LIST = "/mod/lti/services.php/5/lineitems?type_id=3"


@pytest.fixture
def call(moodle: Served, service: Any) -> Call:
    made: Call = service(moodle)
    return made


def create(call: Call, **body: Any) -> dict[str, Any]:
    answer = call("POST", LIST, ITEM, ITEM, json={"label": "Planning", "scoreMaximum": 3} | body)
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json()
    return item


def within(item: dict[str, Any], part: str) -> str:
    """A URL below a line item: its path grows, its query stays."""
    return str(item["id"]).replace("/lineitem?", f"/lineitem/{part}?")


def score(call: Call, item: dict[str, Any], at: str = "2026-11-22T01:27:05.000Z", **body: Any) -> requests.Response:
    sent = {
        "userId": "21",
        "scoreGiven": 2,
        "scoreMaximum": 3,
        "comment": "Sound planning",
        "timestamp": at,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    } | body
    sent = {name: value for name, value in sent.items() if value is not None}
    return call("POST", within(item, "scores"), "*/*", SCORES, json=sent)


def results(call: Call, item: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = call("GET", within(item, "results"), RESULTS).json()
    return rows


def like(answer: requests.Response, file: str) -> None:
    """Same status, words in the status line, media type and body shape as the recorded answer."""
    real = recorded(file)["response"]
    assert answer.status_code == real["status"]
    assert blank(answer.reason) == blank(real["reason"])
    assert answer.headers["Content-Type"] == real["headers"]["Content-Type"]
    if isinstance(real["body"], str):
        assert answer.text == real["body"]
    else:
        assert shape(answer.json()) == shape(real["body"])


def blank(reason: str) -> str:
    """Without the ids that differ from run to run, and without an echoed body."""
    return re.sub(r"\d+", "N", reason.split("{")[0]).strip()


# Media types, tokens, scopes


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


# Line items


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


# Scores


def test_a_score_is_200_and_empty_and_becomes_a_result(call: Call) -> None:
    item = create(call)
    like(score(call, item), "ags/score-completed-fullygraded-with-comment")
    row = results(call, item)[0]
    real = recorded("ags/results-after-progress-submitted-fullygraded")["response"]["body"][0]
    assert shape(row) == shape(real)
    assert (row["resultScore"], row["resultMaximum"], row["timestamp"]) == (2, 3, "2026-11-22T01:27:05+00:00")
    assert row["scoreOf"] == item["id"]


@pytest.mark.parametrize(
    ("file", "at"),
    [
        ("score-same-score-same-timestamp-409", "2026-11-22T01:27:05.000Z"),
        ("score-same-second-later-millisecond-409", "2026-11-22T01:27:05.900Z"),
        ("score-older-409", "2026-11-22T00:27:05.000Z"),
    ],
)
def test_a_timestamp_at_or_before_the_stored_second_is_409(call: Call, moodle: Served, file: str, at: str) -> None:
    item = create(call)
    assert score(call, item).status_code == 200
    like(score(call, item, at, scoreGiven=3), f"ags/{file}")
    assert results(call, item)[0]["resultScore"] == 2
    assert score(call, item, "2026-11-22T01:27:06.000Z", scoreGiven=3).status_code == 200
    totals = control(moodle, "state", method="GET")["totals"]
    assert (totals["accepted"], totals["rejected"], totals["doubled"]) == (2, 1, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"gradingProgress": "Pending"},
        {"gradingProgress": "PendingManual"},
        {"gradingProgress": "Failed"},
        {"scoreGiven": None},
    ],
)
def test_anything_but_a_full_grade_takes_the_mark_away(call: Call, body: dict[str, Any]) -> None:
    item = create(call)
    score(call, item)
    assert score(call, item, "2026-11-22T01:27:06.000Z", **body).status_code == 200
    assert shape(results(call, item)) == shape(recorded("ags/results-cleared-by-user")["response"]["body"])


@pytest.fixture
def frozen() -> Iterator[Any]:
    with time_machine.travel("2026-11-22T02:00:00Z", tick=True) as clock:
        yield clock


def test_a_mark_taken_away_is_stamped_with_the_servers_time(frozen: Any, moodle: Served, service: Any) -> None:
    call = service(moodle)
    item = create(call)
    score(call, item)
    score(call, item, "2026-11-22T01:30:00.000Z", scoreGiven=None)
    like(score(call, item, "2026-11-22T01:40:00.000Z"), "ags/score-after-clear-with-earlier-clock-409")
    assert score(call, item, "2026-11-22T02:05:00.000Z").status_code == 200


@pytest.mark.parametrize(
    ("file", "body"),
    [
        ("score-without-userid", {"userId": None}),
        ("score-without-timestamp", {"at": None}),
        ("score-without-scoremaximum", {"scoreMaximum": None}),
        ("score-without-activityprogress", {"activityProgress": None}),
        ("score-without-gradingprogress", {"gradingProgress": None}),
        ("score-bad-timestamp", {"at": "yesterday"}),
        ("score-unknown-user", {"userId": "999999"}),
        ("score-teacher", {"userId": "11"}),
        ("score-user-not-enrolled", {"userId": "31"}),
    ],
)
def test_an_incorrect_score_is_400_with_the_body_in_the_status_line(
    call: Call, file: str, body: dict[str, Any]
) -> None:
    item = create(call)
    answer = score(call, item, **({"at": "2026-11-22T01:27:05.000Z"} | body))
    like(answer, f"ags/{file}")
    assert answer.reason.startswith("Incorrect score received{")
    assert results(call, item) == []


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ({"scoreGiven": 5}, 3),
        ({"scoreGiven": -1}, 0),
        ({"scoreGiven": 50, "scoreMaximum": 100}, 1.5),
        ({"scoreGiven": 130, "scoreMaximum": 100}, 3),
        ({"scoreGiven": 1.23456789}, 1.23457),
        ({"scoreGiven": "2"}, 2),
        ({"scoreGiven": 0}, 0),
        ({"userId": 21}, 2),
        ({"activityProgress": "Dancing"}, 2),
    ],
)
def test_scores_are_clipped_and_stretched_without_a_word(call: Call, body: dict[str, Any], stored: float) -> None:
    item = create(call)
    assert score(call, item, **body).status_code == 200
    assert results(call, item)[0]["resultScore"] == stored


@pytest.mark.parametrize(
    "at",
    ["2026-11-22T02:27:08+01:00", "2026-11-22T01:27:08Z", "2026-11-22T01:27:08", "2026-11-22T01:27:08.123456+00:00"],
)
def test_timestamps_come_in_many_forms(call: Call, at: str) -> None:
    item = create(call)
    assert score(call, item, at).status_code == 200
    assert results(call, item)[0]["timestamp"] == "2026-11-22T01:27:08+00:00"


def test_leaving_the_comment_out_erases_it_and_markup_comes_back_as_sent(call: Call) -> None:
    item = create(call)
    score(call, item, comment="<b>Bold</b> — čšž")
    assert results(call, item)[0]["comment"] == "<b>Bold</b> — čšž"
    score(call, item, "2026-11-22T01:27:06.000Z", comment=None)
    assert "comment" not in results(call, item)[0]


def test_a_suspended_enrolment_takes_a_score(call: Call) -> None:
    assert score(call, create(call), userId="24").status_code == 200


def test_a_future_timestamp_blocks_the_true_ones(call: Call) -> None:
    item = create(call)
    assert score(call, item, "2030-01-01T00:00:00Z").status_code == 200
    assert score(call, item).status_code == 409


def test_a_changed_maximum_rescales_the_marks(call: Call) -> None:
    item = create(call)
    score(call, item)
    call("PUT", item["id"], ITEM, ITEM, json={"label": "Many", "scoreMaximum": 6})
    row = results(call, item)[0]
    assert (row["resultScore"], row["resultMaximum"]) == (4, 6)


def test_results_with_a_limit_end_in_a_page(call: Call) -> None:
    item = create(call)
    score(call, item)
    answer = call("GET", within(item, "results") + "&limit=1", RESULTS)
    assert answer.status_code == 404
    assert "Call to a member function out() on null" in answer.text
    assert len(call("GET", within(item, "results") + "&from=1", RESULTS).json()) == 1


def test_results_of_one_person(call: Call) -> None:
    item = create(call)
    score(call, item)
    score(call, item, userId="22")
    assert [row["userId"] for row in call("GET", within(item, "results") + "&user_id=22", RESULTS).json()] == ["22"]
    assert call("GET", within(item, "results") + "&user_id=11", RESULTS).json() == []


def test_unknown_things_are_404_and_a_get_of_scores_405(call: Call) -> None:
    nothing = {"id": "/mod/lti/services.php/5/lineitems/99999/lineitem?type_id=3"}
    like(score(call, nothing), "ags/score-unknown-lineitem")
    like(call("GET", nothing["id"], ITEM), "ags/lineitem-get-unknown")
    like(call("GET", LIST.replace("/5/", "/99999/"), ITEMS), "ags/lineitems-list-unknown-course")
    like(call("GET", within(create(call), "scores"), SCORES), "ags/score-get-405")
