"""Coming tasks: where a learner can still show a competency in this course."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_tool.grading.models import Alignment, Assessment, Criterion, Score


@dataclass(frozen=True, slots=True)
class Opportunity:
    assessment: str
    criterion: str
    due: datetime | None


def opportunities(session: Session, course_id: int, person_id: int, now: datetime) -> Mapping[int, list[Opportunity]]:
    """Competency id to accepted criteria of tasks that are not past due and not marked for this learner, the
    nearest due date first. One query."""
    marked = select(Score.assessment_id).where(Score.person_id == person_id, Score.superseded_at.is_(None))
    rows = session.execute(
        select(Alignment.item_id, Assessment.title, Criterion.title, Assessment.due_at)
        .join(Criterion, Criterion.id == Alignment.criterion_id)
        .join(Assessment, Assessment.id == Criterion.assessment_id)
        .where(
            Assessment.course_id == course_id,
            Assessment.active.is_(True),
            Criterion.active.is_(True),
            Alignment.ended_at.is_(None),
            or_(Assessment.due_at.is_(None), Assessment.due_at > now),
            Assessment.id.not_in(marked),
        )
        .order_by(Assessment.due_at.is_(None), Assessment.due_at, Criterion.position)
    )
    found: dict[int, list[Opportunity]] = {}
    for item, assessment, criterion, due in rows:
        found.setdefault(item, []).append(Opportunity(assessment, criterion, due))
    return found
