"""A course's people against what a role asks for, and one person's plan towards it."""

from dataclasses import dataclass

from flask import render_template, url_for

from lti_tool.diagnostics import queries, reading
from lti_tool.diagnostics.doors import ID, bp, course_of, learner_of, oneself
from lti_tool.diagnostics.readiness import WORDS, Gap, Reach, Readiness, readiness
from lti_tool.frameworks.queries import Framed
from lti_tool.frameworks.roles import queries as roles
from lti_tool.frameworks.roles.domain import Role
from lti_tool.kit.db import db
from lti_tool.kit.errors import NotFound
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer

MOST_NAMED = 2


@dataclass(frozen=True, kw_only=True)
class RolesPage(Page):
    course: str
    links: tuple[tuple[str, str, int], ...]
    """Address, name, and how many competencies each role asks for."""


@dataclass(frozen=True, kw_only=True)
class ReadinessPage(Page):
    course: str
    role: Role
    ready: int
    people: int
    table: Table


@dataclass(frozen=True, kw_only=True)
class PlanPage(Page):
    above: str
    role: Role
    own: bool
    one: Readiness
    words: dict[Reach, str]
    back: str


@bp.get("/roles")
@needs(May.SEE_COURSE)
def course_roles(viewer: Viewer) -> str:
    """The roles of the course's framework."""
    course = course_of(viewer)
    return _roles_page(course, reading.framework_of(db.session(), course), "diagnostics.readiness_for")


@bp.get("/plan")
@needs(May.SEE_OWN_MAP)
def own_roles(viewer: Viewer) -> str:
    """The same for a learner: where could I go from here?"""
    course = course_of(viewer)
    return _roles_page(course, reading.framework_of(db.session(), course), "diagnostics.own_plan")


def _roles_page(course: CourseInfo, framed: Framed, endpoint: str) -> str:
    found = roles.listed(db.session(), framed.version.framework_id)
    page = RolesPage(
        title="Roles and programmes",
        course=course.title,
        links=tuple((url_for(endpoint, role_id=one.id), one.title, one.asks) for one in found if one.asks),
    )
    return render_template("diagnostics/roles.html", page=page)


@bp.get(f"/roles/<{ID}:role_id>")
@needs(May.SEE_COURSE)
def readiness_for(viewer: Viewer, role_id: int) -> str:
    """Who has shown how much of what a role asks for."""
    session, course = db.session(), course_of(viewer)
    group = reading.class_of(session, course)
    role = _role(group.framed, role_id)
    found = readiness(role, {c.key: c.id for c in group.framed.competencies}, group.cells)
    names: dict[int, str] = {member.person.id: member.person.shown_as for member in group.members}
    page = ReadinessPage(
        title=f"Readiness: {role.title}",
        tab="diagnostics.cohort",
        course=course.title,
        role=role,
        ready=sum(one.ready for one in found),
        people=len(found),
        table=_table(found, names, role),
        levels=group.framed.version.level_count,
        foot=group.framed.version.attribution,
        foot_url=group.framed.version.source_url,
    )
    return render_template("diagnostics/readiness.html", page=page)


def _table(found: tuple[Readiness, ...], names: dict[int, str], role: Role) -> Table:
    columns = (
        Column("Learner", ColumnKind.HEAD),
        *(Column(WORDS[reach], ColumnKind.NUM, "Not known" if reach is Reach.UNKNOWN else "") for reach in Reach),
        Column("Next to close"),
    )
    rows = tuple(
        Row(
            (
                Cell(
                    names[one.person_id],
                    href=url_for("diagnostics.plan_of", person_id=one.person_id, role_id=role.id),
                ),
                *(str(one.count(reach)) for reach in Reach),
                _named(one) or "Everything is shown",
            )
        )
        for one in found
    )
    return Table(columns, rows, empty="Nobody is in this course yet.")


def _named(one: Readiness) -> str:
    first: tuple[Gap, ...] = one.to_do[:MOST_NAMED]
    more = len(one.to_do) - len(first)
    return ", ".join(gap.asked.label for gap in first) + (f", and {more} more" if more > 0 else "")


@bp.get(f"/learners/<{ID}:person_id>/plan/<{ID}:role_id>")
@needs(May.SEE_COURSE)
def plan_of(viewer: Viewer, person_id: int, role_id: int) -> str:
    """One learner's plan towards a role, as the instructor sees it."""
    course = course_of(viewer)
    learner_of(course, person_id)
    name = launch.person(db.session(), person_id).shown_as
    return _plan(course, person_id, role_id, name, url_for("diagnostics.readiness_for", role_id=role_id), own=False)


@bp.get(f"/plan/<{ID}:role_id>")
@needs(May.SEE_OWN_MAP)
def own_plan(viewer: Viewer, role_id: int) -> str:
    course = course_of(viewer)
    return _plan(course, oneself(viewer), role_id, course.title, url_for("diagnostics.own_roles"), own=True)


def _plan(course: CourseInfo, person_id: int, role_id: int, above: str, back: str, *, own: bool) -> str:
    from lti_tool.diagnostics import class_map

    session = db.session()
    framed = reading.framework_of(session, course)
    role = _role(framed, role_id)
    cells = class_map.standings(
        [person_id],
        [c.id for c in framed.competencies],
        queries.packed_cells(session, [person_id], framed.version.id),
        queries.cuts(session, framed.version.id),
    )
    (one,) = readiness(role, {c.key: c.id for c in framed.competencies}, cells)
    page = PlanPage(
        title=f"Towards {role.title}",
        tab="" if own else "diagnostics.cohort",
        above=above,
        role=role,
        own=own,
        one=one,
        words=WORDS,
        back=back,
        levels=framed.version.level_count,
        foot=framed.version.attribution,
        foot_url=framed.version.source_url,
    )
    return render_template("diagnostics/plan.html", page=page)


def _role(framed: Framed, role_id: int) -> Role:
    """A role on the course's own version. Raises NotFound, also for roles of other frameworks."""
    session = db.session()
    if roles.framework_of(session, role_id) != framed.version.framework_id:
        raise NotFound("This role belongs to another framework.", "Choose one of this course’s framework.")
    return roles.role(session, role_id, framed)
