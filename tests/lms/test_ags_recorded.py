"""The gradebook service, against every recorded answer of a real Moodle."""

from typing import Any

import pytest

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Http
from lti_tool.lms import faults
from lti_tool.lms.delivery import Delivered, Refused, TryLater
from lti_tool.lms.values import LineItem
from tests.lms.gradebooks import NOW, SCORE, WANTED, gradebook
from tests.lms.replay import Asked, Reply, names, recorded, reply_of

LISTS: dict[str, Any] = {
    "lineitems-filter-no-match": 0,
    "lineitems-filter-resource_id": 3,
    "lineitems-filter-resource_id-and-tag": 1,
    "lineitems-filter-resource_id-unicode": 1,
    "lineitems-filter-resource_link_id": 3,
    "lineitems-filter-resource_link_id-unknown": 0,
    "lineitems-filter-tag": 2,
    "lineitems-filter-tag-with-space": 1,
    "lineitems-list-after-deletes": 54,
    "lineitems-list-bad-token": faults.AccessDenied,
    "lineitems-list-course-without-tool": 0,
    "lineitems-list-empty": 0,
    "lineitems-list-fail-accept-any": faults.RequestRefused,
    "lineitems-list-fail-accept-json": faults.RequestRefused,
    "lineitems-list-no-token": faults.AccessDenied,
    "lineitems-list-one": 1,
    "lineitems-list-several": 8,
    "lineitems-list-unknown-course": faults.NotThere,
    "lineitems-list-with-deep-linked": 3,
    "lineitems-list-with-token-of-other-tool": faults.AccessDenied,
    "lineitems-list-without-type-id": 1,
    "lineitems-list-wrong-scope": faults.AccessDenied,
    "lineitems-list-wrong-type-id": faults.AccessDenied,
    "lineitems-paging-limit-first": 2,
    "lineitems-paging-limit-larger-than-all": 8,
    "lineitems-paging-limit-last": 2,
    "lineitems-paging-limit-middle": 2,
    "lineitems-paging-limit-past-the-end": 0,
    "lineitems-paging-limit-with-filter": 1,
    "lineitems-paging-limit-zero": 8,
}

# What the line item's own answers mean: the label that comes back, or the fault.
ITEMS: dict[str, Any] = {
    "lineitem-create-coupled": "Mastery index",
    "lineitem-create-fail-bad-json": faults.RequestRefused,
    "lineitem-create-fail-bad-resource-link": faults.AccessDenied,
    "lineitem-create-fail-content-type-json": faults.RequestRefused,
    "lineitem-create-fail-no-label": faults.RequestRefused,
    "lineitem-create-fail-no-max": faults.RequestRefused,
    "lineitem-create-fail-readonly-scope": faults.AccessDenied,
    "lineitem-create-same-again": "Planning",
    "lineitem-create-submission-review": "Review me",
    "lineitem-create-uncoupled": "Planning",
    "lineitem-create-unicode": "Überprüfung «Č» <b>",
    "lineitem-create-with-dates": "Dated",
    "lineitem-create-zero-max": "x",
    "lineitem-delete": None,
    "lineitem-delete-again": None,
    "lineitem-delete-fail-readonly-scope": faults.AccessDenied,
    "lineitem-delete-of-activity": None,
    "lineitem-get": "Planning",
    "lineitem-get-coupled": "Mastery index",
    "lineitem-get-deep-linked": "Heat map: argument essay",
    "lineitem-get-deep-linked-after-update": "Mastery index (renamed)",
    "lineitem-get-deleted": faults.NotThere,
    "lineitem-get-of-activity": "Heat map",
    "lineitem-get-unknown": faults.NotThere,
    "lineitem-update": "Planning (renamed)",
    "lineitem-update-deep-linked": "Mastery index (renamed)",
    "lineitem-update-drop-tag": "Planning",
    "lineitem-update-fail-no-label": faults.RequestRefused,
    "lineitem-update-fail-no-max": faults.RequestRefused,
    "lineitem-update-maximum": "Many",
    "lineitem-update-restore": "Planning",
}

SCORES: dict[str, Any] = {
    "score-after-clear-with-earlier-clock-409": "timestamp_not_later",
    "score-after-clear-with-present-clock": Delivered,
    "score-after-future-409": "timestamp_not_later",
    "score-bad-timestamp": "not_a_student",
    "score-bad-token": "not_authorised",
    "score-clear-one-of-two": Delivered,
    "score-comment-html": Delivered,
    "score-completed-fullygraded-with-comment": Delivered,
    "score-content-type-json": "not_accepted",
    "score-empty-comment": Delivered,
    "score-fail-bad-json": "not_a_student",
    "score-fraction": Delivered,
    "score-fullygraded-after-pending-earlier-clock": "timestamp_not_later",
    "score-fullygraded-without-scoregiven": Delivered,
    "score-future-timestamp": Delivered,
    "score-get-405": "not_accepted",
    "score-later-second": Delivered,
    "score-negative": Delivered,
    "score-older-409": "timestamp_not_later",
    "score-on-activity-lineitem": Delivered,
    "score-other-maximum": Delivered,
    "score-over-maximum": Delivered,
    "score-over-maximum-of-other-scale": Delivered,
    "score-pending-without-scoregiven": Delivered,
    "score-same-score-same-timestamp-409": "timestamp_not_later",
    "score-same-second-409": "timestamp_not_later",
    "score-same-second-later-millisecond-409": "timestamp_not_later",
    "score-string-score": Delivered,
    "score-suspended-enrolment": Delivered,
    "score-teacher": "not_a_student",
    "score-timestamp-microseconds": Delivered,
    "score-timestamp-with-offset": Delivered,
    "score-timestamp-without-fraction": Delivered,
    "score-timestamp-without-zone": Delivered,
    "score-unknown-lineitem": "line_item_gone",
    "score-unknown-user": "not_a_student",
    "score-user-not-enrolled": "not_a_student",
    "score-userid-as-number": Delivered,
    "score-without-activityprogress": "not_a_student",
    "score-without-comment": Delivered,
    "score-without-gradingprogress": "not_a_student",
    "score-without-scoremaximum": "not_a_student",
    "score-without-timestamp": "not_a_student",
    "score-without-userid": "not_a_student",
    "score-wrong-scope": "not_authorised",
    "score-zero": Delivered,
}
TAKEN_WHATEVER_THE_PROGRESS = [name for name in names("ags") if name.startswith("ags/score-progress-")]
RESULTS = [name for name in names("ags") if name.startswith("ags/results-")]


def test_every_recorded_gradebook_answer_is_in_a_table() -> None:
    covered = {f"ags/{name}" for table in (LISTS, ITEMS, SCORES) for name in table}
    assert covered | set(TAKEN_WHATEVER_THE_PROGRESS) | set(RESULTS) == set(names("ags"))


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_recorded_list_is_read_or_its_refusal_said(http: Http, name: str) -> None:
    def reply(asked: Asked) -> Reply:
        said = reply_of(f"ags/{name}")
        said.headers.pop("Link", None)  # one page at a time here
        return said

    with gradebook(http, reply) as (ags, server):
        if isinstance(LISTS[name], int):
            items = ags.line_items(server.url + "/lineitems?type_id=3", now=NOW)
            assert len(items) == LISTS[name]
            assert all(item.url.startswith("http://moodle.example/") for item in items)
        else:
            with pytest.raises(Fault) as caught:
                ags.line_items(server.url + "/lineitems?type_id=3", now=NOW)
            assert type(caught.value) is LISTS[name]
            assert caught.value.next_step


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_a_recorded_line_item_is_read_or_its_refusal_said(http: Http, name: str) -> None:
    with gradebook(http, lambda asked: reply_of(f"ags/{name}")) as (ags, server):
        url = server.url + "/9/lineitems/41/lineitem?type_id=3"

        def act() -> LineItem | None:
            if name.startswith("lineitem-create"):
                return ags.create(server.url + "/9/lineitems?type_id=3", WANTED, now=NOW)
            if name.startswith("lineitem-delete"):
                return ags.delete(url, now=NOW)  # type: ignore[func-returns-value]
            return (
                ags.line_item(url, now=NOW)
                if name.startswith("lineitem-get")
                else ags.update(url, now=NOW, label="New")
            )

        if isinstance(ITEMS[name], type):
            with pytest.raises(Fault) as caught:
                act()
            assert type(caught.value) is ITEMS[name]
        else:
            item = act()
            assert (item.label if item else None) == ITEMS[name]


def test_the_activitys_own_line_item_has_no_resource_id_and_tag(http: Http) -> None:
    with gradebook(http, lambda asked: reply_of("ags/lineitem-get-of-activity")) as (ags, server):
        item = ags.line_item(server.url + "/40/lineitem", now=NOW)
    assert (item.resource_id, item.tag, item.resource_link_id, item.maximum) == ("", "", "16", 100)


@pytest.mark.parametrize("name", RESULTS)
def test_recorded_results_are_read(http: Http, name: str) -> None:
    with gradebook(http, lambda asked: reply_of(name)) as (ags, server):
        url = server.url + "/9/lineitems/95/lineitem?type_id=3"
        response = recorded(name)["response"]
        if response["status"] != 200:
            with pytest.raises(Fault):
                ags.results(url, now=NOW)
        else:
            rows = {row["userId"]: row for row in response["body"]}
            for result in ags.results(url, now=NOW):
                assert result.score == rows[result.user_id].get("resultScore")
                assert result.comment == rows[result.user_id].get("comment", "")
                assert (result.timestamp is None) == (result.score is None)
    assert server.asked[0].target == "/9/lineitems/95/lineitem/results?type_id=3"
    assert server.asked[0].headers["Accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"


def test_a_mark_that_was_taken_away_is_not_a_zero(http: Http) -> None:
    with gradebook(http, lambda asked: reply_of("ags/results-cleared")) as (ags, server):
        scores = {result.user_id: result.score for result in ags.results(server.url + "/lineitem", now=NOW)}
    assert scores == {"5": 1, "4": None}


@pytest.mark.parametrize("name", [*sorted(f"ags/{name}" for name in SCORES), *TAKEN_WHATEVER_THE_PROGRESS])
def test_a_recorded_answer_to_a_score_is_an_outcome(http: Http, name: str) -> None:
    expected = SCORES.get(name.removeprefix("ags/"), Delivered)
    with gradebook(http, lambda asked: reply_of(name)) as (ags, server):
        outcome = ags.post_score(server.url + "/9/lineitems/48/lineitem?type_id=3", SCORE, now=NOW)
    if expected is Delivered:
        assert outcome == Delivered(SCORE.timestamp)
    else:
        assert isinstance(outcome, TryLater if expected == "timestamp_not_later" else Refused)
        assert outcome.reason == expected
        assert "Sound planning" not in outcome.words + outcome.next_step, "no personal data in words"
