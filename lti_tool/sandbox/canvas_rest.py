"""Canvas's REST API, as far as a tool needs it for assignments, rubrics and marks (`/api/v1/...`).

A User-Agent is mandatory. Lists come in pages of 10, `next` links are opaque. Every request costs: 50 units up front
from a bucket of 700 per token, given back when it ends, so that parallel requests meet 403 "Rate Limit Exceeded".
"""

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from lti_tool.sandbox import canvas_shapes as shapes
from lti_tool.sandbox.canvas_web import Refusal, api_refusal, paged, refusal_answer
from lti_tool.sandbox.faults import answer as faulty
from lti_tool.sandbox.seed import Assignment, Course, Person, Role
from lti_tool.sandbox.state import Campus, campus

BUCKET, UP_FRONT = 700.0, 50.0
TYPES = {
    "teacher": Role.INSTRUCTOR,
    "ta": Role.ASSISTANT,
    "student": Role.LEARNER,
    "student_view": Role.TEST_STUDENT,
}


def blueprint() -> Blueprint:
    bp = Blueprint("canvas_rest", __name__, url_prefix="/api/v1")
    bp.register_error_handler(Refusal, refusal_answer)
    flying: Counter[str] = Counter()
    lock = Lock()

    @bp.before_request
    def enter() -> Response | None:
        if not request.headers.get("User-Agent"):
            raise api_refusal(403, "A User-Agent header is required")
        g.caller = caller(campus())
        token = request.headers["Authorization"]
        with lock:
            flying[token] += 1
            g.flying, g.remaining = token, BUCKET - UP_FRONT * (flying[token] - 1)
        campus().counts["rest"] += 1
        return faulty("throttle") if g.remaining <= 0 else None

    @bp.teardown_request
    def leave(_: BaseException | None) -> None:
        token = g.pop("flying", None)
        if token is not None:
            with lock:
                flying[token] -= 1

    @bp.after_request
    def cost(response: Response) -> Response:
        if "remaining" in g and "X-Rate-Limit-Remaining" not in response.headers:
            response.headers["X-Rate-Limit-Remaining"] = f"{max(0.0, g.remaining):.1f}"
            response.headers["X-Request-Cost"] = "0.05"
        return response

    for rule, view in ROUTES.items():
        bp.add_url_rule(rule, rule.replace("/", " ").strip(), view)
    return bp


def caller(here: Campus) -> Person:
    """Whose access token it is."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        body = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
        raise Refusal(401, body, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'})
    token = next((each for each in here.seed.tokens if each.token == secret and not each.expired), None)
    person = here.seed.person(token.person) if token else None
    if person is None:
        raise api_refusal(401, "Invalid access token.")
    return person


def find(course_id: int, *, teaching: bool = False) -> tuple[Campus, Course]:
    """The course, for somebody who belongs to it; with `teaching` for its teachers only."""
    here, person = campus(), g.caller
    course = here.seed.course(course_id)
    if course is None:
        raise api_refusal(404, "The specified resource does not exist.")
    belongs = person.admin or course.enrolment(person.id) is not None
    if not belongs or (teaching and not here.teaches(course, person)):
        words = "user not authorized to perform that action"
        raise Refusal(403, {"status": "unauthorized", "errors": [{"message": words}]})
    return here, course


def assignment_of(course: Course, assignment_id: int) -> Assignment:
    assignment = course.assignment(assignment_id)
    if assignment is None:
        raise api_refusal(404, "The specified resource does not exist.")
    return assignment


def include() -> set[str]:
    return set(request.args.getlist("include[]"))


def respond(value: Any) -> Response:
    """JSON; ids as texts for a caller that asks for `application/json+canvas-string-ids`."""
    wanted = "application/json+canvas-string-ids" in request.headers.get("Accept", "")
    return jsonify(string_ids(value) if wanted else value)


def string_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: str(each) if type(each) is int and (name == "id" or name.endswith("_id")) else string_ids(each)
            for name, each in value.items()
        }
    return [string_ids(each) for each in value] if isinstance(value, list) else value


def page_of(here: Campus, rows: Sequence[Any]) -> Response:
    shown, links = paged(here, rows, size=10, most=100)
    answer = respond(shown)
    answer.headers["Link"] = links
    return answer


def myself() -> Response:
    return respond(shapes.user_row(campus(), g.caller))


def courses() -> Response:
    here = campus()
    mine = [each for each in here.seed.courses if g.caller.admin or each.enrolment(g.caller.id)]
    return page_of(here, [shapes.course_row(here, each) for each in mine])


def course(course_id: int) -> Response:
    here, found = find(course_id)
    return respond(shapes.course_row(here, found))


def assignments(course_id: int) -> Response:
    here, found = find(course_id)
    wanted = include()
    return page_of(here, [shapes.assignment_row(here, found, each, wanted) for each in found.assignments])


def assignment(course_id: int, assignment_id: int) -> Response:
    here, found = find(course_id)
    # A single assignment brings its rubric unasked.
    row = shapes.assignment_row(here, found, assignment_of(found, assignment_id), include() | {"rubric"})
    return respond(row)


def submissions(course_id: int, assignment_id: int) -> Response:
    """Marks of every student, released or not: a tool must look at `posted_at`. The test student has none here."""
    here, found = find(course_id, teaching=True)
    asked, wanted = assignment_of(found, assignment_id), include()
    people = [person for person in map(here.seed.person, found.learners()) if person]
    return page_of(here, [shapes.submission_row(here, found, asked, each, wanted) for each in people])


def submission(course_id: int, assignment_id: int, user_id: int) -> Response:
    here, found = find(course_id)
    asked = assignment_of(found, assignment_id)
    person = here.seed.person(user_id)
    if person is None or user_id not in found.learners():
        raise api_refusal(404, "The specified resource does not exist.")
    if user_id != g.caller.id:
        find(course_id, teaching=True)
    row = shapes.submission_row(here, found, asked, person, include())
    if user_id == g.caller.id and not row["posted_at"]:
        # The student's own view of a mark that is not posted yet.
        hidden = dict.fromkeys(("score", "grade", "entered_score", "entered_grade", "graded_at", "grader_id"))
        row = {name: each for name, each in (row | hidden).items() if name != "rubric_assessment"}
    return respond(row)


def users(course_id: int) -> Response:
    here, found = find(course_id, teaching=True)
    asked = {TYPES[each] for each in request.args.getlist("enrollment_type[]") if each in TYPES}
    states = set(request.args.getlist("enrollment_state[]")) or {"active", "invited"}
    wanted = include()
    rows = []
    for person, enrolment in here.members(found):
        hidden = enrolment.role is Role.TEST_STUDENT and not asked and "test_student" not in wanted
        if hidden or (asked and enrolment.role not in asked):
            continue
        if ("inactive" if enrolment.suspended else "active") not in states:
            continue
        row = shapes.user_row(here, person)
        if "email" in wanted:
            row["email"] = person.email
        if "enrollments" in wanted:
            row["enrollments"] = [shapes.enrolment_row(found, person, enrolment)]
        rows.append(row)
    return page_of(here, rows)


def rubrics(course_id: int) -> Response:
    here, found = find(course_id, teaching=True)
    return page_of(here, [shapes.rubric_row(found, each.rubric) for each in found.assignments if each.rubric])


def rubric(course_id: int, rubric_id: int) -> Response:
    _, found = find(course_id, teaching=True)
    row = next((each.rubric for each in found.assignments if each.rubric and each.rubric.id == rubric_id), None)
    if row is None:
        raise api_refusal(404, "The specified resource does not exist.")
    return respond(shapes.rubric_row(found, row))


ROUTES: dict[str, Callable[..., Response]] = {
    "/users/self": myself,
    "/courses": courses,
    "/courses/<int:course_id>": course,
    "/courses/<int:course_id>/users": users,
    "/courses/<int:course_id>/search_users": users,
    "/courses/<int:course_id>/assignments": assignments,
    "/courses/<int:course_id>/assignments/<int:assignment_id>": assignment,
    "/courses/<int:course_id>/assignments/<int:assignment_id>/submissions": submissions,
    "/courses/<int:course_id>/assignments/<int:assignment_id>/submissions/<int:user_id>": submission,
    "/courses/<int:course_id>/rubrics": rubrics,
    "/courses/<int:course_id>/rubrics/<int:rubric_id>": rubric,
}
