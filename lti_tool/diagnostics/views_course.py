"""What a course sets for itself: the target level, and the material that next steps point to."""

from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.diagnostics import queries, reading, service
from lti_tool.diagnostics.queries import ResourceInfo
from lti_tool.diagnostics.views_learner import bp, course_of
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@bp.post("/targets")
@needs(May.MANAGE_COURSE)
def set_target(viewer: Viewer) -> Response:
    course = course_of(viewer)
    framed = reading.framework_of(db.session(), course)
    level = request.form.get("level", type=int)
    if level is None:
        raise Invalid("No level was chosen.", "Choose one, then save.")
    with writing(db.session()) as session:
        service.set_target(session, course.id, framed, request.form.get("item", type=int), level)
    return go(url_for("diagnostics.cohort"), say=f"The target is level {level} now.")


@dataclass(frozen=True, kw_only=True)
class ResourcesPage(Page):
    course: str
    linked: tuple[tuple[CompetencyInfo, tuple[ResourceInfo, ...]], ...]
    fields: tuple[Field, ...]


@bp.get("/resources")
@needs(May.MANAGE_COURSE)
def resources(viewer: Viewer) -> str:
    """Material that next steps point to."""
    session, course = db.session(), course_of(viewer)
    framed = reading.framework_of(session, course)
    found = queries.resources(session, course.id, framed.version.id)
    options = tuple(Option(str(c.id), c.label) for c in framed.competencies)
    page = ResourcesPage(
        title="Resources",
        course=course.title,
        linked=tuple((c, tuple(found[c.id])) for c in framed.competencies if c.id in found),
        fields=(
            Field("item", "Competency", FieldKind.SELECT, options=options),
            Field("title", "Title", required=True),
            Field("url", "Web address", FieldKind.URL, required=True, hint="Begins with https://"),
            Field("minutes", "Minutes it takes", FieldKind.NUMBER, hint="Leave empty if you do not know."),
        ),
        foot=framed.version.attribution,
    )
    return render_template("diagnostics/resources.html", page=page)


@bp.post("/resources")
@needs(May.MANAGE_COURSE)
def add_resource(viewer: Viewer) -> Response:
    course = course_of(viewer)
    framed = reading.framework_of(db.session(), course)
    form = request.form
    with writing(db.session()) as session:
        service.add_resource(
            session,
            course.id,
            framed,
            form.get("item", 0, type=int),
            title=form.get("title", ""),
            url=form.get("url", ""),
            minutes=form.get("minutes", type=int),
        )
    return go(url_for("diagnostics.resources"), say="Linked. Next steps point to it from now on.")


@bp.post("/resources/<int:resource_id>/remove")
@needs(May.MANAGE_COURSE)
def remove_resource(viewer: Viewer, resource_id: int) -> Response:
    course = course_of(viewer)
    with writing(db.session()) as session:
        service.remove_resource(session, course.id, resource_id)
    return go(url_for("diagnostics.resources"), say="Taken away.")
