"""Pages with the tool in a frame, and the launches inside them: a link, adding content, reviewing a submission."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for

from lti_tool.sandbox.oidc import begin
from lti_tool.sandbox.pages import course_or_404, enter
from lti_tool.sandbox.seed import Person
from lti_tool.sandbox.state import Launch, PlacedLink, Tool, campus

bp = Blueprint("tool", __name__)


def address(endpoint: str, person: Person, **at: Any) -> str:
    """The frame says whose launch it is: a cookie might not come along."""
    return url_for(endpoint, **at) + f"?as={person.id}"


def placed_link(course_id: int, link_id: int) -> tuple[PlacedLink, Tool]:
    here = campus()
    placed = here.links.get(link_id)
    tool = here.tool_of(placed) if placed else None
    if placed is None or placed.course_id != course_id or tool is None:
        abort(404)
    return placed, tool


@bp.get("/courses/<int:course_id>/links/<int:link_id>")
def link(course_id: int, link_id: int) -> str:
    found = course_or_404(course_id)
    person = enter(found)
    placed, _ = placed_link(course_id, link_id)
    source = address("tool.launch", person, course_id=course_id, link_id=link_id)
    return render_template("sandbox/link.html", course=found, title=placed.link.title, source=source, newwin=source)


@bp.get("/courses/<int:course_id>/links/<int:link_id>/launch")
def launch(course_id: int, link_id: int) -> str:
    found = course_or_404(course_id)
    person = enter(found)
    _, tool = placed_link(course_id, link_id)
    window = "window" in request.args
    return begin(Launch("LtiResourceLinkRequest", course_id, person.id, tool.client_id, link_id, window=window), tool)


@bp.get("/courses/<int:course_id>/add")
def add(course_id: int) -> str:
    found = course_or_404(course_id)
    person = enter(found)
    source = address("tool.add_launch", person, course_id=course_id)
    return render_template(
        "sandbox/link.html", course=found, title="Add content from the tool", source=source, newwin=""
    )


@bp.get("/courses/<int:course_id>/add/launch")
def add_launch(course_id: int) -> str:
    here, found = campus(), course_or_404(course_id)
    person = enter(found)
    tool = here.tools.get(request.args.get("tool", "")) or next(iter(here.tools.values()), None)
    if not here.teaches(found, person):
        abort(403)
    if tool is None:
        abort(404)
    return begin(Launch("LtiDeepLinkingRequest", course_id, person.id, tool.client_id), tool)


@bp.get("/courses/<int:course_id>/items/<int:item_id>/review/<int:person_id>")
def review(course_id: int, item_id: int, person_id: int) -> str:
    found = course_or_404(course_id)
    person = enter(found)
    learner = campus().seed.person(person_id) or abort(404)
    source = address("tool.review_launch", person, course_id=course_id, item_id=item_id, person_id=person_id)
    return render_template("sandbox/link.html", course=found, title=f"Work of {learner.name}", source=source, newwin="")


@bp.get("/courses/<int:course_id>/items/<int:item_id>/review/<int:person_id>/launch")
def review_launch(course_id: int, item_id: int, person_id: int) -> str:
    """Moodle lets a student ask for the work of another: the tool must look at `for_user` itself."""
    here, found = campus(), course_or_404(course_id)
    person = enter(found)
    item = here.items.get(item_id)
    tool = here.tools.get(item.client_id) if item else None
    if item is None or tool is None or item.course_id != course_id or found.enrolment(person_id) is None:
        abort(404)
    if here.temper == "canvas" and person.id != person_id and not here.teaches(found, person):
        abort(403)
    wanted = Launch(
        "LtiSubmissionReviewRequest", course_id, person.id, tool.client_id, item.link_id, person_id, item.id
    )
    return begin(wanted, tool)


@bp.get("/post_message_forwarding")
def forwarding() -> str:
    return render_template("sandbox/forwarding.html")
