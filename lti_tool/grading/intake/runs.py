"""Runs of reading a course: asked for at most once an hour, one at a time, each kept with what it found."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.grading import leases
from lti_tool.grading.events import IntakeDue
from lti_tool.grading.intake.domain import IntakeCounts
from lti_tool.grading.models import Intake
from lti_tool.kit import outbox
from lti_tool.launch.queries import CourseInfo

EVERY = timedelta(hours=1)
LONGEST = timedelta(minutes=15)
"""A run without an end after this long was interrupted."""
QUIET_AFTER = timedelta(days=30)
"""A course that nobody taught and nothing changed in for so long is read only when somebody opens it."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One run. `trouble` is empty when it went well; `counts` has the numbers of `IntakeCounts`."""

    id: int
    source: str
    started_at: datetime
    ended_at: datetime | None
    counts: dict[str, Any]
    warnings: tuple[str, ...]
    trouble: str

    def running(self, now: datetime) -> bool:
        return self.ended_at is None and now - self.started_at < LONGEST


def intake_due(session: Session, course: CourseInfo, now: datetime, *, at_once: bool = False) -> bool:
    """Ask for a run: now if `at_once` (at most once a minute), else when the last one is an hour old. Whether asked."""
    last = last_run(session, course.id)
    if not at_once and last is not None and not is_due(last, now):
        return False
    key = f"{course.id}/{now:%Y%m%d%H%M}" if at_once else f"{course.id}/{now:%Y%m%d%H}"
    outbox.post(session, IntakeDue(course.id), institution_id=course.institution_id, key=key)
    return True


def is_due(last: RunInfo, now: datetime) -> bool:
    """Whether another run may be asked for by the clock alone."""
    return not last.running(now) and now - last.started_at >= EVERY


def next_run(session: Session, course: CourseInfo, now: datetime) -> None:
    """The sweep: after a run that went well the next is due in an hour, while the course is alive."""
    changed = [run.started_at for run in runs(session, course.id, limit=100) if _changed(run)]
    alive = [moment for moment in (course.roster_synced_at, *changed) if moment]
    if alive and now - max(alive) < QUIET_AFTER:
        due = now + EVERY
        event = IntakeDue(course.id)
        outbox.post(
            session, event, institution_id=course.institution_id, due=due, key=f"{course.id}/{due:%Y%m%d%H}/sweep"
        )


def start(session: Session, course: CourseInfo, source: str, now: datetime) -> int | None:
    """The run's id; None when another one is at it."""
    if not leases.take(session, course.institution_id, _lease(course.id), now, LONGEST):
        return None
    row = Intake(
        institution_id=course.institution_id,
        course_id=course.id,
        source=source,
        started_at=now,
        counts={},
        warnings=[],
    )
    session.add(row)
    session.flush()
    return row.id


def end(session: Session, run_id: int, counts: IntakeCounts | None, trouble: str, now: datetime) -> None:
    row = session.get_one(Intake, run_id)
    row.ended_at, row.trouble = now, trouble or None
    if counts is not None:
        row.counts, row.warnings = counts.numbers(), list(counts.warnings)
    leases.give_back(session, _lease(row.course_id))


def last_run(session: Session, course_id: int) -> RunInfo | None:
    found = runs(session, course_id, limit=1)
    return found[0] if found else None


def runs(session: Session, course_id: int, *, limit: int = 10) -> tuple[RunInfo, ...]:
    """The latest runs against the LMS, newest first; uploaded files are no runs."""
    rows = session.scalars(
        select(Intake)
        .where(Intake.course_id == course_id, Intake.source != "file")
        .order_by(Intake.id.desc())
        .limit(limit)
    )
    return tuple(
        RunInfo(row.id, row.source, row.started_at, row.ended_at, row.counts, tuple(row.warnings), row.trouble or "")
        for row in rows
    )


def _changed(run: RunInfo) -> bool:
    told = ("assessments_", "criteria_", "marks_")
    return any(value and name != "marks_same" and name.startswith(told) for name, value in run.counts.items())


def _lease(course_id: int) -> str:
    return f"intake/{course_id}"
