"""The ways an LMS adds results up, kept as modes beside the estimate. Scores in points, oldest first.

Names and arithmetic are those of Canvas's outcome calculation methods; results are rounded to two decimals, halves up.
None means: not enough results for this method.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from lti_tool.kit.errors import Invalid


class BadMethod(Invalid):
    """A calculation method with a number it cannot work with."""

    reason = "bad_method"


def _rounded(value: float) -> float:
    # By way of the shortest decimal text: 4.125 must become 4.13, not the even 4.12.
    return float(Decimal(repr(round(value, 9))).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)


def _share(percent: float) -> float:
    if not 0 < percent < 100:
        raise BadMethod(f"A weight of {percent} % leaves nothing to share.", "Give a weight between 1 and 99.")
    return percent / 100


def weighted_average(scores: Sequence[float], percent: float = 65) -> float | None:
    """The last result weighs `percent`, the mean of all earlier ones the rest."""
    weight = _share(percent)
    if len(scores) < 2:
        return _rounded(scores[0]) if scores else None
    return _rounded(weight * scores[-1] + (1 - weight) * _mean(scores[:-1]))


def decaying_average(scores: Sequence[float], percent: float = 65) -> float | None:
    """Each new result weighs `percent` against everything before it."""
    weight = _share(percent)
    if not scores:
        return None
    value = scores[0]
    for score in scores[1:]:
        value = weight * score + (1 - weight) * value
    return _rounded(value)


def n_mastery(scores: Sequence[float], times: int = 5, mastery: float = 3) -> float | None:
    """The mean of the results at or above `mastery`, once there are `times` of them."""
    if times < 1:
        raise BadMethod("Mastery shown no time at all is not mastery.", "Give 1 or more.")
    reached = [score for score in scores if score >= mastery]
    return _rounded(_mean(reached)) if len(reached) >= times else None


def latest(scores: Sequence[float]) -> float | None:
    """The last result."""
    return _rounded(scores[-1]) if scores else None


def highest(scores: Sequence[float]) -> float | None:
    """The best result."""
    return _rounded(max(scores)) if scores else None


def average(scores: Sequence[float]) -> float | None:
    """The mean of all results."""
    return _rounded(_mean(scores)) if scores else None


METHODS: dict[str, Callable[..., float | None]] = {
    "weighted_average": weighted_average,
    "decaying_average": decaying_average,
    "n_mastery": n_mastery,
    "latest": latest,
    "highest": highest,
    "average": average,
}
