"""What is believed of one learner: a star of Gaussians around a general ability.

    g ~ N(m, v)                                   general ability
    theta_k | g ~ N(alpha_k + beta_k g, tau_k)    every competency is a noisy copy of it

so that, whatever g is, competency k is N(alpha_k + beta_k m, beta_k^2 v + tau_k). The competencies are independent
given g: one mark moves g and the competencies it is about, and through g every other one a little, at a cost that
does not grow with the framework. The star is what assumed-density filtering (Minka 2001, "A family of algorithms for
approximate Bayesian inference") projects the exact posterior back on after every mark.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any, NamedTuple

from lti_tool.diagnostics.mastery.constants import Constants


@dataclass(slots=True)
class General:
    """General ability: mean and variance in logits, pieces of evidence, the variance it began with, day last seen."""

    mean: float
    variance: float
    n: int
    prior: float
    day: float | None

    @classmethod
    def begin(cls, prior: float, day: float | None) -> "General":
        return cls(0.0, prior, 0, prior, day)


@dataclass(slots=True)
class Copy:
    """One competency given general ability: theta = intercept + slope g, with its own variance around that line,
    pieces of evidence, the variance it began with, day last seen."""

    intercept: float
    slope: float
    variance: float
    n: int
    prior: float
    day: float | None

    @classmethod
    def begin(cls, general: General, priors: "Priors", day: float | None) -> "Copy":
        prior = general.prior * priors.competency
        return cls(0.0, 1.0, prior, 0, prior, day)


class Priors(NamedTuple):
    """Where a learner begins: the variance of general ability, and that of a competency around it as its multiple."""

    general: float
    competency: float


def age(part: General | Copy, day: float | None, constants: Constants) -> None:
    """Lets time pass up to `day`: what was known grows stale, but never staler than knowing nothing (Glickman 1999,
    Applied Statistics 48, adds variance between rating periods for the same reason)."""
    if day is None:
        return
    if part.day is not None and day > part.day and part.variance < part.prior:
        part.variance = min(part.prior, part.variance + constants.day_drift * (day - part.day))
    part.day = day


@dataclass(slots=True)
class LearnerState:
    """Everything kept of one learner on one framework version. Changed in place by `observe` and `replay`."""

    general: General | None = None
    copies: dict[str, Copy] = field(default_factory=dict)

    def pieces(self, competency: str) -> int:
        """Pieces of evidence on this competency."""
        copy = self.copies.get(competency)
        return copy.n if copy else 0

    def touched(self) -> list[str]:
        """Competencies with evidence of their own."""
        return list(self.copies)

    def enter(
        self, competencies: Iterable[str], priors: Priors, day: float | None, constants: Constants
    ) -> tuple[General, list[Copy]]:
        """General ability and these competencies, aged to `day`, begun from `priors` where they are new."""
        general = self.general
        if general is None:
            general = self.general = General.begin(priors.general, day)
        copies = []
        for competency in competencies:
            copy = self.copies.get(competency)
            if copy is None:
                copy = self.copies[competency] = Copy.begin(general, priors, day)
            age(copy, day, constants)
            copies.append(copy)
        age(general, day, constants)
        return general, copies

    def seen_at(
        self, competencies: Iterable[str], priors: Priors, day: float | None, constants: Constants
    ) -> tuple[General, list[Copy]]:
        """The same as `enter`, but of duplicates: nothing is changed."""
        names = list(competencies)
        twin = LearnerState(replace(self.general) if self.general else None)
        twin.copies = {name: replace(self.copies[name]) for name in names if name in self.copies}
        return twin.enter(names, priors, day, constants)

    def to_json(self) -> dict[str, Any]:
        """Lists of numbers by name; every number reads back exactly."""
        if self.general is None:
            return {}
        g = self.general
        copies = {k: [c.intercept, c.slope, c.variance, c.n, c.prior, c.day] for k, c in self.copies.items()}
        return {"general": [g.mean, g.variance, g.n, g.prior, g.day], "copies": copies}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LearnerState":
        if not value:
            return cls()
        return cls(General(*value["general"]), {k: Copy(*numbers) for k, numbers in value["copies"].items()})


@dataclass(frozen=True, slots=True)
class Belief:
    """A competency on the logit scale: mean, standard deviation, and the pieces of evidence on it."""

    mean: float
    sd: float
    n: int

    @classmethod
    def of(cls, general: General, copy: Copy, practice: float) -> "Belief":
        """Marginal of one arm of the star; `practice` is what practice has added to its mean."""
        variance = copy.slope * copy.slope * general.variance + copy.variance
        return cls(copy.intercept + copy.slope * general.mean + practice, sqrt(variance), copy.n)
