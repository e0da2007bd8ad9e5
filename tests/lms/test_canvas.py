"""Canvas's assignments, rubrics and marks, from a server on loopback that answers in its shapes."""

from collections.abc import Iterator

import pytest

from lti_tool.kit.http import Http
from lti_tool.lms.values import SubmissionState
from tests.lms.canvases import FIRST, CanvasReplay, data, of, read
from tests.lms.replay import Asked, Replay, Reply, serving


@pytest.fixture
def canvas() -> CanvasReplay:
    return CanvasReplay()


@pytest.fixture
def server(canvas: CanvasReplay) -> Iterator[Replay]:
    with serving(canvas) as running:
        yield running


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
