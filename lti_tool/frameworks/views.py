"""Pages for an institution's administrators: the frameworks that are kept, one whole, a new one in."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Flask, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import exchange, incoming, queries, service, starters
from lti_tool.frameworks.exchange import BadFramework
from lti_tool.frameworks.life import queries as life
from lti_tool.frameworks.life.domain import Due
from lti_tool.frameworks.queries import CompetencyInfo, FrameworkSummary, VersionInfo
from lti_tool.frameworks.starters import Starter
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.web.components.forms import Field, FieldKind
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

bp = Blueprint("frameworks", __name__, url_prefix="/frameworks")


@dataclass(frozen=True, kw_only=True)
class IndexPage(Page):
    frameworks: tuple[FrameworkSummary, ...]
    due: Mapping[int, tuple[Due, Due]]
    starters: tuple[Starter, ...]
    file: Field
    faults: tuple[str, ...] = ()
    file_name: str = ""


@dataclass(frozen=True, kw_only=True)
class FrameworkPage(Page):
    version: VersionInfo
    status: str
    """As it is now: what is kept of a version knows its content, which stays the same."""
    areas: tuple[tuple[str, tuple[CompetencyInfo, ...]], ...]
    shown: int
    total: int


SHOWN = 200
"""Competencies on one page; a larger framework is paged, so that a phone can open it."""


@bp.get("")
@needs(May.ADMINISTER)
def index(viewer: Viewer) -> str:
    return _index()


def _index(faults: tuple[str, ...] = (), file_name: str = "") -> str:
    kept = queries.summaries(db.session())
    page = IndexPage(
        title="Frameworks",
        frameworks=kept,
        due=life.due(db.session(), [one.framework_id for one in kept], clock.now()),
        starters=starters.list_starters(),
        file=Field(
            "file",
            "Framework file",
            FieldKind.FILE,
            required=True,
            hint="Up to 10 MB here; larger files by the command line.",
            attributes=(("accept", ".json,.csv,.txt,.xlsx"),),
        ),
        faults=faults,
        file_name=file_name,
    )
    return render_template("frameworks/index.html", page=page)


@bp.get("/<int:version_id>")
@needs(May.ADMINISTER)
def show(viewer: Viewer, version_id: int) -> str:
    framed = queries.framed(db.session(), version_id)
    start = max(0, request.args.get("from", 0, type=int))
    chosen = framed.competencies[start : start + SHOWN]
    areas: dict[str, list[CompetencyInfo]] = {}
    for competency in chosen:
        areas.setdefault(f"{competency.area_code} {competency.area_title}".strip(), []).append(competency)
    page = FrameworkPage(
        title=framed.version.title,
        version=framed.version,
        status=queries.version(db.session(), version_id).status,
        areas=tuple((name, tuple(members)) for name, members in areas.items()),
        shown=start + len(chosen),
        total=len(framed.competencies),
        levels=min(6, max(4, framed.version.level_count)),
        foot=framed.version.attribution,
        foot_url=framed.version.source_url,
    )
    return render_template("frameworks/show.html", page=page)


@bp.post("/import")
@needs(May.ADMINISTER)
def bring_in(viewer: Viewer) -> str | tuple[str, int] | Response:
    """A starter by its name is kept at once. A file of the administrator's is shown first, with every warning and what
    would change; a faulty one comes back with every fault listed."""
    slug = request.form.get("starter", "")
    if slug:
        with writing(db.session()) as session:
            kept = service.keep(session, starters.read(slug), viewer.institution_id, clock.now())
        said = "Added." if kept.is_new else "This framework is here already, word for word. Nothing was added."
        return go(url_for("frameworks.show", version_id=kept.version_id), say=said)
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid("No file was chosen.", "Choose a CASE, CSV, Excel, Moodle or Canvas file, then import it.")
    data = given.read()
    try:
        exchange.read_bytes(data, given.filename)
    except BadFramework as bad:
        listed = tuple(f"{fault.place}: {fault.words}".removeprefix(": ") for fault in bad.findings)
        return _index(listed or (bad.words,), given.filename), 400
    with writing(db.session()) as session:
        pending_id = incoming.hold(session, given.filename, data, viewer.institution_id, clock.now())
    return go(url_for("frameworks.preview", pending_id=pending_id))


@bp.post("/<int:framework_id>/default")
@needs(May.ADMINISTER)
def make_default(viewer: Viewer, framework_id: int) -> Response:
    with writing(db.session()) as session:
        service.make_default(session, framework_id)
    return go(url_for("frameworks.index"), say="Courses that chose no framework work with this one from now on.")


def install(app: Flask) -> None:
    from lti_tool.frameworks import (  # noqa: F401  each adds its routes
        api_roles,
        views_editor,
        views_exchange,
        views_generate,
        views_lint,
        views_roles,
    )
    from lti_tool.frameworks.case_api import views as case_api
    from lti_tool.frameworks.life import views, views_feedback  # noqa: F401

    app.register_blueprint(bp)
    app.register_blueprint(api_roles.bp)
    case_api.install(app)
