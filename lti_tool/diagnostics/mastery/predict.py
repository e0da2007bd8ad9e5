"""What a mark will be, before it is seen."""

from dataclasses import dataclass
from math import exp, sqrt

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.normal import cdf
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.observe import forecast, guess_of

# Where general luck is averaged over: nine points, three quarters of a standard deviation apart, weighed as a bell.
_GRID = [(0.75 * i, exp(-0.28125 * i * i)) for i in range(-4, 5)]
_GRID_TOTAL = sum(weight for _, weight in _GRID)


@dataclass(frozen=True, slots=True)
class Prediction:
    """`reach[l - 1]` is the chance of rating l or better (ratings from 0); `expected` the mean score, 0 to 1."""

    reach: tuple[float, ...]
    expected: float


def predict(learner: LearnerState, cohort: CohortState, observation: Observation) -> Prediction:
    """The prediction for this mark; its score is not read, and nothing is changed.

    The steps of one rating share the learner's and the item's uncertainty, so their chances do not simply multiply:
    given one standard normal x for all of them, P(pass step s | x) = guess + (1 - guess - slip)
    Phi(a_s (E[eta_s] + x sd) / sqrt(C)), and the product is averaged over x.
    """
    constants, competencies = cohort.constants, observation.competencies
    general, copies = learner.seen_at(competencies, cohort.priors, observation.day, constants)
    steps = [
        forecast(general, copies, observation, cohort.view(observation, step), constants)
        for step in range(1, observation.levels)
    ]
    if len(steps) == 1:
        return Prediction((steps[0].chance,), steps[0].chance)
    guess = guess_of(observation, constants)
    sure, root = 1.0 - guess - constants.slip, sqrt(constants.link_variance)
    sd = sqrt(sum(step.variance for step in steps) / len(steps))
    reach = [0.0] * len(steps)
    for x, weight in _GRID:
        chance = weight / _GRID_TOTAL
        for index, step in enumerate(steps):
            chance *= guess + sure * cdf(step.slope * (step.mean + x * sd) / root)
            reach[index] += chance
    return Prediction(tuple(reach), sum(reach) / len(reach))
