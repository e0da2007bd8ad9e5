"""One mark, as the model reads it: what was rated, on which competencies, how well, on how many ratings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from lti_tool.diagnostics.mastery.constants import DEFAULT, Constants
from lti_tool.kit.errors import Invalid

SECONDS_PER_DAY = 86_400.0
MOST_LEVELS = 101  # points out of 100
# 2/3 of 3 steps is 1.9999999999999998: this much is rounding, not partial credit.
_ROUNDING = 1e-9


class BadObservation(Invalid):
    """A mark that cannot be read as evidence."""

    reason = "bad_observation"


class Fraction(float):
    """A share from nothing (0) to everything (1). Anything else cannot be built."""

    __slots__ = ()

    def __new__(cls, value: float) -> "Fraction":
        number = super().__new__(cls, value)
        if not 0.0 <= number <= 1.0:  # also refuses NaN
            raise BadObservation(f"{value} is not a share between 0 and 1.", "Divide the points by their maximum.")
        return number


@dataclass(frozen=True, slots=True)
class Observation:
    """One learner's mark on one item or rubric criterion.

    `score` is the share of the way from the lowest rating (0) to the highest (1); `levels` how many ratings the
    scale has (2 is right or wrong; a rubric with four ratings has 4). A score between two ratings counts as part of
    each. `competencies` maps competency id to alignment weight: only their ratio matters. `weight` up to 1
    discounts the whole mark. `nth_rating` says which rating of the same performance this is, from 1: several ratings
    of one performance are not independent, so later ones weigh less and are not further pieces of evidence.
    `options` is the number of choices of a multiple-choice item. `at` must carry a time zone.
    """

    item: str
    competencies: Mapping[str, float]
    score: Fraction | float
    levels: int = 2
    rater: str | None = None
    at: datetime | None = None
    weight: float = 1.0
    nth_rating: int = 1
    options: int | None = None

    def __post_init__(self) -> None:
        if type(self.score) is not Fraction:
            object.__setattr__(self, "score", Fraction(self.score))
        if not self.competencies:
            raise BadObservation(f"The mark on {self.item} names no competency.", "Align it with at least one.")
        for competency, weight in self.competencies.items():
            if not (weight > 0.0 and isfinite(weight)):
                raise BadObservation(f"{competency} has the weight {weight}.", "Alignment weights are above 0.")
        if not 2 <= self.levels <= MOST_LEVELS:
            raise BadObservation(f"A scale has 2 to {MOST_LEVELS} ratings, not {self.levels}.")
        if not 0.0 < self.weight <= 1.0:
            raise BadObservation(f"The mark has the weight {self.weight}.", "Weights are above 0 and at most 1.")
        if self.nth_rating < 1:
            raise BadObservation("Ratings of one performance are counted from 1.")
        if self.options is not None and self.options < 2:
            raise BadObservation("A multiple-choice item has at least 2 options.")
        if self.at is not None and self.at.utcoffset() is None:
            raise BadObservation("The time of the mark has no time zone.", "Give it in UTC.")

    @property
    def day(self) -> float | None:
        """Days since 1970, or None where the time is not known."""
        return None if self.at is None else self.at.timestamp() / SECONDS_PER_DAY

    def steps(self) -> Iterator[tuple[int, float, float]]:
        """The mark as a chain of yes/no steps: (step, how far it was passed, how much it counts), both 0 to 1.

        Rating r of 0 to L-1 means: steps 1 to r passed, step r+1 not, later ones never tried (the sequential model
        of Tutz 1990, British Journal of Mathematical and Statistical Psychology 43). A score a part f of the way to
        rating r+1 is that rating with weight f and rating r with weight 1-f: step r+1 passed by f, and the step that
        rating r+1 would have missed counts f. So a better score never says less.
        """
        reached = self.score * (self.levels - 1)
        whole = int(reached + _ROUNDING)
        part = reached - whole if reached - whole > _ROUNDING else 0.0
        for step in range(1, whole + 1):
            yield step, 1.0, 1.0
        if whole < self.levels - 1:
            yield whole + 1, part, 1.0
            if part and whole + 1 < self.levels - 1:
                yield whole + 2, 0.0, part

    def strength(self, constants: Constants = DEFAULT) -> float:
        """What the mark weighs in the update, in (0, 1].

        m ratings of one performance that correlate with r are worth m / (1 + (m - 1) r) independent ones
        (Spearman-Brown read backwards); the mth adds the difference to m - 1.
        """
        m, r = self.nth_rating, constants.rating_correlation
        return self.weight * (m / (1 + (m - 1) * r) - (m - 1) / (1 + (m - 2) * r) if m > 1 else 1.0)

    def to_json(self) -> dict[str, Any]:
        """A JSON-able value that `from_json` reads back exactly; defaults are left out."""
        value: dict[str, Any] = {"item": self.item, "on": dict(self.competencies), "score": float(self.score)}
        if self.at is not None:
            value["at"] = self.at.isoformat()
        for name, default in (("levels", 2), ("rater", None), ("weight", 1.0), ("nth_rating", 1), ("options", None)):
            if (given := getattr(self, name)) != default:
                value[name] = given
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Observation":
        rest = {name: value[name] for name in ("levels", "rater", "weight", "nth_rating", "options") if name in value}
        at = datetime.fromisoformat(value["at"]) if "at" in value else None
        return cls(item=value["item"], competencies=dict(value["on"]), score=value["score"], at=at, **rest)


def rating_share(points: float, rating_points: Sequence[float]) -> tuple[Fraction, int]:
    """(score, levels) of `points` on a rubric criterion whose ratings are worth `rating_points`, in any order.

    Ratings are read by their rank, not by their points: with ratings of 0, 5, 8 and 10 points, 8 is the third of
    four and scores 2/3. Points between two ratings count as part of the way; outside them as the nearest rating.
    Raises BadObservation when fewer than two ratings differ.
    """
    ladder = sorted(set(rating_points))
    if len(ladder) < 2:
        raise BadObservation("All ratings of this criterion are worth the same.", "Give its ratings different points.")
    held = min(max(points, ladder[0]), ladder[-1])
    below = max(i for i, value in enumerate(ladder) if value <= held)
    part = 0.0 if below == len(ladder) - 1 else (held - ladder[below]) / (ladder[below + 1] - ladder[below])
    return Fraction((below + part) / (len(ladder) - 1)), len(ladder)
