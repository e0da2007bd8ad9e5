"""The course's assessments: the list, and making or changing our own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_tool.grading.alignments.domain import Decider
from lti_tool.grading.assessments import queries, service
from lti_tool.grading.assessments.domain import AssessmentDraft, AssessmentFaulty, Form
from lti_tool.grading.assessments.queries import AssessmentInfo, AssessmentLine
from lti_tool.grading.door import any_assessment, bp, course_of, own_assessment
from lti_tool.grading.intake import connections, runs
from lti_tool.grading.intake.runs import RunInfo
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Fault
from lti_tool.launch import queries as launch
from lti_tool.launch.links import CHOICES, LinkChoice, Made
from lti_tool.web.components import Action, Note, Tone, Via, Weight
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Pill
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

SOURCES = {"tool": "Waymark", "moodle": "Moodle", "canvas": "Canvas", "file": "A file"}


@dataclass(frozen=True, kw_only=True)
class ListPage(Page):
    course: str
    notes: tuple[Note, ...]
    warnings: tuple[str, ...]
    table: Table
    actions: tuple[Action, ...]


@dataclass(frozen=True, kw_only=True)
class EditPage(Page):
    course: str
    form: Form
    faults: Mapping[str, str]
    action: str
    back: str
    fixed: bool
    """Some work is marked: only words can change."""


@bp.get("/assessments")
@needs(May.SEE_COURSE)
def assessments(viewer: Viewer) -> str:
    session, course, now = db.session(), course_of(viewer), clock.now()
    connected = connections.connection_of(session, course.platform_id) is not None
    run = runs.last_run(session, course.id)
    if connected and viewer.may(May.MANAGE_COURSE) and (run is None or runs.is_due(run, now)):
        with writing(session):  # at the first open, then at most once an hour
            runs.intake_due(session, course, now)
    page = ListPage(
        title="Assessments",
        course=course.title,
        notes=_notes(run, connected=connected, now=now),
        warnings=run.warnings if run else (),
        table=_table(queries.lines(session, course.id), manage=viewer.may(May.MANAGE_COURSE)),
        actions=_actions(connected) if viewer.may(May.MANAGE_COURSE) else (),
    )
    return render_template("grading/assessments.html", page=page)


def _actions(connected: bool) -> tuple[Action, ...]:
    again = Action("Look again", url_for("grading.look_again"), via=Via.POST, icon="retry")
    return (
        Action("New assessment", url_for("grading.new_assessment"), Weight.MAIN),
        Action("Rubric from the framework", url_for("grading.rubric_from_framework")),
        *((again,) if connected else ()),
        Action("Upload marks", url_for("grading.upload"), Weight.PLAIN),
    )


def _notes(run: RunInfo | None, *, connected: bool, now: datetime) -> tuple[Note, ...]:
    if not connected:
        return (
            Note(
                "Only Waymark’s own assessments and uploaded marks are listed.",
                "An administrator can let Waymark read the LMS’s own assignments and rubrics, under Connections.",
            ),
        )
    if run is None or run.running(now):
        return (Note("The LMS is being read now.", "Reload this page in a moment.", icon="wait"),)
    when = f"{run.started_at:%d %b %Y, %H:%M} UTC"
    if run.ended_at is None:
        return (Note(f"The reading of {when} was interrupted.", "Nothing was half-kept.", tone=Tone.LOOK),)
    if run.trouble:
        return (Note(f"The LMS could not be read on {when}.", run.trouble, tone=Tone.PROBLEM),)
    counts = run.counts
    new = counts.get("marks_new", 0) + counts.get("marks_changed", 0)
    told = f"{new} new or changed marks, {counts.get('assessments_new', 0)} new assessments."
    if gone := counts.get("marks_taken_back", 0):
        told = f"{told} {gone} {'mark was' if gone == 1 else 'marks were'} taken back."
    return (Note(f"Last read on {when}.", told, icon="ok"),)


def _table(lines: tuple[AssessmentLine, ...], *, manage: bool) -> Table:
    columns = (
        Column("Assessment", ColumnKind.HEAD),
        Column("From"),
        Column("Criteria", ColumnKind.NUM),
        Column("Handed in", ColumnKind.NUM),
        Column("Marked", ColumnKind.NUM),
        Column("State"),
        Column("Open"),
    )
    rows = tuple(Row(_cells(line, manage), id=f"a-{line.assessment.id}") for line in lines)
    return Table(columns, rows, empty="No assessment yet.")


def _cells(line: AssessmentLine, manage: bool) -> tuple[Cell | str, ...]:
    one = line.assessment
    actions: list[Action] = []
    if one.own:
        actions.append(Action("Mark", url_for("grading.marking", ref=one.ref), Weight.NORMAL, about=one.title))
    if manage and one.own:
        actions.append(Action("Edit", url_for("grading.edit_assessment", ref=one.ref), Weight.PLAIN, about=one.title))
    if manage and line.criteria and line.to_check:
        actions.append(Action("Check criteria", url_for("grading.review"), Weight.PLAIN, about=one.title))
    if manage and not one.own and line.criteria:
        copy = url_for("grading.new_assessment", like=one.id)
        actions.append(Action("Use its rubric", copy, Weight.PLAIN, about=one.title))
    due = f"Due {one.due_at:%d %b %Y, %H:%M} UTC" if one.due_at else ""
    return (
        Cell(one.title, soft=due),
        SOURCES.get(one.source, one.source),
        str(line.criteria),
        str(line.handed_in) if one.own else "–",
        f"{line.marked}, {line.hidden} hidden" if line.hidden else str(line.marked),
        Cell(pill=_state(line)),
        Cell(actions=tuple(actions)) if actions else "–",
    )


def _state(line: AssessmentLine) -> Pill:
    if not line.assessment.active:
        return Pill("No longer in the LMS")
    if not line.criteria:
        return Pill("No rubric", Tone.LOOK)
    if line.to_check:
        return Pill(f"{line.to_check} to check", Tone.WAIT)
    return Pill("Mapped", icon="ok")


@bp.post("/look-again")
@needs(May.MANAGE_COURSE)
def look_again(viewer: Viewer) -> Response:
    course = course_of(viewer)
    with writing(db.session()) as session:
        connections.key_of(session, course.platform_id)
        runs.intake_due(session, course, clock.now(), at_once=True)
    return go(url_for("grading.assessments"), say="The LMS is being read. Reload this page in a moment.")


@bp.get("/assessments/new")
@needs(May.MANAGE_COURSE)
def new_assessment(viewer: Viewer) -> str:
    like = request.args.get("like", type=int)
    form = Form.empty()
    if like is not None:
        sheet = queries.sheet(db.session(), any_assessment(viewer, like))
        form = Form.of(service.draft_of(sheet))
        form.title = f"{form.title} (copy)"
    return _edit_page(viewer, form, {}, None)


@bp.post("/assessments/new")
@needs(May.MANAGE_COURSE)
def create_assessment(viewer: Viewer) -> str | tuple[str, int] | Response:
    course, form = course_of(viewer), Form.typed(request.form)
    if _more(form):
        return _edit_page(viewer, form, {}, None)
    try:
        draft = form.draft()
    except AssessmentFaulty as faulty:
        return _edit_page(viewer, form, faulty.faults, None), faulty.status
    with writing(db.session()) as session:
        made = service.create(session, course, draft, clock.now())
    return go(url_for("grading.marking", ref=made.ref), say=f"“{made.title}” is made.")


@bp.get("/assessments/<ref>/edit")
@needs(May.MANAGE_COURSE)
def edit_assessment(viewer: Viewer, ref: str) -> str:
    one = own_assessment(viewer, ref)
    return _edit_page(viewer, Form.of(service.draft_of(queries.sheet(db.session(), one))), {}, one)


@bp.post("/assessments/<ref>/edit")
@needs(May.MANAGE_COURSE)
def change_assessment(viewer: Viewer, ref: str) -> str | tuple[str, int] | Response:
    one, form = own_assessment(viewer, ref), Form.typed(request.form)
    if _more(form):
        return _edit_page(viewer, form, {}, one)
    try:
        draft = form.draft()
        with writing(db.session()) as session:
            changed = service.change(session, one, draft)
    except AssessmentFaulty as faulty:
        return _edit_page(viewer, form, faulty.faults, one), faulty.status
    except Fault as fault:
        return _edit_page(viewer, form, {"": f"{fault.words} {fault.next_step}"}, one), fault.status
    return go(url_for("grading.marking", ref=ref), say=f"“{changed.title}” is saved.")


def _more(form: Form) -> bool:
    """Whether a button only asked for another row or column."""
    wanted = request.form.get("more", "")
    if wanted == "criterion":
        form.add_criterion()
    elif wanted == "rating":
        form.add_rating()
    return bool(wanted)


@bp.post("/assessments/<ref>/continue")
@needs(May.MANAGE_COURSE)
def continue_assessment(viewer: Viewer, ref: str) -> Response:
    """A copied course brought our link along: make the assessment behind it anew, here."""
    course = course_of(viewer)
    with writing(db.session()) as session:
        made = service.continue_here(session, course, ref, Decider.person(viewer.person_id), clock.now())
    return go(url_for("grading.marking", ref=made.ref), say=f"“{made.title}” is here now, with its rubric and mapping.")


def _edit_page(viewer: Viewer, form: Form, faults: Mapping[str, str], one: AssessmentInfo | None) -> str:
    form.even_out()
    if not form.criteria:
        form.add_criterion()
    if one is None:
        action, back = url_for("grading.create_assessment"), url_for("grading.assessments")
    else:
        action = url_for("grading.change_assessment", ref=one.ref)
        back = url_for("grading.marking", ref=one.ref)
    page = EditPage(
        title=f"Edit {one.title}" if one else "New assessment",
        tab="grading.assessments",
        course=viewer.course_title,
        form=form,
        faults=faults,
        action=action,
        back=back,
        fixed=bool(one and service.marked(db.session(), one.id)),
    )
    return render_template("grading/edit.html", page=page)


def _make_link(session: Session, viewer: Viewer, form: Mapping[str, str]) -> Made:
    """A new assessment for deep linking; its rubric is added in the tool. Raises AssessmentFaulty."""
    typed = Form(title=form.get("title", "").strip(), points=form.get("points", "").strip() or "100")
    draft: AssessmentDraft = typed.draft()
    if viewer.course_id is None:
        course_of(viewer)
    made = service.create(session, launch.course(session, int(viewer.course_id or 0)), draft, clock.now())
    return Made(ref=made.ref, title=made.title, points=made.max_points)


def _own_ones(session: Session, viewer: Viewer) -> list[Made]:
    """The course's assessments that are there already. One with a column in the gradebook gets no second one."""
    course_id = int(viewer.course_id or 0)
    columns = {link.assessment_ref for link in launch.links(session, course_id) if link.line_item_url}
    return [
        Made(one.ref, one.title, None if one.line_item_url or one.ref in columns else one.max_points)
        for one in queries.of_course(session, course_id, source=queries.OWN)
    ]


def install_links() -> None:
    """Let instructors place assessments in the course by deep linking."""
    if not any(choice.opens == "assessment" for choice in CHOICES):
        CHOICES.append(
            LinkChoice(
                "assessment",
                "A new assessment",
                "Students hand in text or a file; you mark it by a rubric, and the grade goes to the gradebook.",
                _make_link,
                asks_title=True,
                asks_points=True,
                offers=_own_ones,
                offered_as="An assessment of this course in Waymark.",
            )
        )
