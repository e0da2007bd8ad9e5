"""Next steps: what to do first, and why. Pure: standings, targets and links in, ordered steps out.

Prerequisites come before what they lead to; then what is clearly below its target, the larger gap first; then what is
close; then what wants one more piece of evidence. A prerequisite that nobody has seen anything of yet is a step where
something builds on it that is one. A competency that nothing in the course assesses is no step of a learner's: it is
told to the instructor.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from lti_tool.diagnostics.mastery.levels import Standing


class Kind(IntEnum):
    """Why a step is offered, in the order that steps are offered."""

    GAP = 1
    """Below the target, and the target is not among the possible levels."""
    CLOSE = 2
    """Below the target, which is possible."""
    UNPROVEN = 3
    """Too little evidence to be placed; none at all only where another step builds on it."""


@dataclass(frozen=True, slots=True)
class Step:
    item_id: int
    kind: Kind
    level: int
    """The level to show next: one above where the learner is, never beyond the target."""
    target: int
    gap: int
    pieces: int
    leads_to: tuple[int, ...] = ()
    """Other competencies below target that build on this one."""
    before: tuple[int, ...] = ()
    """Prerequisites that are themselves below target and come first."""


def next_steps(
    standings: Mapping[int, Standing],
    targets: Mapping[int, int],
    prerequisites: Mapping[int, Collection[int]],
    *,
    assessed: Collection[int] = (),
    declined: Collection[int] = (),
) -> tuple[Step, ...]:
    """All of a learner's steps, first things first.

    `standings` by competency (absent: no evidence at all), `targets` by competency, `prerequisites`: competency to what
    comes directly before it. `assessed`: the competencies that some task of the course can show.
    """
    wanted: dict[int, Step] = {}
    for item, target in targets.items():
        standing = standings.get(item)
        if item in declined or standing is None:
            continue
        if standing.level is None:
            wanted[item] = Step(item, Kind.UNPROVEN, min(target, standing.likely), target, 0, standing.n)
        elif standing.level < target:
            kind = Kind.CLOSE if standing.highest >= target else Kind.GAP
            wanted[item] = Step(item, kind, standing.level + 1, target, target - standing.level, standing.n)
    for item in _unseen_before(wanted, prerequisites):
        if item in targets and item in assessed and item not in standings and item not in declined:
            wanted[item] = Step(item, Kind.UNPROVEN, 1, targets[item], 0, 0)
    linked = [_linked(step, wanted, prerequisites) for step in wanted.values()]
    return tuple(_in_order(sorted(linked, key=_urgency), prerequisites))


def _unseen_before(wanted: Mapping[int, Step], prerequisites: Mapping[int, Collection[int]]) -> set[int]:
    """Everything that steps below target build on, at any distance."""
    found: set[int] = set()
    waiting = [item for item, step in wanted.items() if step.kind is not Kind.UNPROVEN]
    while waiting:
        fresh = set(prerequisites.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found - wanted.keys()


def _linked(step: Step, wanted: Mapping[int, Step], prerequisites: Mapping[int, Collection[int]]) -> Step:
    before = tuple(sorted(item for item in prerequisites.get(step.item_id, ()) if item in wanted))
    after = tuple(sorted(item for item in wanted if step.item_id in prerequisites.get(item, ())))
    return Step(step.item_id, step.kind, step.level, step.target, step.gap, step.pieces, after, before)


def _urgency(step: Step) -> tuple[int, int, int, int]:
    """Kind, then the larger gap; among the unproven, who has more pieces is nearer to a place on the map."""
    return step.kind, -step.gap, -step.pieces, step.item_id


def _in_order(steps: Sequence[Step], prerequisites: Mapping[int, Collection[int]]) -> list[Step]:
    """The given order, but right before each step what it builds on; a circle is entered where it is met first."""
    waiting = {step.item_id: step for step in steps}
    placed: list[Step] = []

    def take(item: int) -> None:
        step = waiting.pop(item)
        needed = prerequisites.get(item, ())
        for before in [other for other in waiting if other in needed]:
            if before in waiting:
                take(before)
        placed.append(step)

    for step in steps:
        if step.item_id in waiting:
            take(step.item_id)
    return placed
