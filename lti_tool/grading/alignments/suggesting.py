"""Keeping what the copilot offers: which criteria wait for it, and what it said of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.alignments import record, service
from lti_tool.grading.alignments.domain import Choice, Decider, Review
from lti_tool.grading.copilot.domain import CompetencyText, CriterionText, Suggestions
from lti_tool.grading.models import Alignment, Assessment, Criterion, Suggestion
from lti_tool.grading.slices import slices

KEPT = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """Criteria of a course to be asked about, and the framework's competencies as the copilot reads them."""

    criteria: tuple[CriterionText, ...]
    competencies: tuple[CompetencyText, ...]


def reopen_for_version(session: Session, course_id: int, version_id: int) -> int:
    """Criteria that were accepted for another version of the framework are open again; how many. Their earlier
    alignments rest, with the evidence that was made by them."""
    rows = _present(session, course_id)
    aligned = _aligned(session, rows, version_id)
    changed = 0
    for row in rows:
        if row.review == Review.ACCEPTED and row.id not in aligned:
            row.review = Review.WAITING
        elif row.review in (Review.WAITING, Review.TO_CHECK) and row.id in aligned:
            row.review = Review.ACCEPTED
        else:
            continue
        changed += 1
    session.flush()
    return changed


def waiting(session: Session, course_id: int, version_id: int, *, again: bool = False) -> Waiting:
    """The course's criteria without suggestions on this version; with `again` all that are not decided."""
    offered = _offered(session, version_id)
    wanted = [
        CriterionText(str(row.id), record.criterion_text(row.title, row.description))
        for row in _present(session, course_id)
        if row.review == Review.WAITING or (row.review == Review.TO_CHECK and (again or row.id not in offered))
    ]
    return Waiting(tuple(wanted), competency_texts(frameworks.framed(session, version_id).competencies))


def competency_texts(competencies: Iterable[frameworks.CompetencyInfo]) -> tuple[CompetencyText, ...]:
    return tuple(
        CompetencyText(
            id=str(one.id),
            title=one.title,
            description=one.description,
            parent=one.path[-1] if one.path else "",
            indicators=(*one.indicators, *(text for _, text in sorted(one.descriptors.items()) if text)),
        )
        for one in competencies
    )


def missing(session: Session, course_id: int, version_id: int) -> bool:
    """Whether some open criterion has no suggestions on this version: the framework changed, or it just came."""
    rows = _present(session, course_id)
    offered = _offered(session, version_id)
    aligned = _aligned(session, rows, version_id)
    return any(
        row.id not in (aligned if row.review == Review.ACCEPTED else offered)
        for row in rows
        if row.review != Review.LEFT_OUT
    )


def keep(session: Session, version_id: int, offers: Sequence[Suggestions], now: datetime) -> int:
    """Keep what was offered, in place of earlier offers on this version; how many. A criterion that somebody decided
    meanwhile keeps its decision."""
    kept = 0
    for offer in offers:
        row = session.get(Criterion, int(offer.criterion_id), with_for_update=True)
        if row is None or not row.active or row.review not in (Review.WAITING, Review.TO_CHECK):
            continue
        session.execute(
            delete(Suggestion).where(Suggestion.criterion_id == row.id, Suggestion.version_id == version_id)
        )
        session.execute(
            insert(Suggestion),
            [
                {
                    "institution_id": row.institution_id,
                    "criterion_id": row.id,
                    "version_id": version_id,
                    "item_id": int(one.competency_id),
                    "rank": rank,
                    "score": one.score,
                    "confidence": one.confidence,
                    "confidence_word": one.confidence_word.value,
                    "rationale": one.rationale,
                    "engine": offer.engine.value,
                    "model": offer.model[:80],
                    "prompt_version": offer.prompt_version[:40],
                    "input_hash": offer.input_hash[:64],
                    "created_at": now,
                }
                for rank, one in enumerate(offer.ranked[:KEPT], 1)
            ],
        )
        session.execute(
            update(Criterion)
            .where(Criterion.id == row.id)
            .values(
                review=Review.TO_CHECK,
                no_match=offer.no_match,
                engine=offer.engine.value,
                fell_back_because=offer.fell_back_because,
            )
        )
        kept += 1
    session.expire_all()
    return kept


def accept_by_rule(session: Session, version_id: int, offers: Sequence[Suggestions], now: datetime) -> int:
    """Where a person switched the rule on and it is still safe, accept what the copilot is sure enough of."""
    sure: Mapping[int, list[Choice]] = {
        int(offer.criterion_id): [Choice(int(offer.ranked[0].competency_id))] for offer in offers if offer.auto
    }
    found = record.rule(session, version_id)
    if not sure or not found.on or not found.possible:
        return 0
    open_ = session.scalars(
        select(Criterion.id).where(Criterion.id.in_(list(sure)), Criterion.review == Review.TO_CHECK)
    ).all()
    if not open_:
        return 0
    by = Decider.rule(found.changed_by_id)
    return len(service.decide_several(session, {one: sure[one] for one in open_}, by, now).criterion_ids)


def _present(session: Session, course_id: int) -> list[Criterion]:
    return list(
        session.scalars(
            select(Criterion)
            .join(Assessment, Assessment.id == Criterion.assessment_id)
            .where(Assessment.course_id == course_id, Assessment.active.is_(True), Criterion.active.is_(True))
            .order_by(Assessment.id, Criterion.position, Criterion.id)
        )
    )


def _offered(session: Session, version_id: int) -> set[int]:
    return set(session.scalars(select(Suggestion.criterion_id).where(Suggestion.version_id == version_id).distinct()))


def _aligned(session: Session, rows: Sequence[Criterion], version_id: int) -> set[int]:
    known = frameworks.framed(session, version_id).by_id
    found: set[int] = set()
    for ids in slices(row.id for row in rows):
        present = session.execute(
            select(Alignment.criterion_id, Alignment.item_id).where(
                Alignment.ended_at.is_(None), Alignment.criterion_id.in_(ids)
            )
        )
        found.update(row.criterion_id for row in present if row.item_id in known)
    return found
