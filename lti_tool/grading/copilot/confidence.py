"""How sure is the first suggestion, when may it be accepted by rule, and does anything fit at all?

No fixed threshold is safe: the same one was right 95 times in 100 on one framework and 50 on another. So the
confidence is learned from a framework's own decisions, and the rule stays off until there are enough of them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lti_tool.grading.copilot.domain import Sureness

PEAK_WEIGHT, ABSOLUTE_WEIGHT, BIAS = 0.52, 2.85, -2.33
SPREAD, SPREAD_BEHIND = 0.5, 0.8
"""Temperatures: of the first one's share of belief, and of how confidence falls behind the first. The second makes
the mean confidence at ranks 2 to 5 what is seen there, on two sets and four that had no part in the choice."""
NO_MATCH_BELOW, WEAK_BELOW = 0.38, 0.45
"""Absolute similarity. Under the first nothing seems to fit; that refuses 1 true match in 20."""
STRONG_FROM, FAIR_FROM = 0.75, 0.45
DECISIONS_NEEDED = 50
RIGHT_AT_LEAST, FEWEST, NORMAL_QUANTILE = 0.85, 15, 1.64
"""The rule accepts where the share of right ones is above the first with 95 % certainty, on at least so many."""


def first_logit(best_share: float, absolute: float) -> float:
    """Log-odds that the first suggestion is right, before anything is known of the framework.

    `best_share` is its share of belief among all competencies, `absolute` its absolute similarity.
    """
    share = min(max(best_share, 1e-4), 1 - 1e-4)
    return PEAK_WEIGHT * math.log(share / (1 - share)) + ABSOLUTE_WEIGHT * absolute + BIAS


@dataclass(frozen=True)
class Calibration:
    """Turns log-odds into a probability. The default changes nothing."""

    slope: float = 1.0
    shift: float = 0.0

    def confidence(self, logit: float) -> float:
        return _sigmoid(self.slope * logit + self.shift)


def recalibrated(logits: Sequence[float], right: Sequence[bool], trust: float = 1.0) -> Calibration:
    """Slope and shift learned from decisions (Platt 1999), each left out when its logit was computed.

    The most probable values under slope ~ N(1, trust/3) and shift ~ N(0, trust), by Newton's method: few decisions
    move little, and no run of right ones makes it certain.
    """
    slope, shift = 1.0, 0.0
    if not logits:
        return Calibration()
    for _ in range(25):
        gradient_slope, gradient_shift = -(slope - 1) * 9 / trust**2, -shift / trust**2
        slope_slope, slope_shift, shift_shift = 9 / trust**2, 0.0, 1 / trust**2
        for logit, was_right in zip(logits, right, strict=True):
            expected = _sigmoid(slope * logit + shift)
            gradient_slope += (was_right - expected) * logit
            gradient_shift += was_right - expected
            weight = expected * (1 - expected)
            slope_slope += weight * logit * logit
            slope_shift += weight * logit
            shift_shift += weight
        determinant = slope_slope * shift_shift - slope_shift**2
        slope += (shift_shift * gradient_slope - slope_shift * gradient_shift) / determinant
        shift += (slope_slope * gradient_shift - slope_shift * gradient_slope) / determinant
    # More belief may never come to mean less: a framework where it seems so has told us nothing.
    return Calibration(max(slope, 0.0), shift)


def acceptance_threshold(decisions: Iterable[tuple[float, bool]]) -> float | None:
    """The confidence from which suggestions may be accepted by rule; None: ask a person.

    `decisions` are (confidence, was right) of suggestions that people decided on. The threshold is the lowest
    confidence for which those at or above it are right often enough: Wilson's lower bound of their share is at least
    0.85, on 15 or more. Equal confidences stand or fall together.
    """
    ranked = sorted(decisions, key=lambda one: -one[0])
    if len(ranked) < DECISIONS_NEEDED:
        return None
    threshold, right = None, 0
    for count, (confidence, was_right) in enumerate(ranked, 1):
        right += was_right
        tied = count < len(ranked) and ranked[count][0] == confidence
        if not tied and count >= FEWEST and wilson_lower_bound(right, count) >= RIGHT_AT_LEAST:
            threshold = confidence
    return threshold


def wilson_lower_bound(right: int, count: int, quantile: float = NORMAL_QUANTILE) -> float:
    """Lower end of Wilson's interval (1927) for a share seen as `right` of `count`."""
    share, square = right / count, quantile * quantile
    spread = quantile * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return (share + square / (2 * count) - spread) / (1 + square / count)


def sureness(confidence: float, absolute: float) -> Sureness:
    if absolute < WEAK_BELOW or confidence < FAIR_FROM:
        return Sureness.WEAK
    return Sureness.STRONG if confidence >= STRONG_FROM else Sureness.FAIR


def nothing_fits(absolute: float) -> bool:
    return absolute < NO_MATCH_BELOW


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
