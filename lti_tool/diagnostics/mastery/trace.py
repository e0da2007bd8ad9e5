"""What an update leaves behind, so that a learner can be recomputed alone, later, to the last digit.

A mark's effect on a learner depends on what the cohort believed at that moment (how hard the item, how severe the
rater). That is written down as a `StepView`, rounded once, and both the live update and every replay read only the
rounded numbers: a replay is the same computation, not a similar one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from lti_tool.diagnostics.mastery.belief import Priors

_UNITS = 1e6


def short(x: float) -> float:
    """To the sixth decimal: a millionth of a logit is nothing, and it is written in few characters. `round` would say
    the same and takes four times as long."""
    return floor(x * _UNITS + 0.5) / _UNITS


@dataclass(frozen=True, slots=True)
class StepView:
    """What the cohort believed of one step when it was taken. Means in logits, then their variances."""

    offset: float  # -(item step + scale step + rater)
    offset_variance: float
    log_slope: float
    slope_variance: float
    practice: float  # gain per log(1 + n) on the competency
    practice_variance: float
    general_practice: float  # the same for general ability
    general_practice_variance: float
    difficulties: tuple[tuple[float, float], ...]  # of the observation's competencies, in its order


@dataclass(frozen=True, slots=True)
class Trace:
    """One observation's trace: the priors a learner would have begun from, one view and one chance per step taken.

    `chances` are the predicted probabilities of passing each step that was tried: the surprise in the mark.
    """

    priors: Priors
    steps: tuple[StepView, ...]
    chances: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A compact JSON-able value that `from_json` reads back exactly."""
        steps = [
            [
                v.offset,
                v.offset_variance,
                v.log_slope,
                v.slope_variance,
                v.practice,
                v.practice_variance,
                v.general_practice,
                v.general_practice_variance,
                *(number for pair in v.difficulties for number in pair),
            ]
            for v in self.steps
        ]
        return {"priors": list(self.priors), "steps": steps, "chances": list(self.chances)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Trace":
        return cls(Priors(*value["priors"]), tuple(map(_view, value["steps"])), tuple(value["chances"]))


def _view(row: Sequence[float]) -> StepView:
    offset, offset_variance, slope, slope_variance, own, own_variance, general, general_variance, *pairs = row
    difficulties = tuple(zip(pairs[::2], pairs[1::2], strict=True))
    return StepView(
        offset, offset_variance, slope, slope_variance, own, own_variance, general, general_variance, difficulties
    )
