"""Marking our own assessments: who handed in, and one learner after the other by the rubric."""

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.assessments.queries import AssessmentInfo, Sheet
from lti_tool.grading.door import bp, learner_of, own_assessment
from lti_tool.grading.marking import queries, service, submissions
from lti_tool.grading.marking.domain import MarksRefused
from lti_tool.grading.marking.form import read_mark
from lti_tool.grading.marking.queries import MarkInfo
from lti_tool.grading.marking.submissions import SubmissionInfo
from lti_tool.grading.passback.pages import counts_note, state_pill
from lti_tool.grading.passback.queries import DeliveryInfo, deliveries
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import PersonInfo
from lti_tool.web.components import Action, Note, Tone, Via, Weight
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Pill
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@dataclass(frozen=True, kw_only=True)
class MarkingPage(Page):
    course: str
    sheet: Sheet
    notes: tuple[Note, ...]
    table: Table
    actions: tuple[Action, ...]


@dataclass(frozen=True, kw_only=True)
class MarkPage(Page):
    course: str
    sheet: Sheet
    learner: PersonInfo
    work: SubmissionInfo | None
    earlier: tuple[SubmissionInfo, ...]
    mark: MarkInfo | None
    faults: tuple[str, ...]
    typed: dict[str, str]
    place: str
    previous: str
    following: str
    delivery: DeliveryInfo | None


@bp.get("/assessments/<ref>/marking")
@needs(May.MARK)
def marking(viewer: Viewer, ref: str) -> str:
    session, one = db.session(), own_assessment(viewer, ref)
    learners = launch.learners(session, one.course_id)
    marks = queries.marks_of_assessment(session, one.id)
    on_their_way = deliveries(session, assessment_id=one.id, limit=5000)
    hidden = sum(mark.released_at is None for mark in marks.values())
    page = MarkingPage(
        title=one.title,
        tab="grading.assessments",
        course=viewer.course_title,
        sheet=assessments.sheet(session, one),
        notes=counts_note(on_their_way),
        table=_table(one, learners, submissions.latest(session, one.id), marks, on_their_way),
        actions=_actions(viewer, one, hidden, on_their_way),
    )
    return render_template("grading/marking.html", page=page)


def _actions(
    viewer: Viewer, one: AssessmentInfo, hidden: int, on_their_way: tuple[DeliveryInfo, ...]
) -> tuple[Action, ...]:
    found = []
    if hidden:
        show = url_for("grading.release", ref=one.ref)
        found.append(Action(f"Show {hidden} hidden {'mark' if hidden == 1 else 'marks'}", show, Weight.MAIN, Via.POST))
    if any(delivery.state != "sent" for delivery in on_their_way):
        found.append(Action("Send what waits", url_for("grading.send_all", ref=one.ref), via=Via.POST, icon="retry"))
    if viewer.may(May.MANAGE_COURSE):
        found.append(Action("Edit", url_for("grading.edit_assessment", ref=one.ref), Weight.PLAIN))
    return tuple(found)


def _table(
    one: AssessmentInfo,
    learners: list[PersonInfo],
    work: dict[int, SubmissionInfo],
    marks: dict[int, MarkInfo],
    on_their_way: tuple[DeliveryInfo, ...],
) -> Table:
    sent = {delivery.person_id: delivery for delivery in on_their_way}
    columns = (
        Column("Learner", ColumnKind.HEAD),
        Column("Handed in"),
        Column("Mark", ColumnKind.NUM),
        Column("Gradebook"),
        Column("Mark this"),
    )
    rows = []
    for learner in learners:
        mark, handed, delivery = marks.get(learner.id), work.get(learner.id), sent.get(learner.id)
        href = url_for("grading.mark", ref=one.ref, person_id=learner.id)
        rows.append(
            Row(
                (
                    Cell(learner.shown_as, soft="Test student" if learner.is_test else ""),
                    _handed(handed, one.due_at),
                    _marked(mark, handed),
                    Cell(soft=delivery.words, pill=state_pill(delivery.state)) if delivery else "–",
                    Cell(actions=(Action("Mark" if mark is None else "Change", href, about=learner.shown_as),)),
                ),
                id=f"p-{learner.id}",
            )
        )
    return Table(columns, tuple(rows), empty="No learner is in this course yet.")


def _handed(work: SubmissionInfo | None, due: datetime | None) -> Cell | str:
    if work is None:
        return Cell(pill=Pill("Not yet", Tone.WAIT))
    late = due is not None and work.submitted_at > due
    soft = f"Attempt {work.attempt}" if work.attempt > 1 else ""
    return Cell(moment(work.submitted_at), soft=soft, pill=Pill("Late", Tone.LOOK) if late else None)


def _marked(mark: MarkInfo | None, work: SubmissionInfo | None) -> Cell | str:
    if mark is None:
        return "–"
    again = work is not None and work.submitted_at > mark.marked_at
    pill = Pill("New attempt", Tone.LOOK) if again else None
    if mark.released_at is None:
        pill = Pill("Hidden", Tone.WAIT)
    return Cell(points_of(mark), pill=pill)


@bp.get("/assessments/<ref>/mark/<int:person_id>")
@needs(May.MARK)
def mark(viewer: Viewer, ref: str, person_id: int) -> str:
    return _mark_page(viewer, own_assessment(viewer, ref), learner_of(viewer, person_id))


@bp.post("/assessments/<ref>/mark/<int:person_id>")
@needs(May.MARK)
def keep_mark(viewer: Viewer, ref: str, person_id: int) -> str | tuple[str, int] | Response:
    one, learner, now = own_assessment(viewer, ref), learner_of(viewer, person_id), clock.now()
    session = db.session()
    sheet = assessments.sheet(session, one)
    work = submissions.attempts(session, one.id, learner.id)
    marker = f"person-{viewer.person_id}"
    try:
        given = read_mark(sheet, learner.id, request.form, marker, work[0].attempt if work else 0, now)
        if given is None:
            raise MarksRefused(["Choose at least one rating, or give the points."])
        with writing(session):
            service.record_scores(session, one.id, [given], now)
    except MarksRefused as refused:
        return _mark_page(viewer, one, learner, refused.details, request.form.to_dict()), refused.status
    said = f"{learner.shown_as}: {given.points:g} of {one.max_points or 0:g}."
    _, _, following = _neighbours(session, one, learner.id)
    if request.form.get("then") == "next" and following:
        return go(url_for("grading.mark", ref=ref, person_id=following), say=said)
    return go(url_for("grading.marking", ref=ref), say=said)


@bp.post("/assessments/<ref>/release")
@needs(May.MARK)
def release(viewer: Viewer, ref: str) -> Response:
    one = own_assessment(viewer, ref)
    with writing(db.session()) as session:
        shown = service.release(session, one.id, clock.now())
    return go(url_for("grading.marking", ref=ref), say=f"{shown} {'mark is' if shown == 1 else 'marks are'} shown now.")


def _mark_page(
    viewer: Viewer,
    one: AssessmentInfo,
    learner: PersonInfo,
    faults: tuple[str, ...] = (),
    typed: dict[str, str] | None = None,
) -> str:
    session = db.session()
    place, previous, following = _neighbours(session, one, learner.id)
    work = submissions.attempts(session, one.id, learner.id)
    sent = deliveries(session, assessment_id=one.id, person_id=learner.id)
    page = MarkPage(
        title=f"{learner.shown_as}: {one.title}",
        tab="grading.assessments",
        course=viewer.course_title,
        sheet=assessments.sheet(session, one),
        learner=learner,
        work=work[0] if work else None,
        earlier=work[1:],
        mark=queries.mark_of(session, one.id, learner.id),
        faults=faults,
        typed=typed or {},
        place=place,
        previous=url_for("grading.mark", ref=one.ref, person_id=previous) if previous else "",
        following=url_for("grading.mark", ref=one.ref, person_id=following) if following else "",
        delivery=sent[0] if sent else None,
    )
    return render_template("grading/mark.html", page=page)


def _neighbours(session: Session, one: AssessmentInfo, person_id: int) -> tuple[str, int | None, int | None]:
    ids = [int(learner.id) for learner in launch.learners(session, one.course_id)]
    at = ids.index(person_id)
    following = ids[at + 1] if at + 1 < len(ids) else None
    return f"Learner {at + 1} of {len(ids)}", ids[at - 1] if at else None, following


def points_of(mark: MarkInfo) -> str:
    """A mark in words: "8 of 12"."""
    if mark.points is None:
        return "–"
    return f"{mark.points:g} of {mark.max_points:g}" if mark.max_points else f"{mark.points:g}"


def moment(when: datetime) -> str:
    return f"{when:%d %b %Y, %H:%M} UTC"
