"""The class, for instructors: who stands where, and the same as files."""

import csv
import io
from dataclasses import dataclass, replace

from flask import make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from lti_tool.diagnostics import cohort_page, course_fields, grid_rows, groups, queries, reading
from lti_tool.diagnostics import overview as whole
from lti_tool.diagnostics.cohort_page import Chosen, Class, Summaries, View
from lti_tool.diagnostics.doors import bp, course_of, learner_of, page_of, wants_part
from lti_tool.diagnostics.grid_rows import Links
from lti_tool.diagnostics.overview import Overview
from lti_tool.diagnostics.queries import Asked
from lti_tool.diagnostics.subject import Address, isolated, level_names
from lti_tool.diagnostics.views_learner import cell_panel
from lti_tool.kit import clock
from lti_tool.kit.db import db
from lti_tool.kit.errors import NotFound
from lti_tool.kit.sheets import plain
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.components.forms import Field
from lti_tool.web.components.maps import CohortGrid, EvidencePanel
from lti_tool.web.components.tables import Table
from lti_tool.web.components.words import Action, Chart, Pager
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer

MOST_BARS = 60


@dataclass(frozen=True, kw_only=True)
class CohortPage(Page):
    course: str
    lede: str
    learners: int
    has_evidence: bool
    summaries: Summaries
    filters: tuple[Field, ...]
    overview: Overview | None
    grid: CohortGrid
    rows: Markup
    level_names: tuple[str, ...]
    pager: Pager | None
    groups: Table | None
    chart: Chart | None
    pictures: bool
    target: tuple[Field, ...]
    asked: tuple[tuple[Asked, str], ...]
    may_manage: bool
    mapping: str
    assessments: str


def view_of_request() -> View:
    args = request.args
    sort = "gap" if args.get("sort") == "gap" else "name"
    return View(args.get("group", ""), sort, args.get("area", ""), args.get("from", 0, type=int))


@bp.get("/class")
@needs(May.SEE_COURSE)
def cohort(viewer: Viewer) -> str:
    session, course = db.session(), course_of(viewer)
    asked = request.args.get("person", type=int), request.args.get("item", type=int)
    if wants_part() and None not in asked:
        return _part(course, *asked)  # type: ignore[arg-type]
    group = reading.class_of(session, course)
    wanted = cohort_page.chosen(group, view_of_request(), asked[1])
    opened = _opened(group, *asked)
    panel = _panel(course, *opened, wanted.view) if opened else None
    names: dict[int, str] = {m.person.id: m.person.shown_as for m in group.members}
    levels, version = level_names(group.framed), group.framed.version
    links = Links(url_for("diagnostics.cohort"), url_for("diagnostics.learner", person_id=0).removesuffix("0"))
    grid = cohort_page.grid(group, wanted, panel)
    page = CohortPage(
        title="Where the class stands",
        course=course.title,
        lede=cohort_page.lede(group),
        learners=len(group.members),
        has_evidence=any(group.cells.pieces),
        summaries=cohort_page.summaries(group.shares),
        filters=course_fields.filters(group, wanted),
        overview=whole.overview(group, wanted, levels, url_for("diagnostics.class_cells"), links.page),
        grid=grid,
        rows=grid_rows.rows(group, wanted, links, opened, grid.first),
        level_names=levels,
        pager=_pager(wanted, links.page),
        groups=groups.groups_table(group.framed, group.members, group.cells, group.targets),
        chart=_chart(group),
        pictures=any(group.cells.levels),
        target=course_fields.target(group.framed, group.targets),
        asked=tuple(
            (ask, names[ask.person_id]) for ask in queries.open_checks(session, course.id) if ask.person_id in names
        ),
        may_manage=viewer.may(May.MANAGE_COURSE),
        mapping=page_of("grading.review"),
        assessments=page_of("grading.assessments"),
        levels=len(levels),
        foot=version.attribution,
        foot_url=version.source_url,
    )
    return render_template("diagnostics/cohort.html", page=page)


def _opened(group: Class, person: int | None, item: int | None) -> tuple[int, int] | None:
    if person is None or item is None or item not in group.cells.column_of or person not in group.cells.row_of:
        return None
    return person, item


def _part(course: CourseInfo, person: int, item: int) -> str:
    """What opens under one cell, alone: the class is not read for it."""
    learner_of(course, person)
    if item not in reading.framework_of(db.session(), course).by_id:
        raise NotFound("This competency is not in the course's framework.", "Choose one from the list.")
    panel = _panel(course, person, item, view_of_request())
    return render_template("diagnostics/panel.html", panel=panel, holder="opened")


def _panel(course: CourseInfo, person: int, item: int, view: View) -> EvidencePanel:
    session, address = db.session(), Address(url_for("diagnostics.learner", person_id=person))
    subject = reading.subject_of(session, course, person, address, own=False, now=clock.now())
    cell = subject.cells.get(item)
    made = cell_panel(subject, person, item, (cell.standing.level or 0) if cell else 0, every=True)
    name = launch.person(session, person).shown_as
    link = Action("See this learner’s page", address.page, about=name)
    query = view.query()
    return replace(
        made,
        title=f"{isolated(name)}, {subject.framed.by_id[item].label}",
        summary=f"{made.summary} The target is level {subject.targets.of(item)}.",
        move=replace(made.move, actions=(link,)) if made.move else None,
        close_href=url_for("diagnostics.cohort") + (f"?{query}" if query else ""),
    )


def _pager(wanted: Chosen, page: str) -> Pager | None:
    total, step, start = len(wanted.members), cohort_page.ON_A_PAGE, wanted.view.start
    if total <= step:
        return None

    def at(place: int) -> str:
        return f"{page}?{wanted.view.at(place).query()}#grid"

    end = min(start + step, total)
    return Pager(
        f"Learners {start + 1} to {end} of {total}",
        at(max(0, start - step)) if start else "",
        at(end) if end < total else "",
    )


def _chart(group: Class) -> Chart | None:
    """None where nobody is placed, and for a framework so large that the bars would be a ribbon that nobody reads."""
    if not any(group.cells.levels) or len(group.cells.items) > MOST_BARS:
        return None
    return Chart(
        id="overview",
        title="The class on each competency",
        description="One bar for each competency that has placed learners, divided by the most likely level."
        " The table above holds the same, learner by learner.",
        src=url_for("diagnostics.overview"),
    )


@bp.get("/class/cells")
@needs(May.SEE_COURSE)
def class_cells(viewer: Viewer) -> Response:
    """The bytes that the whole class is drawn from: one for each learner and competency that the view asks for, level
    and certainty (`class_cells`)."""
    group = reading.class_of(db.session(), course_of(viewer))
    shown = whole.cells(group, cohort_page.chosen(group, view_of_request()))
    answer = make_response(shown.codes)
    answer.mimetype = "application/octet-stream"
    return answer


@bp.get("/class.csv")
@needs(May.SEE_COURSE)
def class_csv(viewer: Viewer) -> Response:
    """The grid as a table: level, or empty where there is not enough evidence yet."""
    group = reading.class_of(db.session(), course_of(viewer))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["learner", *(plain(c.label) for c in group.framed.competencies)])
    for member in group.members:
        levels = group.cells.row(group.cells.levels, member.person.id)
        writer.writerow([plain(member.person.shown_as), *(level or "" for level in levels)])
    answer = make_response("\ufeff" + out.getvalue())  # Excel reads UTF-8 only where it is told so
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = 'attachment; filename="class.csv"'
    return answer
