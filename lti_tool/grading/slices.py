"""Long lists of ids in short statements: both databases cap the parameters of one."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")
SLICE = 500


def slices(values: Iterable[Value], size: int = SLICE) -> Iterator[list[Value]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
