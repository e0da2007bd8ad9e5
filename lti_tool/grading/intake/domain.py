"""What an intake did, and the marks that an LMS's own stand for here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from lti_tool.grading.marking.domain import ROUNDING, CriterionMark, Mark
from lti_tool.lms import values


@dataclass(slots=True)
class IntakeCounts:
    """How much was new, changed, gone or as before. `warnings` are words for people, without names or ids of people."""

    assessments_new: int = 0
    assessments_changed: int = 0
    assessments_gone: int = 0
    criteria_new: int = 0
    criteria_changed: int = 0
    criteria_gone: int = 0
    marks_new: int = 0
    marks_changed: int = 0
    marks_released: int = 0
    marks_withheld: int = 0
    marks_taken_back: int = 0
    """The LMS has no mark there any more."""
    marks_same: int = 0
    unknown_learners: int = 0
    """Learners with marks whom nobody here knows."""
    unknown_marks: int = 0
    out_of_range: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def changed_anything(self) -> bool:
        """False when the second reading of the same course found nothing to write."""
        told = ("assessments_", "criteria_", "marks_")
        return any(value and name != "marks_same" for name, value in self.numbers().items() if name.startswith(told))

    def numbers(self) -> dict[str, int]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "warnings"}


@dataclass(frozen=True, slots=True)
class KnownCriterion:
    """A kept criterion, by whose ids an LMS's mark is read."""

    id: int
    title: str
    max_points: float
    ratings: Mapping[str, int]
    """The LMS's id of a rating to ours."""
    by_points: Mapping[float, int]


def mark_from(
    given: values.LearnerMark,
    person_id: int,
    known: Mapping[str, KnownCriterion],
    now: datetime,
    *,
    summed: bool = False,
) -> tuple[Mark, int]:
    """An LMS's mark as ours, and how many of its criterion marks lie outside their range.

    Those are kept as the LMS has them (it may allow extra points) and count as the nearest rating. A comment on a
    criterion without points is kept in the whole mark's comment: the criterion was not assessed. With `summed` the
    source knows no total (a file): it is the sum of the criteria.
    """
    parts: list[CriterionMark] = []
    remarks: list[str] = [given.comment] if given.comment else []
    odd = 0
    for one in given.criteria:
        criterion = known.get(one.criterion_source_id)
        if criterion is None:
            continue
        if one.points is None:
            remarks += [f"{criterion.title}: {one.comment}"] if one.comment else []
            continue
        odd += not -ROUNDING <= one.points <= criterion.max_points + ROUNDING
        rating = criterion.ratings.get(one.level_source_id or "") or criterion.by_points.get(one.points)
        parts.append(CriterionMark(criterion.id, one.points, rating, one.comment))
    mark = Mark(
        person_id=person_id,
        points=given.rubric_points if summed else given.total,
        max_points=sum(one.max_points for one in known.values()) if summed else given.max_points,
        marked_at=min(given.graded_at, now) if given.graded_at else now,
        criteria=tuple({part.criterion_id: part for part in parts}.values()),
        comment="\n".join(remarks),
        marker=given.marker_id or "",
        attempt=given.attempt,
        released=given.released,
    )
    return mark, odd
