"""Moodle's web services over REST (`/webservice/rest/server.php`): the functions a tool needs for rubrics and marks.

Errors come with status 200 and an `exception` key. What the token may do is what its person may do: a student reads
rubrics and no marks, a non-editing teacher marks but no rubric fillings, an outsider gets warnings and empty lists,
an administrator reads everything and is enrolled nowhere.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from lti_tool.sandbox import moodle_shapes as shapes
from lti_tool.sandbox.moodle_params import (
    Param,
    WsFault,
    fault_xml,
    invalid_parameter,
    missing_record,
    read_params,
    to_xml,
    unflatten,
)
from lti_tool.sandbox.seed import Assignment, Course, Person, Role, ServiceToken
from lti_tool.sandbox.state import Campus, campus

VERSION = "2024100706"


@dataclass(frozen=True)
class Call:
    here: Campus
    person: Person
    token: ServiceToken
    args: dict[str, Any]

    def role(self, course: Course) -> Role | None:
        enrolment = course.enrolment(self.person.id)
        return None if enrolment is None or enrolment.suspended else enrolment.role

    def enters(self, course: Course) -> bool:
        return self.person.admin or self.role(course) is not None

    def marks(self, course: Course) -> bool:
        return self.person.admin or self.role(course) in (Role.INSTRUCTOR, Role.ASSISTANT)


def warning(item: str, item_id: int, code: str, message: str) -> dict[str, Any]:
    return {"item": item, "itemid": item_id, "warningcode": code, "message": message}


NO_ACCESS = "No access rights in module context"


def site_info(call: Call) -> dict[str, Any]:
    here, person = call.here, call.person
    names = call.token.functions or tuple(FUNCTIONS)
    return {
        "sitename": here.seed.site,
        "username": person.username,
        "firstname": person.given,
        "lastname": person.family,
        "fullname": person.name,
        "lang": person.locale,
        "userid": person.id,
        "siteurl": here.base_url,
        "userpictureurl": here.url("/theme/image.php/boost/core/1/u/f1"),
        "functions": [{"name": each, "version": VERSION} for each in names],
        "downloadfiles": 0,
        "uploadfiles": 0,
        "release": "4.5.6 (Build: 20250811)",
        "version": VERSION,
        "mobilecssurl": "",
        "advancedfeatures": [{"name": "enablecompetencies", "value": 1}],
        "usercanmanageownfiles": True,
        "userquota": 104857600,
        "usermaxuploadfilesize": 67108864,
        "userhomepage": 1,
        "userprivateaccesskey": "",
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": person.admin,
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": 0,
    }


def definitions(call: Call) -> dict[str, Any]:
    """Fails as a whole when ONE module is unknown or has simple grading; drafts come in spite of `activeonly`."""
    cmids = call.args["cmids"]
    by_cmid = {each.module_id: (course, each) for course in call.here.seed.courses for each in course.assignments}
    if not cmids:
        raise invalid_parameter()
    areas, warnings = [], []
    for cmid in cmids:
        if cmid not in by_cmid:
            raise WsFault("dml_missing_record_exception", "invalidcoursemodule", "Invalid course module ID")
        course, assignment = by_cmid[cmid]
        if not call.enters(course):
            warnings.append(warning("module", cmid, "1", NO_ACCESS))
        elif assignment.rubric is None or call.args["areaname"] != "submissions":
            kind = "core\\exception\\moodle_exception"
            raise WsFault(kind, "invalid_method_name", "core_grading/invalid_method_name")
        else:
            areas.append(shapes.area(call.here, course, assignment))
    return {"areas": areas, "warnings": warnings}


def instances(call: Call) -> dict[str, Any]:
    wanted = call.args["definitionid"]
    for course in call.here.seed.courses:
        for assignment in course.assignments:
            if assignment.rubric and assignment.rubric.id == wanted:
                if not call.person.admin and call.role(course) is not Role.INSTRUCTOR:
                    raise WsFault(
                        "core\\exception\\required_capability_exception",
                        "nopermissions",
                        "Sorry, but you do not currently have permissions to do that "
                        "(Manage advanced grading methods).",
                    )
                rows = shapes.instances(call.here, course, assignment, call.args.get("since", 0))
                return {"instances": rows, "warnings": []}
    raise missing_record("grading_definitions")


def assignments(call: Call) -> dict[str, Any]:
    """Courses the caller is not enrolled in come only with `includenotenrolledcourses=1`."""
    asked = call.args.get("courseids") or []
    everywhere = call.args.get("includenotenrolledcourses", False)
    enrolled = [each.id for each in call.here.seed.courses if call.role(each) is not None]
    courses, warnings = [], []
    for course_id in asked or enrolled:
        course = call.here.seed.course(course_id)
        if course and (call.role(course) is not None or (everywhere and call.enters(course))):
            courses.append(shapes.course_row(call.here, course))
        else:
            words = "User is not enrolled or does not have requested capability"
            warnings.append(warning("course", course_id, "2", words))
    return {"courses": courses, "warnings": warnings}


def _each(
    call: Call, name: str, rows_of: Callable[[Course, Assignment], list[dict[str, Any]]], nothing: str
) -> dict[str, Any]:
    """An answer per assignment, or a warning where there is nothing or no right to see it."""
    found, warnings = [], []
    for assignment_id in call.args["assignmentids"]:
        located = call.here.course_of_assignment(assignment_id)
        if located and not call.marks(located[0]):
            warnings.append(warning("assignment", assignment_id, "1", NO_ACCESS))
            continue
        rows = rows_of(*located) if located else []
        if rows or (name == "submissions" and located):
            found.append({"assignmentid": assignment_id, name: rows})
        if not rows:
            item = "module" if name == "submissions" else "assignment"
            warnings.append(warning(item, assignment_id, "3", nothing))
    return {"assignments": found, "warnings": warnings}


def grades(call: Call) -> dict[str, Any]:
    since = call.args.get("since", 0)
    return _each(call, "grades", lambda c, a: shapes.grades(call.here, c, a, since), "No grades found")


def user_flags(call: Call) -> dict[str, Any]:
    return _each(call, "userflags", lambda _, a: shapes.flags(call.here, a), "No user flags found")


def submissions(call: Call) -> dict[str, Any]:
    return _each(call, "submissions", lambda _, a: shapes.submissions(call.here, a), "No submissions found")


def enrolled_users(call: Call) -> list[dict[str, Any]]:
    """Suspended enrolments are in it unless `onlyactive`."""
    course = call.here.seed.course(call.args["courseid"])
    if course is None:
        raise missing_record("course")
    if not call.enters(course):
        words = (
            f"You cannot execute functions in the course context (course id:{course.id}). "
            "The context error message was: Course or activity not accessible."
        )
        raise WsFault("core\\exception\\moodle_exception", "errorcoursecontextnotvalid", words)
    options = call.args.get("options", {})
    rows = [
        shapes.user_row(call.here, course, person, enrolment, own=person.id == call.person.id)
        for person, enrolment in sorted(call.here.members(course), key=lambda each: each[0].id)
        if not (options.get("onlyactive") == "1" and enrolment.suspended)
        and int(options.get("groupid", 0)) in (0, *enrolment.groups)
    ]
    start, count = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0))
    rows = rows[start : start + count] if count else rows[start:]
    if "userfields" in options:
        wanted = [each.strip() for each in options["userfields"].split(",")]
        rows = [{name: row[name] for name in ("id", *wanted) if name in row} for row in rows]
    return rows


FUNCTIONS: dict[str, tuple[Callable[[Call], Any], dict[str, Param]]] = {
    "core_webservice_get_site_info": (site_info, {"serviceshortnames": Param("strs")}),
    "core_grading_get_definitions": (
        definitions,
        {"cmids": Param("ints", True), "areaname": Param("str", True), "activeonly": Param("bool")},
    ),
    "core_grading_get_gradingform_instances": (
        instances,
        {"definitionid": Param("int", True), "since": Param("int")},
    ),
    "mod_assign_get_assignments": (
        assignments,
        {"courseids": Param("ints"), "capabilities": Param("strs"), "includenotenrolledcourses": Param("bool")},
    ),
    "mod_assign_get_grades": (grades, {"assignmentids": Param("ints", True), "since": Param("int")}),
    "mod_assign_get_user_flags": (user_flags, {"assignmentids": Param("ints", True)}),
    "mod_assign_get_submissions": (
        submissions,
        {
            "assignmentids": Param("ints", True),
            "status": Param("str"),
            "since": Param("int"),
            "before": Param("int"),
        },
    ),
    "core_enrol_get_enrolled_users": (
        enrolled_users,
        {"courseid": Param("int", True), "options": Param("pairs")},
    ),
}
KNOWN_ELSEWHERE = {"core_user_create_users", "core_course_get_contents", "core_course_create_courses"}
"""Functions a Moodle has and this service does not: they give `accessexception`, an invented name `invalidrecord`."""

bp = Blueprint("moodle_ws", __name__)


@bp.route("/webservice/rest/server.php", methods=["GET", "POST"])
def server() -> Response:
    given = unflatten([(name, each) for name, values in request.values.lists() for each in values])
    as_json = given.pop("moodlewsrestformat", "") == "json"
    try:
        value = _run(campus(), given)
    except WsFault as fault:
        body = {"exception": fault.exception, "errorcode": fault.code, "message": fault.message}
        return _answer(json.dumps(body) if as_json else fault_xml(fault), as_json)
    return _answer(json.dumps(value, ensure_ascii=False) if as_json else to_xml(value), as_json)


def _answer(text: str, as_json: bool) -> Response:
    kind = "application/json" if as_json else "application/xml; charset=utf-8"
    return Response(text, 200, {"Content-Type": kind, "Access-Control-Allow-Origin": "*"})


def _run(here: Campus, given: dict[str, Any]) -> Any:
    secret, name = given.pop("wstoken", ""), given.pop("wsfunction", "")
    token = next((each for each in here.seed.tokens if secret and each.token == secret), None)
    if token is None:
        raise WsFault("core\\exception\\moodle_exception", "invalidtoken", "Invalid token - token not found")
    denied = WsFault("webservice_access_exception", "accessexception", "Access control exception")
    person = here.seed.person(token.person)
    if token.expired or not token.rest or person is None:
        raise denied
    if not name:
        raise invalid_parameter()
    if name not in FUNCTIONS and name not in KNOWN_ELSEWHERE:
        raise missing_record("external_functions")
    if name not in (token.functions or FUNCTIONS):
        raise denied
    function, specs = FUNCTIONS[name]
    here.counts[f"ws {name}"] += 1
    return function(Call(here, person, token, read_params(specs, given)))
