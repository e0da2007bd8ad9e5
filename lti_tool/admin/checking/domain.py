"""What a check can find, in words. Pure: no network, no tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    WORKS = "ok"
    WARN = "warn"
    BAD = "bad"
    UNCHECKED = "unchecked"


class Step(StrEnum):
    """In the order in which they are told."""

    DEPLOYMENT = "deployment"
    LOGIN = "login"
    KEYS = "keys"
    OUR_KEYS = "our_keys"
    CLOCK = "clock"
    TOKEN = "token"  # noqa: S105
    ROSTER = "roster"
    GRADEBOOK = "gradebook"
    REST = "rest"


TITLES: Mapping[Step, str] = {
    Step.DEPLOYMENT: "Places in the LMS that may open Waymark",
    Step.LOGIN: "Logging in through the LMS",
    Step.KEYS: "The LMS’s keys",
    Step.OUR_KEYS: "Waymark’s keys, seen from outside",
    Step.CLOCK: "Clocks",
    Step.TOKEN: "Permission to use the LMS’s services",
    Step.ROSTER: "Class lists",
    Step.GRADEBOOK: "Gradebook",
    Step.REST: "Assignments, rubrics and marks",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found. `code` names it for machines, like `token_page`; it is empty where all is well."""

    step: Step
    state: State
    words: str
    code: str = ""
    fix: tuple[str, ...] = ()
    """What to do next, and who can, step by step."""
    answer: str = ""
    """What came back, technically: a status and a media type, never content."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Finding":
        return cls(
            Step(kept["step"]), State(kept["state"]), kept["words"], kept["code"], tuple(kept["fix"]), kept["answer"]
        )


def works(step: Step, words: str) -> Finding:
    return Finding(step, State.WORKS, words)


def skipped(step: Step, words: str) -> Finding:
    return Finding(step, State.UNCHECKED, words)


SERVICES: Mapping[str, tuple[str, str]] = {
    "lineitem": ("make gradebook columns", "Waymark’s own assessments get no column in the gradebook."),
    "result.readonly": ("read gradebook columns", "A mark changed in the gradebook is not noticed."),
    "score": ("send scores", "No score reaches the gradebook."),
    "contextmembership.readonly": (
        "read class lists",
        "Only people who have opened Waymark themselves are in the class.",
    ),
}
"""The services Waymark asks for, by the last part of their scope: what it does with each, and what is lost without."""


MISSING = "missing: "


def missing_services(found: Finding) -> tuple[str, ...] | None:
    """Which of `SERVICES` the LMS does not allow, as the finding about permission says; None where it is not known."""
    if found.state is State.WORKS:
        return ()
    if found.code == "scope_missing":
        return tuple(found.answer.removeprefix(MISSING).split(", "))
    return None


def short(scope: str) -> str:
    return scope.rsplit("/", 1)[-1]


CLOCK_MAY_DIFFER = 30
"""Seconds. Moodle takes no token request from the future, and ours are dated 30 s back."""


def clock_words(ahead: float) -> str:
    """`ahead`: seconds by which the LMS's clock is ahead of ours; negative: behind."""
    amount = abs(round(ahead))
    said = f"{amount} seconds" if amount < 120 else f"{round(amount / 60)} minutes"
    where = "ahead of" if ahead > 0 else "behind"
    return (
        f"The LMS’s clock is {said} {where} this server’s. "
        "Openings and token requests are refused as too old or from the future."
    )


def settle(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """One cause is told once: what only follows from a finding above it is not told as another."""
    codes = {one.code for one in found}
    bad = {one.step for one in found if one.state is State.BAD}
    return tuple(_follows(one, codes, bad) or one for one in found)


def _follows(one: Finding, codes: set[str], bad: set[Step]) -> Finding | None:
    if one.code == "login_redirect_unknown" and "token_client_unknown" in codes:
        return skipped(one.step, "Not checked: the LMS does not know the client id, see below.")
    if one.code == "token_clock" and Step.CLOCK in bad:
        return skipped(one.step, "Refused because the clocks differ, see above.")
    if one.code in ("token_our_keys_blocked", "token_our_key_unknown") and Step.OUR_KEYS in bad:
        return skipped(one.step, "Refused, since Waymark’s keys cannot be seen, see above.")
    return None
