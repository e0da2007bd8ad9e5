"""The standings of a class as bytes: the same levels as the learners' own pages, for any class."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.diagnostics import class_map
from lti_tool.diagnostics.class_cells import ABOVE, BELOW, LEVEL_BITS, ClassCells, gaps, reached
from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.levels import place
from lti_tool.diagnostics.packing import SIZE, pack, raw, rounded, unpack

NUMBERS = st.floats(-4, 4, allow_nan=False)
BELIEFS = st.builds(Belief, NUMBERS, st.floats(0.05, 2), st.integers(0, 300)).map(rounded)
CLASSES = st.dictionaries(st.integers(1, 9), st.dictionaries(st.integers(10, 16), BELIEFS), min_size=1)
CUTS = st.dictionaries(
    st.integers(10, 14), st.lists(NUMBERS, min_size=3, max_size=3, unique=True).map(sorted), min_size=1
)


@given(st.dictionaries(st.integers(1, 2**31 - 1), BELIEFS))
def test_packed_cells_come_back_to_the_last_digit(cells: dict[int, Belief]) -> None:
    assert unpack(pack(cells)) == cells
    assert len(raw(pack(cells))) == SIZE * len(cells)


@settings(deadline=None)  # the first example loads numpy
@given(CLASSES, CUTS, st.randoms(use_true_random=False))
def test_a_class_shows_what_each_learners_own_map_shows(
    learners: dict[int, dict[int, Belief]], cuts: dict[int, list[float]], random: object
) -> None:
    people = [*learners, 99]  # 99 has no evidence at all
    items = list(range(10, 15))
    random.shuffle(items)  # type: ignore[attr-defined]
    found = class_map.standings(people, items, {who: raw(pack(cells)) for who, cells in learners.items()}, cuts)
    assert len(found.codes) == len(people) * len(items)
    for who in people:
        for item, code, pieces in zip(items, found.row(found.codes, who), found.row(found.pieces, who), strict=True):
            at = learners.get(who, {}).get(item)
            assert pieces == min(at.n if at else 0, 255)
            if at is None or at.n < 3 or item not in cuts:
                assert code & LEVEL_BITS == 0
                assert code >> 4 == min(at.n if at else 0, 15)
                continue
            standing = place(at, cuts[item])
            assert code & LEVEL_BITS == standing.level
            assert bool(code & BELOW) == (standing.lowest < standing.likely)
            assert bool(code & ABOVE) == (standing.highest > standing.likely)


def cells(*rows: str) -> ClassCells:
    """Learners 1, 2 ... on competencies 10, 11 ...: a level each, 0 for none."""
    codes = bytes(int(level) for row in rows for level in row)
    wide = len(rows[0]) if rows else 0
    return ClassCells(tuple(range(1, len(rows) + 1)), tuple(range(10, 10 + wide)), codes, codes)


def test_learners_and_competencies_are_picked_in_the_order_asked_for() -> None:
    whole = cells("123", "034", "410")
    assert whole.column(11) == bytes((2, 3, 1))
    assert whole.of([3, 1]).codes == bytes((4, 1, 0, 1, 2, 3))
    assert whole.on([12]).codes == bytes((3, 4, 0))
    assert whole.on([12, 10]).of([2]).codes == bytes((4, 0))
    assert whole.on([]).codes == b""
    assert cells().of([]).codes == b""


def test_shares_count_those_who_are_placed_and_gaps_what_is_missing() -> None:
    whole = cells("123", "034", "410")
    assert reached(whole.column(10), 2) == (2, 1)
    assert reached(whole.column(12), 3) == (2, 2)
    assert gaps(whole, {10: 2, 11: 3, 12: 3}, [1, 2, 3]) == {1: 2, 2: 0, 3: 2}


def test_bytes_that_do_not_fit_the_class_are_refused() -> None:
    with pytest.raises(ValueError, match="one byte"):
        ClassCells((1,), (10, 11), b"\1", b"\1\1")


def test_levels_beyond_fifteen_are_written_as_fifteen() -> None:
    packed = {1: raw(pack({10: Belief(50.0, 0.1, 5)}))}
    found = class_map.standings([1], [10], packed, {10: [float(cut) for cut in range(19)]})
    assert found.levels == bytes((15,))
