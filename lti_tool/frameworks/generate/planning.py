"""Which stages a brief goes through, in the order in which mending is cheap."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.frameworks.generate.domain import Brief


class Kind(StrEnum):
    ROLES = "roles"
    CORE = "core"
    FUNCTIONAL = "functional"
    LEVELS = "levels"
    INDICATORS = "indicators"
    CHECK = "check"
    FINISH = "finish"


@dataclass(frozen=True)
class Step:
    """One stage as people see it. `family` is a place in the brief's list."""

    kind: Kind
    title: str
    family: int | None = None


ASKS = (Kind.CORE, Kind.FUNCTIONAL, Kind.LEVELS, Kind.INDICATORS)
"""Each of these takes one question at least."""


def plan(brief: Brief, *, with_model: bool) -> tuple[Step, ...]:
    """The same for a brief every time, so that a stage that was interrupted can be done again."""
    families = list(enumerate(brief.families))
    steps = [Step(Kind.ROLES, "Find your roles in the open sources"), Step(Kind.CORE, "Core competencies")]
    steps += [Step(Kind.FUNCTIONAL, f"Competencies for {name}", at) for at, name in families]
    if with_model:
        steps += [Step(Kind.LEVELS, f"Levels for {name}", at) for at, name in families]
        steps.append(Step(Kind.INDICATORS, "Indicators and evidence"))
        steps.append(Step(Kind.CHECK, "Mend what the checks found"))
    return (*steps, Step(Kind.FINISH, "Put the draft together"))


def later_questions(steps: Sequence[Step], at: int) -> int:
    """How many questions the steps after this one need at least: a repair must not use them up."""
    return sum(step.kind in ASKS for step in steps[at + 1 :])
