"""Next steps: what to do first, and why. Pure: standings, targets and links in, ordered steps out.

Prerequisites come before what they lead to; then what is clearly below its target, the larger gap first; then what is
close; then what wants one more piece of evidence. A competency that nothing in the course assesses is no step of a
learner's: it is told to the instructor.
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
    """Some evidence, too little to be placed."""


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
    assessed: Collection[int] | None = None,
    declined: Collection[int] = (),
) -> tuple[Step, ...]:
    """All of a learner's steps, first things first.

    `standings` by competency (absent: no evidence at all), `targets` by competency, `prerequisites`: competency to what
    comes directly before it. `assessed`: where given, competencies outside are left out unless they have evidence.
    """
    wanted: dict[int, Step] = {}
    for item, target in targets.items():
        standing = standings.get(item)
        if item in declined or standing is None or (assessed is not None and not standing.n and item not in assessed):
            continue
        if standing.level is None:
            if standing.n:
                wanted[item] = Step(item, Kind.UNPROVEN, min(target, standing.likely), target, 0, standing.n)
        elif standing.level < target:
            kind = Kind.CLOSE if standing.highest >= target else Kind.GAP
            wanted[item] = Step(item, kind, standing.level + 1, target, target - standing.level, standing.n)
    linked = [_linked(step, wanted, prerequisites) for step in wanted.values()]
    return tuple(_in_order(sorted(linked, key=_urgency), prerequisites))


def _linked(step: Step, wanted: Mapping[int, Step], prerequisites: Mapping[int, Collection[int]]) -> Step:
    before = tuple(sorted(item for item in prerequisites.get(step.item_id, ()) if item in wanted))
    after = tuple(sorted(item for item in wanted if step.item_id in prerequisites.get(item, ())))
    return Step(step.item_id, step.kind, step.level, step.target, step.gap, step.pieces, after, before)


def _urgency(step: Step) -> tuple[int, int, int, int]:
    """Kind, then the larger gap; among the unproven, who has more pieces is nearer to a place on the map."""
    return step.kind, -step.gap, -step.pieces, step.item_id


def _in_order(steps: Sequence[Step], prerequisites: Mapping[int, Collection[int]]) -> list[Step]:
    """The given order, but each step after its prerequisites; a cycle keeps the given order."""
    waiting, placed, done = list(steps), [], set()
    present = {step.item_id for step in steps}
    while waiting:
        ready = next(
            (s for s in waiting if all(p in done or p not in present for p in prerequisites.get(s.item_id, ()))),
            waiting[0],
        )
        waiting.remove(ready)
        placed.append(ready)
        done.add(ready.item_id)
    return placed
