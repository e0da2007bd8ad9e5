"""The sandbox's own pages: choose a course, become a person, open the tool in a frame, read the gradebook."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.sandbox import marks, registration
from lti_tool.sandbox.gradebook import Result, number
from lti_tool.sandbox.seed import Course, Person, Role
from lti_tool.sandbox.state import VISITOR, Campus, campus

bp = Blueprint("pages", __name__)


def cookie_name(here: Campus) -> str:
    """Ports do not separate cookies: two sandboxes on one machine keep theirs apart by name."""
    return f"sandbox_person_{urlsplit(here.base_url).port or 0}"


def who() -> Person:
    """Whose eyes the page is seen with: `?as=ID`, else the cookie, else an anonymous visitor."""
    here = campus()
    asked = request.args.get("as") or request.cookies.get(cookie_name(here), "")
    person = here.person(int(asked)) if asked.isdigit() else None
    return person or VISITOR


def course_or_404(course_id: int) -> Course:
    return campus().seed.course(course_id) or abort(404)


def enter(course: Course) -> Person:
    """The person, if they may see the course: everybody in it, administrators, and visitors, for it is public."""
    person = who()
    if person is not VISITOR and not person.admin and course.enrolment(person.id) is None:
        abort(403)
    return person


def role_words(here: Campus, course: Course, person: Person) -> str:
    words = {
        Role.INSTRUCTOR: "Instructor",
        Role.ASSISTANT: "Teaching assistant",
        Role.LEARNER: "Student",
        Role.TEST_STUDENT: "Test student",
    }
    enrolment = course.enrolment(person.id)
    if enrolment:
        return words[enrolment.role] + (", suspended" if enrolment.suspended else "")
    return "Administrator" if person.admin else "Visitor"


@bp.app_context_processor
def everywhere() -> dict[str, Any]:
    here = campus()
    return {"here": here, "me": who(), "site": here.seed.site, "number": number}


@bp.app_errorhandler(403)
@bp.app_errorhandler(404)
def sorry(error: Any) -> tuple[str, int]:
    words = {403: "You are not in this course. Become somebody who is.", 404: "There is nothing at this address."}
    code = int(getattr(error, "code", 404))
    return render_template("sandbox/sorry.html", words=words[code], code=code), code


@bp.get("/")
def front() -> str:
    here = campus()
    groups = [(course, people_of(here, course)) for course in here.seed.courses]
    others = [each for each in here.seed.people if each.admin]
    return render_template("sandbox/front.html", groups=groups, others=others, visitor=VISITOR)


def people_of(here: Campus, course: Course) -> list[tuple[str, list[Person]]]:
    order = ("Instructor", "Teaching assistant", "Student", "Test student")
    found: dict[str, list[Person]] = {}
    for person, _ in here.members(course):
        found.setdefault(role_words(here, course, person).split(",")[0], []).append(person)
    return [(each, found[each]) for each in order if each in found]


@bp.post("/become")
def become() -> AnyResponse:
    here = campus()
    person = request.form.get("person", "")
    if not person.isdigit() or here.person(int(person)) is None:
        abort(404)
    back = request.form.get("back", "")
    answer = redirect(back if back.startswith("/") and not back.startswith("//") else url_for("pages.front"), 303)
    answer.set_cookie(cookie_name(here), person, httponly=True, samesite="Lax")
    return answer


@bp.get("/courses/<int:course_id>")
def course(course_id: int) -> str:
    here, found = campus(), course_or_404(course_id)
    person = enter(found)
    links = [each for each in here.links.values() if each.course_id == course_id]
    return render_template(
        "sandbox/course.html",
        course=found,
        role=role_words(here, found, person),
        links=links,
        teaching=here.teaches(found, person),
        people=people_of(here, found),
        others=[each for each in here.seed.people if each.admin],
        visitor=VISITOR,
        tool=next(iter(here.tools.values()), None),
        rows=[(each, *assignment_line(here, found, person, each.id)) for each in found.assignments],
    )


def assignment_line(here: Campus, course: Course, person: Person, assignment_id: int) -> tuple[str, str]:
    """What the course page says of an assignment: for teachers how many are marked, for others their own mark."""
    assignment = course.assignment(assignment_id) or abort(404)
    if here.teaches(course, person):
        done = [work for _, work in marks.works(here, assignment) if work.marked_at]
        shown = sum(marks.released(here, assignment, work) for work in done)
        return f"{len(done)} of {len(course.learners())} marked", "" if shown == len(done) else f"{shown} released"
    work = here.work.get((assignment_id, person.id))
    if work is None:
        return "Nothing handed in", ""
    return ("Marked", mark_words(here, course, assignment_id, person)) if work.marked_at else ("Handed in", "")


def mark_words(here: Campus, course: Course, assignment_id: int, person: Person, *, all_seeing: bool = False) -> str:
    assignment = course.assignment(assignment_id) or abort(404)
    work = here.work.get((assignment_id, person.id))
    if work is None or work.marked_at is None:
        return ""
    if not all_seeing and not marks.released(here, assignment, work):
        return "Not released yet"
    grade = marks.canvas_score(assignment, work) if here.temper == "canvas" else marks.moodle_grade(assignment, work)
    return f"{number(round(grade or 0, 2))} / {number(assignment.points)}"


@bp.get("/courses/<int:course_id>/assignments/<int:assignment_id>")
def assignment(course_id: int, assignment_id: int) -> str:
    here, found = campus(), course_or_404(course_id)
    person = enter(found)
    shown = found.assignment(assignment_id) or abort(404)
    teaching = here.teaches(found, person)
    rows = []
    for learner, work in marks.works(here, shown):
        if teaching or (learner.id == person.id and marks.released(here, shown, work)):
            fillings = {each.criterion: each for each in work.fillings} if work.marked_at else {}
            words = mark_words(here, found, assignment_id, learner, all_seeing=True)
            rows.append((learner, work, fillings, words, marks.released(here, shown, work)))
    return render_template(
        "sandbox/assignment.html", course=found, assignment=shown, rows=rows, teaching=teaching, points=marks.points
    )


# The gradebook


@bp.get("/courses/<int:course_id>/gradebook")
def gradebook(course_id: int) -> str:
    here, found = campus(), course_or_404(course_id)
    person = enter(found)
    teaching = here.teaches(found, person)
    items = [each for each in here.items.values() if each.course_id == course_id]
    learners = [each for each in map(here.seed.person, found.learners()) if each and (teaching or each.id == person.id)]
    rows = [
        (
            learner,
            [mark_words(here, found, each.id, learner, all_seeing=teaching) for each in found.assignments],
            [(item, here.results.get((item.id, learner.id)) or Result()) for item in items],
        )
        for learner in learners
    ]
    return render_template("sandbox/gradebook.html", course=found, items=items, rows=rows, teaching=teaching)


# Administration


@bp.get("/admin")
def admin() -> str:
    if not who().admin:
        abort(403)
    return render_template("sandbox/admin.html", tools=list(campus().tools.values()))


@bp.post("/admin/register")
def admin_register() -> str:
    if not who().admin:
        abort(403)
    url = request.form.get("url", "").strip()
    if urlsplit(url).scheme not in ("http", "https"):
        return render_template("sandbox/admin.html", tools=list(campus().tools.values()), wrong="Enter a full address.")
    source = registration.start(campus(), url)
    return render_template("sandbox/link.html", course=None, title="Register a tool", source=source, newwin="")


@bp.post("/admin/tools/<client_id>/activate")
def admin_activate(client_id: str) -> AnyResponse:
    if not who().admin:
        abort(403)
    tool = campus().tools.get(client_id) or abort(404)
    tool.active = True
    return redirect(url_for("pages.admin"), 303)


@bp.after_app_request
def headers(response: Response) -> Response:
    if response.mimetype == "text/html":
        policy = "default-src 'self'; frame-src *; img-src 'self' data:; base-uri 'none'; object-src 'none'"
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return make_response(response)
