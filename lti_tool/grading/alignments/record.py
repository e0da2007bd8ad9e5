"""What people decided on a framework: what the copilot learns from, and whether the acceptance rule may be on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.alignments.domain import DecidedBy, Review
from lti_tool.grading.copilot.confidence import DECISIONS_NEEDED, acceptance_threshold
from lti_tool.grading.copilot.domain import Confirmed, Engine, Offered
from lti_tool.grading.models import Alignment, AlignmentRule, Criterion, Suggestion
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import Invalid


class RuleNotYet(Invalid):
    reason = "rule_not_yet"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """Accepting without asking. `decided` counts people's decisions on the framework, `needed` of them make it
    possible, if what they kept says that the copilot is right often enough (`safe`)."""

    on: bool
    decided: int
    needed: int
    safe: bool
    changed_by_id: int | None

    @property
    def possible(self) -> bool:
        return self.decided >= self.needed and self.safe


def criterion_text(title: str, description: str) -> str:
    """A criterion as the copilot reads it: its own words, without the names of its ratings, which are the same on
    every criterion and would draw them together."""
    return f"{title}. {description}" if description else title


def confirmed(session: Session, version_id: int) -> tuple[Confirmed, ...]:
    """People's decisions of the institution on this version, the criteria left out too; the rule's own are not
    among them."""
    known = frameworks.framed(session, version_id).by_id
    first = _first_offers(session, version_id)
    kept: dict[int, list[int]] = {}
    by_rule: set[int] = set()
    for row in session.execute(
        select(Alignment.criterion_id, Alignment.item_id, Alignment.decided_by).where(Alignment.ended_at.is_(None))
    ):
        if row.item_id in known:
            kept.setdefault(row.criterion_id, []).append(row.item_id)
            if row.decided_by == DecidedBy.RULE:
                by_rule.add(row.criterion_id)
    left_out = set(session.scalars(select(Criterion.id).where(Criterion.review == Review.LEFT_OUT))) & first.keys()
    words = {
        row.id: criterion_text(row.title, row.description)
        for row in session.execute(
            select(Criterion.id, Criterion.title, Criterion.description).where(
                Criterion.review.in_((Review.ACCEPTED, Review.LEFT_OUT))
            )
        )
    }
    decided = sorted((kept.keys() | left_out) - by_rule)
    return tuple(
        Confirmed(words[one], tuple(str(item) for item in kept.get(one, ())), first.get(one))
        for one in decided
        if one in words
    )


def _first_offers(session: Session, version_id: int) -> dict[int, Offered]:
    rows = session.execute(
        select(Suggestion.criterion_id, Suggestion.engine, Suggestion.item_id, Suggestion.confidence).where(
            Suggestion.version_id == version_id, Suggestion.rank == 1
        )
    )
    return {row.criterion_id: Offered(Engine(row.engine), str(row.item_id), row.confidence) for row in rows}


def rule(session: Session, version_id: int) -> RuleInfo:
    decisions = confirmed(session, version_id)
    record = [
        (one.offered.confidence, one.offered.competency_id in one.competency_ids) for one in decisions if one.offered
    ]
    row: Any = session.scalar(select(AlignmentRule).where(AlignmentRule.version_id == version_id))
    return RuleInfo(
        on=bool(row and row.on),
        decided=len(decisions),
        needed=DECISIONS_NEEDED,
        safe=acceptance_threshold(record) is not None,
        changed_by_id=row.changed_by_id if row else None,
    )


def switch_rule(
    session: Session, institution_id: int, version_id: int, person_id: int | None, now: datetime, *, on: bool
) -> None:
    """Switch accepting without asking on or off. Raises RuleNotYet while the record does not allow it."""
    if on and not rule(session, version_id).possible:
        raise RuleNotYet(
            "Accepting without asking is not possible yet.",
            f"It takes {DECISIONS_NEEDED} decisions in this framework, and suggestions that were right often enough.",
        )
    values: Mapping[str, Any] = {"on": on, "changed_by_id": person_id, "changed_at": now}
    upsert(session, AlignmentRule, {"institution_id": institution_id, "version_id": version_id}, dict(values))
