"""Reads of the diagnostics room: the cells of a map, targets, resources, choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lti_tool.diagnostics import packing
from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.levels import Standing, place
from lti_tool.diagnostics.models import CheckRequest, Estimate, LearnerState, LevelCut, Resource, StepChoice, Target


@dataclass(frozen=True, slots=True)
class CellInfo:
    """One cell: a learner on a competency with evidence. Competencies without any have no cell."""

    person_id: int
    item_id: int
    standing: Standing
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceInfo:
    id: int
    item_id: int
    level: int | None
    title: str
    url: str
    minutes: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Targets:
    """The level expected of each competency in a course."""

    default: int
    own: Mapping[int, int]

    def of(self, item_id: int) -> int:
        return self.own.get(item_id, self.default)


# Built once: these run on every page of every learner, and building costs more than asking.
_CELLS: Any = (
    select(
        Estimate.person_id,
        Estimate.item_id,
        Estimate.mean,
        Estimate.sd,
        Estimate.pieces,
        Estimate.updated_at,
        LevelCut.cuts,
    )
    .join(LevelCut, (LevelCut.version_id == Estimate.version_id) & (LevelCut.item_id == Estimate.item_id))
    .where(Estimate.version_id == bindparam("version"), Estimate.person_id == bindparam("person"))
)
_STATE = select(LearnerState.state).where(
    LearnerState.version_id == bindparam("version"), LearnerState.person_id == bindparam("person")
)
_TARGETS = select(Target.item_id, Target.level).where(
    Target.course_id == bindparam("course"), Target.version_id == bindparam("version")
)
_RESOURCES = (
    select(Resource)
    .where(
        Resource.version_id == bindparam("version"),
        (Resource.course_id == bindparam("course")) | Resource.course_id.is_(None),
    )
    .order_by(Resource.title, Resource.id)
)
_CHECKS = (
    select(CheckRequest)
    .where(CheckRequest.course_id == bindparam("course"), CheckRequest.settled_at.is_(None))
    .order_by(CheckRequest.asked_at, CheckRequest.id)
)
_OWN_CHECKS = _CHECKS.where(CheckRequest.person_id == bindparam("person"))
_DECLINED = select(StepChoice.item_id).where(
    StepChoice.person_id == bindparam("person"), StepChoice.choice == "declined"
)


def learner_cells(session: Session, person_id: int, version_id: int) -> dict[int, CellInfo]:
    """Item id to cell, for one learner. One query."""
    rows = session.execute(_CELLS, {"version": version_id, "person": person_id})
    return {row.item_id: _cell(row) for row in rows}


def _cell(row: Any) -> CellInfo:
    person, item, mean, sd, pieces, updated, at = row
    return CellInfo(person, item, place(Belief(mean, sd, pieces), at), updated)


@dataclass(frozen=True, slots=True)
class Before:
    """How a learner stood on the competencies that have got evidence since `day`."""

    day: date
    cells: Mapping[int, Belief]


def before(session: Session, person_id: int, version_id: int) -> Before | None:
    """None where there is no earlier day to compare with."""
    state = session.scalar(_STATE, {"version": version_id, "person": person_id})
    if not state or "before" not in state:
        return None
    return Before(date.fromisoformat(state["day"]), packing.unpack(state["before"]))


def packed_cells(session: Session, person_ids: Sequence[int], version_id: int) -> dict[int, bytes]:
    """Person to packed cells (`packing`), for a map of many. One query; learners without evidence are left out."""
    rows = session.execute(
        select(LearnerState.person_id, LearnerState.state).where(
            LearnerState.version_id == version_id, LearnerState.person_id.in_(person_ids)
        )
    )
    return {person: packing.raw(state["cells"]) for person, state in rows if "cells" in state}


def cuts(session: Session, version_id: int) -> dict[int, list[float]]:
    """Competency id to the abilities (logits, rising) at which its levels begin."""
    rows = session.execute(select(LevelCut.item_id, LevelCut.cuts).where(LevelCut.version_id == version_id))
    return {item: at for item, at in rows}  # noqa: C416 - rows are not pairs to the type checker


def targets(session: Session, course_id: int, version_id: int, level_count: int) -> Targets:
    """What the course expects; where nobody has said, the middle level."""
    rows = session.execute(_TARGETS, {"course": course_id, "version": version_id}).all()
    own = {item: level for item, level in rows if item is not None}
    default = next((level for item, level in rows if item is None), ceil(level_count / 2))
    return Targets(default, own)


def resources(session: Session, course_id: int, version_id: int) -> dict[int, list[ResourceInfo]]:
    """Item id to what is linked to it in this course or institution-wide, by title."""
    found: dict[int, list[ResourceInfo]] = {}
    for row in session.scalars(_RESOURCES, {"course": course_id, "version": version_id}):
        info = ResourceInfo(row.id, row.item_id, row.level, row.title, row.url, row.minutes, row.note)
        found.setdefault(row.item_id, []).append(info)
    return found


def declined(session: Session, person_id: int) -> frozenset[int]:
    """Item ids of steps that the learner put aside as "not for me", on any framework."""
    return frozenset(session.scalars(_DECLINED, {"person": person_id}))


@dataclass(frozen=True, slots=True)
class Asked:
    """A learner's open request to look at something again."""

    id: int
    person_id: int
    item_id: int | None
    words: str
    asked_at: datetime


def open_checks(session: Session, course_id: int) -> list[Asked]:
    """Requests of a course that nobody has settled, oldest first."""
    return [_asked(row) for row in session.scalars(_CHECKS, {"course": course_id})]


def own_checks(session: Session, course_id: int, person_id: int) -> list[Asked]:
    """One learner's, oldest first."""
    return [_asked(row) for row in session.scalars(_OWN_CHECKS, {"course": course_id, "person": person_id})]


def _asked(row: CheckRequest) -> Asked:
    return Asked(row.id, row.person_id, row.item_id, row.words, row.asked_at)
