"""What the linter says: findings, each with its place, words, reason and a way out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from lti_tool.frameworks.domain import Severity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Embed = Callable[[Sequence[str]], "Floats"]
"""Texts to vectors of length 1, shape (texts, dim): `lti_tool.llm.ports.Embedder.embed`."""


class Rule(StrEnum):
    """What can be found. `docs/linting.md` says what each looks for."""

    PLACEHOLDER = "placeholder"
    """A text that says nothing yet. Blocks publishing."""
    MISSING_LEVEL = "missing_level"
    """A competency that lacks a level which its framework has. Blocks publishing."""
    COPY = "copy"
    """Two levels, or two competencies, word for word. Blocks publishing."""
    COUNT = "count"
    MONTHS = "months"
    GENERIC = "generic"
    UNOBSERVABLE = "unobservable"
    NOT_MEASURABLE = "not_measurable"
    ALIKE = "alike"
    PROGRESSION = "progression"
    OVERLAP = "overlap"
    SKILL = "skill"
    LANGUAGE = "language"
    """The framework is not in English, so its wording was not judged."""


BLOCKING = frozenset({Rule.PLACEHOLDER, Rule.MISSING_LEVEL, Rule.COPY})
"""All else is advice, which a person may set aside with a note."""


@dataclass(frozen=True)
class Place:
    """Where a finding stands: an item by its key ("" for the whole framework), a level's number, and which statement
    of the level, counting from 0."""

    item_key: str = ""
    level: int | None = None
    bullet: int | None = None


@dataclass(frozen=True)
class LintFinding:
    """One thing to look at.

    `words` say what was found, `reason` why it matters, `rewrite` what could stand there in its place ("" where there
    is nothing to propose). `quote` is the text it is about. `others` are keys of further items: the second of two that
    overlap, or the competencies that a bare skill could belong to, nearest first. `offers_merge` says that the two are
    near enough to be made one. `evidence` are kinds of evidence to ask for. `score` is the rule's own figure.
    """

    rule: Rule
    severity: Severity
    place: Place
    words: str
    reason: str
    rewrite: str = ""
    blocking: bool = False
    quote: str = ""
    others: tuple[str, ...] = ()
    offers_merge: bool = False
    evidence: tuple[str, ...] = ()
    score: float | None = field(default=None, compare=False)

    @property
    def text_hash(self) -> str:
        """SHA-256 (hex) of what the finding is about: it changes when the text does, so a dismissal never outlives
        the words that it was made for."""
        said = "\x00".join(
            (str(self.place.level or ""), self.quote, *(self.others if self.rule is Rule.OVERLAP else ()))
        )
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def blocking(findings: Sequence[LintFinding]) -> tuple[LintFinding, ...]:
    """Those that stop a version from being published."""
    return tuple(one for one in findings if one.blocking)
