"""Moodle's web services: errors in the recorded words, and who may read what."""

from html import unescape

import pytest
import requests

from lti_tool.sandbox import Served
from tests.sandbox.conftest import control
from tests.sandbox.moodle_course import ask, without
from tests.sandbox.recorded import recorded


@pytest.mark.parametrize(
    ("file", "token", "function", "arguments"),
    [
        ("invalid-token", "nonsense", "core_webservice_get_site_info", {}),
        ("empty-token", "", "core_webservice_get_site_info", {}),
        ("expired-token", "sandbox-expired-token", "core_webservice_get_site_info", {}),
        ("no-rest-capability", "sandbox-norest-token", "core_webservice_get_site_info", {}),
        ("function-not-in-service", "sandbox-narrow-token", "mod_assign_get_grades", {}),
        ("function-not-in-service", "sandbox-teacher-token", "core_user_create_users", {}),
        ("unknown-function", "sandbox-teacher-token", "core_nonsense_do_it", {}),
        ("no-function", "sandbox-teacher-token", "", {}),
        ("missing-parameter", "sandbox-teacher-token", "core_grading_get_gradingform_instances", {}),
        ("wrong-type", "sandbox-teacher-token", "core_grading_get_gradingform_instances", {"definitionid": "abc"}),
        (
            "unknown-parameter",
            "sandbox-teacher-token",
            "core_grading_get_gradingform_instances",
            {"definitionid": "41", "nonsense": "1"},
        ),
        ("scalar-for-list", "sandbox-teacher-token", "mod_assign_get_grades", {"assignmentids": "31"}),
        (
            "missing-capability",
            "sandbox-student-token",
            "core_grading_get_gradingform_instances",
            {"definitionid": "41"},
        ),
        ("unknown-course", "sandbox-teacher-token", "core_enrol_get_enrolled_users", {"courseid": "99999"}),
    ],
)
def test_errors_come_with_status_200_in_the_recorded_words(
    moodle: Served, file: str, token: str, function: str, arguments: dict[str, str]
) -> None:
    assert ask(moodle, function, token, **arguments) == recorded(f"ws-errors/{file}")["response"]["body"]


def test_a_course_one_is_not_in_cannot_be_read(moodle: Served) -> None:
    real = recorded("ws-errors/not-in-course")["response"]["body"]
    told = ask(moodle, "core_enrol_get_enrolled_users", "sandbox-outsider-token", courseid="5")
    assert told == real | {"message": real["message"].replace("id:6", "id:5")}


def test_without_the_format_the_answer_is_xml(moodle: Served) -> None:
    url = f"{moodle.base_url}/webservice/rest/server.php"
    bad = requests.post(url, data={"wstoken": "x", "wsfunction": "core_webservice_get_site_info"}, timeout=5)
    real = recorded("ws-errors/no-json-format-error")["response"]
    assert bad.text.strip() == unescape(real["body"]).strip()
    good = requests.get(
        url, params={"wstoken": "sandbox-teacher-token", "wsfunction": "core_webservice_get_site_info"}, timeout=5
    )
    assert good.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert '<KEY name="sitename"><VALUE>Sandbox College</VALUE>' in good.text


@pytest.mark.parametrize(
    ("file", "cmids", "area"),
    [
        ("ws/definitions-none", ["1034"], "submissions"),
        ("ws/definitions-several", ["1031", "1032", "1034"], "submissions"),
        ("ws/definitions-one-unknown-cmid", ["1031", "99999"], "submissions"),
        ("ws/definitions-wrong-area", ["1031"], "nonsense"),
        ("ws/definitions-empty-cmids", [], "submissions"),
    ],
)
def test_one_bad_module_fails_the_whole_call_for_rubrics(
    moodle: Served, file: str, cmids: list[str], area: str
) -> None:
    arguments = {f"cmids[{number}]": each for number, each in enumerate(cmids)}
    told = ask(
        moodle, "core_grading_get_definitions", "sandbox-teacher-token", areaname=area, activeonly="1", **arguments
    )
    assert told == recorded(file)["response"]["body"]


@pytest.mark.parametrize(
    ("file", "function", "arguments"),
    [
        ("ws/grades-nobody-marked", "mod_assign_get_grades", {"assignmentids[0]": "99999"}),
        ("ws/flags-none-yet", "mod_assign_get_user_flags", {"assignmentids[0]": "99999"}),
        ("ws/submissions-nobody", "mod_assign_get_submissions", {"assignmentids[0]": "34"}),
        ("ws/assignments-unknown-course", "mod_assign_get_assignments", {"courseids[0]": "99999"}),
        ("ws/instances-unknown-definition", "core_grading_get_gradingform_instances", {"definitionid": "99999"}),
    ],
)
def test_nothing_to_show_is_a_warning(moodle: Served, file: str, function: str, arguments: dict[str, str]) -> None:
    told = ask(moodle, function, "sandbox-teacher-token", **arguments)
    real = recorded(file)["response"]["body"]
    assert without(told, "itemid", "assignmentid") == without(real, "itemid", "assignmentid")


@pytest.mark.parametrize("token", ["sandbox-student-token", "sandbox-outsider-token"])
def test_students_and_outsiders_get_no_marks_but_a_warning(moodle: Served, token: str) -> None:
    real = recorded("ws/grades-as-student")["response"]["body"]
    for function in ("mod_assign_get_grades", "mod_assign_get_user_flags", "mod_assign_get_submissions"):
        told = ask(moodle, function, token, **{"assignmentids[0]": "31"})
        assert without(told, "itemid") == without(real, "itemid")


def test_a_student_reads_the_whole_rubric_and_an_outsider_none(moodle: Served) -> None:
    arguments = {"cmids[0]": "1031", "areaname": "submissions", "activeonly": "1"}
    assert len(ask(moodle, "core_grading_get_definitions", "sandbox-student-token", **arguments)["areas"]) == 1
    told = ask(moodle, "core_grading_get_definitions", "sandbox-outsider-token", **arguments)
    real = recorded("ws/definitions-as-outsider")["response"]["body"]
    assert without(told, "itemid") == without(real, "itemid")


def test_an_administrator_sees_courses_only_when_asked_for_those_not_enrolled_in(moodle: Served) -> None:
    one = {"courseids[0]": "5"}
    told = ask(moodle, "mod_assign_get_assignments", "sandbox-admin-token", **one)
    real = recorded("ws/assignments-manager-not-enrolled")["response"]["body"]
    assert without(told, "itemid") == without(real, "itemid")
    told = ask(moodle, "mod_assign_get_assignments", "sandbox-admin-token", includenotenrolledcourses="1", **one)
    assert len(told["courses"][0]["assignments"]) == 4


def test_suspended_enrolments_are_listed_unless_only_active(moodle: Served) -> None:
    token = "sandbox-teacher-token"
    everybody = ask(moodle, "core_enrol_get_enrolled_users", token, courseid="5")
    active = {"options[0][name]": "onlyactive", "options[0][value]": "1"}
    fewer = ask(moodle, "core_enrol_get_enrolled_users", token, courseid="5", **active)
    assert {each["id"] for each in everybody} - {each["id"] for each in fewer} == {24}
    fields = {"options[0][name]": "userfields", "options[0][value]": "id,fullname,idnumber,roles"}
    rows = ask(moodle, "core_enrol_get_enrolled_users", token, courseid="5", **fields)
    assert [set(each) for each in rows if each["id"] in (11, 21)] == [
        {"id", "fullname", "idnumber", "roles"},
        {"id", "fullname", "roles"},
    ]


def test_unreleased_marks_are_listed_all_the_same(moodle: Served) -> None:
    token = "sandbox-teacher-token"
    grades = ask(moodle, "mod_assign_get_grades", token, **{"assignmentids[0]": "33"})["assignments"][0]["grades"]
    flags = ask(moodle, "mod_assign_get_user_flags", token, **{"assignmentids[0]": "33"})["assignments"][0]["userflags"]
    assert [each["userid"] for each in grades] == [21, 23]
    assert {each["userid"]: each["workflowstate"] for each in flags} == {21: "inmarking", 23: "released"}


def test_a_skipped_criterion_is_absent_and_counts_as_the_lowest(moodle: Served) -> None:
    token = "sandbox-teacher-token"
    rows = ask(moodle, "core_grading_get_gradingform_instances", token, definitionid="41")["instances"]
    grades = ask(moodle, "mod_assign_get_grades", token, **{"assignmentids[0]": "31"})["assignments"][0]["grades"]
    owner = {each["id"]: each["userid"] for each in grades}
    criteria = {owner[each["itemid"]]: [c["criterionid"] for c in each["rubric"]["criteria"]] for each in rows}
    assert criteria[22] == [51, 52]
    assert {each["userid"]: each["grade"] for each in grades} == {21: "6.00000", 22: "2.00000", 23: "5.00000"}


def test_a_regrade_makes_a_new_instance_and_comes_last(moodle: Served) -> None:
    token, function = "sandbox-teacher-token", "core_grading_get_gradingform_instances"
    before = {each["itemid"]: each for each in ask(moodle, function, token, definitionid="41")["instances"]}
    fillings = [{"criterion": 51, "level": 513}, {"criterion": 52, "level": 523}, {"criterion": 53, "level": 533}]
    control(moodle, "mark", {"assignment": 31, "person": 22, "fillings": fillings})
    rows = ask(moodle, function, token, definitionid="41")["instances"]
    last = rows[-1]
    assert last["id"] != before[last["itemid"]]["id"]
    assert len(rows) == len(before)
    since = ask(moodle, function, token, definitionid="41", since=str(last["timemodified"]))["instances"]
    assert [each["id"] for each in since] == [last["id"]]
