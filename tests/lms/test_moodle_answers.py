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
from lti_tool.lms.moodle_reading import MoodleReading
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
