"""What goes in, what comes out, and the limits that nothing may pass. Plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LEVELS = 4
MOST_FAMILIES = 6
"""With more, one framework no longer serves one readable set of core competencies, and the calls would pass the cap."""
CORE = (3, 5)
FUNCTIONAL = (3, 7)
PER_FAMILY = (6, 12)
MONTHS = (12, 24)
MOST_CALLS = 16
LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_BULLET = 80, 400, 230
DEFAULT_STAGES = ("Starting", "Working", "Leading", "Shaping")


class Evidence(StrEnum):
    """What an assessor would ask to see."""

    PRODUCT = "product"
    EXPLANATION = "explanation"
    OBSERVATION = "observation"
    RECORD = "record"


class Engine(StrEnum):
    SOURCES = "sources"
    """Composed from open sources by retrieval."""
    MODEL = "model"
    """Written by a language model, checked here."""


@dataclass(frozen=True)
class Document:
    """A document's words. They are material, never instruction."""

    name: str
    text: str
    cut: bool = False
    """Was it longer than what is kept?"""


@dataclass(frozen=True)
class Brief:
    """Who the framework is for. `stages` are the names of the four levels, lowest first; `months` what each of the
    three steps between them takes."""

    organisation: str
    sector: str
    families: tuple[str, ...]
    goals: tuple[str, ...]
    stages: tuple[str, ...] = DEFAULT_STAGES
    months: tuple[int, ...] = (18, 18, 18)
    learners: bool = False
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where an item comes from: an open source, a goal of the brief, or a passage of a document. `words` is what stands
    there."""

    kind: str
    """`source`, `goal` or `document`."""
    name: str
    """Key of the open source, number of the goal, name of the document."""
    words: str
    ref: str = ""
    url: str = ""


@dataclass(frozen=True)
class Indicator:
    level: int
    text: str
    evidence: Evidence


@dataclass(frozen=True)
class Competence:
    """One item of the draft. `families` are places in the brief's list, () for the core. `levels` hold two or three
    bullets each, lowest first; one where the source has no more."""

    title: str
    description: str
    families: tuple[int, ...] = ()
    why: str = ""
    origins: tuple[Origin, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ()
    indicators: tuple[Indicator, ...] = ()
    notes: tuple[str, ...] = ()
    """What a person should know before relying on it."""
    engine: Engine = Engine.SOURCES

    @property
    def is_core(self) -> bool:
        return not self.families

    @property
    def text(self) -> str:
        return f"{self.title}. {self.description}".strip()


@dataclass(frozen=True)
class Remark:
    """Something the generator has to say about a part: no close role, a goal that nothing serves, a part that fell
    back. `place` is the part in words."""

    place: str
    words: str
    kind: str = "note"
    """`gap`, `fallback` or `note`."""


@dataclass(frozen=True)
class Outline:
    """The draft as far as it has come."""

    items: tuple[Competence, ...] = ()
    remarks: tuple[Remark, ...] = ()
    nearest: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    """Role family to the nearest roles of the open sources, with how near each is (0 to 1)."""

    @property
    def core(self) -> tuple[Competence, ...]:
        return tuple(item for item in self.items if item.is_core)

    def functional(self, family: int) -> tuple[Competence, ...]:
        return tuple(item for item in self.items if family in item.families)

    def within_limits(self, families: int) -> bool:
        core = len(self.core)
        return CORE[0] <= core <= CORE[1] and all(
            FUNCTIONAL[0] <= len(self.functional(family)) <= FUNCTIONAL[1]
            and PER_FAMILY[0] <= core + len(self.functional(family)) <= PER_FAMILY[1]
            for family in range(families)
        )
