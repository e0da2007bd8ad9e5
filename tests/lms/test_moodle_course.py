"""A whole recorded Moodle course, taken in over HTTP."""

import json
from collections import defaultdict
from collections.abc import Iterator
from statistics import mean
from typing import Any

import pytest

from lti_tool.kit.http import Http
from lti_tool.lms.moodle import Moodle
from lti_tool.lms.values import CourseSnapshot, SubmissionState
from tests.lms.replay import MOODLE, MoodleReplay, Replay, recorded, serving

EXPECTED = json.loads((MOODLE / "course-digital-practice" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def course() -> MoodleReplay:
    return MoodleReplay("course-digital-practice")


@pytest.fixture
def server(course: MoodleReplay) -> Iterator[Replay]:
    with serving(course) as running:
        yield running


def read(http: Http, server: Replay) -> CourseSnapshot:
    return Moodle(http, server.url, "0" * 32).read_course("10")


def test_the_recorded_course_gives_exactly_what_is_expected(http: Http, course: MoodleReplay, server: Replay) -> None:
    everyone = recorded("course-digital-practice/04-enrolled-users")["response"]["body"]
    course.changes["core_enrol_get_enrolled_users"] = lambda form, said: everyone
    snapshot = read(http, server)
    students = {
        member.user_id for member in Moodle(http, server.url, "0" * 32).people("10") if "Learner" in member.roles
    }
    assert snapshot.complete
    assert snapshot.warnings == ()
    assert [account_of(snapshot, row["id"], students) for row in EXPECTED["assignments"]] == [
        {name: row[name] for name in row if name not in ("cmid", "definitionid", "marked_twice")}
        for row in EXPECTED["assignments"]
    ]


def account_of(snapshot: CourseSnapshot, id_: int, students: set[str]) -> dict[str, Any]:
    """An assignment of the snapshot in the words of `expected.json`."""
    [assignment] = [one for one in snapshot.assignments if one.source_id == str(id_)]
    marks = [mark for mark in snapshot.marks if mark.assignment_source_id == str(id_)]
    handed_in = {
        one.user_source_id
        for one in snapshot.submissions
        if one.assignment_source_id == str(id_) and one.state is SubmissionState.SUBMITTED
    }
    assert assignment.rubric is not None
    points: dict[str, list[float]] = defaultdict(list)
    for mark in marks:
        for criterion in mark.criteria:
            assert criterion.points is not None
            points[criterion.criterion_source_id].append(criterion.points)
    return {
        "id": id_,
        "name": assignment.title,
        "criteria": [
            {"id": int(one.source_id), "description": one.title, "max": one.max_points}
            for one in assignment.rubric.criteria
        ],
        "marked": len([mark for mark in marks if mark.criteria]),
        "grades_listed": len(marks),
        "without_submission": sorted(int(user) for user in students - handed_in),
        "submitted_not_marked": sorted(int(user) for user in handed_in - {mark.user_source_id for mark in marks}),
        "mean_by_criterion": {id_: round(mean(given), 3) for id_, given in sorted(points.items())},
        "totals_by_user": {mark.user_source_id: mark.rubric_points for mark in marks},
        "markingworkflow": int(assignment.holds_back),
        "released": all(mark.released for mark in marks),
    }


def test_nothing_of_the_unreleased_assignment_is_released(http: Http, server: Replay) -> None:
    marks = read(http, server).marks
    assert {mark.released for mark in marks if mark.assignment_source_id == "12"} == {False}
    assert {mark.released for mark in marks if mark.assignment_source_id != "12"} == {True}


def test_the_twins_have_equal_totals_and_opposite_profiles(http: Http, server: Replay) -> None:
    marks = read(http, server).marks
    one, other = EXPECTED["twins"]["userids"]
    for user in (one, other):
        totals = [f"{mark.total:.5f}" for mark in marks if mark.user_source_id == str(user)]
        assert totals == EXPECTED["twins"]["grades"][str(user)]

    def profile(user: int) -> list[float | None]:
        of_user = [mark for mark in marks if mark.user_source_id == str(user)]
        return [
            row.points for mark in of_user for row in sorted(mark.criteria, key=lambda row: row.criterion_source_id)
        ]

    assert profile(one) != profile(other)


def test_a_mark_given_twice_counts_once_with_the_newest_form(http: Http, server: Replay) -> None:
    marks = read(http, server).marks
    for row in EXPECTED["assignments"]:
        for user in row["marked_twice"]:
            [mark] = [
                mark
                for mark in marks
                if (mark.assignment_source_id, mark.user_source_id) == (str(row["id"]), str(user))
            ]
            assert mark.rubric_points == row["totals_by_user"][str(user)]


def test_totals_are_out_of_the_assignments_own_maximum(http: Http, server: Replay) -> None:
    maxima = {mark.assignment_source_id: mark.max_points for mark in read(http, server).marks}
    assert maxima == {"10": 100, "11": 20, "12": 100}


def test_reading_twice_gives_the_same_fingerprints(http: Http, server: Replay) -> None:
    first, second = read(http, server), read(http, server)
    assert first == second
    assert [one.fingerprint for one in first.assignments] == [one.fingerprint for one in second.assignments]


def test_one_changed_word_changes_one_fingerprint(http: Http, course: MoodleReplay, server: Replay) -> None:
    before = read(http, server).assignments

    def reworded(form: dict[str, str], said: Any) -> Any:
        changed = json.loads(json.dumps(said))
        if form["cmids[0]"] == "36":
            changed["areas"][0]["definitions"][0]["rubric"]["rubric_criteria"][0]["levels"][0]["definition"] = "New"
        return changed

    course.changes["core_grading_get_definitions"] = reworded
    after = read(http, server).assignments
    changed = [a.source_id for a, b in zip(before, after, strict=True) if a.fingerprint != b.fingerprint]
    assert changed == ["11"]


def test_the_words_are_plain_and_the_link_leads_to_the_activity(http: Http, server: Replay) -> None:
    [first, *_] = read(http, server).assignments
    assert first.description == "Follow one claim back to where it came from and say how far you trust it."
    assert first.url == f"{server.url}/mod/assign/view.php?id=35"
    assert first.rubric is not None
    assert first.rubric.title == "Judging information"
    assert [level.points for level in first.rubric.criteria[0].levels] == [0, 1, 2, 3]


def test_flags_that_cannot_be_read_hide_the_marks_and_say_so(http: Http, course: MoodleReplay, server: Replay) -> None:
    course.changes["mod_assign_get_user_flags"] = lambda form, said: {
        "exception": "required_capability_exception",
        "errorcode": "nopermissions",
        "message": "no (Grade assignment).",
    }
    snapshot = read(http, server)
    assert not any(mark.released for mark in snapshot.marks if mark.assignment_source_id == "12")
    assert [warning.code for warning in snapshot.warnings] == ["release_unknown"]


def test_marks_that_cannot_be_read_are_unknown_not_empty(http: Http, course: MoodleReplay, server: Replay) -> None:
    course.changes["core_grading_get_gradingform_instances"] = lambda form, said: {
        "exception": "core\\exception\\required_capability_exception",
        "errorcode": "nopermissions",
        "message": "Sorry, but you do not currently have permissions (Manage advanced grading methods).",
    }
    snapshot = read(http, server)
    assert snapshot.marks == ()
    assert not snapshot.complete
    assert len(snapshot.assignments) == 3
    assert all("Manage advanced grading methods" in warning.words for warning in snapshot.warnings)


def test_one_odd_row_is_left_out_and_counted(http: Http, course: MoodleReplay, server: Replay) -> None:
    def one_broken(form: dict[str, str], said: Any) -> Any:
        changed = json.loads(json.dumps(said))
        changed["assignments"][0]["grades"][0]["grade"] = {"not": "a number"}
        return changed

    course.changes["mod_assign_get_grades"] = one_broken
    snapshot = read(http, server)
    assert len(snapshot.marks) == 24 + 22 + 16 - 1
    assert not snapshot.complete
    assert "odd_rows" in {warning.code for warning in snapshot.warnings}


def test_an_assignment_with_a_malformed_rubric_is_left_out_and_the_others_stay(
    http: Http, course: MoodleReplay, server: Replay
) -> None:
    def broken(form: dict[str, str], said: Any) -> Any:
        changed = json.loads(json.dumps(said))
        if form["cmids[0]"] == "35":
            changed["areas"][0]["definitions"][0]["rubric"]["rubric_criteria"][1]["levels"] = "none"
        return changed

    everything = recorded("course-digital-practice/38-grades-all")["response"]["body"]
    course.changes["core_grading_get_definitions"] = broken
    course.changes["mod_assign_get_grades"] = lambda form, said: everything
    snapshot = read(http, server)
    assert [one.source_id for one in snapshot.assignments] == ["11", "12"]
    assert not snapshot.complete
    assert "Source check" in snapshot.warnings[0].words


def test_what_a_teacher_hides_in_the_gradebook_is_not_released(
    http: Http, course: MoodleReplay, server: Replay
) -> None:
    def hidden(form: dict[str, str], said: Any) -> Any:
        item = {"itemmodule": "assign", "iteminstance": 10, "gradeishidden": True}
        return {"usergrades": [{"gradeitems": [item]}], "warnings": []}

    course.changes["gradereport_user_get_grade_items"] = hidden
    marks = read(http, server).marks
    assert {mark.assignment_source_id for mark in marks if mark.released} == {"11"}
