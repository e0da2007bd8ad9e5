"""Grades, filled-in forms and release flags of a real Moodle, joined into marks."""

from typing import Any

import pytest

from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms.moodle_marks import Joined, Release, marks_of, submissions_of
from lti_tool.lms.moodle_rubrics import assignment_of, rubric_of
from lti_tool.lms.values import Assignment, LearnerMark, SubmissionState
from tests.lms.replay import recorded


def body(name: str) -> Any:
    return recorded(f"ws/{name}")["response"]["body"]


def definition(name: str) -> shapes.DefinitionWire:
    return shapes.DefinitionsWire.model_validate(body(name)).areas[0].definitions[0]


def assignment(id_: int, definitions: str | None = "definitions-rubric") -> Assignment:
    rows = body("assignments-course")["courses"][0]["assignments"]
    row = shapes.AssignmentWire.model_validate(next(row for row in rows if row["id"] == id_))
    return assignment_of(row, rubric_of(definition(definitions)) if definitions else None, "https://m.example")


def joined(one: Assignment, grades: str, instances: str | None = None, release: Release | None = None) -> Joined:
    listed = [row for part in body(grades)["assignments"] for row in part["grades"]]
    forms = body(instances)["instances"] if instances else []
    return marks_of(
        one,
        [shapes.GradeWire.model_validate(row) for row in listed],
        [shapes.InstanceWire.model_validate(row) for row in forms],
        release or Release(),
    )


def points(mark: LearnerMark) -> dict[str, float | None]:
    return {row.criterion_source_id: row.points for row in mark.criteria}


def test_a_criterion_left_out_is_absent_and_never_zero() -> None:
    first, second = joined(assignment(2), "grades-partial-rubric", "instances-partial-rubric").marks
    assert points(first) == {"4": 3, "5": 3, "6": 2}
    assert points(second) == {"4": 1, "5": 0}
    assert second.total == pytest.approx(11.11111)


def test_remarks_and_levels_come_along() -> None:
    first, _ = joined(assignment(2), "grades-rubric", "instances-partial-rubric").marks
    assert first.criteria[0].comment == "Plans ahead and says why"
    assert first.criteria[0].level_source_id == "16"
    assert first.marker_id == "3"
    assert first.graded_at is not None


def test_after_a_regrade_the_new_form_counts_for_its_person() -> None:
    marks = joined(assignment(2), "grades-rubric", "instances-after-regrade").marks
    assert {mark.user_source_id: mark.criteria[1].comment for mark in marks} == {"4": "better now", "5": "none yet"}


def test_of_two_forms_for_one_grade_the_newest_counts_in_any_order() -> None:
    both = [shapes.InstanceWire.model_validate(row) for name in ("instances-one-student", "instances-after-regrade")
            for row in body(name)["instances"]]  # fmt: skip
    grades = [shapes.GradeWire.model_validate(row) for row in body("grades-rubric")["assignments"][0]["grades"]]
    for forms in (both, both[::-1]):
        first, _ = marks_of(assignment(2), grades, forms, Release()).marks
        assert first.criteria[1].comment == "better now"


def test_while_a_new_attempt_is_open_the_old_form_has_no_owner() -> None:
    result = joined(assignment(2), "grades-second-attempt-opened", "instances-second-attempt-opened")
    assert [mark.user_source_id for mark in result.marks] == ["5"]
    [warning] = result.warnings("2")
    assert (warning.code, warning.assignment_source_id) == ("ownerless", "2")


def test_a_second_attempt_is_told_from_the_first() -> None:
    result = joined(assignment(2), "grades-second-attempt-marked", "instances-second-attempt-marked")
    assert {mark.user_source_id: mark.attempt for mark in result.marks} == {"5": 1, "4": 2}


def test_a_guide_gives_points_without_levels() -> None:
    first, second = joined(assignment(3, "definitions-guide"), "grades-guide", "instances-guide").marks
    assert points(first) == {"1": 30, "2": 45.5}
    assert {row.level_source_id for row in first.criteria} == {None}
    assert points(second) == {"1": 12, "2": 60}


def test_a_guide_mark_over_the_maximum_is_left_out_and_told() -> None:
    guide = assignment(3, "definitions-guide")
    result = joined(guide, "grades-guide", "instances-guide-over-maximum")
    assert points(result.marks[1]) == {"2": 60}
    assert result.marks[1].total == 72
    assert [warning.code for warning in result.warnings("3")] == ["out_of_range"]


def test_guide_criteria_have_their_short_name_and_maximum() -> None:
    rubric = rubric_of(definition("definitions-guide"))
    assert [(one.title, one.max_points, one.levels) for one in rubric.criteria] == [
        ("Method", 40, ()),
        ("Writing", 60, ()),
    ]
    assert rubric.criteria[0].description == "Method is right for the question"


def test_rubric_texts_are_plain() -> None:
    rubric = rubric_of(definition("definitions-rubric"))
    assert rubric.description == "Marked by criteria"
    assert [one.max_points for one in rubric.criteria] == [3, 3, 3]


def test_a_grade_on_a_scale_is_no_number_of_points() -> None:
    scale = assignment(5, None)
    assert scale.max_points is None
    grade = shapes.GradeWire(id="1", userid="4", grade=2)
    [mark] = marks_of(scale, [grade], [], Release()).marks
    assert (mark.total, mark.max_points) == (None, None)


@pytest.mark.parametrize("grade", ["-1.00000", None, ""])
def test_minus_one_is_not_a_mark(grade: str | None) -> None:
    row = shapes.GradeWire.model_validate({"id": 1, "userid": 4, "grade": grade})
    none = marks_of(assignment(2), [row], [], Release())
    assert none.marks == []
    assert none.unmarked == [row.userid]  # one that was read before is taken back


@pytest.mark.parametrize(
    ("flags", "released"),
    [
        ("flags-none-yet", {"4": False, "5": False}),
        ("flags-workflow", {"4": False, "5": True}),
        ("flags-workflow-readyforrelease", {"4": False, "5": True}),
        ("flags-workflow-all-released", {"4": True, "5": True}),
    ],
)
def test_marking_workflow_decides_person_by_person(flags: str, released: dict[str, bool]) -> None:
    rows = [row for part in body(flags)["assignments"] for row in part["userflags"]]
    states = {row.userid: row.workflowstate for row in map(shapes.FlagWire.model_validate, rows)}
    marks = joined(assignment(6, None), "grades-workflow", release=Release(states)).marks
    assert {mark.user_source_id: mark.released for mark in marks} == released


def test_without_marking_workflow_empty_states_hide_nothing() -> None:
    one = assignment(2)
    assert not one.holds_back
    assert all(mark.released for mark in joined(one, "grades-rubric").marks)


def test_blind_marking_hides_all_until_names_are_shown() -> None:
    blind = assignment(7, None)
    assert blind.anonymous
    assert not any(mark.released for mark in joined(blind, "blind-grades", release=Release(hidden=True)).marks)


def test_submissions_are_of_the_last_attempt_and_teams_have_none() -> None:
    rows = [
        shapes.SubmissionWire.model_validate(row)
        for row in body("submissions-second-attempt")["assignments"][0]["submissions"]
    ]
    team = shapes.SubmissionWire(userid=0, status="submitted")
    found = submissions_of("2", [*rows, team, shapes.SubmissionWire(userid=9, status="new")])
    assert [(one.user_source_id, one.attempt, one.state) for one in found] == [
        ("5", 1, SubmissionState.SUBMITTED),
        ("4", 2, SubmissionState.SUBMITTED),
        ("9", 1, SubmissionState.NOT_SUBMITTED),
    ]
