"""The class, for instructors: who stands where, targets, resources, and the same as files."""

import csv
import io
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import jsonify, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.diagnostics import cohort_page, queries, reading
from lti_tool.diagnostics.cohort_page import Class, View
from lti_tool.diagnostics.evidence_panel import panel
from lti_tool.diagnostics.queries import Asked
from lti_tool.diagnostics.subject import area_of, learner_address
from lti_tool.diagnostics.views_learner import bp, course_of
from lti_tool.grading import queries as grading
from lti_tool.kit import clock
from lti_tool.kit.db import db
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.components.maps import CohortGrid, EvidencePanel, ListItem
from lti_tool.web.components.tables import Table
from lti_tool.web.components.words import Action, Chart, Pager
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True, kw_only=True)
class CohortPage(Page):
    course: str
    lede: str
    learners: int
    has_evidence: bool
    well: tuple[ListItem, ...]
    below: tuple[ListItem, ...]
    never: tuple[ListItem, ...]
    filters: tuple[Field, ...]
    grid: CohortGrid
    pager: Pager | None
    groups: Table | None
    chart: Chart | None
    target: Field
    asked: tuple[tuple[Asked, str], ...]
    may_manage: bool


@bp.get("/class")
@needs(May.SEE_COURSE)
def cohort(viewer: Viewer) -> str:
    session, course = db.session(), course_of(viewer)
    group = reading.class_of(session, course)
    view = View(
        request.args.get("group", ""),
        request.args.get("sort", "name"),
        request.args.get("area", ""),
        max(0, request.args.get("from", 0, type=int)),
    )
    found = cohort_page.shares(group)
    opened = _opened(group)
    well, below, never = cohort_page.summaries(found)
    names: dict[int, str] = {m.person.id: m.person.shown_as for m in group.members}
    version = group.framed.version
    page = CohortPage(
        title="Where the class stands",
        course=course.title,
        lede=cohort_page.lede(group, found),
        learners=len(group.members),
        has_evidence=bool(group.cells),
        well=well,
        below=below,
        never=never,
        filters=_filters(group, view),
        grid=cohort_page.grid(group, found, view, opened, _panel(viewer, group, opened)),
        pager=_pager(group, view),
        groups=cohort_page.groups_table(group),
        chart=_chart(group),
        target=_target_field(group),
        asked=tuple((ask, names.get(ask.person_id, "")) for ask in queries.open_checks(session, course.id)),
        may_manage=viewer.may(May.MANAGE_COURSE),
        levels=min(6, max(4, version.level_count)),
        foot=version.attribution,
        foot_url=version.source_url,
    )
    return render_template("diagnostics/cohort.html", page=page)


def _opened(group: Class) -> tuple[int, int] | None:
    person, item = request.args.get("person", type=int), request.args.get("item", type=int)
    if (
        person is None
        or item is None
        or item not in group.framed.by_id
        or all(m.person.id != person for m in group.members)
    ):
        return None
    return person, item


def _panel(viewer: Viewer, group: Class, opened: tuple[int, int] | None) -> EvidencePanel | None:
    if opened is None:
        return None
    session, (person, item) = db.session(), opened
    subject = reading.subject_of(
        session, course_of(viewer), person, learner_address(person), own=False, now=clock.now()
    )
    competency = group.framed.by_id[item]
    cell = group.cells.get((person, item))
    level = (cell.standing.level or 0) if cell else 0
    made = panel(subject, competency, level, grading.evidence_cell(session, person, item))
    name = next(m.person.shown_as for m in group.members if m.person.id == person)
    link = Action("See this learner’s page", url_for("diagnostics.learner", person_id=person))
    move = made.move
    return EvidencePanel(
        level=made.level,
        title=f"{name}, {competency.label}",
        summary=made.summary + f" The target is level {group.targets.of(item)}.",
        pieces=made.pieces,
        none_words=made.none_words,
        numbers=made.numbers,
        move=type(move)(move.lead, move.statement, move.note, (link,)) if move else None,
        close_href=url_for("diagnostics.cohort"),
    )


def _filters(group: Class, view: View) -> tuple[Field, ...]:
    sections = sorted({m.section for m in group.members if m.section})
    areas = list(dict.fromkeys(area_of(c) for c in group.framed.competencies))
    fields = []
    if sections:
        options = (Option("", f"All groups ({len(group.members)})"), *(Option(s, s) for s in sections))
        fields.append(Field("group", "Group", FieldKind.SELECT, view.group, options=options))
    orders = (Option("name", "Name"), Option("gap", "Distance to target"))
    fields.append(Field("sort", "Sort learners by", FieldKind.SELECT, view.sort, options=orders))
    if len(areas) > 1:
        options = (Option("", f"All {len(areas)} areas"), *(Option(a, a) for a in areas))
        fields.append(Field("area", "Area", FieldKind.SELECT, view.area, options=options))
    return tuple(fields)


def _pager(group: Class, view: View) -> Pager | None:
    total = len(cohort_page.chosen(group, view)[0])
    if total <= cohort_page.ON_A_PAGE:
        return None
    step, end = cohort_page.ON_A_PAGE, min(view.start + cohort_page.ON_A_PAGE, total)

    def at(start: int) -> str:
        chosen = urlencode({"group": view.group, "sort": view.sort, "area": view.area, "from": start})
        return f"{url_for('diagnostics.cohort')}?{chosen}"

    return Pager(
        f"Learners {view.start + 1} to {end} of {total}",
        at(max(0, view.start - step)) if view.start else "",
        at(view.start + step) if end < total else "",
    )


def _target_field(group: Class) -> Field:
    options = tuple(Option(str(level.number), f"{level.number} {level.name}") for level in group.framed.version.levels)
    return Field("level", "Target level of this course", FieldKind.SELECT, str(group.targets.default), options=options)


def _chart(group: Class) -> Chart | None:
    if not any(cell.standing.level for cell in group.cells.values()):
        return None
    return Chart(
        id="overview",
        title="The class on each competency",
        description="One bar for each competency that has placed learners, divided by the most likely level."
        " The table above holds the same, learner by learner.",
        src=url_for("diagnostics.overview", form="json"),
    )


def _distribution(group: Class) -> list[tuple[str, str, int, int]]:
    rows = []
    for competency in group.framed.competencies:
        for level in group.framed.version.levels:
            there = sum(
                1
                for m in group.members
                if (cell := group.cells.get((m.person.id, competency.id))) and cell.standing.level == level.number
            )
            if there:
                rows.append((competency.label, f"{level.number} {level.name}", level.number, there))
    return rows


@bp.get("/class/overview.<any(json, png, svg):form>")
@needs(May.SEE_COURSE)
def overview(viewer: Viewer, form: str) -> Response:
    """The class as a chart: its specification, or a picture for a report."""
    from lti_tool.diagnostics import charts

    group = reading.class_of(db.session(), course_of(viewer))
    spec = charts.distribution(_distribution(group), group.framed.version.level_count)
    if form == "json":
        return jsonify(spec)
    answer = make_response(charts.picture(spec, form))
    answer.mimetype = "image/png" if form == "png" else "image/svg+xml"
    answer.headers["Content-Disposition"] = f'attachment; filename="class.{form}"'
    return answer


@bp.get("/class.csv")
@needs(May.SEE_COURSE)
def class_csv(viewer: Viewer) -> Response:
    """The grid as a table: level, or empty where there is not enough evidence yet. No formula runs in a spreadsheet."""
    group = reading.class_of(db.session(), course_of(viewer))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["learner", *(c.label for c in group.framed.competencies)])
    for member in group.members:
        cells = (group.cells.get((member.person.id, c.id)) for c in group.framed.competencies)
        name = member.person.shown_as
        safe = f"'{name}" if name[:1] in "=+-@\t\r" else name
        writer.writerow([safe, *(cell.standing.level or "" if cell else "" for cell in cells)])
    answer = make_response("\ufeff" + out.getvalue())
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = 'attachment; filename="class.csv"'
    return answer
