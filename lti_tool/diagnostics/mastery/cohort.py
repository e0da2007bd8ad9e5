"""What is believed of everything that learners share: items, scales, competencies, raters, practice.

Difficulty of one step of one item, for one rater:

    b = scale step + sum_k w_k competency_k + item step + rater      (each a Gaussian belief, learned on the way)

A rating scale's steps follow the sequential model for graded scores (Tutz 1990; compare Masters 1982, Psychometrika
47, "A Rasch model for partial credit scoring"); a rater's severity is a difficulty of its own (Linacre 1989,
"Many-facet Rasch measurement").

A mark reads and changes one item, one scale, one rater and its own competencies, whatever the size of the course;
`cohort_rows` turns them into named rows for a store.
"""

from dataclasses import dataclass, field

from lti_tool.diagnostics.mastery.belief import Priors
from lti_tool.diagnostics.mastery.constants import DEFAULT, Constants
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.trace import StepView, short


@dataclass(slots=True)
class Gaussian:
    mean: float
    variance: float


@dataclass(slots=True)
class Ratio:
    """A running estimate as a sum over a weight, both begun at the prior."""

    total: float
    weight: float

    @property
    def value(self) -> float:
        return self.total / self.weight


@dataclass(slots=True)
class ItemStep:
    """Difficulty of one step of one item, the log of its slope, and the competencies it counts as typical of."""

    mean: float
    variance: float
    log_slope: float
    slope_variance: float
    counted: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Typical:
    """Sum of the item difficulties learned on one step of one scale, and of how many items: their shrunk mean is
    the difficulty of an average criterion."""

    total: float = 0.0
    items: int = 0


@dataclass(slots=True)
class SharedDifficulty:
    """One competency: the difficulty its items share, and for each scale it was marked on the typical steps."""

    mean: float
    variance: float
    scales: dict[int, list[Typical]] = field(default_factory=dict)


@dataclass(slots=True)
class CohortState:
    """Beliefs of one institution about one framework version. Changed in place by `observe`."""

    constants: Constants = DEFAULT
    items: dict[str, list[ItemStep]] = field(default_factory=dict)
    scales: dict[int, list[Gaussian]] = field(default_factory=dict)
    competencies: dict[str, SharedDifficulty] = field(default_factory=dict)
    raters: dict[str, Gaussian] = field(default_factory=dict)
    practice: Gaussian = field(init=False)
    general_practice: Gaussian = field(init=False)
    spread: Ratio = field(init=False)
    competency_spread: Ratio = field(init=False)

    def __post_init__(self) -> None:
        c = self.constants
        self.practice, self.general_practice = (Gaussian(0.0, c.practice_sd**2) for _ in range(2))
        self.spread = Ratio(c.spread_weight * c.general_sd**2, c.spread_weight)
        self.competency_spread = Ratio(c.ratio_weight * c.competency_ratio**2, c.ratio_weight)

    @property
    def priors(self) -> Priors:
        """Where the next new learner begins: how far these learners differ, and their competencies within them."""
        return Priors(short(self.spread.value), short(self.competency_spread.value))

    def view(self, observation: Observation, step: int) -> StepView:
        """What is believed of this step now; what was never seen stands at its prior. Changes nothing."""
        c, index = self.constants, step - 1
        steps = self.items.get(observation.item, ())
        item = steps[index] if index < len(steps) else None
        mean, variance = (item.mean, item.variance) if item else (0.0, c.item_sd**2)
        scale = self.scales.get(observation.levels)
        if scale:
            mean, variance = mean + scale[index].mean, variance + scale[index].variance
        else:
            variance += c.step_sd**2
        if observation.rater is not None:
            rater = self.raters.get(observation.rater)
            mean, variance = (
                (mean + rater.mean, variance + rater.variance) if rater else (mean, variance + c.rater_sd**2)
            )
        difficulties = []
        for competency in observation.competencies:
            shared = self.competencies.get(competency)
            difficulties.append((short(shared.mean), short(shared.variance)) if shared else (0.0, c.competency_sd**2))
        return StepView(
            short(-mean),
            short(variance),
            short(item.log_slope) if item else 0.0,
            short(item.slope_variance) if item else c.slope_sd**2,
            short(self.practice.mean),
            short(self.practice.variance),
            short(self.general_practice.mean),
            short(self.general_practice.variance),
            tuple(difficulties),
        )

    def item_step(self, observation: Observation, step: int) -> ItemStep:
        """The item's step, kept from now on. Steps are tried in order, so at most one is new."""
        steps, c = self.items.setdefault(observation.item, []), self.constants
        while len(steps) < step:
            steps.append(ItemStep(0.0, c.item_sd**2, 0.0, c.slope_sd**2))
        return steps[step - 1]

    def scale_step(self, levels: int, step: int) -> Gaussian:
        scale = self.scales.get(levels)
        if scale is None:
            scale = self.scales[levels] = [Gaussian(0.0, self.constants.step_sd**2) for _ in range(levels - 1)]
        return scale[step - 1]

    def competency(self, competency: str) -> SharedDifficulty:
        shared = self.competencies.get(competency)
        if shared is None:
            shared = self.competencies[competency] = SharedDifficulty(0.0, self.constants.competency_sd**2)
        return shared

    def rater(self, rater: str) -> Gaussian:
        found = self.raters.get(rater)
        if found is None:
            found = self.raters[rater] = Gaussian(0.0, self.constants.rater_sd**2)
        return found

    def difficulties(self, competency: str, levels: int) -> list[float]:
        """Difficulty of each step of an average criterion of this competency on a scale of `levels` ratings."""
        shared, scale = self.competencies.get(competency), self.scales.get(levels)
        base = [step.mean for step in scale] if scale else [0.0] * (levels - 1)
        if shared is None:
            return base
        typical = shared.scales.get(levels) or [Typical()] * (levels - 1)
        return [shared.mean + b + t.total / (t.items + 1) for b, t in zip(base, typical, strict=True)]

    def scales_of(self, competency: str) -> dict[int, int]:
        """{ratings on the scale: items of this competency marked on it}."""
        shared = self.competencies.get(competency)
        return {levels: typical[0].items for levels, typical in shared.scales.items()} if shared else {}
