"""One mark changes what is believed: of the learner who got it, and a little of everything that learners share.

Prediction of one yes/no step, with the learner's star (see `belief`) and the cohort's beliefs (see `cohort`):

    eta = sum_k w_k theta_k + practice - difficulty        practice = x log(1 + n_k) + y log(1 + n)
    p   = guess + (1 - guess - slip) Phi(a E[eta] / S)
    S^2 = a^2 Var(eta) + (a E[eta])^2 Var(log a) + C

Update: the moments of the exact posterior under this probit likelihood are those of the derivatives of log p with
respect to E[eta] (d1) and of its negative curvature (d2):

    E[z] += Cov(z, eta) a d1          Var(z) -= Cov(z, eta)^2 a^2 d2

for every Gaussian belief z that eta depends on, projected back on the star: assumed-density filtering (Minka 2001),
the Bayesian form of a rating update (Glickman 1999; Weng and Lin 2011, Journal of Machine Learning Research 12).
The slope a is followed by an extended Kalman step. A rating is a chain of such steps (`Observation.steps`).

An item on several competencies leans on the learner's weakest one: w_k ~ weight_k exp(-1.5 (E theta_k - D_k)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log1p, sqrt

from lti_tool.diagnostics.mastery.belief import Copy, General, LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState, Gaussian, Typical
from lti_tool.diagnostics.mastery.constants import Constants
from lti_tool.diagnostics.mastery.normal import cdf, density
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.trace import StepView, Trace

_SURE = 1e-9  # no chance is ever nought or one
_LEAST_VARIANCE = 1e-6
_LEAST_SLOPE_VARIANCE = 1e-4


@dataclass(slots=True)
class Forecast:
    """One step before it is taken: its chance, and the moments that an update needs. Logits."""

    chance: float
    mean: float  # E[eta]
    variance: float  # Var(eta)
    slope: float
    scale: float  # S
    weights: list[float]  # of the competencies, summing to 1
    covariances: list[float]  # of each competency with eta
    general_covariance: float  # of general ability with eta
    practised: tuple[float, float]  # how strongly eta depends on the two practice gains


def forecast(
    general: General, copies: Sequence[Copy], observation: Observation, view: StepView, constants: Constants
) -> Forecast:
    """The chance that a learner with this star passes the step, before the mark is seen."""
    weights = _weights(general, copies, observation, view, constants)
    m, v = general.mean, general.variance
    practised_in_general = log1p(general.n)
    mean = view.offset + practised_in_general * view.general_practice
    variance = view.offset_variance + practised_in_general**2 * view.general_practice_variance
    shared_slope = practised = 0.0
    for w, copy, (difficulty, uncertainty) in zip(weights, copies, view.difficulties, strict=True):
        mean += w * (copy.intercept + copy.slope * m - difficulty)
        variance += w * w * uncertainty
        shared_slope += w * copy.slope
        practised += w * log1p(copy.n)
    mean += practised * view.practice
    variance += practised * practised * view.practice_variance
    general_covariance = shared_slope * v
    covariances = []
    for w, copy in zip(weights, copies, strict=True):
        covariance = copy.slope * general_covariance + w * copy.variance
        variance += w * covariance
        covariances.append(covariance)
    slope = exp(view.log_slope)
    lifted = slope * mean
    scale = sqrt(slope * slope * variance + lifted * lifted * view.slope_variance + constants.link_variance)
    guess = guess_of(observation, constants)
    chance = guess + (1.0 - guess - constants.slip) * cdf(lifted / scale)
    return Forecast(
        min(max(chance, _SURE), 1.0 - _SURE),
        mean,
        variance,
        slope,
        scale,
        weights,
        covariances,
        general_covariance,
        (practised, practised_in_general),
    )


def _weights(
    general: General, copies: Sequence[Copy], observation: Observation, view: StepView, constants: Constants
) -> list[float]:
    """How much the item depends on each of its competencies, leaning to the learner's weakest; they sum to 1."""
    if len(copies) == 1:
        return [1.0]
    leaning = [
        weight * exp(-constants.weakest_lean * (copy.intercept + copy.slope * general.mean - difficulty))
        for weight, copy, (difficulty, _) in zip(
            observation.competencies.values(), copies, view.difficulties, strict=True
        )
    ]
    total = sum(leaning)
    return [weight / total for weight in leaning]


@dataclass(slots=True)
class Pull:
    """How hard a mark pulls: derivatives of the log likelihood with respect to a E[eta]."""

    first: float  # d1
    curvature: float  # d2
    push: float  # a d1
    press: float  # a^2 d2

    @classmethod
    def of(cls, seen: Forecast, passed: float, strength: float, guess: float, constants: Constants) -> "Pull":
        t = seen.slope * seen.mean / seen.scale
        rise = (1.0 - guess - constants.slip) * density(t) / seen.scale
        up, down, bend = rise / seen.chance, -rise / (1.0 - seen.chance), t / seen.scale
        missed = 1.0 - passed
        first = passed * up + missed * down
        curvature = passed * up * (up + bend) + missed * down * (down + bend)
        first, curvature, slope = strength * first, strength * curvature, seen.slope
        return cls(first, curvature, slope * first, slope * slope * curvature)


def guess_of(observation: Observation, constants: Constants) -> float:
    """The chance to pass by luck: one over the options of a multiple-choice item."""
    return max(constants.guess, 1.0 / observation.options) if observation.options else constants.guess


def observe(learner: LearnerState, cohort: CohortState, observation: Observation, *, learn: bool = True) -> Trace:
    """Takes one mark in: changes `learner`, and `cohort` unless `learn` is off; returns the trace to keep.

    The observation must not be earlier than the learner's last one: a late one is for `replay.admit_late`.
    """
    constants, priors = cohort.constants, cohort.priors
    views, chances = [], []
    for step, passed, share in observation.steps():
        general, copies = learner.enter(observation.competencies, priors, observation.day, constants)
        view = cohort.view(observation, step)
        seen = forecast(general, copies, observation, view, constants)
        strength = share * observation.strength(constants)
        pull = Pull.of(seen, passed, strength, guess_of(observation, constants), constants)
        known = _told_apart(general, copies) if learn else []
        _move(general, copies, observation, step, seen, pull, strength, constants)
        if learn:
            _learn(cohort, observation, step, seen, pull)
            _learn_spread(cohort, general, copies, known)
        views.append(view)
        chances.append(round(seen.chance, 4))
    return Trace(priors, tuple(views), tuple(chances))


def retrace(learner: LearnerState, observation: Observation, trace: Trace, constants: Constants) -> None:
    """Takes a mark in again as it was taken then: same numbers in, same numbers out, no cohort needed."""
    for (step, passed, share), view in zip(observation.steps(), trace.steps, strict=True):
        general, copies = learner.enter(observation.competencies, trace.priors, observation.day, constants)
        seen = forecast(general, copies, observation, view, constants)
        strength = share * observation.strength(constants)
        pull = Pull.of(seen, passed, strength, guess_of(observation, constants), constants)
        _move(general, copies, observation, step, seen, pull, strength, constants)


def _move(
    general: General,
    copies: Sequence[Copy],
    observation: Observation,
    step: int,
    seen: Forecast,
    pull: Pull,
    strength: float,
    constants: Constants,
) -> None:
    """One step's effect on one learner, and on nobody else."""
    # A graded score is one piece of evidence, however many steps it has; so is a performance rated twice.
    piece = 1 if step == 1 and observation.nth_rating == 1 else 0
    push, press = pull.push, pull.press
    mean, variance, lever = general.mean, general.variance, seen.general_covariance
    new_mean, new_variance = mean + lever * push, variance - lever * lever * press
    for copy, covariance in zip(copies, seen.covariances, strict=True):
        slope = copy.slope
        expected = copy.intercept + slope * mean + covariance * push
        own = slope * slope * variance + copy.variance - covariance * covariance * press
        shared = slope * variance - lever * covariance * press
        copy.slope = shared / new_variance
        copy.intercept = expected - copy.slope * new_mean
        copy.variance = max(own - copy.slope * shared, _LEAST_VARIANCE) + strength * constants.competency_drift
        copy.n += piece
    general.mean, general.variance = new_mean, new_variance + strength * constants.general_drift
    general.n += piece


def _learn(cohort: CohortState, observation: Observation, step: int, seen: Forecast, pull: Pull) -> None:
    """The same mark, read as news about the item, the scale, the rater, the competencies and practice."""
    push, press = pull.push, pull.press
    item = cohort.item_step(observation, step)
    lean = item.slope_variance * seen.slope * seen.mean
    item.log_slope += lean * pull.first
    item.slope_variance = max(item.slope_variance - lean * lean * pull.curvature, _LEAST_SLOPE_VARIANCE)
    old_mean = item.mean
    harder = -item.variance
    item.mean += harder * push
    item.variance -= harder * harder * press
    _shift(cohort.scale_step(observation.levels, step), -1.0, push, press)
    _shift(cohort.practice, seen.practised[0], push, press)
    _shift(cohort.general_practice, seen.practised[1], push, press)
    if observation.rater is not None:
        _shift(cohort.rater(observation.rater), -1.0, push, press)
    for competency, weight in zip(observation.competencies, seen.weights, strict=True):
        shared = cohort.competency(competency)
        covariance = -weight * shared.variance
        shared.mean += covariance * push
        shared.variance -= covariance * covariance * press
        scale = shared.scales.get(observation.levels)
        if scale is None:
            scale = shared.scales[observation.levels] = [Typical() for _ in range(observation.levels - 1)]
        typical = scale[step - 1]
        if competency in item.counted:
            typical.total += item.mean - old_mean
        else:
            item.counted.append(competency)
            typical.total += item.mean
            typical.items += 1


def _shift(belief: Gaussian, loading: float, push: float, press: float) -> None:
    covariance = loading * belief.variance
    belief.mean += covariance * push
    belief.variance -= covariance * covariance * press


# (z^2 / prior, 1 - Var z / prior) of something that was 0 with the prior variance before any evidence.
_Known = tuple[float, float]


def _told_apart(general: General, copies: Sequence[Copy]) -> list[_Known]:
    """How far the marks have moved general ability, and each competency around it, from where they began."""
    known = [_known(general.mean, general.variance, general.prior)]
    for copy in copies:
        own = copy.slope - 1.0  # theta - g = intercept + own g + what is left
        mean, variance = copy.intercept + own * general.mean, own * own * general.variance + copy.variance
        known.append(_known(mean, variance, copy.prior))
    return known


def _known(mean: float, variance: float, prior: float) -> _Known:
    return mean * mean / prior, max(0.0, 1.0 - variance / prior)


def _learn_spread(cohort: CohortState, general: General, copies: Sequence[Copy], before: Sequence[_Known]) -> None:
    """How far learners differ, and how far competencies differ within a learner, from each one's first marks.

    Empirical Bayes: something that varies by q is estimated by z with E[z^2] = q - Var z, so the sum of z^2 over the
    sum of 1 - Var z / q estimates q. Both sums move by what one mark changed. Without it intervals are too narrow
    where competencies hang together less than assumed.
    """
    constants = cohort.constants
    after = _told_apart(general, copies)
    if general.n <= constants.spread_marks:
        cohort.spread.total += (after[0][0] - before[0][0]) * general.prior
        cohort.spread.weight += after[0][1] - before[0][1]
    for copy, now, then in zip(copies, after[1:], before[1:], strict=True):
        if copy.n <= constants.ratio_marks:
            # Relative to the learner's own prior: the ratio is what is learned.
            cohort.competency_spread.total += (now[0] - then[0]) * copy.prior / general.prior
            cohort.competency_spread.weight += now[1] - then[1]
