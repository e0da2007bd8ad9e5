"""A learner's side: the list of their work, handing in, their marks; and downloads for both sides."""

import io
from dataclasses import dataclass

from flask import make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.assessments.queries import AssessmentUnknown, Sheet
from lti_tool.grading.door import (
    StatePage,
    any_assessment,
    bp,
    course_of,
    most_upload_bytes,
    own_assessment,
    self_of,
)
from lti_tool.grading.marking import queries, submissions
from lti_tool.grading.marking.files import TAKEN, FileGiven, FileRefused, look_at
from lti_tool.grading.marking.queries import MarkInfo
from lti_tool.grading.marking.submissions import HandInRefused, SubmissionInfo, SubmissionUnknown
from lti_tool.grading.marking.views import moment, points_of
from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.kit.errors import Forbidden
from lti_tool.web.components import Action, State, StateKind, Tone, Via, Weight
from lti_tool.web.components.forms import Field, FieldKind
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Pill
from lti_tool.web.guard import needs, public
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


class NotYours(Forbidden):
    reason = "not_yours"


@dataclass(frozen=True, kw_only=True)
class OwnWorkPage(Page):
    course: str
    table: Table


@dataclass(frozen=True, kw_only=True)
class WorkPage(Page):
    course: str
    sheet: Sheet
    due: str
    attempts: tuple[SubmissionInfo, ...]
    mark: MarkInfo | None
    shown: str
    text: str
    fault: str
    file: Field


@bp.get("/own-work")
@needs(May.SEE_OWN_MAP)
def own_work(viewer: Viewer) -> str:
    session, course, me = db.session(), course_of(viewer), self_of(viewer)
    listed = assessments.of_course(session, course.id, source=assessments.OWN)
    marks = queries.shown_marks(session, me, [one.id for one in listed])
    rows = []
    for one in listed:
        work = submissions.attempts(session, one.id, me)
        mark = marks.get(one.id)
        rows.append(
            Row(
                (
                    Cell(one.title, href=url_for("grading.open_assessment", ref=one.ref)),
                    moment(one.due_at) if one.due_at else "–",
                    moment(work[0].submitted_at) if work else Cell(pill=Pill("Not yet", Tone.WAIT)),
                    points_of(mark) if mark else "–",
                )
            )
        )
    columns = (Column("Task", ColumnKind.HEAD), Column("Due"), Column("Handed in"), Column("Mark", ColumnKind.NUM))
    table = Table(columns, tuple(rows), empty="This course has no tasks in Waymark yet.")
    page = OwnWorkPage(title="My work", course=course.title, table=table)
    return render_template("grading/own_work.html", page=page)


@bp.get("/assessments/<ref>")
@needs(May.OPEN)
def open_assessment(viewer: Viewer, ref: str) -> str | tuple[str, int] | Response:
    """What a link in the course opens: learners hand in, those who teach mark."""
    try:
        own_assessment(viewer, ref)
    except AssessmentUnknown:
        if viewer.course_id is None:
            raise
        return _not_here(viewer, ref)
    if viewer.may(May.MARK):
        return redirect(url_for("grading.marking", ref=ref), 303)
    if not viewer.may(May.HAND_IN):
        state = State(
            StateKind.ROLE,
            "This task is for the people of the course",
            ("Your LMS did not say who you are, so nothing can be handed in.",),
        )
        return render_template("web/state.html", page=StatePage(title="Not for this visit", state=state)), 403
    return _work_page(viewer, ref)


def _not_here(viewer: Viewer, ref: str) -> tuple[str, int]:
    """The link came with a copied course, or its assessment is gone."""
    if viewer.may(May.MANAGE_COURSE):
        state = State(
            StateKind.MISSING,
            "This link came from another course",
            (
                "When a course is copied its links come along, and the assessments behind them stay where they were.",
                "You can have the same assessment here, with its rubric and its links to the framework. "
                "Nobody’s work or marks come with it.",
            ),
            actions=(Action("Make it here", url_for("grading.continue_assessment", ref=ref), Weight.MAIN, Via.POST),),
        )
    else:
        state = State(StateKind.LATER, "This task is not ready yet", ("Whoever runs the course has to open it once.",))
    return render_template("web/state.html", page=StatePage(title=state.title, state=state)), 404


@bp.post("/assessments/<ref>/hand-in")
@needs(May.HAND_IN)
def hand_in(viewer: Viewer, ref: str) -> str | tuple[str, int] | Response:
    one, me, now = own_assessment(viewer, ref), self_of(viewer), clock.now()
    text, given = request.form.get("text", ""), request.files.get("file")
    try:
        file = None
        if given is not None and given.filename:
            most = most_upload_bytes()
            file = look_at(FileGiven(given.filename, given.read(most + 1)), most)
        with writing(db.session()) as session:
            attempt = submissions.hand_in(session, one, me, text, file, now)
    except (FileRefused, HandInRefused) as fault:
        return _work_page(viewer, ref, text, f"{fault.words} {fault.next_step}"), fault.status
    said = "Your work is handed in." if attempt == 1 else f"Your work is handed in, attempt {attempt}."
    return go(url_for("grading.open_assessment", ref=ref), say=said)


def _work_page(viewer: Viewer, ref: str, text: str = "", fault: str = "") -> str:
    session, one, me = db.session(), own_assessment(viewer, ref), self_of(viewer)
    mark = queries.shown_marks(session, me, [one.id]).get(one.id)
    most = most_upload_bytes() // (1024 * 1024)
    page = WorkPage(
        title=one.title,
        tab="grading.own_work",
        course=viewer.course_title,
        sheet=assessments.sheet(session, one),
        due=moment(one.due_at) if one.due_at else "",
        attempts=submissions.attempts(session, one.id, me),
        mark=mark,
        shown=points_of(mark) if mark else "",
        text=text,
        fault=fault,
        file=Field("file", "A file", FieldKind.FILE, hint=f"At most {most} MB. Taken are: {TAKEN}."),
    )
    return render_template("grading/work.html", page=page)


@bp.post("/work/<int:submission_id>/download")
@needs(May.OPEN)
def ask_download(viewer: Viewer, submission_id: int) -> Response:
    """A ticket for one download: browsers fetch downloads without the session of the frame."""
    found = submissions.get(db.session(), submission_id)
    any_assessment(viewer, found.assessment_id)
    if not viewer.may(May.MARK) and (viewer.person_id is None or found.person_id != viewer.person_id):
        raise NotYours("This is somebody else’s work.", "Go back to your own.")
    if not found.file_name:
        raise SubmissionUnknown("There is no file with this work.", "Its text is on the page.")
    with writing(db.session()) as session:
        ticket = submissions.give_ticket(session, viewer.institution_id, submission_id, clock.now())
    return redirect(url_for("grading.download", ticket=ticket), 303)


@bp.get("/download/<ticket>")
@public("a single-use ticket of a minute, given to somebody who may see the file")
def download(ticket: str) -> Response:
    session = db.session()
    with everywhere(session), writing(session):
        file = submissions.spend_ticket(session, ticket, clock.now())
    # never shown in place: whatever it is, it stays a file
    answer = make_response(
        send_file(
            io.BytesIO(file.data), mimetype="application/octet-stream", as_attachment=True, download_name=file.name
        )
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
