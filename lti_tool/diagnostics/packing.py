"""A learner's cells in one string, for maps of a whole class: a thousand learners are a thousand short reads.

Each cell is 24 bytes, little-endian: item id and pieces of evidence as 32-bit integers, mean and standard deviation
(logits) as doubles. Written down in base64, because it lies in a JSON column.
"""

import base64
import struct
from collections.abc import Mapping

from lti_tool.diagnostics.mastery.belief import Belief

_CELL = struct.Struct("<iIdd")


def pack(cells: Mapping[int, Belief]) -> str:
    """Item id to belief, as text; in order of item ids, so that the same cells make the same text."""
    raw = b"".join(_CELL.pack(item, at.n, at.mean, at.sd) for item, at in sorted(cells.items()))
    return base64.b64encode(raw).decode("ascii")


def raw(text: str) -> bytes:
    """The packed cells as bytes, 24 each."""
    return base64.b64decode(text)


def unpack(text: str) -> dict[int, Belief]:
    """What `pack` was given, to the last digit."""
    return {item: Belief(mean, sd, n) for item, n, mean, sd in _CELL.iter_unpack(raw(text))}
