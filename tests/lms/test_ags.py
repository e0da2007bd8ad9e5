"""The gradebook service: paging, idempotency, what is sent, and the manners of Canvas and of LMSs in trouble."""

from datetime import timedelta
from typing import Any

import pytest

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Http
from lti_tool.lms.ags import Ags
from lti_tool.lms.calls import Calls
from lti_tool.lms.delivery import Delivered, Refused, TryLater, next_timestamp, score_as_json
from lti_tool.lms.tokens import TokenDoor
from lti_tool.lms.values import Family, NewLineItem, Score
from tests.lms.gradebooks import NOW, SCORE, WANTED, Tokens, gradebook
from tests.lms.replay import PAGE, Asked, Reply, recorded, reply_of


def moodle_pages(asked: Asked) -> Reply:
    page = {"": "first", "0": "first", "2": "middle", "6": "last"}.get(asked.query.get("from", ""), "")
    if asked.query.get("from") == "4":
        reply = reply_of("ags/lineitems-paging-limit-middle")
        reply.headers["Link"] = reply.headers["Link"].replace("from=4", "from=6")
        reply.body = b"[]"
    else:
        reply = reply_of(f"ags/lineitems-paging-limit-{page}")
    reply.headers["Link"] = reply.headers["Link"].replace("http://moodle.example", f"http://{asked.headers['Host']}")
    return reply


def test_all_pages_of_moodles_list_are_followed(http: Http) -> None:
    with gradebook(http, moodle_pages) as (ags, server):
        items = ags.line_items(server.url + "/mod/lti/services.php/9/lineitems?type_id=3", now=NOW, limit=2)
    assert [item.label for item in items] == [
        "Heat map", "Planning", "Mastery index", "Review me", "Überprüfung «Č» <b>", "x"
    ]  # fmt: skip
    assert [asked.query.get("from") for asked in server.asked] == [None, "2", "4", "6"]
    assert {asked.query["type_id"] for asked in server.asked} == {"3"}


def test_the_exact_media_types_are_sent(http: Http) -> None:
    with gradebook(http, lambda asked: reply_of("ags/lineitem-get")) as (ags, server):
        ags.line_item(server.url + "/9/lineitems/41/lineitem?type_id=3", now=NOW)
        ags.create(server.url + "/9/lineitems?type_id=3", WANTED, now=NOW)
        ags.post_score(server.url + "/9/lineitems/41/lineitem?type_id=3", SCORE, now=NOW)
    got, made, scored = server.asked
    assert got.headers["Accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert made.headers["Content-Type"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert scored.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
    assert scored.target == "/9/lineitems/41/lineitem/scores?type_id=3"


def test_ensuring_finds_what_is_there_and_makes_it_only_once(http: Http) -> None:
    made: list[dict[str, Any]] = []

    def reply(asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(body=made)  # this LMS ignores the filters
        made.append(asked.json | {"id": f"https://lms.example/items/{len(made) + 1}"})
        return Reply(201, made[-1])

    with gradebook(http, reply) as (ags, server):
        url = server.url + "/lineitems?type_id=3"
        other = ags.ensure_line_item(url, NewLineItem("Other", 5, "rub-42", "C2"), now=NOW)
        first = ags.ensure_line_item(url, WANTED, now=NOW)
        again = ags.ensure_line_item(url, WANTED, now=NOW)
    assert first == again != other
    assert len(made) == 2
    assert made[1] == {
        "label": "Planning", "scoreMaximum": 3, "resourceId": "rub-42", "tag": "C1", "id": "https://lms.example/items/2"
    }  # fmt: skip
    assert server.asked[0].query == {"type_id": "3", "resource_id": "rub-42", "tag": "C2"}


def test_canvas_learns_where_students_open_an_uncoupled_column(http: Http) -> None:
    wanted = NewLineItem("Planning", 3, "rub-42", "C1", launch_url="https://tool.example/lti/launch")
    with gradebook(http, lambda asked: reply_of("ags/lineitem-get"), Family.CANVAS) as (ags, server):
        ags.create(server.url, wanted, now=NOW)
    assert server.asked[0].json["https://canvas.instructure.com/lti/submission_type"] == {
        "type": "external_tool",
        "external_tool_url": "https://tool.example/lti/launch",
    }


def test_an_update_sends_back_all_that_was_there(http: Http) -> None:
    with gradebook(http, lambda asked: reply_of("ags/lineitem-get-deep-linked")) as (ags, server):
        ags.update(server.url + "/31/lineitem?type_id=3", now=NOW, label="Renamed", maximum=40.0)
    before = recorded("ags/lineitem-get-deep-linked")["response"]["body"]
    assert server.asked[1].method == "PUT"
    assert server.asked[1].json == before | {"label": "Renamed", "scoreMaximum": 40}


def test_a_collision_within_a_second_is_tried_with_a_later_second(http: Http) -> None:
    with gradebook(http, lambda asked: reply_of("ags/score-same-second-409")) as (ags, server):
        outcome = ags.post_score(server.url + "/48/lineitem", SCORE, now=NOW)
    assert isinstance(outcome, TryLater)
    assert outcome.later_timestamp
    assert outcome.after >= timedelta(seconds=1)


def test_what_is_sent_is_final_and_whole(http: Http) -> None:
    with gradebook(http, lambda asked: Reply(200)) as (ags, server):
        ags.post_score(server.url + "/48/lineitem?type_id=3", Score("4", 2.5, 3, SCORE.timestamp), now=NOW)
    assert server.asked[0].json == {
        "userId": "4",
        "scoreGiven": 2.5,
        "scoreMaximum": 3,
        "comment": "",
        "timestamp": "2026-11-22T01:27:05.000Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }


def test_canvas_is_told_that_a_mark_is_no_new_work() -> None:
    body = score_as_json(SCORE, Family.CANVAS)
    assert body["https://canvas.instructure.com/lti/submission"] == {"new_submission": False}


OLDER = b'{"errors": {"type": "bad_request", "message": "Provided timestamp of x before last updated timestamp of y"}}'
UNDATED = b'{"errors": {"type": "bad_request", "message": "Provided timestamp of x not a valid timestamp"}}'


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (Reply(200, {"resultUrl": "https://c.example/results/1"}), Delivered, ""),
        (Reply(400, OLDER), TryLater, "timestamp_not_later"),
        (Reply(400, UNDATED), Refused, "not_accepted"),
        (Reply(422, {"errors": {"message": "User not found in course or is not a student"}}), Refused, "not_a_student"),
        (Reply(403, b"403 Forbidden (Rate Limit Exceeded)"), TryLater, "lms_throttled"),
        (Reply(403, {"errors": "no"}), Refused, "not_authorised"),
        (Reply(429, b""), TryLater, "lms_throttled"),
        (Reply(500, b"oops"), TryLater, "lms_down"),
        (Reply(503, PAGE), TryLater, "lms_down"),
        (Reply(404, PAGE), TryLater, "lms_odd_answer"),
        (Reply(404, {"errors": "gone"}), Refused, "line_item_gone"),
        (Reply(200, PAGE), TryLater, "lms_answered_a_page"),
        (Reply(302, b"", {"Location": "https://login.example/"}), TryLater, "unreachable"),
    ],
)
def test_other_answers_to_a_score(http: Http, reply: Reply, kind: type, reason: str) -> None:
    with gradebook(http, lambda asked: reply, Family.CANVAS) as (ags, server):
        outcome = ags.post_score(server.url + "/items/1", SCORE, now=NOW)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "reason", "") == reason


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), ("1", 30), ("999999", 3600), ("nonsense", 30)])
def test_waiting_times_that_the_lms_names_are_kept_within_reason(http: Http, said: str, seconds: int) -> None:
    with gradebook(http, lambda asked: Reply(429, b"", {"Retry-After": said})) as (ags, server):
        outcome = ags.post_score(server.url + "/items/1", SCORE, now=NOW)
    assert isinstance(outcome, TryLater)
    assert outcome.after == timedelta(seconds=seconds)


def test_a_token_that_is_not_taken_is_renewed_once(http: Http) -> None:
    def reply(asked: Asked) -> Reply:
        return Reply(401) if asked.headers["Authorization"].endswith(" 1") else Reply(200)

    with gradebook(http, reply) as (ags, server):
        assert isinstance(ags.post_score(server.url + "/items/1", SCORE, now=NOW), Delivered)
        assert isinstance(ags.post_score(server.url + "/items/1", SCORE, now=NOW), Delivered)
    assert len(server.asked) == 3


def test_an_lms_that_is_away_is_tried_later(http: Http) -> None:
    with gradebook(http, lambda asked: Reply(200)) as (ags, server):
        url = server.url
    outcome = ags.post_score(url + "/items/1", SCORE, now=NOW)
    assert isinstance(outcome, TryLater)
    assert outcome.reason == "unreachable"


def test_an_address_that_may_not_be_reached_is_refused_for_good() -> None:
    strict = Http(allow_private=False)
    ags = Ags(Calls(strict, Tokens(strict), TokenDoor(1, "client", "http://127.0.0.1/token")))
    outcome = ags.post_score("http://127.0.0.1:1/items/1", SCORE, now=NOW)
    strict.close()
    assert isinstance(outcome, Refused)
    assert outcome.reason == "address_refused"


@pytest.mark.parametrize(
    "body",
    [PAGE, b"", b'[{"id": ', b'{"id": 1}', b'[{"label": "no id"}]', b'[{"id": "x", "scoreMaximum": "NaN"}]', b"[1]"],
)
def test_lists_of_the_wrong_shape_are_faults(http: Http, body: bytes) -> None:
    with gradebook(http, lambda asked: Reply(200, body)) as (ags, server), pytest.raises(Fault) as caught:
        ags.line_items(server.url, now=NOW)
    assert caught.value.words


def test_each_second_is_used_once_and_the_future_never() -> None:
    second = NOW.replace(microsecond=0)
    assert next_timestamp(NOW, None) == second
    assert next_timestamp(NOW, second - timedelta(seconds=1)) == second
    assert next_timestamp(NOW, second) is None
    assert next_timestamp(NOW, second + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("given", "maximum"), [(-1, 3), (float("nan"), 3), (1, 0), (1, float("inf")), (float("inf"), 3)]
)
def test_a_score_that_makes_no_sense_cannot_be_built(given: float, maximum: float) -> None:
    with pytest.raises(ValueError):
        Score("4", given, maximum, NOW)
