"""Deciding what a criterion gives evidence for. A decision ends the one before it, and evidence follows at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.alignments.domain import Choice, ChoiceInvalid, Decider, Review, shared
from lti_tool.grading.courses import version_of
from lti_tool.grading.events import AlignmentChanged
from lti_tool.grading.evidence import service as evidence
from lti_tool.grading.models import Alignment, Assessment, Criterion, Suggestion
from lti_tool.kit import outbox
from lti_tool.kit.errors import NotFound
from lti_tool.launch import queries as launch

UNDO_DAYS = 30


class CriterionUnknown(NotFound):
    reason = "criterion_unknown"


class CannotUndo(ChoiceInvalid):
    reason = "cannot_undo"


@dataclass(frozen=True, slots=True)
class Decided:
    """`moment` identifies the decision for `undo`; `learners` have changed evidence."""

    criterion_ids: tuple[int, ...]
    moment: datetime
    learners: frozenset[int]


def decide(session: Session, criterion_id: int, choices: Sequence[Choice], by: Decider, now: datetime) -> Decided:
    """Accept one or several competencies for a criterion, or none: then it is left out.

    Ends the present alignments, writes the new ones and brings the evidence of every learner in line, in the caller's
    transaction. The same decision again changes nothing. Raises CriterionUnknown, ChoiceInvalid.
    """
    return decide_several(session, {criterion_id: choices}, by, now)


def decide_several(session: Session, decisions: Mapping[int, Sequence[Choice]], by: Decider, now: datetime) -> Decided:
    """Several decisions as one: all or none. The criteria are of one course."""
    # locked in one order, so that two people deciding at once wait for each other instead of failing
    rows = {
        row.id: row
        for row in session.scalars(
            select(Criterion).where(Criterion.id.in_(list(decisions))).order_by(Criterion.id).with_for_update()
        )
    }
    if len(rows) != len(decisions):
        raise CriterionUnknown("This criterion is not here.", "Go back to the criteria mapping.")
    framed, scope = _ground(session, list(rows.values()))
    changed = [
        criterion_id
        for criterion_id, choices in decisions.items()
        if _decide_one(session, rows[criterion_id], shared(choices), by, framed, now)
    ]
    learners = _follow(session, scope, changed, now)
    return Decided(tuple(changed), now, learners)


def _decide_one(
    session: Session,
    row: Criterion,
    choices: tuple[Choice, ...],
    by: Decider,
    framed: frameworks.Framed,
    now: datetime,
) -> bool:
    if any(choice.item_id not in framed.by_id for choice in choices):
        raise ChoiceInvalid("This competency is not in the course’s framework.", "Choose one from the list.")
    present = _present(session, row.id, framed)
    review = Review.ACCEPTED if choices else Review.LEFT_OUT
    before = {one.item_id: (one.weight, one.decided_by) for one in present}
    if before == {one.item_id: (one.weight, by.kind.value) for one in choices} and row.review == review:
        return False
    for one in present:
        one.ended_at = now
    session.flush()  # the ended ones leave the unique index before the new ones come
    offered = _offered(session, row.id, framed.version.id)
    for choice in choices:
        suggestion = offered.get(choice.item_id)
        session.add(
            Alignment(
                institution_id=row.institution_id,
                criterion_id=row.id,
                item_id=choice.item_id,
                weight=choice.weight,
                decided_by=by.kind.value,
                decided_by_id=by.id,
                suggested_rank=suggestion.rank if suggestion else None,
                confidence=suggestion.confidence if suggestion else None,
                decided_at=now,
            )
        )
    row.review = review
    session.flush()
    return True


def carry_over(session: Session, copies: Mapping[int, int], by: Decider, now: datetime) -> None:
    """Decide copied criteria (old id to new id, the new ones of one course) as their originals stand, as far as the new
    course's framework has the same competencies; the others wait for suggestions."""
    rows = list(session.scalars(select(Criterion).where(Criterion.id.in_(list(copies.values())))))
    if not rows:
        return
    try:
        known = _ground(session, rows)[0].by_id
    except ChoiceInvalid:  # the course has no framework yet
        return
    olds = session.scalars(select(Criterion).where(Criterion.id.in_(list(copies)))).all()
    decisions: dict[int, Sequence[Choice]] = {}
    for old in olds:
        standing = session.scalars(
            select(Alignment).where(Alignment.criterion_id == old.id, Alignment.ended_at.is_(None))
        ).all()
        choices = [Choice(one.item_id, one.weight) for one in standing if one.item_id in known]
        if choices or (old.review == Review.LEFT_OUT and not standing):
            decisions[copies[old.id]] = choices
    if decisions:
        decide_several(session, decisions, by, now)


def undo(session: Session, criterion_ids: Sequence[int], moment: datetime, by: Decider, now: datetime) -> Decided:
    """Take back what was decided at `moment`: what stood before stands again, else the criterion is open again.

    Raises CannotUndo when it was decided again since, or is too long ago.
    """
    if now - moment > timedelta(days=UNDO_DAYS):
        raise CannotUndo(f"This is more than {UNDO_DAYS} days ago.", "Open the criterion and decide it anew.")
    rows = list(
        session.scalars(
            select(Criterion).where(Criterion.id.in_(list(criterion_ids))).order_by(Criterion.id).with_for_update()
        )
    )
    if not rows or len(rows) != len(set(criterion_ids)):
        raise CriterionUnknown("This criterion is not here.", "Go back to the criteria mapping.")
    framed, scope = _ground(session, rows)
    for row in rows:
        present = _present(session, row.id, framed)
        ended_then = session.scalars(
            select(Alignment).where(Alignment.criterion_id == row.id, Alignment.ended_at == moment)
        ).all()
        if any(one.decided_at != moment for one in present):
            raise CannotUndo(f"“{row.title}” was decided again since.", "Open it and decide it anew.")
        before = [Choice(one.item_id, one.weight) for one in ended_then if one.item_id in framed.by_id]
        if before:
            _decide_one(session, row, shared(before), by, framed, now)
        else:
            _reopen(session, row, present, now)
    return Decided(tuple(row.id for row in rows), now, _follow(session, scope, [row.id for row in rows], now))


def reopen(session: Session, criterion_id: int, now: datetime) -> Decided:
    """A decided criterion is open again: nothing counts by it until somebody decides anew."""
    row = session.scalar(select(Criterion).where(Criterion.id == criterion_id).with_for_update())
    if row is None:
        raise CriterionUnknown("This criterion is not here.", "Go back to the criteria mapping.")
    framed, scope = _ground(session, [row])
    _reopen(session, row, _present(session, row.id, framed), now)
    return Decided((row.id,), now, _follow(session, scope, [row.id], now))


def _reopen(session: Session, row: Criterion, present: Iterable[Alignment], now: datetime) -> None:
    for one in present:
        one.ended_at = now
    known = session.scalar(select(Suggestion.id).where(Suggestion.criterion_id == row.id).limit(1))
    row.review = Review.WAITING if known is None else Review.TO_CHECK
    session.flush()


def _ground(session: Session, rows: Sequence[Criterion]) -> tuple[frameworks.Framed, evidence.Scope]:
    courses = set(
        session.scalars(select(Assessment.course_id).where(Assessment.id.in_({row.assessment_id for row in rows})))
    )
    if len(courses) != 1:
        raise CriterionUnknown("These criteria are not of one course.", "Decide each course for itself.")
    course = launch.course(session, courses.pop())
    version_id = version_of(session, course)
    if version_id is None:
        raise ChoiceInvalid("This course has no framework yet.", "Ask an administrator to import one.")
    framed = frameworks.framed(session, version_id)
    scope = evidence.Scope(
        institution_id=course.institution_id,
        course_id=course.id,
        version_id=version_id,
        item_ids=frozenset(framed.by_id),
        criterion_ids=(),
    )
    return framed, scope


def _follow(session: Session, scope: evidence.Scope, changed: Sequence[int], now: datetime) -> frozenset[int]:
    if not changed:
        return frozenset()
    for criterion_id in changed:
        event = AlignmentChanged(criterion_id, scope.version_id)
        outbox.post(session, event, institution_id=scope.institution_id)
    return evidence.follow(session, evidence.narrowed(scope, changed), now)


def _present(session: Session, criterion_id: int, framed: frameworks.Framed) -> list[Alignment]:
    """Present alignments to this version; those to another one rest."""
    rows = session.scalars(
        select(Alignment).where(Alignment.criterion_id == criterion_id, Alignment.ended_at.is_(None))
    )
    return [row for row in rows if row.item_id in framed.by_id]


def _offered(session: Session, criterion_id: int, version_id: int) -> dict[int, Any]:
    rows = session.execute(
        select(Suggestion.item_id, Suggestion.rank, Suggestion.confidence).where(
            Suggestion.criterion_id == criterion_id, Suggestion.version_id == version_id
        )
    )
    return {row.item_id: row for row in rows}
