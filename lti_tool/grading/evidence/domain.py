"""How far a mark on a criterion got on its own scale: what the estimate is fed with."""

from collections.abc import Sequence
from dataclasses import dataclass

GUIDE_LEVELS = 5
"""A criterion without ratings (a marking guide's) is read as a scale of five: its points carry no more than that."""


@dataclass(frozen=True, slots=True)
class Share:
    """`fraction` is the share of the way from the lowest rating (0) to the highest (1); `levels` the scale's length."""

    fraction: float
    levels: int

    def __post_init__(self) -> None:
        if not 0.0 <= self.fraction <= 1.0 or self.levels < 2:
            raise ValueError(f"no share: {self.fraction} of {self.levels} levels")


def share_of(points: float, max_points: float, rating_points: Sequence[float]) -> Share | None:
    """What `points` mean on a criterion with these ratings; None when it cannot tell learners apart.

    Ratings are read by rank, not by their points: with ratings of 0, 5, 8 and 10 points, 8 is the third of four and
    two thirds of the way; with 1 to 4 points, 1 is the start and not a quarter. Points between two ratings count as
    part of the way, outside of them as the nearest (an LMS may allow extra points). Without ratings the share of the
    maximum counts.
    """
    ladder = sorted(set(rating_points))
    if len(ladder) == 1:
        return None  # one rating, or several of equal points: everybody has the same
    if not ladder:
        return Share(min(max(points / max_points, 0.0), 1.0), GUIDE_LEVELS) if max_points > 0 else None
    held = min(max(points, ladder[0]), ladder[-1])
    below = max(i for i, value in enumerate(ladder) if value <= held)
    part = 0.0 if below == len(ladder) - 1 else (held - ladder[below]) / (ladder[below + 1] - ladder[below])
    return Share((below + part) / (len(ladder) - 1), len(ladder))
