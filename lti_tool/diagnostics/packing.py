"""A learner's cells in one string, for maps of a whole class: a thousand learners are a thousand short reads.

Each cell is 14 bytes, little-endian: item id (32 bits), pieces of evidence (16 bits), mean and standard deviation in
logits (single precision: seven digits). Written down in hexadecimal, because it lies in a JSON column, and reads back
four times as fast as base64. What is packed is `rounded` first, also where it is kept as a row, so that a class's map
and a learner's own never differ.
"""

import struct
from collections.abc import Mapping

from lti_tool.diagnostics.mastery.belief import Belief

_CELL = struct.Struct("<iHff")
_SINGLE = struct.Struct("<ff")
SIZE = _CELL.size
MOST_PIECES = 2**16 - 1


def pack(cells: Mapping[int, Belief]) -> str:
    """Item id to belief, as text; in order of item ids, so that the same cells make the same text."""
    return b"".join(
        _CELL.pack(item, min(at.n, MOST_PIECES), at.mean, at.sd) for item, at in sorted(cells.items(), key=_item)
    ).hex()


def _item(cell: tuple[int, Belief]) -> int:
    return cell[0]


def rounded(at: Belief) -> Belief:
    """To single precision."""
    mean, sd = _SINGLE.unpack(_SINGLE.pack(at.mean, at.sd))
    return Belief(mean, sd, at.n)


def raw(text: str) -> bytes:
    """The packed cells as bytes, `SIZE` each."""
    return bytes.fromhex(text)


def unpack(text: str) -> dict[int, Belief]:
    """What `pack` was given, to the last digit if it was rounded."""
    return {item: Belief(mean, sd, n) for item, n, mean, sd in _CELL.iter_unpack(raw(text))}
