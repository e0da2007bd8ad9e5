"""A mark as a plain value, and whether it fits its rubric."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lti_tool.kit.errors import Invalid

ROUNDING = 1e-6
"""Moodle keeps five decimals: this far outside is still inside."""


class MarksRefused(Invalid):
    """Some marks lie outside their range. `details` has a sentence for each; none was kept."""

    reason = "marks_out_of_range"

    def __init__(self, details: Sequence[str]) -> None:
        super().__init__("Some marks are out of range, so none was saved.", "Correct them and send them again.")
        self.details = tuple(details)


@dataclass(frozen=True, slots=True)
class CriterionMark:
    """Points on one criterion. A criterion that was not assessed has no mark; it is never a zero."""

    criterion_id: int
    points: float
    rating_id: int | None = None
    comment: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.points):
            raise ValueError("points are a finite number")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one learner got for one attempt. `points` is the total out of `max_points` (both None on a scale), `marker`
    an id of who marked as the source names them, `released` whether the learner may see it."""

    person_id: int
    points: float | None
    max_points: float | None
    marked_at: datetime
    criteria: tuple[CriterionMark, ...] = ()
    comment: str = ""
    marker: str = ""
    attempt: int = 0
    released: bool = True

    def __post_init__(self) -> None:
        if self.points is not None and not math.isfinite(self.points):
            raise ValueError("points are a finite number")
        if len({one.criterion_id for one in self.criteria}) != len(self.criteria):
            raise ValueError("a criterion is marked once")

    @property
    def fingerprint(self) -> str:
        """Changes when what was given changes. Release and time are not part of it: marking the same again, or
        showing it, is no new mark."""
        parts = sorted((one.criterion_id, one.points, one.rating_id or 0, one.comment) for one in self.criteria)
        said = [self.points, self.max_points, self.comment, self.marker, self.attempt, parts]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def out_of_range(mark: Mark, tops: Mapping[int, float], titles: Mapping[int, str]) -> list[str]:
    """A sentence for each value outside its range. `tops` is each criterion's maximum."""
    found = [
        f"{titles[one.criterion_id]}: {one.points:g} is not between 0 and {tops[one.criterion_id]:g}."
        for one in mark.criteria
        if not -ROUNDING <= one.points <= tops[one.criterion_id] + ROUNDING
    ]
    top = mark.max_points
    if mark.points is not None and (mark.points < -ROUNDING or (top is not None and mark.points > top + ROUNDING)):
        found.append(f"Total: {mark.points:g} is not between 0 and {top if top is not None else 0:g}.")
    return found
