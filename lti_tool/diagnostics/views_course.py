"""What a course sets for itself: the target levels, and the material that next steps point to."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.diagnostics import course_fields, queries, reading, service
from lti_tool.diagnostics.doors import ID, bp, course_of
from lti_tool.diagnostics.queries import ResourceInfo
from lti_tool.diagnostics.service import ResourceRefused
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.web.components.forms import Field
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@bp.post("/targets")
@needs(May.MANAGE_COURSE)
def set_target(viewer: Viewer) -> Response:
    course = course_of(viewer)
    framed = reading.framework_of(db.session(), course)
    level, item = request.form.get("level", type=int), request.form.get("item", 0, type=int)
    if level is None:
        raise Invalid("No level was chosen.", "Choose one, then save.")
    with writing(db.session()) as session:
        service.set_target(session, course.id, framed, item or None, level)
    of = f" of {framed.by_id[item].label}" if item else ""
    words = f"The target{of} is level {level} now." if level else f"The target{of} is that of the others again."
    return go(url_for("diagnostics.cohort") + "#set", say=words)


@dataclass(frozen=True, kw_only=True)
class ResourcesPage(Page):
    course: str
    linked: tuple[tuple[CompetencyInfo, tuple[ResourceInfo, ...]], ...]
    fields: tuple[Field, ...]


@bp.get("/resources")
@needs(May.MANAGE_COURSE)
def resources(viewer: Viewer) -> str:
    """Material that next steps point to."""
    return _resources(viewer, {}, {})


def _resources(viewer: Viewer, given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    session, course = db.session(), course_of(viewer)
    framed = reading.framework_of(session, course)
    found = queries.resources(session, course.id, framed.version.id)
    page = ResourcesPage(
        title="Resources",
        course=course.title,
        linked=tuple((c, tuple(found[c.id])) for c in framed.competencies if c.id in found),
        fields=course_fields.resource(framed, given, faults),
        levels=framed.version.level_count,
        foot=framed.version.attribution,
        foot_url=framed.version.source_url,
    )
    return render_template("diagnostics/resources.html", page=page)


@bp.post("/resources")
@needs(May.MANAGE_COURSE)
def add_resource(viewer: Viewer) -> Response | tuple[str, int]:
    """Linked, or the form again with each fault at its field."""
    course = course_of(viewer)
    framed = reading.framework_of(db.session(), course)
    given = {name: request.form.get(name, "") for name in ("item", "level", "title", "url", "minutes")}
    try:
        with writing(db.session()) as session:
            service.add_resource(session, course.id, framed, **given)
    except ResourceRefused as refused:
        return _resources(viewer, given, refused.faults), refused.status
    return go(url_for("diagnostics.resources"), say="Linked. Next steps point to it from now on.")


@bp.post(f"/resources/<{ID}:resource_id>/remove")
@needs(May.MANAGE_COURSE)
def remove_resource(viewer: Viewer, resource_id: int) -> Response:
    course = course_of(viewer)
    with writing(db.session()) as session:
        service.remove_resource(session, course.id, resource_id)
    return go(url_for("diagnostics.resources"), say="Taken away.")
