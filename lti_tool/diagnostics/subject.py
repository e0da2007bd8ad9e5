"""One learner on one framework in one course: everything that a page about them is made from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lti_tool.diagnostics.mastery.constants import DEFAULT
from lti_tool.diagnostics.queries import CellInfo, ResourceInfo, Targets
from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.grading.opportunities import Opportunity

ENOUGH = DEFAULT.enough
NO_AREAS = "All competencies"
ELSEWHERE = "In no area"


@dataclass(frozen=True, slots=True)
class Address:
    """How this page addresses itself, the learner's own or the instructor's."""

    page: str

    def cell(self, item: int, level: int) -> str:
        """The page with this cell open, at its row."""
        return f"{self.page}?open={item}&level={level}#c-{item}"


@dataclass(frozen=True)
class Subject:
    """Everything read for one learner's page."""

    course_id: int
    framed: Framed
    cells: Mapping[int, CellInfo]
    targets: Targets
    resources: Mapping[int, Sequence[ResourceInfo]]
    opportunities: Mapping[int, Sequence[Opportunity]]
    coverage: Mapping[int, int]
    address: Address
    own: bool
    """Does the learner look at their own page?"""

    @property
    def level_count(self) -> int:
        return len(level_names(self.framed))


def level_names(framed: Framed) -> tuple[str, ...]:
    """From the lowest. Two at least: with one level there is nothing to be at, or not at."""
    names = tuple(level.name for level in framed.version.levels)
    return names if len(names) > 1 else (*names, *(f"Level {n}" for n in range(len(names) + 1, 3)))


def by_area(framed: Framed) -> dict[str, list[CompetencyInfo]]:
    """The competencies under the names of their areas, in reading order."""
    named = any(competency.area_title or competency.area_code for competency in framed.competencies)
    found: dict[str, list[CompetencyInfo]] = {}
    for competency in framed.competencies:
        title = f"{competency.area_code} {competency.area_title}".strip()
        found.setdefault(title or (ELSEWHERE if named else NO_AREAS), []).append(competency)
    return found


def day(moment: date) -> str:
    """2 Oct 2026"""
    return f"{moment.day} {moment:%b %Y}"


def isolated(text: str) -> str:
    """A name or title in a sentence of another direction: Unicode's isolates keep the words around it in order."""
    return f"\u2068{text}\u2069"


def where(chance: Opportunity) -> str:
    """Assignment 4, criterion "Media are licensed and credited", due 4 Dec 2026"""
    due = f", due {day(chance.due)}" if chance.due else ""
    return f"{isolated(chance.assessment)}, criterion “{isolated(chance.criterion)}”{due}"
