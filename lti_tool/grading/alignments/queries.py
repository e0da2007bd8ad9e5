"""What other rooms and pages read of alignments, as frozen values."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.grading.models import Alignment, Assessment, Criterion


def coverage(session: Session, course_id: int, version_id: int) -> dict[int, int]:
    """Competency id to how many accepted criteria of this course's present assessments speak for it.

    Competencies with none are left out: `untouched` names them.
    """
    known = frameworks.framed(session, version_id).by_id
    rows = session.execute(
        select(Alignment.item_id, func.count(Criterion.id.distinct()))
        .join(Criterion, Criterion.id == Alignment.criterion_id)
        .join(Assessment, Assessment.id == Criterion.assessment_id)
        .where(
            Assessment.course_id == course_id,
            Assessment.active.is_(True),
            Criterion.active.is_(True),
            Alignment.ended_at.is_(None),
        )
        .group_by(Alignment.item_id)
    )
    return {item_id: count for item_id, count in rows if item_id in known}


def untouched(session: Session, course_id: int, version_id: int) -> tuple[CompetencyInfo, ...]:
    """The competencies of the version that no accepted criterion of this course speaks for, in reading order."""
    covered = coverage(session, course_id, version_id)
    return tuple(one for one in frameworks.framed(session, version_id).competencies if one.id not in covered)
