"""From packed cells to the standings of a class. Loads numpy: imported only where a class is read.

The same levels as `mastery.levels.place` gives one by one (and `place_many` one competency at a time), for all of them
at once: two hundred competencies are two hundred times less overhead.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lti_tool.diagnostics.class_cells import ABOVE, BELOW, MOST, ClassCells
from lti_tool.diagnostics.mastery.constants import DEFAULT
from lti_tool.diagnostics.mastery.normal import quantile

_CELL = np.dtype([("item", "<i4"), ("pieces", "<u2"), ("mean", "<f4"), ("sd", "<f4")])
"""The layout of `packing`."""
_MARGIN = quantile(1.0 - DEFAULT.possible)
Array = np.ndarray[Any, Any]


def standings(
    people: Sequence[int], items: Sequence[int], packed: Mapping[int, bytes], cuts: Mapping[int, Sequence[float]]
) -> ClassCells:
    """The class as bytes. `packed`: person to packed cells (absent: no evidence at all); cells of other competencies
    are left out. `cuts`: competency to the abilities at which its levels begin; without them nobody is placed."""
    pieces, mean, sd = _spread(people, items, packed)
    ruler = _ruler(items, cuts)
    likely = _levels(mean, ruler)
    margin = sd * _MARGIN
    codes = np.minimum(likely, MOST)
    codes |= (_levels(mean - margin, ruler) < likely) * np.uint8(BELOW)
    codes |= (_levels(mean + margin, ruler) > likely) * np.uint8(ABOVE)
    placed = (pieces >= DEFAULT.enough) & np.array([item in cuts for item in items], bool)
    few = (np.minimum(pieces, MOST) << 4).astype(np.uint8)
    return ClassCells(
        tuple(people),
        tuple(items),
        np.where(placed, codes, few).tobytes(),
        np.minimum(pieces, 255).astype(np.uint8).tobytes(),
    )


def _spread(people: Sequence[int], items: Sequence[int], packed: Mapping[int, bytes]) -> tuple[Array, Array, Array]:
    """(pieces, mean, sd), a row for each learner and a column for each competency."""
    size = (len(people), len(items))
    pieces, mean, sd = np.zeros(size, np.uint16), np.zeros(size), np.ones(size)
    parts = [packed.get(person, b"") for person in people]
    cells = np.frombuffer(b"".join(parts), _CELL)
    if len(cells) and len(items):
        rows = np.repeat(np.arange(len(people)), [len(part) // _CELL.itemsize for part in parts])
        order = np.argsort(np.asarray(items))
        by_id = np.asarray(items)[order]
        near = np.minimum(np.searchsorted(by_id, cells["item"]), len(items) - 1)
        known = by_id[near] == cells["item"]
        at = rows[known] * len(items) + order[near[known]]
        for plane, name in ((pieces, "pieces"), (mean, "mean"), (sd, "sd")):
            plane.reshape(-1)[at] = cells[name][known]
    return pieces, mean, sd


def _ruler(items: Sequence[int], cuts: Mapping[int, Sequence[float]]) -> Array:
    """The cuts, a row for each level above the first and a column for each competency."""
    most = max((len(cuts[item]) for item in items if item in cuts), default=0)
    ruler = np.full((most, len(items)), np.inf)
    for column, item in enumerate(items):
        at = cuts.get(item, ())
        ruler[: len(at), column] = at
    return ruler


def _levels(ability: Array, ruler: Array) -> Array:
    """The level that each ability falls in: one more than the cuts at or below it."""
    levels = np.ones(ability.shape, np.uint8)
    for cut in ruler:
        levels += ability >= cut
    return levels
