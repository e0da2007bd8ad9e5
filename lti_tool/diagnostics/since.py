"""What changed lately on a learner's map. Pure: two standings of each competency in, changes in order of news out.

Only competencies with results since then are compared. Through general ability every mark moves every estimate a
little, and a change that no result of its own explains would be news that nobody can account for.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from lti_tool.diagnostics.mastery.levels import Standing

LOOK_BACK = timedelta(days=14)
"""How far the comparison reaches back at least: two weeks of a course hold a task or two."""


class Change(IntEnum):
    """In the order they are told."""

    UP = 1
    PLACED = 2
    """Enough evidence now for a place on the map."""
    LESS_SURE = 3
    """The same level, and more levels are possible than before."""
    DOWN = 4
    SURER = 5
    """The same level, and fewer others are possible than before."""
    MORE = 6
    """New evidence, the same position."""


@dataclass(frozen=True, slots=True)
class Changed:
    item_id: int
    change: Change
    before: int | None
    """The level then; None without a place on the map."""
    now: int | None
    pieces: int
    """All pieces of evidence by now."""


def compared_with(days: Collection[date]) -> date | None:
    """The day of results that today's map is compared with, out of the days on which work was done: the newest one
    that lies two weeks or more before the last, else the first. None where all work is of one day: nothing to compare.
    """
    if not days or min(days) == max(days):
        return None
    return max((day for day in days if day <= max(days) - LOOK_BACK), default=min(days))


def changes(now: Mapping[int, Standing], before: Mapping[int, Standing]) -> tuple[Changed, ...]:
    """`before` holds the competencies with results since then, also those that had none then (`n` is 0)."""
    found = [_changed(item, old, now[item]) for item, old in before.items() if item in now and now[item].n > old.n]
    return tuple(sorted(found, key=lambda one: (one.change, -_distance(one), -one.pieces, one.item_id)))


def _changed(item: int, old: Standing, new: Standing) -> Changed:
    return Changed(item, _kind(old, new), old.level, new.level, new.n)


def _kind(old: Standing, new: Standing) -> Change:
    if new.level is None:
        return Change.MORE
    if old.level is None:
        return Change.PLACED
    if new.level != old.level:
        return Change.UP if new.level > old.level else Change.DOWN
    wider = (new.highest - new.lowest) - (old.highest - old.lowest)
    return Change.LESS_SURE if wider > 0 else Change.SURER if wider < 0 else Change.MORE


def _distance(one: Changed) -> int:
    return abs((one.now or 0) - (one.before or 0))
