"""Simulated learners: marks drawn from known abilities, to check the estimates against the truth and to fill a demo.

Nobody real: abilities, difficulties, raters and marks all come from one seed, and the same seed gives the same course.
The marks follow the logistic link, which the model only approximates, so that checks are not circular.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp
from random import Random

from lti_tool.diagnostics.mastery.levels import level_cuts, rating_cuts
from lti_tool.diagnostics.mastery.observation import Observation


@dataclass(frozen=True, slots=True)
class World:
    """What the simulation draws from. Standard deviations in logits."""

    general_sd: float = 1.3
    competency_ratio: float = 0.55
    competency_sd: float = 0.6
    item_sd: float = 1.0
    step_gap: float = 1.0  # how much harder each further step of a rating is
    rater_sd: float = 0.5
    slope_sd: float = 0.3
    guess: float = 0.0  # chance to pass a step without the competency


@dataclass(frozen=True, slots=True)
class Mark:
    learner: str
    observation: Observation


@dataclass(frozen=True, slots=True)
class Course:
    """`marks` in order of time; `ability[learner][competency]` and `steps[competency]` (the difficulties of an average
    criterion's steps) are the truth, in logits."""

    marks: tuple[Mark, ...]
    ability: Mapping[str, Mapping[str, float]]
    steps: Mapping[str, Sequence[float]]

    def level(self, learner: str, competency: str, level_count: int) -> int:
        """The level that this learner truly has."""
        at = level_cuts(rating_cuts(self.steps[competency]), level_count)
        return 1 + sum(self.ability[learner][competency] >= cut for cut in at)


@dataclass(slots=True)
class _Criterion:
    name: str
    competency: str
    steps: list[float]
    slope: float


@dataclass(slots=True)
class _Draw:
    random: Random
    world: World
    levels: int
    raters: dict[str, float] = field(default_factory=dict)

    def criterion(self, name: str, competency: str, typical: Sequence[float]) -> _Criterion:
        steps = [step + self.random.gauss(0, self.world.item_sd) for step in typical]
        return _Criterion(name, competency, steps, exp(self.random.gauss(0, self.world.slope_sd)))

    def rating(self, ability: float, criterion: _Criterion, severity: float) -> int:
        reached = 0
        for step in criterion.steps:
            chance = 1 / (1 + exp(-criterion.slope * (ability - step - severity)))
            if self.random.random() >= self.world.guess + (1 - self.world.guess) * chance:
                break
            reached += 1
        return reached


def simulate(
    seed: int,
    *,
    learners: int = 30,
    competencies: Sequence[str] = ("1.1", "1.2", "2.1", "2.2", "3.1"),
    criteria: int = 6,
    levels: int = 4,
    raters: int = 0,
    starts: datetime | None = None,
    days_apart: float = 7.0,
    world: World | None = None,
) -> Course:
    """A course in which every learner gets one mark on each of `criteria` criteria of each competency.

    Each round of one criterion a competency is marked for the whole class, `days_apart` after the one before (marks
    carry no time unless `starts` is given). With `raters`, each mark has one of them.
    """
    world = world or World()
    draw = _Draw(Random(seed), world, levels)
    ladder = [(step - (levels - 2) / 2) * world.step_gap for step in range(levels - 1)]
    steps = {}
    for name in competencies:
        shared = draw.random.gauss(0, world.competency_sd)
        steps[name] = [shared + step for step in ladder]
    draw.raters = {f"rater-{index + 1}": draw.random.gauss(0, world.rater_sd) for index in range(raters)}
    ability: dict[str, dict[str, float]] = {}
    for index in range(learners):
        general = draw.random.gauss(0, world.general_sd)
        around = world.competency_ratio * world.general_sd
        ability[f"learner-{index + 1}"] = {name: general + draw.random.gauss(0, around) for name in competencies}
    marks = []
    for turn in range(criteria):
        at = starts + timedelta(days=turn * days_apart) if starts else None
        tasks = [draw.criterion(f"{name}/{turn + 1}", name, steps[name]) for name in competencies]
        for learner, abilities in ability.items():
            for task in tasks:
                rater = draw.random.choice(list(draw.raters)) if draw.raters else None
                severity = draw.raters[rater] if rater else 0.0
                score = draw.rating(abilities[task.competency], task, severity) / (levels - 1)
                marks.append(Mark(learner, Observation(task.name, {task.competency: 1.0}, score, levels, rater, at)))
    return Course(tuple(marks), ability, steps)
