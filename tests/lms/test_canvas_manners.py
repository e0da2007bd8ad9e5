"""Canvas's paging, throttling and refusals, and answers that are not what they should be."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Http
from lti_tool.lms import faults
from lti_tool.lms.canvas import Canvas
from lti_tool.lms.canvas_calls import CanvasCalls
from tests.lms.canvases import NEXT, CanvasReplay, Pauses, data, of, read
from tests.lms.replay import PAGE, Asked, Replay, Reply, serving


@pytest.fixture
def canvas() -> CanvasReplay:
    return CanvasReplay()


@pytest.fixture
def server(canvas: CanvasReplay) -> Iterator[Replay]:
    with serving(canvas) as running:
        yield running


def test_next_pages_are_followed_byte_for_byte(http: Http, server: Replay) -> None:
    read(http, server)
    assert f"/api/v1/courses/7/assignments?{NEXT}" in [asked.target for asked in server.asked]


@pytest.mark.parametrize(
    "slow",
    [
        Reply(403, b"403 Forbidden (Rate Limit Exceeded)\n"),
        Reply(429, {"errors": [{"message": "Rate limit exceeded"}]}, {"Retry-After": "7"}),
    ],
)
def test_throttling_of_both_kinds_is_waited_out(http: Http, canvas: CanvasReplay, server: Replay, slow: Reply) -> None:
    turns = iter([slow, slow])
    canvas.before = lambda asked: next(turns, None)
    pauses = Pauses()
    assert len(read(http, server, pauses).assignments) == 4
    assert pauses == ([7, 7] if slow.status == 429 else [1, 2])


def test_throttling_that_does_not_end_is_a_fault_to_try_later(http: Http, canvas: CanvasReplay, server: Replay) -> None:
    canvas.before = lambda asked: Reply(403, b"Rate Limit Exceeded")
    with pytest.raises(faults.Throttled):
        read(http, server)


def test_a_bucket_that_runs_dry_slows_the_reading(http: Http, canvas: CanvasReplay, server: Replay) -> None:
    low = Reply(body=[], headers={"X-Rate-Limit-Remaining": "42.5"})
    canvas.before = lambda asked: low
    pauses = Pauses()
    read(http, server, pauses)
    assert pauses == [1.0]


def test_one_token_has_one_request_in_flight(http: Http) -> None:
    running: list[int] = []
    most: list[int] = []

    def reply(asked: Asked) -> Reply:
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()
        return Reply(body=[])

    with serving(reply) as server:
        calls = [CanvasCalls(http, server.url, "one token") for _ in range(4)]
        threads = [threading.Thread(target=lambda one=one: list(one.rows("courses", what="x"))) for one in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert max(most) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, {"errors": []}, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}), faults.TokenRejected),
        (Reply(401, {"status": "unauthorized"}), faults.AccessDenied),
        (Reply(403, {"status": "unauthorized"}), faults.AccessDenied),
        (Reply(404, {"errors": []}), faults.NotThere),
        (Reply(500, b"oops"), faults.LmsDown),
        (Reply(503, PAGE), faults.LmsDown),
        (Reply(200, {"not": "a list"}), faults.OddAnswer),
    ],
)
def test_refusals_of_the_whole_course(
    http: Http, canvas: CanvasReplay, server: Replay, reply: Reply, kind: type[Fault]
) -> None:
    canvas.before = lambda asked: reply
    with pytest.raises(Fault) as caught:
        read(http, server)
    assert type(caught.value) is kind
    assert caught.value.next_step


def test_html_where_json_belongs_is_a_fault(http: Http, canvas: CanvasReplay, server: Replay) -> None:
    canvas.before = lambda asked: Reply(200, PAGE)
    with pytest.raises(Fault, match="web page"):
        read(http, server)


def test_one_list_that_is_refused_makes_the_snapshot_incomplete(
    http: Http, canvas: CanvasReplay, server: Replay
) -> None:
    canvas.before = lambda asked: Reply(403, {"status": "unauthorized"}) if "/502/" in asked.path else None
    snapshot = read(http, server)
    assert not snapshot.complete
    assert [(one.code, one.assignment_source_id) for one in snapshot.warnings if "Case file" in one.words] == [
        ("lms_access_denied", "502")
    ]
    assert of(snapshot, "101").total == 8


def test_the_test_student_unknown_is_only_a_warning(http: Http, canvas: CanvasReplay, server: Replay) -> None:
    canvas.before = lambda asked: Reply(403, {}) if asked.path.endswith("/users") else None
    snapshot = read(http, server)
    assert "test_student_unknown" in {warning.code for warning in snapshot.warnings}
    assert snapshot.complete


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "501", "name": "Broken", "rubric": "none"},
        {"id": "501", "name": "Broken", "rubric": [{"description": "no id"}]},
        {"id": "501", "name": "Broken", "rubric": [{"id": "_1", "points": "many"}]},
        {"id": None, "name": "Broken"},
        "Broken",
    ],
)
def test_a_malformed_assignment_is_left_out_and_told(
    http: Http, canvas: CanvasReplay, server: Replay, broken: Any
) -> None:
    def reply(asked: Asked) -> Reply | None:
        return Reply(body=[broken, data("assignments-page-1")[1]]) if asked.path.endswith("/assignments") else None

    canvas.before = reply
    snapshot = read(http, server)
    assert [one.source_id for one in snapshot.assignments] == ["502"]
    assert not snapshot.complete
    assert snapshot.warnings[0].code == "odd_assignment"


def test_odd_submissions_are_left_out_and_counted(http: Http, canvas: CanvasReplay, server: Replay) -> None:
    rows = [*data("submissions-502"), {"user_id": "1", "score": "lots"}, 7, {"user_id": "2", "rubric_assessment": [1]}]

    def reply(asked: Asked) -> Reply | None:
        return Reply(body=rows) if "/502/" in asked.path else None

    canvas.before = reply
    snapshot = read(http, server)
    assert of(snapshot, "101", "502").total == 4
    assert "3 submissions could not be read" in " ".join(str(warning) for warning in snapshot.warnings)
    assert not snapshot.complete


def test_reading_twice_gives_the_same_fingerprints(http: Http, server: Replay) -> None:
    assert read(http, server) == read(http, server)


def test_the_connection_is_tried_by_asking_who_it_is(http: Http) -> None:
    with serving(lambda asked: Reply(body={"id": "3", "name": "Maple Example"})) as server:
        assert Canvas(http, server.url + "/api/v1/", "tok").check() == "3"
    assert server.asked[0].path == "/api/v1/users/self"
