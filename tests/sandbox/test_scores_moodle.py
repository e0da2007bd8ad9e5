"""Scores and results in Moodle's temper, held against the recorded answers."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from lti_tool.sandbox import Served
from tests.sandbox.conftest import Call, control
from tests.sandbox.moodle_ags import ITEM, ITEMS, LIST, RESULTS, SCORES, create, like, results, score, within
from tests.sandbox.recorded import recorded, shape


@pytest.fixture
def call(moodle: Served, service: Any) -> Call:
    made: Call = service(moodle)
    return made


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
