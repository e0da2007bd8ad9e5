"""Names and Role Provisioning Services: who is in a course.

Moodle lists suspended accounts and leaves out suspended enrolments, calls everybody Active and a teaching assistant
Learner, and its `next` link forgets the role filter. Canvas lists the test student, gives full role URIs, pages by 50
at most, and says Inactive for a suspended enrolment.
"""

import json
from typing import Any

from flask import Blueprint, Response, request

from lti_tool.sandbox import claims, places
from lti_tool.sandbox.bearer import bearer, bearer_tool
from lti_tool.sandbox.canvas_web import Refusal as CanvasRefusal
from lti_tool.sandbox.canvas_web import paged, refusal_answer, services_refusal
from lti_tool.sandbox.faults import page
from lti_tool.sandbox.moodle_errors import Refusal as MoodleRefusal
from lti_tool.sandbox.moodle_errors import service_error
from lti_tool.sandbox.places import CLAIM, MOODLE_SERVICES, ROSTER, Temper
from lti_tool.sandbox.seed import Course, Enrolment, Person, Role
from lti_tool.sandbox.state import Campus, Launch, PlacedLink, Tool, campus

ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
CANVAS_PAGE = 50


def blueprint(temper: Temper) -> Blueprint:
    bp = Blueprint("nrps", __name__)
    if temper == "moodle":
        rule = MOODLE_SERVICES + "/CourseSection/<int:course_id>/bindings/<deployment>/memberships"
        bp.add_url_rule(rule, "moodle", moodle)
        bp.register_error_handler(MoodleRefusal, service_error)
    else:
        bp.add_url_rule("/api/lti/courses/<int:course_id>/names_and_roles", "canvas", canvas)
        bp.register_error_handler(CanvasRefusal, refusal_answer)
    return bp


def _answer(body: dict[str, Any]) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, 200, {"Content-Type": f"{ROSTER_TYPE}; charset=utf-8"})


def _context(here: Campus, course: Course) -> dict[str, str]:
    return {"id": places.context_id(here.temper, course), "label": course.label, "title": course.title}


def _who(tool: Tool, person: Person) -> dict[str, str]:
    known: dict[str, str] = {}
    if tool.names:
        known |= {"name": person.name, "given_name": person.given, "family_name": person.family}
    if tool.email and person.email:
        known["email"] = person.email
    return known


# Moodle


def moodle(course_id: int, deployment: str) -> Response:
    sent = request.headers.get("Accept", "")
    if sent and "*/*" not in sent and sent != ROSTER_TYPE:
        raise MoodleRefusal(400, f"No handler found for {request.path.removeprefix(MOODLE_SERVICES)} {sent} ")
    here = campus()
    tool = bearer_tool(here, ROSTER)
    if tool is None or tool.deployment_id != deployment:
        raise MoodleRefusal(401, "Unauthorized")
    course = here.seed.course(course_id)
    if course is None:
        raise MoodleRefusal(404, f"Not Found: Course {course_id} doesn't exist")
    placed = None
    rlid = request.args.get("rlid")
    if rlid:
        placed = here.links.get(int(rlid)) if rlid.isdigit() else None
        if placed is None:
            raise MoodleRefusal(404, f"Not Found: LTI link {rlid} doesn't exist")
        if placed.course_id != course.id:
            # Moodle sends the status 0, of which the web server in front makes this.
            return page("502", "502 Bad Gateway")
    rows = [
        _moodle_member(here, tool, person, enrolment, placed)
        for person, enrolment in here.members(course)
        if not enrolment.suspended
    ]
    role = request.args.get("role", "").rsplit("#", 1)[-1]
    if role in ("Learner", "Instructor"):
        rows = [each for each in rows if role in each["roles"]]
    url = here.url(request.path)
    limit, start = request.args.get("limit", 0, int), request.args.get("from", 0, int)
    shown = rows[start : start + limit] if limit > 0 else rows
    answer = _answer({"id": url, "context": _context(here, course), "members": shown})
    if limit > 0 and start + limit < len(rows):
        following = f"{url}?limit={limit}&from={start + limit}" + (f"&rlid={rlid}" if rlid else "")
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _moodle_member(
    here: Campus, tool: Tool, person: Person, enrolment: Enrolment, placed: PlacedLink | None
) -> dict[str, Any]:
    teacher = enrolment.role is Role.INSTRUCTOR
    member: dict[str, Any] = {"status": "Active", "roles": ["Instructor" if teacher else "Learner"]}
    if placed is not None:
        # No custom here: Moodle gives the message type, and basic outcomes that this sandbox does without.
        member["message"] = [{CLAIM + "message_type": "LtiResourceLinkRequest"}]
    member |= {"user_id": here.sub(person), "lis_person_sourcedid": person.sis_id} | _who(tool, person)
    if tool.names:
        member["ext_user_username"] = person.username
    return member


# Canvas


def canvas(course_id: int) -> Response:
    here = campus()
    found = bearer(here)
    if found is None:
        raise services_refusal(401, "Missing access token" if not request.authorization else "Access token invalid")
    tool, scopes = found
    if ROSTER not in scopes:
        raise services_refusal(401, "Insufficient permissions")
    course = here.seed.course(course_id)
    if course is None:
        raise services_refusal(404, "The specified resource does not exist.")
    placed = None
    rlid = request.args.get("rlid")
    if rlid:
        placed = here.link_by_lti_id(course.id, rlid)
        if placed is None and rlid != places.context_id("canvas", course):
            raise services_refusal(400, "Tool does not have access to rlid or rlid does not exist")
    role = request.args.get("role")
    members = [
        (person, enrolment)
        for person, enrolment in here.members(course)
        if role is None or role in _canvas_roles(enrolment.role)
    ]
    name = "limit" if "limit" in request.args else "per_page"
    rows, links = paged(here, members, size=CANVAS_PAGE, most=CANVAS_PAGE, name=name)
    shown = [_canvas_member(here, course, tool, person, enrolment, placed, rlid) for person, enrolment in rows]
    answer = _answer(
        {"id": here.url(request.full_path.rstrip("?")), "context": _context(here, course), "members": shown}
    )
    answer.headers["Link"] = links
    return answer


def _canvas_roles(role: Role) -> list[str]:
    return [each for each in claims.CANVAS_ROLES[role] if "membership" in each or each == claims.TEST_USER]


def _canvas_member(
    here: Campus,
    course: Course,
    tool: Tool,
    person: Person,
    enrolment: Enrolment,
    placed: PlacedLink | None,
    rlid: str | None,
) -> dict[str, Any]:
    member: dict[str, Any] = {"status": "Inactive" if enrolment.suspended else "Active"} | _who(tool, person)
    if tool.names and person.sis_id:
        member["lis_person_sourcedid"] = person.sis_id
    member |= {"user_id": here.sub(person), "roles": _canvas_roles(enrolment.role)}
    if rlid:
        link_id = placed.link.id if placed else None
        launch = Launch("LtiResourceLinkRequest", course.id, person.id, tool.client_id, link_id)
        member["message"] = [
            {
                CLAIM + "message_type": "LtiResourceLinkRequest",
                "locale": person.locale,
                CLAIM + "custom": claims.custom(here, launch, tool, course, person, placed),
            }
        ]
    return member
