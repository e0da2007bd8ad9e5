"""Marks as pages show them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.grading.models import CriterionScore, Score
from lti_tool.grading.slices import slices


@dataclass(frozen=True, slots=True)
class GivenMark:
    """A mark on one criterion."""

    criterion_id: int
    points: float
    rating_id: int | None
    comment: str


@dataclass(frozen=True, slots=True)
class MarkInfo:
    """A present mark. `released_at` is empty while the learner does not see it."""

    id: int
    assessment_id: int
    person_id: int
    points: float | None
    max_points: float | None
    comment: str
    attempt: int
    marked_at: datetime
    released_at: datetime | None
    criteria: dict[int, GivenMark]


def marks_of_assessment(session: Session, assessment_id: int) -> dict[int, MarkInfo]:
    """Person id to the present mark, hidden ones too: for those who mark."""
    return {one.person_id: one for one in _read(session, Score.assessment_id == assessment_id)}


def mark_of(session: Session, assessment_id: int, person_id: int) -> MarkInfo | None:
    found = _read(session, Score.assessment_id == assessment_id, Score.person_id == person_id)
    return found[0] if found else None


def shown_marks(session: Session, person_id: int, assessment_ids: list[int]) -> dict[int, MarkInfo]:
    """Assessment id to the learner's mark, if the learner may see it."""
    rows = _read(
        session, Score.person_id == person_id, Score.assessment_id.in_(assessment_ids), Score.released_at.is_not(None)
    )
    return {one.assessment_id: one for one in rows}


def _read(session: Session, *where: object) -> list[MarkInfo]:
    rows = session.scalars(
        select(Score).where(Score.superseded_at.is_(None), *where).order_by(Score.id)  # type: ignore[arg-type]
    ).all()
    parts: dict[int, dict[int, GivenMark]] = {}
    for ids in slices(row.id for row in rows):
        for one in session.scalars(select(CriterionScore).where(CriterionScore.score_id.in_(ids))):
            given = GivenMark(one.criterion_id, one.points, one.rating_id, one.comment)
            parts.setdefault(one.score_id, {})[one.criterion_id] = given
    return [
        MarkInfo(
            row.id,
            row.assessment_id,
            row.person_id,
            row.points,
            row.max_points,
            row.comment,
            row.attempt,
            row.marked_at,
            row.released_at,
            parts.get(row.id, {}),
        )
        for row in rows
    ]
