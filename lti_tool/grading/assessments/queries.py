"""Assessments with their rubrics, as frozen values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.grading.models import Assessment, Criterion, Rating, Score, Submission
from lti_tool.grading.slices import slices
from lti_tool.kit.errors import NotFound

OWN = "tool"
"""The source of assessments made in the tool; the others' are `moodle`, `canvas` and `file`."""


class AssessmentUnknown(NotFound):
    reason = "assessment_unknown"


@dataclass(frozen=True, slots=True)
class RatingInfo:
    id: int
    source_id: str
    points: float
    title: str
    description: str

    @property
    def words(self) -> str:
        """Title and description in one line."""
        return ": ".join(part for part in (self.title, self.description) if part)


@dataclass(frozen=True, slots=True)
class CriterionInfo:
    """A criterion with its ratings, the best first."""

    id: int
    assessment_id: int
    source_id: str
    position: int
    title: str
    description: str
    max_points: float
    review: str
    ratings: tuple[RatingInfo, ...]

    @property
    def text(self) -> str:
        """All that the rubric says of it: what the copilot reads. It holds no names and nobody's work."""
        parts = [self.title, self.description, *(rating.words for rating in self.ratings)]
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class AssessmentInfo:
    """`ref` is the id in addresses and in the LMS's links; it stays the same in a copied course."""

    id: int
    course_id: int
    institution_id: int
    source: str
    ref: str
    title: str
    instructions: str
    max_points: float | None
    due_at: datetime | None
    line_item_url: str | None
    active: bool

    @property
    def own(self) -> bool:
        """Made in the tool: work is handed in, marked and sent to the gradebook here."""
        return self.source == OWN

    @property
    def strict(self) -> bool:
        """Whether marks must lie inside the rubric. An LMS may allow extra points; then they are kept as they are."""
        return self.source in (OWN, "file")


@dataclass(frozen=True, slots=True)
class Sheet:
    """An assessment with its present criteria, in the rubric's order."""

    assessment: AssessmentInfo
    criteria: tuple[CriterionInfo, ...]

    @property
    def by_id(self) -> dict[int, CriterionInfo]:
        return {criterion.id: criterion for criterion in self.criteria}


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """An assessment in the course's list, with how far it is."""

    assessment: AssessmentInfo
    criteria: int
    to_check: int
    handed_in: int
    marked: int
    hidden: int
    """Marks that are not shown to learners yet."""


def in_course(session: Session, course_id: int | None, ref: str) -> AssessmentInfo:
    """One of our own assessments by its ref, in this course only. Raises AssessmentUnknown."""
    found = session.scalar(
        select(Assessment).where(
            Assessment.course_id == course_id, Assessment.source == OWN, Assessment.source_id == ref
        )
    )
    if course_id is None or found is None:
        raise AssessmentUnknown(
            "This assessment is not in this course.", "Go back to the course and open it from there."
        )
    return info(found)


def get(session: Session, assessment_id: int) -> AssessmentInfo:
    """Raises AssessmentUnknown, also for another institution's."""
    found = session.get(Assessment, assessment_id)
    if found is None:
        raise AssessmentUnknown("There is no such assessment.", "Go back to the list of assessments.")
    return info(found)


def sheet(session: Session, assessment: AssessmentInfo) -> Sheet:
    return Sheet(assessment, criteria(session, [assessment.id]))


def criteria(session: Session, assessment_ids: Iterable[int], *, active_only: bool = True) -> tuple[CriterionInfo, ...]:
    """Criteria with ratings, by assessment (as given) and position."""
    order = {assessment_id: at for at, assessment_id in enumerate(assessment_ids)}
    rows: list[Criterion] = []
    for ids in slices(order):
        wanted = select(Criterion).where(Criterion.assessment_id.in_(ids))
        rows += session.scalars(wanted.where(Criterion.active.is_(True)) if active_only else wanted)
    rows.sort(key=lambda row: (order[row.assessment_id], row.position, row.id))
    return criteria_of(session, rows)


def criteria_of(session: Session, rows: Iterable[Criterion]) -> tuple[CriterionInfo, ...]:
    kept = list(rows)
    ratings: dict[int, list[RatingInfo]] = {}
    for ids in slices(row.id for row in kept):
        for r in session.scalars(
            select(Rating).where(Rating.criterion_id.in_(ids)).order_by(Rating.points.desc(), Rating.id)
        ):
            ratings.setdefault(r.criterion_id, []).append(
                RatingInfo(r.id, r.source_id, r.points, r.title, r.description)
            )
    return tuple(
        CriterionInfo(
            row.id,
            row.assessment_id,
            row.source_id,
            row.position,
            row.title,
            row.description,
            row.max_points,
            row.review,
            tuple(ratings.get(row.id, ())),
        )
        for row in kept
    )


def of_course(session: Session, course_id: int, *, source: str | None = None) -> tuple[AssessmentInfo, ...]:
    """The course's present assessments, in the order they came."""
    wanted = select(Assessment).where(Assessment.course_id == course_id, Assessment.active.is_(True))
    if source is not None:
        wanted = wanted.where(Assessment.source == source)
    return tuple(info(row) for row in session.scalars(wanted.order_by(Assessment.id)))


def lines(session: Session, course_id: int) -> tuple[AssessmentLine, ...]:
    """The course's assessments with their counts, the present ones first. Five queries, whatever the size."""
    rows = session.scalars(
        select(Assessment).where(Assessment.course_id == course_id).order_by(Assessment.active.desc(), Assessment.id)
    ).all()
    ids = [row.id for row in rows]

    def counted(column: Any, key: Any, *where: Any) -> dict[int, int]:
        found = session.execute(select(key, func.count(column.distinct())).where(key.in_(ids), *where).group_by(key))
        return dict(found.all())

    present = Criterion.active.is_(True)
    all_criteria = counted(Criterion.id, Criterion.assessment_id, present)
    unchecked = counted(Criterion.id, Criterion.assessment_id, present, Criterion.review.in_(("waiting", "to_check")))
    handed_in = counted(Submission.person_id, Submission.assessment_id)
    marked = counted(Score.person_id, Score.assessment_id, Score.superseded_at.is_(None))
    hidden = counted(Score.person_id, Score.assessment_id, Score.superseded_at.is_(None), Score.released_at.is_(None))
    return tuple(
        AssessmentLine(
            info(row),
            all_criteria.get(row.id, 0),
            unchecked.get(row.id, 0),
            handed_in.get(row.id, 0),
            marked.get(row.id, 0),
            hidden.get(row.id, 0),
        )
        for row in rows
    )


def info(row: Assessment) -> AssessmentInfo:
    return AssessmentInfo(
        row.id,
        row.course_id,
        row.institution_id,
        row.source,
        row.source_id,
        row.title,
        row.instructions,
        row.max_points,
        row.due_at,
        row.line_item_url,
        row.active,
    )
