"""A file of marks, looked at first and kept only when somebody says so."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.grading.intake import service
from lti_tool.grading.intake.domain import IntakeCounts
from lti_tool.grading.intake.people import called
from lti_tool.grading.models import Intake
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.launch.queries import CourseInfo
from lti_tool.lms.csv_text import FileFaults, LineFault
from lti_tool.lms.files import read_marks
from lti_tool.lms.values import CourseSnapshot

KEPT_FOR = timedelta(hours=1)
"""A preview that nobody confirmed is forgotten after this long."""
MOST_TEXT = 10 * 1024 * 1024


class PreviewGone(NotFound):
    reason = "preview_gone"


class PreviewStale(Invalid):
    reason = "preview_stale"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring. `unknown` are the learners' names in it that nobody in the course has."""

    id: int
    assessments: tuple[str, ...]
    criteria: int
    learners: int
    marks: int
    unknown: tuple[str, ...]
    left_out: int
    warnings: tuple[str, ...]


def look_at(session: Session, course: CourseInfo, data: bytes, now: datetime) -> Preview:
    """Read the file and hold it for an hour. Raises FileFaults with every fault; then nothing is held."""
    snapshot = read_marks(data, now=now)
    people = _who(session, course, snapshot)
    session.execute(
        delete(Intake).where(
            Intake.course_id == course.id,
            Intake.source == service.FILE,
            Intake.ended_at.is_(None),
            Intake.started_at < now - KEPT_FOR,
        )
    )
    row = Intake(
        institution_id=course.institution_id,
        course_id=course.id,
        source=service.FILE,
        started_at=now,
        counts={"file": base64.b64encode(data).decode()},
        warnings=[],
    )
    session.add(row)
    session.flush()
    return _preview(row.id, snapshot, people)


def held(session: Session, course: CourseInfo, intake_id: int) -> Preview:
    """A preview that is still held. Raises PreviewGone."""
    row = _row(session, course, intake_id)
    snapshot = read_marks(base64.b64decode(row.counts["file"]), now=row.started_at)
    return _preview(row.id, snapshot, _who(session, course, snapshot))


def keep(session: Session, course: CourseInfo, intake_id: int, now: datetime) -> IntakeCounts:
    """Keep the file's marks, all or none. Marks of learners who are not in the course are left out and told."""
    row = _row(session, course, intake_id)
    snapshot = read_marks(base64.b64decode(row.counts["file"]), now=row.started_at)
    people = _who(session, course, snapshot)
    counts = service.keep_snapshot(session, course, service.FILE, snapshot, people, now)
    row.ended_at, row.counts, row.warnings = now, counts.numbers(), list(counts.warnings)
    return counts


def _row(session: Session, course: CourseInfo, intake_id: int) -> Intake:
    row = session.scalar(
        select(Intake).where(
            Intake.id == intake_id,
            Intake.course_id == course.id,
            Intake.source == service.FILE,
            Intake.ended_at.is_(None),
        )
    )
    if row is None or "file" not in row.counts:
        raise PreviewGone("This file was kept already, or is no longer held.", "Upload it again if you need to.")
    return row


def _who(session: Session, course: CourseInfo, snapshot: CourseSnapshot) -> dict[str, int]:
    """Learners by the name the file gives them. Raises FileFaults where several have it, or two names are one's."""
    known: Mapping[str, Sequence[int]] = called(session, course.id)
    people: dict[str, int] = {}
    names: dict[int, str] = {}
    faults: list[LineFault] = []
    for name in dict.fromkeys(mark.user_source_id for mark in snapshot.marks):
        found = known.get(name.casefold(), ())
        if len(found) > 1:
            faults.append(LineFault(0, "learner", f"several people are called “{name}”; give the LMS's user id"))
        elif found and names.setdefault(found[0], name) != name:
            faults.append(LineFault(0, "learner", f"“{name}” and “{names[found[0]]}” are the same person"))
        elif found:
            people[name] = found[0]
    if faults:
        raise FileFaults(
            "Some learners cannot be told apart; nothing was taken in.",
            "Name each learner in one way, best by the LMS's user id.",
            tuple(replace(fault, line=1) for fault in faults),
        )
    return people


def _preview(intake_id: int, snapshot: CourseSnapshot, people: Mapping[str, int]) -> Preview:
    counted = [(mark.user_source_id in people, len(mark.criteria)) for mark in snapshot.marks]
    named = dict.fromkeys(mark.user_source_id for mark in snapshot.marks)
    return Preview(
        intake_id,
        tuple(one.title for one in snapshot.assignments),
        sum(len(one.rubric.criteria) for one in snapshot.assignments if one.rubric),
        len(people),
        sum(count for known, count in counted if known),
        tuple(name for name in named if name not in people),
        sum(count for known, count in counted if not known),
        tuple(str(warning) for warning in snapshot.warnings),
    )
