"""Next steps: what comes first, and why."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.levels import Standing, place
from lti_tool.diagnostics.steps import Kind, Step, next_steps

CUTS = (-1.0, 0.0, 1.0)


def at(level: int, *, pieces: int = 4, unsure: bool = False) -> Standing:
    """A learner on this level of four; `unsure`: the next one is possible too."""
    return place(Belief(level - 2.5, 0.9 if unsure else 0.1, pieces), CUTS)


def order(steps: tuple[Step, ...]) -> list[int]:
    return [step.item_id for step in steps]


def test_the_larger_gap_comes_first_then_what_is_close_then_what_is_not_placed() -> None:
    standings = {1: at(2, unsure=True), 2: at(2), 3: at(1), 4: at(2, pieces=2), 5: at(2, pieces=1), 6: at(3)}
    steps = next_steps(standings, dict.fromkeys(range(1, 9), 3), {})
    assert order(steps) == [3, 2, 1, 4, 5]
    assert [step.kind for step in steps] == [Kind.GAP, Kind.GAP, Kind.CLOSE, Kind.UNPROVEN, Kind.UNPROVEN]
    assert (steps[0].gap, steps[0].level, steps[0].target) == (2, 2, 3)


def test_a_prerequisite_below_target_comes_before_what_builds_on_it() -> None:
    steps = next_steps({1: at(1), 2: at(2)}, {1: 3, 2: 3}, {1: {2}})
    assert order(steps) == [2, 1]
    assert steps[0].leads_to == (1,)
    assert steps[1].before == (2,)


def test_a_prerequisite_that_nobody_has_seen_is_a_step_where_a_task_can_show_it() -> None:
    before = {1: {2}, 2: {3}, 4: {5}}
    steps = next_steps({1: at(1), 4: at(2, pieces=1)}, dict.fromkeys(range(1, 6), 3), before, assessed={2, 3, 5})
    assert order(steps) == [3, 2, 1, 4]  # five leads to nothing that is known to be below target
    assert (steps[0].kind, steps[0].pieces, steps[0].level) == (Kind.UNPROVEN, 0, 1)
    assert order(next_steps({1: at(1)}, {1: 3, 2: 3}, before)) == [1]  # nothing in the course assesses it


def test_what_was_put_aside_or_reached_is_no_step() -> None:
    standings = {1: at(1), 2: at(4), 3: at(1)}
    assert order(next_steps(standings, {1: 2, 2: 2, 3: 2}, {1: {9}}, assessed={9}, declined={3, 9})) == [1]


ITEMS = st.integers(1, 8)


@given(
    st.dictionaries(ITEMS, st.builds(at, st.integers(1, 4), pieces=st.integers(1, 5), unsure=st.booleans())),
    st.dictionaries(ITEMS, st.integers(1, 4)),
    st.dictionaries(ITEMS, st.sets(ITEMS, max_size=3)),
    st.sets(ITEMS),
    st.sets(ITEMS),
)
def test_every_step_comes_once_and_after_its_prerequisites_unless_they_go_in_a_circle(
    standings: dict[int, Standing],
    targets: dict[int, int],
    prerequisites: dict[int, set[int]],
    assessed: set[int],
    declined: set[int],
) -> None:
    steps = next_steps(standings, targets, prerequisites, assessed=assessed, declined=declined)
    found = order(steps)
    assert len(set(found)) == len(found)
    assert not set(found) & declined
    assert all(1 <= step.level <= max(step.target, 1) for step in steps)
    for place_of, item in enumerate(found):
        for needed in prerequisites.get(item, ()):
            if needed in found[place_of + 1 :]:
                assert _leads_back(needed, item, prerequisites, set(found))


def _leads_back(start: int, goal: int, prerequisites: dict[int, set[int]], among: set[int]) -> bool:
    """Is `start` on a circle, or built on something that is?"""
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        now = waiting.pop()
        for needed in prerequisites.get(now, set()) & among:
            if needed == now or needed in (start, goal) or needed in seen:
                return True
            seen.add(needed)
            waiting.append(needed)
    return False
