"""Work behind the pages that did not get done: what it was, why, and another try."""

from flask import url_for
from sqlalchemy.orm import Session

from lti_tool.admin.when import when
from lti_tool.kit import outbox
from lti_tool.launch import queries as launch
from lti_tool.web.components.tables import Cell, Column, ColumnKind, Row, Table
from lti_tool.web.components.words import Action, Pill, Tone, Via

TOLD_ELSEWHERE = ("PassbackDue", "IntakeDue")
"""Scores have a table of their own; the reading of assignments is told beside its connection."""
WORDS = {
    "RosterDue/read_roster": "Reading the class list",
    "RosterDue/ask_for_intake": "Asking for assignments and marks",
    "AssessmentArrived": "Suggesting competencies",
    "SuggestionsDue": "Suggesting competencies",
    "AlignmentChanged": "Suggesting competencies",
    "EvidenceRecorded": "Working out where learners stand",
}


def stuck(session: Session, institution_id: int) -> tuple[outbox.Stuck, ...]:
    return outbox.stuck(session, institution_id, leave_out=TOLD_ELSEWHERE)


def table(session: Session, found: tuple[outbox.Stuck, ...]) -> Table:
    courses = {int(one.id): one.title for one in launch.courses(session)} if found else {}
    columns = (
        Column("Since", ColumnKind.NUM),
        Column("What", ColumnKind.HEAD),
        Column("State"),
        Column("Details"),
        Column("Action"),
    )
    return Table(columns, tuple(Row(_cells(one, courses)) for one in found))


def _cells(one: outbox.Stuck, courses: dict[int, str]) -> tuple[Cell | str, ...]:
    what = WORDS.get(one.topic) or WORDS.get(one.topic.split("/")[0]) or "Other work"
    course = courses.get(int(one.payload.get("course_id", 0)), "")
    again = Action("Try again", url_for("admin.retry_work", row_id=one.id), via=Via.POST, about=f"{what}, {course}")
    pill = Pill("Stopped", Tone.PROBLEM) if one.dead else Pill("Trying again", Tone.WAIT)
    return (when(one.since), Cell(what, soft=course), Cell(pill=pill), one.words, Cell(actions=(again,)))
