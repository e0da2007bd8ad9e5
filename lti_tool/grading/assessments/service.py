"""Making and changing our own assessments."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Decider
from lti_tool.grading.assessments import queries
from lti_tool.grading.assessments.domain import AssessmentDraft, CriterionDraft, RatingDraft, without_ids
from lti_tool.grading.assessments.queries import OWN, AssessmentInfo, AssessmentUnknown, Sheet
from lti_tool.grading.events import AssessmentArrived
from lti_tool.grading.intake import rubrics
from lti_tool.grading.intake.domain import IntakeCounts
from lti_tool.grading.models import Assessment, Score
from lti_tool.kit import outbox
from lti_tool.kit.errors import Invalid
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo
from lti_tool.lms import values


class RubricInUse(Invalid):
    reason = "rubric_in_use"


def create(
    session: Session, course: CourseInfo, draft: AssessmentDraft, now: datetime, *, ref: str = ""
) -> AssessmentInfo:
    """A new assessment. `ref` is given when it continues one of a copied course."""
    row = Assessment(
        institution_id=course.institution_id,
        course_id=course.id,
        source=OWN,
        source_id=ref or uuid4().hex,
        title=draft.title,
        fingerprint="",
        created_at=now,
    )
    session.add(row)
    _write(session, row, without_ids(draft))
    return queries.info(row)


def change(session: Session, assessment: AssessmentInfo, draft: AssessmentDraft) -> AssessmentInfo:
    """Change an assessment. Once there are marks its points stay. Raises RubricInUse."""
    row = session.scalars(select(Assessment).where(Assessment.id == assessment.id).with_for_update()).one()
    before = draft_of(queries.sheet(session, assessment))
    if _scale(before) != _scale(draft) and marked(session, assessment.id):
        raise RubricInUse(
            "Some work is marked by this rubric, so its criteria and points stay as they are.",
            "You can still change words; for another rubric make a new assessment.",
        )
    _write(session, row, draft)
    return queries.info(row)


def continue_here(session: Session, course: CourseInfo, ref: str, by: Decider, now: datetime) -> AssessmentInfo:
    """The LMS copied a course: our link came along with its ref, and the assessment is made anew behind it, with its
    rubric and with what its criteria were decided to show. Marks and work stay in the course they belong to. Raises
    AssessmentUnknown when no course of the institution has it."""
    before = queries.sheet(session, queries.info(_origin(session, course, ref)))
    made = create(session, course, draft_of(before), now, ref=ref)
    new = [criterion.id for criterion in queries.sheet(session, made).criteria]
    old = [criterion.id for criterion in before.criteria]
    alignments.carry_over(session, dict(zip(old, new, strict=True)), by, now)
    return made


def _origin(session: Session, course: CourseInfo, ref: str) -> Assessment:
    """The assessment that a copied link came from: that of the latest course in the LMS's history of this one, else
    the newest of the institution."""
    rows = session.scalars(
        select(Assessment)
        .where(Assessment.source == OWN, Assessment.source_id == ref, Assessment.course_id != course.id)
        .order_by(Assessment.id.desc())
    ).all()
    if not rows:
        raise AssessmentUnknown("There is no assessment behind this link.", "Remove the link, and add a new one.")
    homes = {row.id: launch.course(session, row.course_id) for row in rows}

    def age(row: Assessment) -> int:
        home = homes[row.id]
        known = home.platform_id == course.platform_id and home.context_id in course.history
        return course.history.index(home.context_id) if known else len(course.history)

    return min(rows, key=age)  # of equals the first, which is the newest


def draft_of(sheet: Sheet) -> AssessmentDraft:
    """An assessment as it could be typed: for editing, and for copies (also of one from the LMS)."""
    one = sheet.assessment
    return AssessmentDraft(
        one.title[:200],
        one.instructions,
        one.due_at,
        tuple(
            CriterionDraft(
                criterion.title,
                tuple(RatingDraft(rating.points, rating.words) for rating in criterion.ratings)
                or (RatingDraft(criterion.max_points, ""), RatingDraft(0.0, "")),
                criterion.description,
                criterion.source_id,
            )
            for criterion in sheet.criteria
        ),
        one.max_points or 100.0,
    )


def marked(session: Session, assessment_id: int) -> bool:
    return bool(session.scalar(select(func.count()).where(Score.assessment_id == assessment_id)))


def _scale(draft: AssessmentDraft) -> tuple[float, list[tuple[str, list[float]]]]:
    points = draft.max_points if not draft.criteria else 0.0
    return points, [(one.source_id, [rating.points for rating in one.ratings]) for one in draft.criteria]


def _write(session: Session, row: Assessment, draft: AssessmentDraft) -> None:
    row.title, row.instructions, row.due_at = draft.title, draft.instructions, draft.due_at
    row.max_points = draft.max_points
    row.fingerprint = hashlib.sha256(json.dumps(asdict(draft), default=str).encode()).hexdigest()
    row.active = True
    session.flush()
    arrived, _ = rubrics.keep_criteria(session, row, _rubric(draft), IntakeCounts())
    if arrived:
        outbox.post(session, AssessmentArrived(row.id), institution_id=row.institution_id)


def _rubric(draft: AssessmentDraft) -> values.Rubric | None:
    """In the shape in which rubrics of an LMS come, so that there is one way to keep them."""
    if not draft.criteria:
        return None
    return values.Rubric(
        "own",
        draft.title,
        tuple(
            values.Criterion(
                source_id=one.source_id or uuid4().hex,
                title=one.title,
                description=one.description,
                max_points=one.max_points,
                levels=tuple(
                    values.Level(rating.points, rating.words, "", f"{rating.points:g}") for rating in one.ratings
                ),
            )
            for one in draft.criteria
        ),
    )
