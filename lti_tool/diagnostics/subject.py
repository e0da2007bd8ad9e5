"""One learner on one framework in one course: everything that a page about them is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import url_for

from lti_tool.diagnostics.mastery.constants import DEFAULT
from lti_tool.diagnostics.queries import CellInfo, ResourceInfo, Targets
from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.grading.opportunities import Opportunity

ENOUGH = DEFAULT.enough


class Address(Protocol):
    """How this page addresses itself, the learner's own or the instructor's: `?open=ITEM&level=N` opens a cell."""

    def __call__(self, *, open: int | None = None, level: int | None = None) -> str: ...


@dataclass(frozen=True)
class Subject:
    """Everything read for one learner's page."""

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
        return self.framed.version.level_count


def day(moment: datetime) -> str:
    """2 Oct 2026"""
    return f"{moment.day} {moment:%b %Y}"


def area_of(competency: CompetencyInfo) -> str:
    return f"{competency.area_code} {competency.area_title}".strip()


def own_address(*, open: int | None = None, level: int | None = None) -> str:
    return url_for("diagnostics.own_map", open=open, level=level)


def learner_address(person_id: int) -> Address:
    """The instructor's page of one learner."""

    def address(*, open: int | None = None, level: int | None = None) -> str:
        return url_for("diagnostics.learner", person_id=person_id, open=open, level=level)

    return address


def where(chance: Opportunity) -> str:
    """Assignment 4, criterion "Media are licensed and credited", due 4 Dec 2026"""
    due = f", due {day(chance.due)}" if chance.due else ""
    return f"{chance.assessment}, criterion “{chance.criterion}”{due}"
