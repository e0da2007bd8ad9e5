"""Groups of a class: nobody can be singled out, not even from the total and the groups that are shown."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.diagnostics.groups import HIDDEN_UNDER, hidden_groups


def test_a_group_under_ten_is_hidden_and_one_more_with_it() -> None:
    hidden = hidden_groups({"A": 12, "B": 14, "C": 6})
    assert hidden == {
        "C": "Hidden: fewer than 10 learners",
        "A": "Hidden, so that C cannot be worked out from the total",
    }


def test_two_small_groups_that_are_ten_together_hide_no_other() -> None:
    assert set(hidden_groups({"A": 12, "B": 6, "C": 5})) == {"B", "C"}
    assert set(hidden_groups({"A": 12, "B": 4, "C": 5})) == {"A", "B", "C"}


def test_a_few_learners_in_no_group_are_not_worked_out_either() -> None:
    assert set(hidden_groups({"A": 12, "B": 14}, without=3)) == {"A"}
    assert hidden_groups({"A": 12, "B": 14}, without=11) == {}
    assert hidden_groups({"A": 12, "B": 14}) == {}


@given(st.dictionaries(st.text(min_size=1, max_size=2), st.integers(1, 40)), st.integers(0, 30))
def test_what_is_not_shown_is_nobody_or_ten_learners_at_least(sizes: dict[str, int], without: int) -> None:
    hidden = hidden_groups(sizes, without)
    assert all(name in hidden for name, size in sizes.items() if size < HIDDEN_UNDER)
    rest = sum(sizes[name] for name in hidden) + without
    assert rest == 0 or rest >= HIDDEN_UNDER or hidden.keys() == sizes.keys()
