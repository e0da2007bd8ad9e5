"""Keeping an assessment and its rubric as the LMS has them now: only what changed is written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.grading.alignments.domain import Review
from lti_tool.grading.intake.domain import IntakeCounts, KnownCriterion
from lti_tool.grading.models import Assessment, Criterion, Rating
from lti_tool.launch.queries import CourseInfo
from lti_tool.lms import values

LONGEST_ID = 255
LONGEST_TITLE = 500


@dataclass(frozen=True, slots=True)
class KeptAssessment:
    """`arrived`: there are new or reworded criteria, they want suggestions. `rescaled`: marks on criteria whose points
    changed read differently now."""

    id: int
    arrived: bool
    rescaled: bool


def keep(
    session: Session, course: CourseInfo, source: str, given: values.Assignment, counts: IntakeCounts, now: datetime
) -> KeptAssessment:
    """Keep one assignment. `counts` is added to."""
    row = session.scalar(
        select(Assessment).where(
            Assessment.course_id == course.id,
            Assessment.source == source,
            Assessment.source_id == given.source_id[:LONGEST_ID],
        )
    )
    if row is not None and row.fingerprint == given.fingerprint and row.active:
        return KeptAssessment(row.id, arrived=False, rescaled=False)
    if row is None:
        row = Assessment(
            institution_id=course.institution_id,
            course_id=course.id,
            source=source,
            source_id=given.source_id[:LONGEST_ID],
            created_at=now,
        )
        session.add(row)
        counts.assessments_new += 1
    else:
        counts.assessments_changed += 1
    row.title = given.title[:LONGEST_TITLE] or "Untitled"
    row.instructions = given.description
    row.max_points = given.max_points
    row.due_at = given.due_at
    row.fingerprint = given.fingerprint
    row.active = True
    session.flush()
    arrived, rescaled = keep_criteria(session, row, given.rubric, counts)
    return KeptAssessment(row.id, arrived, rescaled)


def keep_criteria(
    session: Session, assessment: Assessment, rubric: values.Rubric | None, counts: IntakeCounts
) -> tuple[bool, bool]:
    there = {
        row.source_id: row for row in session.scalars(select(Criterion).where(Criterion.assessment_id == assessment.id))
    }
    arrived = rescaled = False
    listed = _by_id(rubric)
    for position, (source_id, given) in enumerate(listed.items()):
        top = _top(given)
        if top is None:
            counts.warnings.append(
                f"“{assessment.title}”: the criterion “{given.title[:80]}” has no points, so its marks cannot count."
            )
        row = there.get(source_id)
        words = (given.title, given.description)
        if row is None:
            row = Criterion(institution_id=assessment.institution_id, assessment_id=assessment.id, source_id=source_id)
            row.review, row.max_points = Review.WAITING, top or 0.0
            session.add(row)
            counts.criteria_new += 1
            is_new = reworded = True
        else:
            is_new, reworded = False, (row.title, row.description) != words or not row.active
            rescaled |= row.max_points != (top or 0.0)
        before = (row.position, row.max_points, row.active)
        row.title, row.description = words
        row.position, row.max_points, row.active = position, top or 0.0, True
        session.flush()
        new_scale, new_words = _keep_ratings(session, row, given)
        rescaled |= new_scale and not is_new
        if reworded and not is_new and row.review == Review.TO_CHECK:
            row.review = Review.WAITING  # the suggestions were for other words
        arrived |= reworded
        counts.criteria_changed += not is_new and (
            reworded or new_scale or new_words or before != (row.position, row.max_points, row.active)
        )
    for source_id, row in there.items():
        if source_id not in listed and row.active:
            row.active = False  # kept for the evidence it gave
            counts.criteria_gone += 1
    session.flush()
    return arrived, rescaled


def _by_id(rubric: values.Rubric | None) -> dict[str, values.Criterion]:
    """Criteria by the LMS's id; one without, or with another's, gets its place for one."""
    found: dict[str, values.Criterion] = {}
    for place, criterion in enumerate(rubric.criteria if rubric else ()):
        own = criterion.source_id[:LONGEST_ID]
        found[own if own and own not in found else f"{own[:200]}#{place}"] = criterion
    return found


def _top(given: values.Criterion) -> float | None:
    if given.max_points is not None:
        return given.max_points
    return max((level.points for level in given.levels if level.points is not None), default=None)


def _keep_ratings(session: Session, row: Criterion, given: values.Criterion) -> tuple[bool, bool]:
    """Whether the points, and whether the words changed. A rating without points says nothing of a scale."""
    listed: dict[str, values.Level] = {}
    for place, level in enumerate(given.levels):
        own = level.source_id[:LONGEST_ID]
        if level.points is not None:
            listed[own if own and own not in listed else f"{own[:200]}#{place}"] = level
    there = {
        rating.source_id: rating for rating in session.scalars(select(Rating).where(Rating.criterion_id == row.id))
    }
    gone = [rating.id for source_id, rating in there.items() if source_id not in listed]
    points, words = bool(gone), False
    if gone:
        session.execute(delete(Rating).where(Rating.id.in_(gone)))
    for source_id, level in listed.items():
        rating = there.get(source_id)
        value = level.points or 0.0
        if rating is None:
            rating = Rating(institution_id=row.institution_id, criterion_id=row.id, source_id=source_id, points=value)
            session.add(rating)
            points = True
        points |= rating.points != value
        words |= (rating.title, rating.description) != (level.title, level.description)
        rating.points, rating.title, rating.description = value, level.title, level.description
    session.flush()
    return points, words


def known_criteria(session: Session, assessment_id: int) -> dict[str, KnownCriterion]:
    """The present criteria by the LMS's ids, to read its marks by."""
    rows = session.scalars(
        select(Criterion).where(Criterion.assessment_id == assessment_id, Criterion.active.is_(True))
    ).all()
    ratings: dict[int, list[Rating]] = {}
    for rating in session.scalars(select(Rating).where(Rating.criterion_id.in_([row.id for row in rows]))):
        ratings.setdefault(rating.criterion_id, []).append(rating)
    return {
        row.source_id: KnownCriterion(
            row.id,
            row.title,
            row.max_points,
            {rating.source_id: rating.id for rating in ratings.get(row.id, ())},
            {rating.points: rating.id for rating in ratings.get(row.id, ())},
        )
        for row in rows
    }
