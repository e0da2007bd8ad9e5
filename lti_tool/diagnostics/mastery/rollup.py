"""A category from its competencies: one position, and the chance that all of them are where they should be.

The competencies of one learner hang together through general ability. The weighted mean of them is

    N( sum_k w_k (alpha_k + beta_k m),  (sum_k w_k beta_k)^2 v + sum_k w_k^2 tau_k )

whose 90 % interval covers the truth about nine times in ten within a class, where treating the competencies as
independent covers it less than eight times in ten. What all learners of a class share, how strong they are against how
hard their tasks are, is not in the interval: the cuts of the levels move with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp, log1p, sqrt

from lti_tool.diagnostics.mastery.belief import Belief, LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.levels import Standing, cuts, place
from lti_tool.diagnostics.mastery.normal import cdf
from lti_tool.diagnostics.mastery.observation import SECONDS_PER_DAY

# Given general ability the competencies are independent: thirteen points, half a standard deviation apart.
_GRID = [(0.5 * i, exp(-0.125 * i * i)) for i in range(-6, 7)]
_GRID_TOTAL = sum(weight for _, weight in _GRID)


@dataclass(frozen=True, slots=True)
class _Arm:
    """One competency of the star as it stands now: theta | g = mean + slope (g - m), with `variance` around it."""

    competency: str
    mean: float
    slope: float
    variance: float
    n: int


def _arms(
    learner: LearnerState, cohort: CohortState, competencies: list[str], now: datetime | None
) -> tuple[float, list[_Arm]]:
    """The variance of general ability, and the arms."""
    day = now.timestamp() / SECONDS_PER_DAY if now else None
    general, copies = learner.seen_at(competencies, cohort.priors, day, cohort.constants)
    shared = cohort.general_practice.mean * log1p(general.n)
    arms = []
    for competency, copy in zip(competencies, copies, strict=True):
        mean = copy.intercept + copy.slope * general.mean + cohort.practice.mean * log1p(copy.n) + shared
        arms.append(_Arm(competency, mean, copy.slope, copy.variance, copy.n))
    return general.variance, arms


def category(
    learner: LearnerState,
    cohort: CohortState,
    weights: Mapping[str, float],
    level_count: int,
    *,
    now: datetime | None = None,
) -> Standing:
    """Where a learner stands on a category: `weights` by competency, each above 0.

    Its cuts are the weighted mean of its competencies' cuts, `n` all pieces together. It claims a level when at least
    half of the weight lies on competencies that have enough evidence of their own.
    """
    total = sum(weights.values())
    variance, arms = _arms(learner, cohort, list(weights), now)
    mean = slope = own = known = 0.0
    at = [0.0] * (level_count - 1)
    for arm in arms:
        w = weights[arm.competency] / total
        mean, slope, own = mean + w * arm.mean, slope + w * arm.slope, own + w * w * arm.variance
        known += w if arm.n >= cohort.constants.enough else 0.0
        for index, cut in enumerate(cuts(cohort, arm.competency, level_count)):
            at[index] += w * cut
    estimate = Belief(mean, sqrt(slope * slope * variance + own), sum(arm.n for arm in arms))
    return place(estimate, at, enough=known >= 0.5 - 1e-9, constants=cohort.constants)


def chance_of_all(
    learner: LearnerState,
    cohort: CohortState,
    targets: Mapping[str, int],
    level_count: int,
    *,
    now: datetime | None = None,
) -> float:
    """The chance that every competency of `targets` is at its target level (1 to N) or beyond."""
    variance, arms = _arms(learner, cohort, list(targets), now)
    needed = [
        (arm, cuts(cohort, arm.competency, level_count)[targets[arm.competency] - 2], sqrt(arm.variance))
        for arm in arms
        if targets[arm.competency] > 1
    ]
    chance, root = 0.0, sqrt(variance)
    for x, weight in _GRID:
        for arm, cut, sd in needed:
            weight *= cdf((arm.mean + arm.slope * x * root - cut) / sd)
        chance += weight / _GRID_TOTAL
    return chance
