"""An assessment whose rubric is the framework's own words, for one role or for chosen competencies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.queries import Framed
from lti_tool.frameworks.roles import queries as roles
from lti_tool.grading.alignments.domain import Decider
from lti_tool.grading.assessments import from_framework
from lti_tool.grading.assessments.domain import AssessmentFaulty
from lti_tool.grading.courses import version_of
from lti_tool.grading.door import bp, course_of
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import NotFound
from lti_tool.web.components.forms import Field, Option
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True, kw_only=True)
class FromFrameworkPage(Page):
    course: str
    title_field: Field
    roles: tuple[tuple[str, str], ...]
    """Address and name of each role whose competencies can be ticked."""
    fault: str
    areas: tuple[tuple[str, tuple[Option, ...]], ...]


def _framed(viewer: Viewer) -> Framed:
    session = db.session()
    version_id = version_of(session, course_of(viewer))
    if version_id is None:
        raise NotFound("There is no framework yet.", "An administrator adds one under Frameworks.")
    return frameworks.framed(session, version_id)


@bp.get("/assessments/from-framework")
@needs(May.MANAGE_COURSE)
def rubric_from_framework(viewer: Viewer) -> str:
    """Choose competencies, or those of a role."""
    framed, session = _framed(viewer), db.session()
    role_id = request.args.get("role", type=int)
    ticked: set[int] = set()
    title = ""
    if role_id is not None:
        role = roles.role(session, role_id, framed)
        keys = {asked.key for asked in role.asks}
        ticked, title = {c.id for c in framed.competencies if c.key in keys}, role.title
    return _page(viewer, framed, title, ticked, {})


@bp.post("/assessments/from-framework")
@needs(May.MANAGE_COURSE)
def make_from_framework(viewer: Viewer) -> Response | tuple[str, int]:
    framed, course = _framed(viewer), course_of(viewer)
    title, chosen = request.form.get("title", ""), request.form.getlist("item", type=int)
    by = Decider.person(viewer.person_id)
    try:
        with writing(db.session()) as session:
            made = from_framework.make(session, course, title, framed, chosen, by, clock.now())
    except AssessmentFaulty as faulty:
        return _page(viewer, framed, title, chosen, faulty.faults), faulty.status
    said = f"“{made.title}” is made, its criteria mapped. Change the words where your task needs others."
    return go(url_for("grading.edit_assessment", ref=made.ref), say=said)


def _page(viewer: Viewer, framed: Framed, title: str, ticked: Collection[int], faults: Mapping[str, str]) -> str:
    areas: dict[str, list[Option]] = {}
    for one in framed.competencies:
        options = areas.setdefault(f"{one.area_code} {one.area_title}".strip() or "Competencies", [])
        options.append(Option(str(one.id), one.label, one.id in ticked))
    page = FromFrameworkPage(
        title="A rubric from the framework",
        tab="grading.assessments",
        course=viewer.course_title,
        title_field=Field(
            "title", "Title of the assessment", value=title, error=faults.get("title", ""), required=True
        ),
        roles=tuple(
            (url_for("grading.rubric_from_framework", role=one.id), one.title)
            for one in roles.listed(db.session(), framed.version.framework_id)
            if one.asks
        ),
        fault=faults.get("item", ""),
        areas=tuple((area, tuple(options)) for area, options in areas.items()),
        foot=framed.version.attribution,
        foot_url=framed.version.source_url,
    )
    return render_template("grading/from_framework.html", page=page)
