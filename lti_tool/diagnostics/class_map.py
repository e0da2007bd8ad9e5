"""From packed cells to the standings of a class. Loads numpy: imported only where a class is read."""

from collections.abc import Mapping, Sequence

import numpy as np

from lti_tool.diagnostics.class_cells import ABOVE, BELOW, MOST, ClassCells
from lti_tool.diagnostics.mastery.constants import DEFAULT
from lti_tool.diagnostics.mastery.levels import place_many

_CELL = np.dtype([("item", "<i4"), ("pieces", "<u4"), ("mean", "<f8"), ("sd", "<f8")])
"""The layout of `packing`."""


def standings(
    people: Sequence[int], items: Sequence[int], packed: Mapping[int, bytes], cuts: Mapping[int, Sequence[float]]
) -> ClassCells:
    """The class as bytes. `packed`: person to packed cells (absent: no evidence at all); cells of other competencies
    are left out. `cuts`: competency to the abilities at which its levels begin."""
    tall, wide = len(people), len(items)
    codes, pieces = np.zeros((wide, tall), np.uint8), np.zeros((wide, tall), np.uint32)
    mean, sd = np.zeros((wide, tall)), np.ones((wide, tall))
    parts = [packed.get(person, b"") for person in people]
    cells = np.frombuffer(b"".join(parts), _CELL)
    if len(cells) and wide:
        rows = np.repeat(np.arange(tall), [len(part) // _CELL.itemsize for part in parts])
        order = np.argsort(np.asarray(items))
        by_id = np.asarray(items)[order]
        near = np.minimum(np.searchsorted(by_id, cells["item"]), wide - 1)
        known = by_id[near] == cells["item"]
        at = order[near[known]], rows[known]
        for plane, name in ((pieces, "pieces"), (mean, "mean"), (sd, "sd")):
            plane[at] = cells[name][known]
    for column, item in enumerate(items):
        here = pieces[column]
        few = (np.minimum(here, MOST) << 4).astype(np.uint8)
        if item not in cuts or not here.any():
            codes[column] = few
            continue
        placed = place_many(mean[column], sd[column], cuts[item])
        likely, lowest, highest = (np.frombuffer(levels, np.uint8) for levels in placed)
        code = np.minimum(likely, MOST) | BELOW * (lowest < likely) | ABOVE * (highest > likely)
        codes[column] = np.where(here >= DEFAULT.enough, code, few)
    return ClassCells(
        tuple(people), tuple(items), codes.T.tobytes(), np.minimum(pieces, 255).astype(np.uint8).T.tobytes()
    )
