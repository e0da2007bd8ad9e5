"""From an estimate in logits to a framework's levels: where the cuts are, and what a cell may say.

A framework's N levels have N - 1 cuts; level 1 needs none, it means "not yet beyond level 1". Ratings on a rubric
need not be the framework's levels, so both are laid on the same scale from nothing to everything: L ratings divide it
into L equal parts, N levels into N. The lowest rating is the lowest part.

- The bound under rating r lies at r / L. It is passed by who reaches rating r on an average criterion with probability
  one half: Phi(z_1) ... Phi(z_r) = 1/2, z_s = (cut - difficulty_s) / sqrt(C).
- The bound under level l lies at (l - 1) / N. Where it falls on the bound of a rating it is that cut: with as many
  ratings as levels, rating r is level r + 1. Otherwise it is interpolated between the neighbouring ratings on the
  probit scale, and beyond the outermost rating follows the chance of passing it: with right-or-wrong items and four
  levels, level 3 begins where an average item is passed one time in two, level 4 where it is three times in four.
- A competency marked on several scales takes the mean of their cuts, weighed by the number of items on each.

So every level can be reached on every scale.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from math import log, log1p, sqrt

from lti_tool.diagnostics.mastery.belief import Belief, LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.constants import DEFAULT, Constants
from lti_tool.diagnostics.mastery.normal import cdf, density, quantile
from lti_tool.diagnostics.mastery.observation import SECONDS_PER_DAY, BadObservation

_NINETY = quantile(0.95)
_CLOSE_ENOUGH = 1e-10


class Cell(Enum):
    """What one level of one competency says about a learner: the states of a cell of the map."""

    SHOWN = "shown"
    PROBABLY = "probably"
    HERE = "here"
    POSSIBLE = "possible"
    AHEAD = "ahead"
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands on one competency or category, and how sure that is.

    `mean` and `sd` are in logits, `cuts` the abilities at which levels 2 to N begin, `n` counts pieces of evidence.
    `likely` is the level the mean falls in, `lowest` to `highest` the levels that are possible.
    """

    mean: float
    sd: float
    n: int
    cuts: Sequence[float]
    likely: int
    lowest: int
    highest: int
    enough: bool

    @property
    def level(self) -> int | None:
        """The likely level, or None while there is not enough evidence: the estimate is there all the same."""
        return self.likely if self.enough else None

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The chance of each level, from level 1: P(level >= l) = Phi((mean - cut_l) / sd)."""
        reach = [1.0, *(cdf((self.mean - cut) / self.sd) for cut in self.cuts), 0.0]
        return tuple(a - b for a, b in pairwise(reach))

    @property
    def estimate(self) -> float:
        """The mean on the scale of levels, where level l reaches from l - 1/2 to l + 1/2."""
        return on_level_scale(self.mean, self.cuts)

    @property
    def low90(self) -> float:
        """The lower end of the 90 % interval, on the scale of levels."""
        return on_level_scale(self.mean - _NINETY * self.sd, self.cuts)

    @property
    def high90(self) -> float:
        """The upper end of the 90 % interval, on the scale of levels."""
        return on_level_scale(self.mean + _NINETY * self.sd, self.cuts)

    @property
    def perhaps(self) -> tuple[int, ...]:
        """The other levels that are possible, from low to high."""
        return tuple(level for level in range(self.lowest, self.highest + 1) if level != self.likely)

    def cell(self, level: int) -> Cell:
        """What the map says at this level."""
        if not self.enough:
            return Cell.NOT_ENOUGH
        if level == self.likely:
            return Cell.HERE
        if level < self.likely:
            return Cell.SHOWN if level < self.lowest else Cell.PROBABLY
        return Cell.POSSIBLE if level <= self.highest else Cell.AHEAD


def rating_cuts(difficulties: Sequence[float], constants: Constants = DEFAULT) -> list[float]:
    """The abilities (logits) at which each rating from 1 up is reached by one half, from the steps' difficulties."""
    root = sqrt(constants.link_variance)
    cuts: list[float] = []
    for step in range(1, len(difficulties) + 1):
        # log P is concave and rises in x: Newton's method from the left meets the cut without overshooting.
        x = max([*cuts[-1:], *difficulties[:step]])
        for _ in range(60):
            value, rise = log(2.0), 0.0
            for difficulty in difficulties[:step]:
                z = (x - difficulty) / root
                passed = cdf(z)
                value += log(passed)
                rise += density(z) / (passed * root)
            x -= value / rise
            if abs(value) < _CLOSE_ENOUGH:
                break
        cuts.append(x)
    return cuts


def level_cuts(cuts: Sequence[float], level_count: int, constants: Constants = DEFAULT) -> list[float]:
    """The N - 1 cuts of a framework's levels, read off the L - 1 cuts of a rating scale."""
    ratings, root = len(cuts) + 1, sqrt(constants.link_variance)
    anchors = [quantile(r / ratings) for r in range(1, ratings)]
    found = []
    for level in range(2, level_count + 1):
        z = quantile((level - 1) / level_count)
        above = bisect_right(anchors, z - _CLOSE_ENOUGH)
        if above < len(anchors) and abs(anchors[above] - z) < _CLOSE_ENOUGH:
            found.append(cuts[above])
        elif above == 0:
            found.append(cuts[0] + root * (z - anchors[0]))
        elif above == len(anchors):
            found.append(cuts[-1] + root * (z - anchors[-1]))
        else:
            part = (z - anchors[above - 1]) / (anchors[above] - anchors[above - 1])
            found.append(cuts[above - 1] + part * (cuts[above] - cuts[above - 1]))
    return found


def cuts(cohort: CohortState, competency: str, level_count: int) -> list[float]:
    """The N - 1 cuts (logits, rising) of a competency for this cohort. Costs tens of microseconds: keep them for a
    page. Raises BadObservation when a framework has fewer than two levels."""
    if level_count < 2:
        raise BadObservation("A framework needs two levels or more to place a learner on.")
    scales = {levels: items for levels, items in cohort.scales_of(competency).items() if items}
    scales = scales or {level_count: 1}
    total = sum(scales.values())
    mixed = [0.0] * (level_count - 1)
    for levels, items in scales.items():
        ratings = rating_cuts(cohort.difficulties(competency, levels), cohort.constants)
        for index, cut in enumerate(level_cuts(ratings, level_count, cohort.constants)):
            mixed[index] += cut * items / total
    return mixed


def belief(learner: LearnerState, cohort: CohortState, competency: str, now: datetime | None = None) -> Belief:
    """The estimate in logits, wider the longer ago the last evidence is when `now` is given."""
    day = now.timestamp() / SECONDS_PER_DAY if now else None
    general, (copy,) = learner.seen_at([competency], cohort.priors, day, cohort.constants)
    gain = cohort.practice.mean * log1p(copy.n) + cohort.general_practice.mean * log1p(general.n)
    return Belief.of(general, copy, gain)


def standing(
    learner: LearnerState, cohort: CohortState, competency: str, level_count: int, *, now: datetime | None = None
) -> Standing:
    """Where a learner stands on one competency of a framework with `level_count` levels."""
    return place(
        belief(learner, cohort, competency, now), cuts(cohort, competency, level_count), constants=cohort.constants
    )


def place(
    estimate: Belief, at: Sequence[float], *, enough: bool | None = None, constants: Constants = DEFAULT
) -> Standing:
    """A standing from an estimate and the cuts `at` (logits, rising). Costs a few microseconds.

    The likely level is the one the mean falls in: as likely below as above. A level beyond it is possible when the
    chance of being there or further is at least `constants.possible` (one in five), above and below alike: exactly the
    levels between the 20th and the 80th percentile. `enough` overrides the count of pieces (for categories).
    """
    mean = estimate.mean
    margin = estimate.sd * quantile(1.0 - constants.possible)
    return Standing(
        mean,
        estimate.sd,
        estimate.n,
        at,
        1 + bisect_right(at, mean),
        1 + bisect_right(at, mean - margin),
        1 + bisect_right(at, mean + margin),
        estimate.n >= constants.enough if enough is None else enough,
    )


def place_many(
    means: Sequence[float], sds: Sequence[float], at: Sequence[float], constants: Constants = DEFAULT
) -> tuple[bytes, bytes, bytes]:
    """(likely, lowest, highest) of many learners on one competency: one byte a learner, the same levels as `place`.

    For maps of a whole cohort: a thousand learners cost tens of microseconds. Loads numpy when it is called.
    """
    import numpy as np

    mean, cut = np.asarray(means, dtype=float), np.asarray(at, dtype=float)
    margin = np.asarray(sds, dtype=float) * quantile(1.0 - constants.possible)
    likely, lowest, highest = (
        (1 + np.searchsorted(cut, x, side="right")).astype(np.uint8).tobytes()
        for x in (mean, mean - margin, mean + margin)
    )
    return likely, lowest, highest


def on_level_scale(x: float, at: Sequence[float]) -> float:
    """An ability in logits as a place on the scale of levels: the cut under level l is at l - 1/2, straight lines
    between; beyond the outermost cuts one level is as wide as its neighbour, and the scale ends half a level on."""
    top = len(at) - 1
    if at[0] < x < at[top]:
        below = bisect_right(at, x) - 1
        return 1.5 + below + (x - at[below]) / (at[below + 1] - at[below])
    lower = x <= at[0]
    width = sqrt(DEFAULT.link_variance)
    if top:
        width = at[1] - at[0] if lower else at[top] - at[top - 1]
    beyond = ((at[0] - x) if lower else (x - at[top])) / max(width, _CLOSE_ENOUGH)
    return max(0.5, 1.5 - beyond) if lower else min(top + 2.5, top + 1.5 + beyond)
