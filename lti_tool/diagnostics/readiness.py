"""How far somebody is from what a role asks for, by evidence. Pure.

There is no single score: a role is not reached by an average. Each competency is shown, close (the level is possible),
open, or not known yet, and who is counted as ready has shown every one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.diagnostics.class_cells import ABOVE, LEVEL_BITS, ClassCells
from lti_tool.frameworks.roles.domain import Asked, Part, Role, next_step


class Reach(StrEnum):
    SHOWN = "shown"
    CLOSE = "close"
    OPEN = "open"
    UNKNOWN = "unknown"


WORDS = {
    Reach.SHOWN: "Shown",
    Reach.CLOSE: "Close",
    Reach.OPEN: "Open",
    Reach.UNKNOWN: "Not enough evidence yet",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """One competency that a role asks for, and where somebody stands on it; level 0: not placed yet."""

    asked: Asked
    reach: Reach
    level: int

    @property
    def missing(self) -> int:
        return max(0, self.asked.target - self.level)

    @property
    def step(self) -> Part | None:
        """What to demonstrate next; None where the role asks for no more."""
        return None if self.reach is Reach.SHOWN else next_step(self.asked, self.level)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`gaps` in the order in which they are worth closing: close ones first, then the smaller distance."""

    person_id: int
    gaps: tuple[Gap, ...]

    def count(self, reach: Reach) -> int:
        return sum(gap.reach is reach for gap in self.gaps)

    @property
    def ready(self) -> bool:
        return bool(self.gaps) and self.count(Reach.SHOWN) == len(self.gaps)

    @property
    def to_do(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.reach is not Reach.SHOWN)


def readiness(role: Role, item_of: Mapping[str, int], cells: ClassCells) -> tuple[Readiness, ...]:
    """Everybody of `cells` against a role, who has shown most first. `item_of`: competency key to id."""
    found = [Readiness(person, _gaps(role, item_of, cells, person)) for person in cells.people]
    return tuple(
        sorted(
            found,
            key=lambda one: (-one.count(Reach.SHOWN), -one.count(Reach.CLOSE), sum(gap.missing for gap in one.gaps)),
        )
    )


def _gaps(role: Role, item_of: Mapping[str, int], cells: ClassCells, person: int) -> tuple[Gap, ...]:
    codes = cells.row(cells.codes, person)
    gaps = []
    for asked in role.asks:
        code = codes[cells.column_of[item_of[asked.key]]]
        level = code & LEVEL_BITS
        gaps.append(Gap(asked, _reach(level, bool(level and code & ABOVE), asked.target), level))
    order = (Reach.CLOSE, Reach.OPEN, Reach.UNKNOWN, Reach.SHOWN)
    return tuple(sorted(gaps, key=lambda gap: (order.index(gap.reach), gap.missing)))


def _reach(level: int, above_possible: bool, target: int) -> Reach:
    if not level:
        return Reach.UNKNOWN
    if level >= target:
        return Reach.SHOWN
    return Reach.CLOSE if above_possible and level + 1 >= target else Reach.OPEN
