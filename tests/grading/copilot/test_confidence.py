import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grading.copilot.confidence import (
    Calibration,
    acceptance_threshold,
    first_logit,
    nothing_fits,
    recalibrated,
    sureness,
    wilson_lower_bound,
)
from lti_tool.grading.copilot.domain import Sureness


def test_wilsons_bound_is_that_of_the_textbook() -> None:
    # 81 of 263: the worked example of Newcombe (1998), table I, 95 % two-sided: 0.2553.
    assert wilson_lower_bound(81, 263, quantile=1.96) == pytest.approx(0.2553, abs=1e-4)
    assert wilson_lower_bound(0, 10) == 0
    assert wilson_lower_bound(15, 15) == pytest.approx(0.848, abs=1e-3)


def test_the_rule_stays_off_below_fifty_decisions_however_right() -> None:
    assert acceptance_threshold([(0.9, True)] * 49) is None
    assert acceptance_threshold([(0.9, True)] * 50) == 0.9


def test_the_threshold_is_the_lowest_confidence_that_is_right_often_enough() -> None:
    sure = [(0.9 - place / 1000, True) for place in range(30)]
    unsure = [(0.4 - place / 1000, place % 2 == 0) for place in range(30)]
    threshold = acceptance_threshold(sure + unsure)
    assert threshold is not None
    accepted = [right for confidence, right in sure + unsure if confidence >= threshold]
    assert 30 <= len(accepted) < 40
    assert wilson_lower_bound(sum(accepted), len(accepted)) >= 0.85


def test_where_the_sure_ones_are_wrong_a_person_is_asked() -> None:
    assert acceptance_threshold([(1 - place / 100, place % 2 == 0) for place in range(100)]) is None


def test_equal_confidences_stand_or_fall_together() -> None:
    # In the order given, the first 40 look perfect; but a wrong one has the same confidence.
    assert acceptance_threshold([(0.9, True)] * 40 + [(0.9, False)] * 20) is None


def test_recalibration_learns_that_a_framework_is_harder_than_it_looks() -> None:
    logits = [2.0] * 60
    learned = recalibrated(logits, [place % 2 == 0 for place in range(60)])
    assert learned.confidence(2.0) == pytest.approx(0.5, abs=0.05)
    assert Calibration().confidence(2.0) == pytest.approx(0.88, abs=0.01)


def test_a_few_decisions_move_little() -> None:
    before = Calibration().confidence(1.0)
    assert abs(recalibrated([1.0], [False]).confidence(1.0) - before) < 0.15
    assert recalibrated([], []) == Calibration()


@given(st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=1, max_size=80))
def test_recalibration_never_turns_confidence_round(decisions: list[tuple[float, bool]]) -> None:
    learned = recalibrated([logit for logit, _ in decisions], [right for _, right in decisions])
    assert math.isfinite(learned.slope)
    assert math.isfinite(learned.shift)
    assert 0 <= learned.confidence(-3) <= learned.confidence(0) <= learned.confidence(3) <= 1


def test_words_follow_confidence_and_bow_to_low_similarity() -> None:
    assert sureness(0.8, absolute=0.6) is Sureness.STRONG
    assert sureness(0.6, absolute=0.6) is Sureness.FAIR
    assert sureness(0.2, absolute=0.6) is Sureness.WEAK
    assert sureness(0.9, absolute=0.44) is Sureness.WEAK


def test_nothing_fits_below_the_absolute_similarity() -> None:
    assert nothing_fits(0.37)
    assert not nothing_fits(0.38)


def test_a_clear_lead_and_a_close_text_both_raise_the_odds() -> None:
    assert first_logit(0.9, 0.6) > first_logit(0.5, 0.6) > first_logit(0.5, 0.4)
    assert math.isfinite(first_logit(1.0, 1.0))
    assert math.isfinite(first_logit(0.0, 0.0))
