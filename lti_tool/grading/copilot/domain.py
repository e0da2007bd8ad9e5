"""Values of the copilot. Ids are strings of the caller's choosing and come back unchanged."""

from dataclasses import dataclass
from enum import StrEnum

from lti_tool.grading.copilot.words import sentences


class Engine(StrEnum):
    LOCAL = "local"
    COHERE = "cohere"


class Sureness(StrEnum):
    """Confidence in a word. Until 50 decisions on a framework are known, the word is all that people should see."""

    STRONG = "strong"
    FAIR = "fair"
    WEAK = "weak"


@dataclass(frozen=True)
class CriterionText:
    """A criterion's own words: its title and description, without the names of its ratings."""

    id: str
    text: str


@dataclass(frozen=True)
class CompetencyText:
    """A competency as the copilot reads it. `parent` is the title of what it stands under; `indicators` are what
    makes it observable: its outcomes, statements and level descriptors. They help more than anything else."""

    id: str
    title: str
    description: str = ""
    parent: str = ""
    indicators: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        title = self.title.strip().rstrip(".")
        return f"{title}. {self.description.strip()}" if self.description.strip() else self.title.strip()

    @property
    def parts(self) -> tuple[str, ...]:
        """Title, the sentences of the description, indicators: what a criterion may match on its own."""
        parts = (self.title.strip(), *sentences(self.description), *(one.strip() for one in self.indicators))
        return tuple(part for part in parts if part) or ("",)


@dataclass(frozen=True)
class Offered:
    """What stood first when a person decided, and how sure its engine was."""

    engine: Engine
    competency_id: str
    confidence: float


@dataclass(frozen=True)
class Confirmed:
    """A person's decision on a criterion: its competencies, () when none fits. Decisions made by the acceptance rule
    itself do not belong here, those that a person audited do."""

    text: str
    competency_ids: tuple[str, ...]
    offered: Offered | None = None


@dataclass(frozen=True)
class Suggestion:
    """`score` orders the suggestions of one criterion and is not comparable between criteria. `confidence` (0 to 1) is
    the estimated probability that a person will agree; the rationale is one sentence for that person."""

    competency_id: str
    score: float
    confidence: float
    confidence_word: Sureness
    rationale: str


@dataclass(frozen=True)
class Suggestions:
    """What the copilot offers for one criterion, best first; never empty.

    `engine` and `model` say who answered; where Cohere was asked and the local ranking answered, `fell_back_because`
    says why, in words for people. `no_match`: nothing in the framework seems to fit. `calibrated`: the confidence
    is learned from this framework's own decisions. `auto`: sure enough to be accepted by rule, if the institution
    has switched that rule on.
    """

    criterion_id: str
    ranked: tuple[Suggestion, ...]
    engine: Engine
    model: str
    prompt_version: str
    input_hash: str
    fell_back_because: str = ""
    no_match: bool = False
    calibrated: bool = False
    auto: bool = False
