"""What other rooms read of evidence, as frozen values: every cell explains itself by these rows."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_tool.grading.models import Alignment, Assessment, Criterion, CriterionScore, Evidence, Rating, Score
from lti_tool.grading.slices import slices


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A present piece of evidence with what led to it.

    `fraction` is the share of the criterion's points, 0 to 1; `levels` the number of its ratings; `weight` the share
    of the criterion that speaks for this competency, 0 to 1. `points` and `max_points` are the criterion's. `comment`
    and `rating_title` are empty where there is none. `decided_by` is `person` or `rule`; `confidence` is the
    suggestion's, None when a person found the competency. `attempt` counts as the source counts.
    """

    id: int
    person_id: int
    item_id: int
    course_id: int
    assessment_id: int
    criterion_id: int
    criterion_score_id: int
    criterion_title: str
    assessment_title: str
    rating_title: str
    points: float
    max_points: float
    comment: str
    observed_at: datetime
    released_at: datetime | None
    decided_by: str
    decided_by_id: int | None
    decided_at: datetime
    confidence: float | None
    fraction: float
    levels: int
    weight: float
    rater: str
    attempt: int

    @property
    def released(self) -> bool:
        """Whether the learner may see the mark behind it. Only then may a learner's page or estimate use it."""
        return self.released_at is not None


@dataclass(frozen=True, slots=True)
class Observed:
    """The part of a piece of evidence that an estimate follows from, as in `EvidenceRow`."""

    person_id: int
    item_id: int
    criterion_id: int
    criterion_score_id: int
    observed_at: datetime
    fraction: float
    levels: int
    weight: float
    rater: str


def evidence_of(
    session: Session, person_id: int, version_id: int, *, released_only: bool = True
) -> tuple[EvidenceRow, ...]:
    """A learner's present evidence on a framework version, in order of observation. One query."""
    wanted = _rows(released_only).where(Evidence.person_id == person_id, Evidence.version_id == version_id)
    return _read(session, wanted.order_by(Evidence.observed_at, Evidence.id))


def evidence_cell(
    session: Session, person_id: int, item_id: int, *, released_only: bool = True
) -> tuple[EvidenceRow, ...]:
    """A learner's present evidence on one competency, newest first: what a cell opens. One query."""
    wanted = _rows(released_only).where(Evidence.person_id == person_id, Evidence.item_id == item_id)
    return _read(session, wanted.order_by(Evidence.observed_at.desc(), Evidence.id.desc()))


def evidence_cells(
    session: Session, person_ids: Iterable[int], item_ids: Iterable[int], *, released_only: bool = True
) -> tuple[EvidenceRow, ...]:
    """The same for several learners and competencies at once (reports), in order of observation. One query."""
    wanted = _rows(released_only).where(Evidence.person_id.in_(list(person_ids)), Evidence.item_id.in_(list(item_ids)))
    return _read(session, wanted.order_by(Evidence.observed_at, Evidence.id))


def people_with_evidence(session: Session, course_id: int, version_id: int) -> tuple[int, ...]:
    """Ids of the learners who have present evidence from this course on this version."""
    found = session.scalars(
        select(Evidence.person_id)
        .where(Evidence.course_id == course_id, Evidence.version_id == version_id, Evidence.superseded_at.is_(None))
        .distinct()
        .order_by(Evidence.person_id)
    )
    return tuple(found)


def _rows(released_only: bool) -> Select[Any]:
    wanted: Any = (
        select(
            Evidence.id,
            Evidence.person_id,
            Evidence.item_id,
            Evidence.course_id,
            Assessment.id.label("assessment_id"),
            Evidence.criterion_id,
            Evidence.criterion_score_id,
            Criterion.title.label("criterion_title"),
            Assessment.title.label("assessment_title"),
            Rating.title.label("rating_title"),
            CriterionScore.points,
            Criterion.max_points,
            CriterionScore.comment,
            Evidence.observed_at,
            Evidence.released_at,
            Alignment.decided_by,
            Alignment.decided_by_id,
            Alignment.decided_at,
            Alignment.confidence,
            Evidence.fraction,
            Evidence.levels,
            Evidence.weight,
            Evidence.rater,
            Score.attempt,
        )
        .join(Criterion, Criterion.id == Evidence.criterion_id)
        .join(Assessment, Assessment.id == Criterion.assessment_id)
        .join(CriterionScore, CriterionScore.id == Evidence.criterion_score_id)
        .join(Score, Score.id == CriterionScore.score_id)
        .join(Alignment, Alignment.id == Evidence.alignment_id)
        .outerjoin(Rating, Rating.id == CriterionScore.rating_id)
        .where(Evidence.superseded_at.is_(None))
    )
    if released_only:
        wanted = wanted.where(Evidence.released_at.is_not(None))
    found: Select[Any] = wanted
    return found


def observations_of(session: Session, person_ids: Iterable[int], version_id: int) -> dict[int, list[Observed]]:
    """What estimates follow from: the present released evidence of several learners on a framework version, each
    learner's in order of observation. One query for every 500 learners."""
    found: dict[int, list[Observed]] = {}
    for people in slices(person_ids):
        wanted = select(*(getattr(Evidence, each.name) for each in fields(Observed))).where(
            Evidence.person_id.in_(people),
            Evidence.version_id == version_id,
            Evidence.superseded_at.is_(None),
            Evidence.released_at.is_not(None),
        )
        for row in session.execute(wanted.order_by(Evidence.observed_at, Evidence.id)):
            found.setdefault(row.person_id, []).append(Observed(*row))
    return found


def _read(session: Session, wanted: Select[Any]) -> tuple[EvidenceRow, ...]:
    return tuple(
        EvidenceRow(**{**row._mapping, "rating_title": row.rating_title or ""}) for row in session.execute(wanted)
    )
