"""Every recorded web service answer and error of a real Moodle, read as its README says."""

from typing import Any

import pytest
from pydantic import BaseModel

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, Http
from lti_tool.lms import faults, wire
from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms.moodle import Moodle
from lti_tool.lms.moodle_calls import MoodleCalls, NoAdvancedGrading, said
from lti_tool.lms.moodle_marks import Joined, Release, marks_of, submissions_of
from lti_tool.lms.moodle_reading import MoodleReading
from lti_tool.lms.moodle_rubrics import assignment_of, rubric_of
from lti_tool.lms.values import Assignment, LearnerMark, SubmissionState
from tests.lms.replay import PAGE, Asked, MoodleReplay, Reply, answer, names, recorded, serving

SHAPES: dict[str, type[BaseModel]] = {
    "core_webservice_get_site_info": shapes.SiteWire,
    "core_grading_get_definitions": shapes.DefinitionsWire,
    "core_grading_get_gradingform_instances": shapes.InstancesWire,
    "mod_assign_get_assignments": shapes.AssignmentsWire,
    "mod_assign_get_grades": shapes.GradesWire,
    "mod_assign_get_user_flags": shapes.FlagsWire,
    "mod_assign_get_submissions": shapes.SubmissionsWire,
    "gradereport_user_get_grade_items": shapes.GradebookWire,
}

REFUSED: dict[str, type[Fault]] = {
    "ws/competencies-as-outsider": faults.AccessDenied,
    "ws/definitions-cmid-not-assignment": NoAdvancedGrading,
    "ws/definitions-empty-cmids": faults.RequestRefused,
    "ws/definitions-none": NoAdvancedGrading,
    "ws/definitions-one-unknown-cmid": faults.NotThere,
    "ws/definitions-scale": NoAdvancedGrading,
    "ws/definitions-several": NoAdvancedGrading,
    "ws/definitions-wrong-area": NoAdvancedGrading,
    "ws/enrolled-as-outsider": faults.AccessDenied,
    "ws/groups-as-student": faults.AccessDenied,
    "ws/groups-members-unknown": faults.NotThere,
    "ws/instances-as-non-editing-teacher": faults.AccessDenied,
    "ws/instances-as-outsider": faults.AccessDenied,
    "ws/instances-as-student": faults.AccessDenied,
    "ws/instances-unknown-definition": faults.NotThere,
    "ws-errors/empty-token": faults.TokenRejected,
    "ws-errors/expired-token": faults.TokenRejected,
    "ws-errors/function-not-in-service": faults.TokenRejected,
    "ws-errors/invalid-token": faults.TokenRejected,
    "ws-errors/missing-capability": faults.AccessDenied,
    "ws-errors/missing-parameter": faults.RequestRefused,
    "ws-errors/no-function": faults.RequestRefused,
    "ws-errors/no-json-format": faults.OddAnswer,
    "ws-errors/no-json-format-error": faults.OddAnswer,
    "ws-errors/no-rest-capability": faults.TokenRejected,
    "ws-errors/no-token": faults.TokenRejected,
    "ws-errors/not-in-course": faults.AccessDenied,
    "ws-errors/scalar-for-list": faults.RequestRefused,
    "ws-errors/unknown-course": faults.NotThere,
    "ws-errors/unknown-function": faults.RequestRefused,
    "ws-errors/unknown-parameter": faults.RequestRefused,
    "ws-errors/wrong-type": faults.RequestRefused,
}
WITHOUT_ACCESS = {
    "assignments-as-student", "assignments-manager-includenotenrolled",  # one activity is hidden from them
    "assignments-as-outsider", "assignments-manager-not-enrolled", "assignments-unknown-course",
    "definitions-as-outsider", "flags-as-student", "grades-as-outsider", "grades-as-student",
    "grades-workflow-as-unreleased-student", "submissions-as-student",
}  # fmt: skip


@pytest.mark.parametrize("name", [*names("ws"), *names("ws-errors")])
def test_a_recorded_answer_is_read_or_its_refusal_said(name: str) -> None:
    function = recorded(name)["wsfunction"]
    if name in REFUSED:
        with pytest.raises(Fault) as caught:
            said(answer(name), function)
        assert type(caught.value) is REFUSED[name]
        assert caught.value.words
        assert caught.value.next_step
        return
    data = said(answer(name), function)
    assert data == recorded(name)["response"]["body"]
    if function in SHAPES:
        wire.parse(SHAPES[function], data, "http://moodle.example")
    elif function == "core_enrol_get_enrolled_users":
        wire.parse_all(shapes.UserWire, data, "http://moodle.example")


@pytest.mark.parametrize("name", [name for name in names("ws") if name not in REFUSED])
def test_lack_of_access_is_told_and_an_empty_list_is_not_a_trouble(name: str) -> None:
    data = recorded(name)["response"]["body"]
    reading = MoodleReading()
    if isinstance(data, dict) and data.get("warnings"):
        reading.told(shapes.WarnedWire.model_validate(data))
    assert bool(reading.warnings) is (name.removeprefix("ws/") in WITHOUT_ACCESS)
    assert reading.complete is not bool(reading.warnings)


def test_one_code_for_three_causes_names_all_three() -> None:
    with pytest.raises(faults.TokenRejected) as caught:
        said(answer("ws-errors/expired-token"), "core_webservice_get_site_info")
    for cause in ("expired", "not in the external service", "REST"):
        assert cause in caught.value.words


def test_the_missing_right_is_named() -> None:
    with pytest.raises(faults.AccessDenied, match="Manage advanced grading methods"):
        said(answer("ws-errors/missing-capability"), "core_grading_get_gradingform_instances")


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
    assert marks_of(assignment(2), [row], [], Release()).marks == []


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


def test_a_connection_says_what_its_token_lacks(http: Http) -> None:
    replay = MoodleReplay("ws")
    info = recorded("ws/site-info-teacher")["response"]["body"]
    fewer = info | {"functions": [one for one in info["functions"] if one["name"] != "mod_assign_get_user_flags"]}
    replay.changes["core_webservice_get_site_info"] = lambda form, said: fewer
    with serving(replay) as server:
        site = Moodle(http, server.url + "/", "token").check()
    assert (site.name, site.user_id) == ("Lab Moodle", "3")
    assert site.lacks == ("mod_assign_get_user_flags",)


def test_people_have_the_roles_that_lti_names_and_suspended_ones_are_inactive(http: Http) -> None:
    replay = MoodleReplay("ws")
    everyone, active = body("enrolled-teacher"), body("enrolled-onlyactive")
    replay.changes["core_enrol_get_enrolled_users"] = lambda form, said: (
        active if "options[0][name]" in form else everyone
    )
    with serving(replay) as server:
        people = {member.user_id: member for member in Moodle(http, server.url, "token").people("6")}
    assert people["3"].roles == {"Instructor"}
    assert people["7"].roles == {"TeachingAssistant"}
    assert {id_ for id_, member in people.items() if member.status.value == "Inactive"} == {"8"}


@pytest.mark.parametrize("name", ["assignments-as-outsider", "assignments-unknown-course"])
def test_a_course_that_is_not_shown_is_a_fault_not_an_empty_course(http: Http, name: str) -> None:
    with serving(lambda asked: Reply(body=body(name))) as server, pytest.raises(faults.AccessDenied) as caught:
        Moodle(http, server.url, "token").read_course("6")
    assert "moodle/course:view" in caught.value.next_step


def test_an_account_that_is_not_enrolled_asks_for_it(http: Http) -> None:
    with serving(lambda asked: Reply(body=body("assignments-empty-course"))) as server:
        snapshot = Moodle(http, server.url, "token").read_course("8")
    assert snapshot.assignments == ()
    assert snapshot.complete
    assert server.asked[0].form["includenotenrolledcourses"] == "1"
    assert server.asked[0].form["courseids[0]"] == "8"


def test_a_draft_is_no_rubric_yet_and_simple_grading_has_none(http: Http) -> None:
    rows = [row for row in body("assignments-course")["courses"][0]["assignments"] if row["id"] in (4, 8, 9)]

    def reply(asked: Asked) -> Reply:
        if asked.form["wsfunction"] == "mod_assign_get_assignments":
            return Reply(body={"courses": [{"id": 6, "assignments": rows}], "warnings": []})
        if asked.form["wsfunction"] == "core_grading_get_definitions":
            name = {"15": "none", "19": "draft-rubric-activeonly", "20": "hidden-activity"}[asked.form["cmids[0]"]]
            return Reply(body=body(f"definitions-{name}"))
        return Reply(body={"assignments": [], "warnings": []})

    with serving(reply) as server:
        snapshot = Moodle(http, server.url, "token").read_course("6")
    assert [bool(one.rubric) for one in snapshot.assignments] == [False, False, True]
    assert [warning.code for warning in snapshot.warnings] == ["rubric_is_a_draft"]
    assert snapshot.complete


@pytest.mark.parametrize(
    ("status", "sent", "kind"),
    [
        (200, PAGE, faults.OddAnswer),
        (200, b"", faults.OddAnswer),
        (200, b'{"courses": [', faults.OddAnswer),
        (200, b"[]", faults.OddAnswer),
        (200, b"null", faults.OddAnswer),
        (200, b'{"courses": 5}', faults.OddAnswer),
        (200, b'{"exception": {"a": 1}}', faults.OddAnswer),
        (200, b'{"errorcode": "sitemaintenance", "message": "Back soon"}', faults.LmsDown),
        (200, b'{"exception": "x", "errorcode": "new_one", "message": "?"}', faults.RequestRefused),
        (403, b"Forbidden", faults.AccessDenied),
        (404, PAGE, faults.OddAnswer),
        (500, b"", faults.LmsDown),
        (503, PAGE, faults.LmsDown),
    ],
)
def test_nonsense_from_a_site_is_a_fault_in_words(http: Http, status: int, sent: bytes, kind: type[Fault]) -> None:
    with serving(lambda asked: Reply(status, sent)) as server, pytest.raises(Fault) as caught:
        Moodle(http, server.url, "token").read_course("6")
    assert type(caught.value) is kind
    assert caught.value.words


def test_lists_and_maps_are_sent_as_php_reads_them_and_the_token_in_the_body(http: Http) -> None:
    with serving(lambda asked: Reply(body=[])) as server:
        base = server.url + "/moodle/webservice/rest/server.php?x=1"
        MoodleCalls(http, base, "s3cret").raw("f", ids=["1", 2], on=True, options=[{"name": "a", "value": 1}])
    [asked] = server.asked
    assert asked.target == "/moodle/webservice/rest/server.php"
    assert asked.form == {
        "wstoken": "s3cret", "wsfunction": "f", "moodlewsrestformat": "json", "ids[0]": "1", "ids[1]": "2", "on": "1",
        "options[0][name]": "a", "options[0][value]": "1",
    }  # fmt: skip


def test_an_answer_without_json_names_the_site() -> None:
    page = Answer(200, {}, PAGE, "https://moodle.example/webservice/rest/server.php")
    with pytest.raises(faults.OddAnswer, match=r"moodle\.example"):
        said(page, "core_webservice_get_site_info")
