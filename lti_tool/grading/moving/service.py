"""Moving a course: what would go along, and doing it.

Evidence is pinned to the version it was made on, and stays there. For the new version it is made again from the same
marks, by the same decisions, for each competency that goes along: unchanged, merged into another, or worded
differently where somebody says that it means the same.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.life.diff import Carried, carried
from lti_tool.grading.alignments.domain import Choice, Review, shared
from lti_tool.grading.courses import version_of
from lti_tool.grading.events import AlignmentChanged, CourseMoved, SuggestionsDue
from lti_tool.grading.evidence import service as evidence
from lti_tool.grading.models import Alignment, Assessment, Criterion, Evidence
from lti_tool.grading.slices import slices
from lti_tool.kit import outbox
from lti_tool.kit.errors import Invalid
from lti_tool.launch import queries as launch
from lti_tool.launch import service as courses


class CannotMove(Invalid):
    reason = "cannot_move"
    status = 409


@dataclass(frozen=True)
class Ground:
    """Two versions and what goes along between them."""

    old: frameworks.Framed
    new: frameworks.Framed
    carried: Carried

    def items(self, also: Iterable[str] = ()) -> dict[int, int]:
        """Old competency to new, by id, for everything that goes along with these changed ones (by key)."""
        old = {one.key: one.id for one in self.old.competencies}
        new = {one.key: one.id for one in self.new.competencies}
        return {old[a]: new[b] for a, b in self.carried.taking(also).items() if a in old and b in new}


@dataclass(frozen=True)
class Moved:
    """`criteria` went along whole, `partly` with some of their competencies, `open_again` wait for a decision."""

    criteria: int
    partly: int
    open_again: int
    learners: int


@dataclass(frozen=True)
class Outlook:
    """What moving would do, before anything is done. Pieces of evidence are counted by the competency's key."""

    ground: Ground
    mapped: int
    pieces: dict[str, int]

    @property
    def going(self) -> int:
        return sum(self.pieces.get(key, 0) for key in self.ground.carried.taking())

    @property
    def staying(self) -> int:
        return sum(self.pieces.values()) - self.going


def ground(session: Session, course_id: int, version_id: int) -> Ground | None:
    """What lies between the course's version and another one; None where the course has none yet or it is the same.
    Raises CannotMove for a version that no course may choose."""
    target = frameworks.version(session, version_id)
    if target.status not in (Status.PUBLISHED, Status.PILOT):
        raise CannotMove("No course can choose this version.", "Choose a published one, or start a pilot with it.")
    present = version_of(session, launch.course(session, course_id))
    if present is None or present == version_id:
        return None
    between = carried(frameworks.draft(session, present), frameworks.draft(session, version_id))
    return Ground(frameworks.framed(session, present), frameworks.framed(session, version_id), between)


def outlook(session: Session, course_id: int, version_id: int) -> Outlook | None:
    """What moving a course to a version would do; None where there is nothing to move from."""
    found = ground(session, course_id, version_id)
    if found is None:
        return None
    keys = {one.id: one.key for one in found.old.competencies}
    counted = session.execute(
        select(Evidence.item_id, func.count())
        .where(
            Evidence.course_id == course_id,
            Evidence.version_id == found.old.version.id,
            Evidence.superseded_at.is_(None),
        )
        .group_by(Evidence.item_id)
    )
    pieces = {keys[item_id]: number for item_id, number in counted if item_id in keys}
    mapped = {row.criterion_id for row in _present(session, _criteria(session, course_id)) if row.item_id in keys}
    return Outlook(found, len(mapped), pieces)


def move(session: Session, course_id: int, version_id: int, now: datetime, *, also: Collection[str] = ()) -> Moved:
    """Let a course work with another version from now on, in the caller's transaction. `also` are keys of competencies
    that read differently and mean the same. The same move again changes nothing. Raises CannotMove."""
    found = ground(session, course_id, version_id)
    course = launch.course(session, course_id)
    courses.set_framework_version(session, course_id, version_id)
    if found is None:
        return Moved(0, 0, 0, 0)
    rows = _criteria(session, course_id)
    goes = found.items(also)
    whole: list[int] = []
    partly: list[int] = []
    open_again: list[int] = []
    present: dict[int, list[Alignment]] = {}
    for alignment in _present(session, rows):
        present.setdefault(alignment.criterion_id, []).append(alignment)
    for row in rows:
        mine = present.get(row.id, ())
        if any(one.item_id in found.new.by_id for one in mine):
            continue  # somebody decided on this version before: that stands
        before = [one for one in mine if one.item_id in found.old.by_id]
        if not before:
            continue
        after = _along(session, row, before, goes, now)
        if not after:
            row.review = Review.WAITING
            open_again.append(row.id)
        else:
            (whole if after == len(before) else partly).append(row.id)
    session.flush()
    for criterion_id in (*whole, *partly, *open_again):
        outbox.post(session, AlignmentChanged(criterion_id, version_id), institution_id=course.institution_id)
    scope = evidence.Scope(
        institution_id=course.institution_id,
        course_id=course.id,
        version_id=version_id,
        item_ids=frozenset(found.new.by_id),
        criterion_ids=tuple(row.id for row in rows),
    )
    learners = evidence.follow(session, scope, now)
    pairs = [[old, new] for old, new in goes.items()]
    moved = CourseMoved(int(course.id), found.old.version.id, version_id, pairs)
    outbox.post(session, moved, institution_id=course.institution_id)
    outbox.post(session, SuggestionsDue(int(course.id)), institution_id=course.institution_id)
    return Moved(len(whole), len(partly), len(open_again), len(learners))


def _along(session: Session, row: Criterion, before: Sequence[Alignment], goes: dict[int, int], now: datetime) -> int:
    """Write the criterion's alignments for the new version, by the same decisions; how many of the old went along."""
    weights: dict[int, float] = {}
    source: dict[int, Alignment] = {}
    count = 0
    for one in before:
        new = goes.get(one.item_id)
        if new is not None:
            count += 1
            weights[new] = weights.get(new, 0.0) + one.weight  # two that were merged count as one
            source.setdefault(new, one)
    for choice in shared(Choice(item, weight) for item, weight in weights.items()) if weights else ():
        one = source[choice.item_id]
        session.add(
            Alignment(
                institution_id=row.institution_id,
                criterion_id=row.id,
                item_id=choice.item_id,
                weight=choice.weight,
                decided_by=one.decided_by,
                decided_by_id=one.decided_by_id,
                suggested_rank=one.suggested_rank,
                confidence=one.confidence,
                decided_at=now,
            )
        )
    return count


def _criteria(session: Session, course_id: int) -> list[Criterion]:
    # locked in one order, as decisions on criteria do
    return list(
        session.scalars(
            select(Criterion)
            .join(Assessment, Assessment.id == Criterion.assessment_id)
            .where(Assessment.course_id == course_id)
            .order_by(Criterion.id)
        )
    )


def _present(session: Session, rows: Iterable[Criterion]) -> list[Alignment]:
    found: list[Alignment] = []
    for ids in slices([row.id for row in rows]):
        found += session.scalars(
            select(Alignment).where(Alignment.criterion_id.in_(ids), Alignment.ended_at.is_(None))
        ).all()
    return found
