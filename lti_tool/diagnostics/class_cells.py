"""The standings of a whole class, as bytes: 200 000 cells are a picture, a table and shares without 200 000 objects.

One byte a cell, learners one after the other. The lower four bits are the level, 0 while there is not enough evidence.
Above them: for a level, bit 4 says that the one below is possible too and bit 5 the one above; without a level, how
many pieces there are. Browsers draw the overview from the same bytes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

LEVEL_BITS = 0x0F
BELOW, ABOVE = 0x10, 0x20
MOST = 0x0F
"""Levels and counts of pieces beyond this are written as this."""
_LEVELS = bytes(code & LEVEL_BITS for code in range(256))


@dataclass(frozen=True)
class ClassCells:
    """`codes` and `pieces` hold len(people) x len(items) bytes; `pieces` stops counting at 255."""

    people: tuple[int, ...]
    items: tuple[int, ...]
    codes: bytes
    pieces: bytes

    def __post_init__(self) -> None:
        if not len(self.codes) == len(self.pieces) == len(self.people) * len(self.items):
            raise ValueError("one byte for each learner and competency")

    @cached_property
    def levels(self) -> bytes:
        return self.codes.translate(_LEVELS)

    @cached_property
    def row_of(self) -> Mapping[int, int]:
        return {person: row for row, person in enumerate(self.people)}

    @cached_property
    def column_of(self) -> Mapping[int, int]:
        return {item: column for column, item in enumerate(self.items)}

    def row(self, plane: bytes, person: int) -> bytes:
        """One learner's bytes of `codes`, `levels` or `pieces`."""
        start = self.row_of[person] * len(self.items)
        return plane[start : start + len(self.items)]

    def column(self, item: int) -> bytes:
        """The levels of all learners on one competency."""
        return self.levels[self.column_of[item] :: len(self.items)]

    def of(self, people: Sequence[int]) -> "ClassCells":
        """Some of the learners, in the order given."""
        if tuple(people) == self.people:
            return self
        codes = b"".join(self.row(self.codes, person) for person in people)
        return ClassCells(
            tuple(people), self.items, codes, b"".join(self.row(self.pieces, person) for person in people)
        )

    def on(self, items: Sequence[int]) -> "ClassCells":
        """Some of the competencies, in the order given."""
        if tuple(items) == self.items:
            return self
        picked = [self.column_of[item] for item in items]
        pick = itemgetter(*picked) if len(picked) > 1 else lambda row: tuple(row[at] for at in picked)
        planes = [
            b"".join(bytes(pick(self.row(plane, person))) for person in self.people)
            for plane in (self.codes, self.pieces)
        ]
        return ClassCells(self.people, tuple(items), planes[0], planes[1])


def reached(levels: bytes, target: int) -> tuple[int, int]:
    """(placed, at target or beyond) among these levels."""
    placed = len(levels) - levels.count(0)
    return placed, placed - sum(levels.count(level) for level in range(1, target))


def gaps(cells: ClassCells, targets: Mapping[int, int], people: Collection[int]) -> dict[int, int]:
    """Person to the levels that are missing to the targets, added up over the competencies that are placed."""
    by_target: dict[int, list[int]] = {}
    for item in cells.items:
        by_target.setdefault(targets[item], []).append(item)
    found = dict.fromkeys(people, 0)
    for target, items in by_target.items():
        missing = bytes(max(0, target - level) if level else 0 for level in range(256))
        part = cells.on(items)
        for person in people:
            found[person] += sum(part.row(part.levels, person).translate(missing))
    return found
