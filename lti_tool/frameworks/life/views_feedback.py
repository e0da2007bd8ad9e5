"""Inside the LMS: people of a course read its framework and say what is unclear, missing or out of date."""

from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import queries
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.life import service as steps
from lti_tool.frameworks.life.domain import IN_PILOT, IN_USE, MARK_WORDS, Mark
from lti_tool.frameworks.queries import Framed
from lti_tool.frameworks.views import bp
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.launch import queries as launch
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Role, Viewer

OFFERED = 600
"""Competencies in the list to choose from; a larger framework is spoken of as a whole, or from a link."""


@dataclass(frozen=True, kw_only=True)
class FeedbackPage(Page):
    name: str
    is_pilot: bool
    fields: tuple[Field, ...]


@bp.get("/feedback")
@needs(May.OPEN)
def feedback(viewer: Viewer) -> str:
    framed, status = _of_course(viewer)
    chosen = request.args.get("item", 0, type=int)
    is_pilot = status == Status.PILOT
    marks = IN_PILOT if is_pilot else IN_USE
    offered = framed.competencies[:OFFERED]
    page = FeedbackPage(
        title="Say what you think of the framework",
        name=framed.version.title,
        is_pilot=is_pilot,
        fields=(
            Field(
                "item",
                "About",
                FieldKind.SELECT,
                options=(
                    Option("", "The framework as a whole"),
                    *(Option(str(one.id), one.label, chosen=one.id == chosen) for one in offered),
                ),
            ),
            Field(
                "mark",
                "What is it",
                FieldKind.RADIOS,
                required=True,
                options=tuple(Option(mark.value, MARK_WORDS[mark]) for mark in marks),
            ),
            Field(
                "words",
                "In your words",
                FieldKind.AREA,
                hint="What would help? People who look after the framework read it, with your role and your course.",
            ),
        ),
        levels=min(6, max(4, framed.version.level_count)),
        foot=framed.version.attribution,
        foot_url=framed.version.source_url,
    )
    return render_template("frameworks/feedback.html", page=page)


@bp.post("/feedback")
@needs(May.OPEN)
def give_feedback(viewer: Viewer) -> Response:
    if viewer.person_id is None or viewer.is_test:
        raise Invalid("This visit has no name, so its words would be nobody’s.", "Open Waymark as yourself.")
    framed, _ = _of_course(viewer)
    given, item = request.form.get("mark", ""), request.form.get("item", "")
    if given not in set(Mark):
        raise Invalid("It is not said what it is.", "Choose one of the answers.")
    with writing(db.session()) as session:
        steps.give_feedback(
            session,
            framed.version.id,
            Mark(given),
            request.form.get("words", ""),
            clock.now(),
            given_as=_given_as(viewer),
            item_id=int(item) if item.isascii() and item.isdigit() and len(item) < 12 else None,
            course_id=viewer.course_id,
            person_id=viewer.person_id,
        )
    return go(url_for("frameworks.feedback"), say="Thank you. It is kept for those who look after the framework.")


def _given_as(viewer: Viewer) -> str:
    if viewer.roles & {Role.INSTRUCTOR, Role.ASSISTANT}:
        return "instructor"
    return "administrator" if Role.ADMINISTRATOR in viewer.roles else "learner"


def _of_course(viewer: Viewer) -> tuple[Framed, str]:
    session = db.session()
    version_id = queries.default_version_id(session)
    if viewer.course_id is not None:
        version_id = launch.course(session, viewer.course_id).framework_version_id or version_id
    if version_id is None:
        raise NotFound("There is no framework here yet.", "An administrator imports one or makes one.")
    return queries.framed(session, version_id), queries.version(session, version_id).status
