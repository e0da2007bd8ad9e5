"""Writing down what an estimate says: cells, their packed copy for maps of a whole class, and the cuts of levels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.levels import cuts
from lti_tool.diagnostics.models import Estimate, LearnerState, LevelCut
from lti_tool.diagnostics.packing import pack
from lti_tool.grading.slices import slices
from lti_tool.kit.db import upsert_all

CUT_MOVED = 0.005
"""A cut is written again when it moved by more than this many logits."""
FEWEST_LEVELS = 2
"""A framework that names one level places nobody: it is read as having two."""


@dataclass(frozen=True)
class Now:
    """A learner's beliefs by competency as they are, and as they were on the day that today is compared with."""

    person_id: int
    cells: Mapping[int, Belief]
    compared_with: date | None
    then: Mapping[int, Belief]

    @property
    def state(self) -> dict[str, Any]:
        """What `LearnerState.state` holds: `cells`, packed; where there is a past to compare with, its `day` and
        `before`: the cells of that day that have got evidence since, with 0 pieces where there was none."""
        if self.compared_with is None:
            return {"cells": pack(self.cells)}
        fresh = {
            item: self.then.get(item) or Belief(at.mean, at.sd, 0)
            for item, at in self.cells.items()
            if item not in self.then or at.n > self.then[item].n
        }
        return {"cells": pack(self.cells), "day": self.compared_with.isoformat(), "before": pack(fresh)}


def keep_learners(session: Session, own: Mapping[str, Any], learners: Sequence[Now], now: datetime) -> None:
    """Replace what is known of these learners. `own` names institution and version. Few statements, whatever the
    size: known cells keep their rows."""
    version_id, people = own["version_id"], [one.person_id for one in learners]
    rows = session.execute(
        select(Estimate.person_id, Estimate.item_id, Estimate.id).where(
            Estimate.version_id == version_id, Estimate.person_id.in_(people)
        )
    )
    known = {(person, item): row_id for person, item, row_id in rows}
    fresh: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    states = [{**own, "person_id": one.person_id, "state": one.state, "updated_at": now} for one in learners]
    upsert_all(session, LearnerState, ("person_id", "version_id"), states)
    for one in learners:
        key = {"person_id": one.person_id, "version_id": version_id}
        for item, at in one.cells.items():
            cell = {"mean": at.mean, "sd": at.sd, "pieces": at.n, "updated_at": now}
            row_id = known.pop((one.person_id, item), None)
            if row_id is None:
                fresh.append({**own, **key, "item_id": item, **cell})
            else:
                moved.append({"id": row_id, **cell})
    if moved:
        session.execute(update(Estimate), moved)
    if fresh:
        session.execute(insert(Estimate), fresh)
    for ids in slices(known.values()):  # evidence went away
        session.execute(delete(Estimate).where(Estimate.id.in_(ids)))


def keep_cuts(
    session: Session, own: Mapping[str, Any], cohort: CohortState, level_count: int, touched: Iterable[int]
) -> None:
    """The cuts of the competencies that have any, and of those `touched` now, where they moved."""
    rows = session.execute(select(LevelCut.item_id, LevelCut.cuts).where(LevelCut.version_id == own["version_id"]))
    stored: dict[int, list[float]] = dict(rows.all())
    moved: list[dict[str, Any]] = []
    for item in sorted({*touched, *stored}):
        at = cuts(cohort, str(item), max(FEWEST_LEVELS, level_count))
        before = stored.get(item)
        if (
            before is None
            or len(before) != len(at)
            or any(abs(a - b) > CUT_MOVED for a, b in zip(at, before, strict=True))
        ):
            moved.append({**own, "item_id": item, "cuts": at})
    upsert_all(session, LevelCut, ("version_id", "item_id"), moved)
