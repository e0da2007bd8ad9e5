"""Evidence follows from present marks and present alignments, and is brought in line with them after each change.

Append-only: a row that no longer follows is superseded and a new one is written beside it. Only its release changes in
place, because releasing a mark is not a new observation.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.grading.events import EvidenceRecorded
from lti_tool.grading.evidence.domain import share_of
from lti_tool.grading.models import Alignment, Criterion, CriterionScore, Evidence, Rating, Score
from lti_tool.grading.slices import slices
from lti_tool.kit import outbox


@dataclass(frozen=True, slots=True)
class Scope:
    """What to bring in line: these criteria of a course, on one framework version, for some learners or all (None)."""

    institution_id: int
    course_id: int
    version_id: int
    item_ids: frozenset[int]
    """The version's competencies: an alignment to anything else belongs to another version and waits there."""
    criterion_ids: tuple[int, ...]
    person_ids: tuple[int, ...] | None = None


def narrowed(scope: Scope, criterion_ids: Iterable[int]) -> Scope:
    """The same ground, for these criteria."""
    return replace(scope, criterion_ids=tuple(criterion_ids))


def follow(session: Session, scope: Scope, now: datetime) -> frozenset[int]:
    """Bring the scope's evidence in line with marks and alignments, and post `EvidenceRecorded` for each learner whose
    evidence changed. Returns their ids. Run it in the transaction that made the change."""
    due = _following(session, scope)
    changed: set[int] = set()
    ended: list[int] = []
    released: list[dict[str, Any]] = []
    for row in _present(session, scope):
        wanted = due.get((row.criterion_score_id, row.item_id))
        if wanted is None or any(getattr(row, name) != wanted[name] for name in _SAME):
            ended.append(row.id)
        else:
            del due[row.criterion_score_id, row.item_id]
            if row.released_at == wanted["released_at"]:
                continue
            released.append({"id": row.id, "released_at": wanted["released_at"]})
        changed.add(row.person_id)
    for ids in slices(ended):
        session.execute(update(Evidence).where(Evidence.id.in_(ids)).values(superseded_at=now))
    if released:
        session.execute(update(Evidence), released)
    if due:
        session.execute(insert(Evidence), [{**row, "recorded_at": now} for row in due.values()])
    changed.update(row["person_id"] for row in due.values())
    tell(session, scope.institution_id, scope.course_id, scope.version_id, changed)
    return frozenset(changed)


def tell(session: Session, institution_id: int, course_id: int, version_id: int, people: Iterable[int]) -> None:
    """Post `EvidenceRecorded` once for each learner."""
    news = [EvidenceRecorded(person_id, version_id, course_id) for person_id in sorted(people)]
    outbox.post_all(session, news, institution_id=institution_id)


_SAME = ("alignment_id", "fraction", "levels", "weight", "rater", "observed_at")


def _following(session: Session, scope: Scope) -> dict[tuple[int, int], dict[str, Any]]:
    """The evidence that ought to be present, by (criterion mark, competency)."""
    aligned: dict[int, list[Any]] = {}
    ladders: dict[int, list[float]] = {}
    tops: dict[int, float] = {}
    for ids in slices(scope.criterion_ids):
        for row in session.execute(
            select(Alignment.id, Alignment.criterion_id, Alignment.item_id, Alignment.weight).where(
                Alignment.criterion_id.in_(ids), Alignment.ended_at.is_(None)
            )
        ):
            if row.item_id in scope.item_ids:
                aligned.setdefault(row.criterion_id, []).append(row)
        for criterion_id, points in session.execute(
            select(Rating.criterion_id, Rating.points).where(Rating.criterion_id.in_(ids))
        ):
            ladders.setdefault(criterion_id, []).append(points)
        tops.update(session.execute(select(Criterion.id, Criterion.max_points).where(Criterion.id.in_(ids))).all())
    due: dict[tuple[int, int], dict[str, Any]] = {}
    for mark in _marks(session, scope, list(aligned)):
        share = share_of(mark.points, tops[mark.criterion_id], ladders.get(mark.criterion_id, ()))
        if share is None:
            continue
        for alignment in aligned[mark.criterion_id]:
            due[mark.id, alignment.item_id] = {
                "institution_id": scope.institution_id,
                "course_id": scope.course_id,
                "person_id": mark.person_id,
                "version_id": scope.version_id,
                "item_id": alignment.item_id,
                "criterion_id": mark.criterion_id,
                "criterion_score_id": mark.id,
                "alignment_id": alignment.id,
                "fraction": share.fraction,
                "levels": share.levels,
                "weight": alignment.weight,
                "rater": mark.marker,
                "observed_at": mark.marked_at,
                "released_at": mark.released_at,
            }
    return due


def _marks(session: Session, scope: Scope, criterion_ids: Sequence[int]) -> Iterable[Any]:
    """Present criterion marks of the scope."""
    wanted: Any = (
        select(
            CriterionScore.id,
            CriterionScore.criterion_id,
            CriterionScore.points,
            Score.person_id,
            Score.marker,
            Score.marked_at,
            Score.released_at,
        )
        .join(Score, Score.id == CriterionScore.score_id)
        .where(Score.superseded_at.is_(None))
        .order_by(CriterionScore.id)
    )
    yield from _in_scope(session, wanted, CriterionScore.criterion_id, criterion_ids, Score.person_id, scope.person_ids)


def _present(session: Session, scope: Scope) -> Iterable[Any]:
    wanted: Any = select(
        Evidence.id,
        Evidence.person_id,
        Evidence.item_id,
        Evidence.criterion_score_id,
        Evidence.alignment_id,
        Evidence.fraction,
        Evidence.levels,
        Evidence.weight,
        Evidence.rater,
        Evidence.observed_at,
        Evidence.released_at,
    ).where(Evidence.superseded_at.is_(None), Evidence.version_id == scope.version_id)
    columns = Evidence.criterion_id, Evidence.person_id
    yield from _in_scope(session, wanted, columns[0], scope.criterion_ids, columns[1], scope.person_ids)


def _in_scope(
    session: Session,
    wanted: Select[Any],
    criterion: Any,
    criterion_ids: Collection[int],
    person: Any,
    person_ids: tuple[int, ...] | None,
) -> Iterable[Any]:
    for criteria in slices(criterion_ids):
        narrowed = wanted.where(criterion.in_(criteria))
        if person_ids is None:
            yield from session.execute(narrowed)
            continue
        for people in slices(person_ids):
            yield from session.execute(narrowed.where(person.in_(people)))
