"""The review page's material: every criterion of a course, what is offered for it and what was decided."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.grading.alignments import record
from lti_tool.grading.alignments.domain import Review
from lti_tool.grading.alignments.queries import coverage
from lti_tool.grading.alignments.record import RuleInfo
from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.assessments.queries import CriterionInfo
from lti_tool.grading.models import Alignment, Criterion, Suggestion
from lti_tool.grading.slices import slices
from lti_tool.launch.queries import CourseInfo


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion that is kept, with the competency it offers."""

    rank: int
    competency: CompetencyInfo
    confidence: float
    word: str
    rationale: str
    engine: str
    model: str
    prompt_version: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A present alignment."""

    competency: CompetencyInfo
    weight: float
    decided_by: str
    decided_by_id: int | None
    decided_at: datetime
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Item:
    """A criterion in the queue. `engine` is who made its present offers, empty while it waits for them."""

    criterion: CriterionInfo
    assessment: str
    review: Review
    no_match: bool
    engine: str
    fell_back_because: str
    offers: tuple[Offer, ...]
    decisions: tuple[Decision, ...]

    @property
    def best(self) -> Offer | None:
        return self.offers[0] if self.offers else None

    @property
    def strong(self) -> bool:
        """Open, with a strong first suggestion: what can be accepted several at once."""
        best = self.best
        return self.review is Review.TO_CHECK and not self.no_match and best is not None and best.word == "strong"


@dataclass(frozen=True, slots=True)
class Course:
    """All that the page is made of. `covered` counts accepted criteria by competency id."""

    course: CourseInfo
    framed: Framed
    items: tuple[Item, ...]
    covered: dict[int, int]
    rule: RuleInfo

    @property
    def calibrated(self) -> bool:
        """Whether confidences have been compared with enough decisions to be shown as numbers."""
        return self.rule.decided >= self.rule.needed


def read(session: Session, course: CourseInfo, version_id: int) -> Course:
    """A dozen queries, whatever the number of criteria."""
    framed = frameworks.framed(session, version_id)
    listed = assessments.of_course(session, course.id)
    titles = {one.id: one.title for one in listed}
    criteria = assessments.criteria(session, titles)
    ids = [one.id for one in criteria]
    rows = {
        row.id: row for part in slices(ids) for row in session.scalars(select(Criterion).where(Criterion.id.in_(part)))
    }
    offers, decisions = _offers(session, ids, framed), _decisions(session, ids, framed)
    items = tuple(
        Item(
            one,
            titles[one.assessment_id],
            Review(rows[one.id].review),
            rows[one.id].no_match,
            rows[one.id].engine,
            rows[one.id].fell_back_because,
            tuple(offers.get(one.id, ())),
            tuple(decisions.get(one.id, ())),
        )
        for one in criteria
    )
    covered = coverage(session, course.id, version_id)
    return Course(course, framed, items, covered, record.rule(session, version_id))


def _offers(session: Session, ids: list[int], framed: Framed) -> dict[int, list[Offer]]:
    found: dict[int, list[Offer]] = {}
    for part in slices(ids):
        for row in session.scalars(
            select(Suggestion)
            .where(Suggestion.criterion_id.in_(part), Suggestion.version_id == framed.version.id)
            .order_by(Suggestion.rank)
        ):
            if row.item_id in framed.by_id:
                found.setdefault(row.criterion_id, []).append(
                    Offer(
                        row.rank,
                        framed.by_id[row.item_id],
                        row.confidence,
                        row.confidence_word,
                        row.rationale,
                        row.engine,
                        row.model,
                        row.prompt_version,
                        row.created_at,
                    )
                )
    return found


def _decisions(session: Session, ids: list[int], framed: Framed) -> dict[int, list[Decision]]:
    found: dict[int, list[Decision]] = {}
    for part in slices(ids):
        for row in session.scalars(
            select(Alignment)
            .where(Alignment.criterion_id.in_(part), Alignment.ended_at.is_(None))
            .order_by(Alignment.weight.desc(), Alignment.id)
        ):
            if row.item_id in framed.by_id:
                found.setdefault(row.criterion_id, []).append(
                    Decision(
                        framed.by_id[row.item_id],
                        row.weight,
                        row.decided_by,
                        row.decided_by_id,
                        row.decided_at,
                        row.confidence,
                    )
                )
    return found


def look_up(framed: Framed, words: str, most: int = 8) -> tuple[CompetencyInfo, ...]:
    """Competencies by what somebody typed: the whole label or a code alone names one; else those that hold every word,
    titles first."""
    typed = " ".join(words.casefold().split())
    if not typed:
        return ()
    for one in framed.competencies:
        if typed in (one.label.casefold(), one.code.casefold()):
            return (one,)
    parts = typed.split()
    titled = [one for one in framed.competencies if all(part in one.label.casefold() for part in parts)]
    told = [
        one
        for one in framed.competencies
        if one not in titled and all(part in f"{one.label} {one.description}".casefold() for part in parts)
    ]
    return tuple((titled + told)[:most])
