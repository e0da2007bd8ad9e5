"""What a Writer is asked for, and the strict reading of what comes back: it can only choose among what was offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lti_tool.llm.ports import ModelFault

MOST_CHOICES = 3
LONGEST_RATIONALE = 300


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    rationale: Annotated[str, Field(min_length=1, max_length=2000)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    choices: list[_Choice]


@dataclass(frozen=True)
class Choice:
    """`offered` is the place in the list that was offered."""

    offered: int
    confidence: float
    rationale: str


def offered_ids(count: int) -> list[str]:
    """Short ids for one question. They tell the model nothing of ours, and a made-up one is noticed."""
    return [f"c{number:02d}" for number in range(1, count + 1)]


def schema(ids: Sequence[str]) -> dict[str, Any]:
    """JSON Schema of a reply, in the part of the language that providers support: no lengths and no ranges."""
    choice = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "enum": list(ids)},
            "confidence": {"type": "number"},
            "rationale": {"type": "string"},
        },
        "required": ["id", "confidence", "rationale"],
    }
    return {
        "type": "object",
        "properties": {"choices": {"type": "array", "items": choice}},
        "required": ["choices"],
    }


def read(value: Mapping[str, Any], ids: Sequence[str]) -> list[Choice]:
    """The choices of a reply, best first, at most three, [] when the model says that nothing fits.

    Raises ModelFault for a reply of another shape, an id that was not offered or one chosen twice: such a reply
    followed something other than the question, and no part of it is used.
    """
    try:
        reply = _Reply.model_validate(dict(value))
    except ValidationError:
        raise _bad("The language model answered in another shape than it was asked for.") from None
    chosen = [choice.id for choice in reply.choices]
    if any(one not in ids for one in chosen):
        raise _bad("The language model chose a competency that it was not offered.", reason="model_unknown_id")
    if len(set(chosen)) < len(chosen):
        raise _bad("The language model chose the same competency twice.")
    places = {key: place for place, key in enumerate(ids)}
    ranked = sorted(reply.choices, key=lambda choice: -choice.confidence)[:MOST_CHOICES]
    return [Choice(places[one.id], one.confidence, _one_line(one.rationale)) for one in ranked]


def _one_line(text: str) -> str:
    """Plain and short, whatever was written: control characters and line breaks become spaces."""
    folded = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(folded) <= LONGEST_RATIONALE:
        return folded
    return folded[:LONGEST_RATIONALE].rsplit(" ", 1)[0] + " …"


def _bad(words: str, reason: str = "model_bad_reply") -> ModelFault:
    return ModelFault(words, reason=reason, lasting=False)
