"""The ways an LMS adds results up: golden values of Canvas."""

import pytest

from lti_tool.diagnostics.mastery.lms_methods import (
    METHODS,
    BadMethod,
    average,
    decaying_average,
    highest,
    latest,
    n_mastery,
    weighted_average,
)


def test_the_weighted_average_gives_the_last_result_its_share():
    assert weighted_average([2, 3, 4], 65) == 3.48
    assert weighted_average([1, 2, 3, 4, 5], 65) == 4.13


def test_the_decaying_average_lets_every_earlier_result_fade():
    assert decaying_average([2, 3, 4], 65) == 3.53


def test_n_mastery_is_the_mean_of_the_results_that_show_it():
    assert n_mastery([4, 5, 1, 3, 2, 3], times=3, mastery=3) == 3.75
    assert n_mastery([4, 5, 1], times=3, mastery=3) is None


def test_latest_highest_and_average():
    assert (latest([4, 5, 3]), highest([4, 5, 3]), average([4, 5, 2])) == (3, 5, 3.67)


def test_one_result_is_itself_and_none_is_none():
    for name, method in METHODS.items():
        assert method([]) is None, name
        if name != "n_mastery":
            assert method([3.5]) == 3.5, name


def test_halves_are_rounded_up_as_people_do():
    assert average([1.0, 1.01]) == 1.01
    assert weighted_average([0, 1, 2, 3, 4.5], 50) == 3.0


@pytest.mark.parametrize("percent", [0, 100, -5, 120])
def test_a_weight_that_leaves_nothing_to_share_is_refused(percent: float):
    for method in (weighted_average, decaying_average):
        with pytest.raises(BadMethod, match="leaves nothing"):
            method([1, 2], percent)
    with pytest.raises(BadMethod, match="no time at all"):
        n_mastery([1], times=0)
