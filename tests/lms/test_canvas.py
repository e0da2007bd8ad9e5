"""Canvas's REST interface, from a server on loopback that answers in its shapes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Http
from lti_tool.lms import faults
from lti_tool.lms.canvas import Canvas
from lti_tool.lms.canvas_calls import CanvasCalls
from lti_tool.lms.values import CourseSnapshot, LearnerMark, SubmissionState
from tests.lms.replay import DATA, PAGE, Asked, Replay, Reply, serving

FIRST = "10000000000000501"
NEXT = "page=bookmark:WyJ2Il0%2c%5B%3D&per_page=100"


def data(name: str) -> Any:
    return json.loads((DATA / "canvas" / f"{name}.json").read_text(encoding="utf-8"))


class CanvasReplay:
    """A course in two pages of assignments. `before` may answer instead."""

    def __init__(self) -> None:
        self.before: Callable[[Asked], Reply | None] = lambda asked: None

    def __call__(self, asked: Asked) -> Reply:
        assert asked.headers["Authorization"] == "Bearer tok"
        assert asked.headers["User-Agent"].startswith("Waymark/")
        if said := self.before(asked):
            return said
        here = f"http://{asked.headers['Host']}{asked.path}"
        if asked.path == "/api/v1/courses/7/assignments":
            assert asked.query.get("per_page") == "100"
            if asked.target.endswith("?" + NEXT):
                return Reply(body=data("assignments-page-2"))
            return Reply(body=data("assignments-page-1"), headers={"Link": f'<{here}?{NEXT}>; rel="next"'})
        if asked.path == "/api/v1/courses/7/users":
            assert asked.query["enrollment_type[]"] == "student_view"
            return Reply(body=data("users-student-view"))
        if asked.path.endswith("/submissions"):
            assert asked.query["include[]"] == "rubric_assessment"
            return Reply(body=data(f"submissions-{asked.path.split('/')[-2].removeprefix('10000000000000')}"))
        return Reply(404, {"errors": [{"message": "The specified resource does not exist."}]})


@pytest.fixture
def canvas() -> CanvasReplay:
    return CanvasReplay()


@pytest.fixture
def server(canvas: CanvasReplay) -> Iterator[Replay]:
    with serving(canvas) as running:
        yield running


class Pauses(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def read(http: Http, server: Replay, pauses: Pauses | None = None) -> CourseSnapshot:
    waits: Pauses = Pauses() if pauses is None else pauses
    return Canvas(http, server.url, "tok", pause=waits).read_course("7")


def of(snapshot: CourseSnapshot, user: str, assignment: str = FIRST) -> LearnerMark:
    [mark] = [mark for mark in snapshot.marks if (mark.user_source_id, mark.assignment_source_id) == (user, assignment)]
    return mark


def test_published_graded_assignments_come_from_all_pages(http: Http, server: Replay) -> None:
    snapshot = read(http, server)
    assert [one.source_id for one in snapshot.assignments] == [FIRST, "502", "503", "506"]
    first, second, third, anonymous = snapshot.assignments
    assert (first.title, first.max_points, first.description) == ("Source check", 9, "Follow one claim.")
    assert first.due_at is not None
    assert (second.holds_back, anonymous.anonymous) == (True, True)
    assert third.rubric is None


def test_a_rubric_keeps_its_ratings_ranges_and_outcomes(http: Http, server: Replay) -> None:
    rubric = read(http, server).assignments[0].rubric
    assert rubric is not None
    assert (rubric.source_id, rubric.title) == ("31", "Judging information")
    framing, weighing, crediting = rubric.criteria
    assert [(one.source_id, one.points, one.title) for one in framing.levels] == [
        ("blank", 5, "Sharp"), ("_2001", 3, "Clear"), ("blank_2", 0, "Missing")
    ]  # fmt: skip
    assert framing.levels[0].description == "Narrow, and says why it matters"
    assert (framing.ranged, weighing.ranged) == (False, True)
    assert (crediting.scored, crediting.outcome_source_id) == (False, "77")
    assert crediting.description == "Every idea of somebody else is marked & listed."


def test_points_between_ratings_stay_as_they_are(http: Http, server: Replay) -> None:
    mark = of(read(http, server), "101")
    assert [(row.criterion_source_id, row.level_source_id, row.points) for row in mark.criteria] == [
        ("_10", "blank", 5), ("_11", "_2102", 3), ("_12", "_2201", 3)
    ]  # fmt: skip
    assert (mark.total, mark.max_points, mark.marker_id, mark.released) == (8, 9, "3", True)
    assert mark.criteria[0].comment == "Sharp throughout"


def test_a_comment_without_points_is_no_zero_and_a_missing_criterion_is_absent(http: Http, server: Replay) -> None:
    mark = of(read(http, server), "102")
    assert [(row.criterion_source_id, row.points) for row in mark.criteria] == [("_10", 3), ("_11", None)]
    assert mark.criteria[1].comment == "Say where it is from"
    assert mark.attempt == 2


def test_what_is_not_posted_is_not_released(http: Http, server: Replay) -> None:
    snapshot = read(http, server)
    assert not of(snapshot, "103").released
    assert not of(snapshot, "101", "502").released


def test_extra_credit_is_kept_and_a_criterion_that_is_gone_is_told(http: Http, server: Replay) -> None:
    snapshot = read(http, server)
    mark = of(snapshot, "103")
    assert [(row.criterion_source_id, row.points) for row in mark.criteria] == [("_10", 6.5)]
    assert mark.marker_id is None  # a tool graded
    assert ("stale", FIRST) in {(one.code, one.assignment_source_id) for one in snapshot.warnings}


def test_who_is_excused_has_no_mark(http: Http, server: Replay) -> None:
    snapshot = read(http, server)
    assert not [mark for mark in snapshot.marks if mark.user_source_id == "104"]
    states = {one.user_source_id: one.state for one in snapshot.submissions if one.assignment_source_id == FIRST}
    assert states == {
        "101": SubmissionState.SUBMITTED,
        "102": SubmissionState.SUBMITTED,
        "103": SubmissionState.SUBMITTED,
        "104": SubmissionState.EXCUSED,
        "105": SubmissionState.NOT_SUBMITTED,
        "106": SubmissionState.SUBMITTED,
    }


def test_the_test_student_is_left_out(http: Http, server: Replay) -> None:
    snapshot = read(http, server)
    assert "199" not in {mark.user_source_id for mark in snapshot.marks}
    assert "199" not in {one.user_source_id for one in snapshot.submissions}


def test_anonymous_marks_have_no_owner_and_are_told(http: Http, server: Replay) -> None:
    snapshot = read(http, server)
    assert not [mark for mark in snapshot.marks if mark.assignment_source_id == "506"]
    assert "anonymous" in {warning.code for warning in snapshot.warnings}
    assert snapshot.complete


def test_a_mark_that_does_not_say_whether_it_is_posted_is_not_released(
    http: Http, canvas: CanvasReplay, server: Replay
) -> None:
    def old_canvas(asked: Asked) -> Reply | None:
        if not asked.path.endswith("/submissions"):
            return None
        return Reply(body=[{key: row[key] for key in row if key != "posted_at"} for row in data("submissions-502")])

    canvas.before = old_canvas
    snapshot = read(http, server)
    assert not any(mark.released for mark in snapshot.marks)
    assert "release_unknown" in {warning.code for warning in snapshot.warnings}


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
