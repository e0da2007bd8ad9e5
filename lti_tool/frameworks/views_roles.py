"""Pages of role profiles, their papers, and the same as files."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response as FileResponse
from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.downloads import Tickets, attachment, slug
from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.frameworks.roles import files, queries, service
from lti_tool.frameworks.roles.domain import TITLES, USES, Kind, Paper, Role, paper, targets_of
from lti_tool.frameworks.roles.service import RoleDraft, RoleFaulty
from lti_tool.frameworks.views import bp
from lti_tool.kit import clock
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.guard import needs, public
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

MOST_SHOWN = 80
"""Competencies that a role's form shows at once; of a larger framework those that it asks for, and what is searched."""
TICKETS = Tickets("role-paper", 600, "Open the paper's page again.")


@dataclass(frozen=True, kw_only=True)
class RolesPage(Page):
    roles: tuple[queries.RoleSummary, ...]
    names: Mapping[int, str]
    """Framework id to title."""
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class RolePage(Page):
    role: Role
    fields: tuple[Field, ...]
    levels_of: tuple[tuple[str, tuple[Field, ...]], ...]
    """Area to the level field of each of its competencies."""
    shown: tuple[str, ...]
    search: str
    hidden: int
    papers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class PaperPage(Page):
    role_id: int
    paper: Paper
    tickets: Mapping[str, str]


@bp.get("/roles")
@needs(May.ADMINISTER)
def roles(viewer: Viewer) -> str:
    """All roles, and a new one."""
    return _roles({}, {})


def _roles(given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    kept = frameworks.summaries(db.session())
    options = tuple(Option(str(one.framework_id), one.title) for one in kept)
    default = next((str(one.framework_id) for one in kept if one.is_default), "")
    page = RolesPage(
        title="Roles",
        tab="frameworks.index",
        roles=queries.listed(db.session()),
        names={one.framework_id: one.title for one in kept},
        fields=(
            Field("framework", "Framework", FieldKind.SELECT, given.get("framework", default), options=options),
            Field(
                "title",
                "Role or programme",
                value=given.get("title", ""),
                error=faults.get("title", ""),
                required=True,
                hint="Such as: Data analyst, senior. Or: Bachelor of Nursing, end of year 2.",
                attributes=(("maxlength", str(service.LONGEST_TITLE)),),
            ),
        ),
    )
    return render_template("frameworks/roles.html", page=page)


@bp.post("/roles")
@needs(May.ADMINISTER)
def add_role(viewer: Viewer) -> Response | tuple[str, int]:
    framework_id = request.form.get("framework", 0, type=int)
    try:
        with writing(db.session()) as session:
            frameworks.newest_version_id(session, framework_id)
            made = service.create(session, framework_id, RoleDraft(request.form.get("title", "")), clock.now())
    except RoleFaulty as faulty:
        return _roles(request.form, faulty.faults), faulty.status
    return go(url_for("frameworks.role", role_id=made), say="Now choose what it asks for.")


@bp.get("/roles/<int:role_id>")
@needs(May.ADMINISTER)
def role(viewer: Viewer, role_id: int) -> str:
    """What a role asks for, to be changed, and what follows from it."""
    return _role(role_id, None, {})


def _role(role_id: int, given: Mapping[str, str] | None, faults: Mapping[str, str]) -> str:
    session = db.session()
    framed = queries.framed_for(session, queries.framework_of(session, role_id))
    found = queries.role(session, role_id, framed)
    wanted = queries.targets(session, role_id)
    search = request.args.get("search", "").strip()
    shown = _shown(framed, wanted, search)
    options = (
        Option("", "Not asked for"),
        *(Option(str(v.number), f"{v.number} {v.name}") for v in framed.version.levels),
    )
    areas: dict[str, list[Field]] = {}
    for one in shown:
        level = given.get(f"level:{one.key}", "") if given is not None else str(wanted.get(one.key, ""))
        areas.setdefault(f"{one.area_code} {one.area_title}".strip() or "Competencies", []).append(
            Field(f"level:{one.key}", one.label, FieldKind.SELECT, level, options=options)
        )
    words = given if given is not None else {"title": found.title, "description": found.description}
    page = RolePage(
        title=found.title,
        tab="frameworks.index",
        role=found,
        fields=(
            Field("title", "Name", value=words.get("title", ""), error=faults.get("title", ""), required=True),
            Field(
                "description", "What the role is for", FieldKind.AREA, words.get("description", ""), note="(optional)"
            ),
        ),
        levels_of=tuple((area, tuple(fields)) for area, fields in areas.items()),
        shown=tuple(one.key for one in shown),
        search=search,
        hidden=len(framed.competencies) - len(shown),
        papers=tuple((kind.value, TITLES[kind], USES[kind]) for kind in Kind),
        foot=framed.version.attribution,
        foot_url=framed.version.source_url,
    )
    return render_template("frameworks/role.html", page=page)


def _shown(framed: Framed, wanted: Mapping[str, int], search: str) -> list[CompetencyInfo]:
    if len(framed.competencies) <= MOST_SHOWN and not search:
        return list(framed.competencies)
    words = search.casefold().split()
    found = [c for c in framed.competencies if words and all(word in c.label.casefold() for word in words)]
    chosen = {c.id for c in found[:MOST_SHOWN]} | {c.id for c in framed.competencies if c.key in wanted}
    return [c for c in framed.competencies if c.id in chosen]


@bp.post("/roles/<int:role_id>")
@needs(May.ADMINISTER)
def save_role(viewer: Viewer, role_id: int) -> Response | tuple[str, int]:
    session = db.session()
    framed = queries.framed_for(session, queries.framework_of(session, role_id))
    levels = {name.removeprefix("level:"): value for name, value in request.form.items() if name.startswith("level:")}
    wanted = targets_of(levels, framed.version.level_count)
    known = {c.key for c in framed.competencies}
    draft = RoleDraft(request.form.get("title", ""), request.form.get("description", "")[:4000])
    try:
        with writing(session):
            service.change(session, role_id, draft, wanted, known & levels.keys(), clock.now())
    except RoleFaulty as faulty:
        return _role(role_id, request.form, faulty.faults), faulty.status
    return go(url_for("frameworks.role", role_id=role_id), say="Saved.")


@bp.post("/roles/<int:role_id>/remove")
@needs(May.ADMINISTER)
def remove_role(viewer: Viewer, role_id: int) -> Response:
    with writing(db.session()) as session:
        title = service.remove(session, role_id)
    return go(url_for("frameworks.roles"), say=f"{title} is gone.")


@bp.get("/roles/<int:role_id>/<kind>")
@needs(May.ADMINISTER)
def role_paper(viewer: Viewer, role_id: int, kind: str) -> str:
    """A paper as a page, with the same as files."""
    if kind not in TITLES:
        raise NotFound("There is no such paper.", "Choose one on the role’s page.")
    found = queries.role(db.session(), role_id)
    if not found.asks:
        raise Invalid("This role asks for nothing yet.", "Choose the levels that it asks for, then save it.")
    made = paper(found, Kind(kind))
    page = PaperPage(
        title=made.title,
        tab="frameworks.index",
        role_id=role_id,
        paper=made,
        tickets={ending: TICKETS.sign(viewer.institution_id, role_id, kind, ending) for ending in files.MEDIA},
    )
    return render_template("frameworks/paper.html", page=page)


@bp.get("/roles/files/<ticket>")
@public("a signed address of one paper for ten minutes: a download leaves the frame and its session behind")
def role_file(ticket: str) -> FileResponse:
    institution_id, role_id, kind, ending = TICKETS.read(ticket)
    with scoped(db.session(), institution_id):
        made = paper(queries.role(db.session(), role_id), Kind(kind))
    data = files.pdf(made) if ending == "pdf" else files.docx(made)
    return attachment(data, files.MEDIA[ending], f"{slug(made.title, 80, kind)}.{ending}")
