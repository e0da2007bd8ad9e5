"""Which version of which framework a course works with, and what moving it would carry along."""

from dataclasses import dataclass, replace

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.queries import CompetencyInfo, VersionInfo
from lti_tool.grading.courses import version_of
from lti_tool.grading.door import bp, course_of
from lti_tool.grading.moving import service
from lti_tool.grading.moving.service import Outlook
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.launch import queries as launch
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True, kw_only=True)
class MovePage(Page):
    course_title: str
    address: str
    present: VersionInfo | None
    choices: tuple[VersionInfo, ...]
    chosen: VersionInfo | None = None
    outlook: Outlook | None = None
    reworded: tuple[tuple[CompetencyInfo, CompetencyInfo, int], ...] = ()
    """As it was, as it is, and how many pieces of evidence stand on it."""
    gone: tuple[tuple[CompetencyInfo, int], ...] = ()
    merged: tuple[tuple[CompetencyInfo, CompetencyInfo], ...] = ()


@bp.get("/course-framework")
@needs(May.MANAGE_COURSE)
def course_framework(viewer: Viewer) -> str:
    return _page(int(course_of(viewer).id), url_for("grading.course_framework"))


@bp.post("/course-framework")
@needs(May.MANAGE_COURSE)
def move_own_course(viewer: Viewer) -> Response:
    return _move(int(course_of(viewer).id), url_for("grading.course_framework"))


@bp.get("/courses/<int:course_id>/framework")
@needs(May.ADMINISTER)
def framework_of_course(viewer: Viewer, course_id: int) -> str:
    return _page(course_id, url_for("grading.framework_of_course", course_id=course_id))


@bp.post("/courses/<int:course_id>/framework")
@needs(May.ADMINISTER)
def move_course(viewer: Viewer, course_id: int) -> Response:
    return _move(course_id, url_for("grading.framework_of_course", course_id=course_id))


def _page(course_id: int, address: str) -> str:
    session = db.session()
    course = launch.course(session, course_id)
    present_id = version_of(session, course)
    choices = tuple(
        frameworks.version(session, version_id)
        for version_id in frameworks.choosable(session)
        if version_id != present_id
    )
    chosen = next((one for one in choices if one.id == request.args.get("to", 0, type=int)), None)
    found = service.outlook(session, course_id, chosen.id) if chosen else None
    page = MovePage(
        title="The course’s framework",
        course_title=course.title or course.label,
        address=address,
        present=frameworks.version(session, present_id) if present_id is not None else None,
        choices=choices,
        chosen=chosen,
        outlook=found,
    )
    return render_template("grading/move.html", page=_sorted(page, found) if found else page)


def _sorted(page: MovePage, found: Outlook) -> MovePage:
    old = {one.key: one for one in found.ground.old.competencies}
    new = {one.key: one for one in found.ground.new.competencies}
    between, pieces = found.ground.carried, found.pieces
    return replace(
        page,
        reworded=tuple((old[a], new[b], pieces.get(a, 0)) for a, b in between.changed.items()),
        gone=tuple((old[key], pieces.get(key, 0)) for key in between.gone),
        merged=tuple((old[a], new[b]) for a, b in between.merged.items()),
    )


def _move(course_id: int, address: str) -> Response:
    given = request.form.get("to", "")
    if not (given.isascii() and given.isdigit() and len(given) < 12):
        raise Invalid("No version is chosen.", "Choose one from the list.")
    with writing(db.session()) as session:
        moved = service.move(session, course_id, int(given), clock.now(), also=set(request.form.getlist("same")))
    said = f"Moved. {moved.criteria + moved.partly} mapped criteria went along"
    said += f", {moved.open_again} wait for a decision." if moved.open_again else "."
    return go(address, say=said)
