"""What a decision on a criterion is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.kit.errors import Invalid

SMALLEST = 0.01


class ChoiceInvalid(Invalid):
    reason = "choice_invalid"


class Review(StrEnum):
    """Where a criterion stands."""

    WAITING = "waiting"
    """For suggestions: there are none yet."""
    TO_CHECK = "to_check"
    ACCEPTED = "accepted"
    LEFT_OUT = "left_out"


class DecidedBy(StrEnum):
    PERSON = "person"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: a person, by their id, or the rule that a person switched on, by the id of that person."""

    kind: DecidedBy
    id: int | None

    @classmethod
    def person(cls, person_id: int | None) -> "Decider":
        return cls(DecidedBy.PERSON, person_id)

    @classmethod
    def rule(cls, switched_on_by: int | None) -> "Decider":
        return cls(DecidedBy.RULE, switched_on_by)


@dataclass(frozen=True, slots=True)
class Choice:
    """A competency, and how much of the criterion speaks for it: only the ratio of the weights matters."""

    item_id: int
    weight: float = 1.0


def shared(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """The choices with weights that add up to 1. Raises ChoiceInvalid for a competency named twice or a weight that
    is not above nothing."""
    given = tuple(choices)
    if len({choice.item_id for choice in given}) != len(given):
        raise ChoiceInvalid("The same competency was chosen twice.", "Choose two different ones, or only one.")
    if any(not math.isfinite(choice.weight) or choice.weight < SMALLEST for choice in given):
        raise ChoiceInvalid(
            "Each share has to be a number above 0.", "Give each competency its share, or leave it out."
        )
    total = sum(choice.weight for choice in given)
    return tuple(Choice(choice.item_id, round(choice.weight / total, 6)) for choice in given)
