"""Figures that judge predictions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.diagnostics.mastery.figures import Figures, auc, calibration_error, quadratic_kappa

pairs = st.lists(st.tuples(st.integers(0, 10).map(lambda n: n / 10), st.integers(0, 1)), min_size=2, max_size=40)


@settings(deadline=None)
@given(pairs)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[float, int]]):
    predicted, seen = zip(*pairs, strict=True)
    passed = [p for p, y in pairs if y]
    missed = [p for p, y in pairs if not y]
    found = auc(predicted, seen)
    if not passed or not missed:
        assert found is None
    else:
        right = sum((a > b) + (a == b) / 2 for a in passed for b in missed)
        assert found == pytest.approx(right / len(passed) / len(missed))


def test_auc_is_only_told_of_right_or_wrong():
    assert auc([0.2, 0.9], [0.5, 1.0]) is None


def test_calibration_error_is_the_mean_gap_in_ten_equal_bins():
    assert calibration_error([0.05] * 10 + [0.95] * 10, [0] * 10 + [1] * 10) == pytest.approx(0.05)
    assert calibration_error([0.5] * 10, [1, 0] * 5) == 0
    assert calibration_error([1.0, 0.99], [0, 0]) == pytest.approx(0.995)


def test_kappa_is_one_for_agreement_and_nought_for_a_constant():
    assert quadratic_kappa([0, 1, 2, 3], [0, 1, 2, 3], 4) == 1
    assert quadratic_kappa([1, 1, 1, 1], [0, 1, 2, 3], 4) == pytest.approx(0)
    assert quadratic_kappa([1, 1], [1, 1], 4) == 1


def test_no_scores_are_no_figures():
    with pytest.raises(ValueError, match="no scores"):
        Figures.of([], [])
