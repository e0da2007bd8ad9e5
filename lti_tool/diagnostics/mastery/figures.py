"""How good predictions were: figures over (predicted, seen) pairs. No dependencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

BINS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """`auc` is None unless every score is 0 or 1 and both occur; for graded scores `brier` is the mean squared error
    of the expected score, and `rmse` its root in either case."""

    n: int
    auc: float | None
    brier: float
    rmse: float
    calibration_error: float

    @classmethod
    def of(cls, predicted: Sequence[float], seen: Sequence[float]) -> "Figures":
        """Figures of predictions in the order of the scores. Raises ValueError when there are none."""
        if not seen:
            raise ValueError("no scores to judge predictions by")
        squared = sum((p - y) ** 2 for p, y in zip(predicted, seen, strict=True)) / len(seen)
        return cls(len(seen), auc(predicted, seen), squared, sqrt(squared), calibration_error(predicted, seen))


def auc(predicted: Sequence[float], seen: Sequence[float]) -> float | None:
    """The chance that a passed one was predicted higher than a missed one, ties counting half (Mann-Whitney)."""
    if any(y not in (0, 1) for y in seen):
        return None
    passed = sum(seen)
    missed = len(seen) - passed
    if not passed or not missed:
        return None
    order = sorted(range(len(seen)), key=predicted.__getitem__)
    ranks = start = 0.0
    while start < len(order):
        first = int(start)
        end = first
        while end < len(order) and predicted[order[end]] == predicted[order[first]]:
            end += 1
        middle = (first + 1 + end) / 2  # tied predictions share the mean of their ranks
        ranks += middle * sum(seen[index] for index in order[first:end])
        start = end
    return (ranks - passed * (passed + 1) / 2) / (passed * missed)


def calibration_error(predicted: Sequence[float], seen: Sequence[float], bins: int = BINS) -> float:
    """Expected calibration error: over `bins` equal-width bins of the prediction ([0, .1), ... [.9, 1]), the distance
    between mean prediction and mean score, weighed by the number of predictions in the bin."""
    gaps = [0.0] * bins
    for p, y in zip(predicted, seen, strict=True):
        gaps[min(bins - 1, int(p * bins))] += p - y
    return sum(map(abs, gaps)) / len(seen)


def quadratic_kappa(predicted: Sequence[int], seen: Sequence[int], levels: int) -> float:
    """Agreement of two ratings from 0 to `levels` - 1 beyond chance, far misses weighing more (Cohen 1968)."""
    n = len(seen)
    rows, columns = ([side.count(level) for level in range(levels)] for side in (predicted, seen))
    missed = sum((a - b) ** 2 for a, b in zip(predicted, seen, strict=True))
    by_chance = sum((i - j) ** 2 * rows[i] * columns[j] / n for i in range(levels) for j in range(levels))
    return 1.0 - missed / by_chance if by_chance else 1.0
