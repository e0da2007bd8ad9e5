"""Prompts as files: `<name>.<version>.txt`. A changed prompt is a new version, so that a kept answer can be traced
to the words that asked for it."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Prompt:
    """`version` is what is kept beside an answer, such as "align.1"."""

    version: str
    text: str


@cache
def prompt(version: str) -> Prompt:
    """The prompt of that name and number. FileNotFoundError when there is none: a fault of ours, not of a user."""
    return Prompt(version, files(__package__).joinpath(f"{version}.txt").read_text(encoding="utf-8").strip())
