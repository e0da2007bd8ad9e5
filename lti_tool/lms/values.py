"""What an LMS says, as frozen values: the only shapes that leave this room.

Ids are the LMS's own, as text. Times are aware and in UTC. Texts are plain: markup, control characters and
what a database cannot hold are gone. A criterion that nobody assessed is absent from a mark; it is never a
zero.
"""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Family(StrEnum):
    """Which LMS it is, as far as its manners differ (`product_family_code` of a launch)."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    OTHER = "other"

    @classmethod
    def of(cls, code: str | None) -> "Family":
        """From a product family code; anything unknown, or none, is `OTHER`."""
        try:
            return cls((code or "").strip().lower())
        except ValueError:
            return cls.OTHER


def _fingerprint(value: Any) -> str:
    """64 hex digits that change when the content does, stable across runs and machines."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Level:
    """One level (rating) of a criterion. `points` is None where the rubric gives none."""

    points: float | None
    title: str
    description: str = ""
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a rubric or marking guide. `max_points` is None where it cannot be known.

    `levels` is in the LMS's order, empty for a marking guide. `ranged`: points between two levels are meant.
    `scored` is False where the LMS leaves the criterion out of the total. `outcome_source_id` names an
    outcome of the LMS that the criterion was made from.
    """

    source_id: str
    title: str
    description: str = ""
    max_points: float | None = None
    levels: tuple[Level, ...] = ()
    ranged: bool = False
    scored: bool = True
    outcome_source_id: str | None = None

    @property
    def fingerprint(self) -> str:
        """Changes when the criterion's words, points or levels change."""
        return _fingerprint(asdict(self))

    def level(self, source_id: str | None) -> Level | None:
        """The level with this id, if the criterion has it."""
        return next((level for level in self.levels if source_id and level.source_id == source_id), None)


@dataclass(frozen=True, slots=True)
class Rubric:
    """A rubric as it stands now; neither Canvas nor Moodle keeps versions."""

    source_id: str
    title: str
    criteria: tuple[Criterion, ...]
    description: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes when anything in the rubric changes."""
        return _fingerprint(asdict(self))

    def criterion(self, source_id: str) -> Criterion | None:
        """The criterion with this id, if the rubric has it."""
        return next((criterion for criterion in self.criteria if criterion.source_id == source_id), None)


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment of the LMS, with its rubric or marking guide if it has one that is ready for use.

    `max_points` is None for a scale or when ungraded. `holds_back` says that marks are released person by
    person (marking workflow, manual posting), `anonymous` that markers do not see names.
    """

    source_id: str
    title: str
    description: str = ""
    max_points: float | None = None
    rubric: Rubric | None = None
    due_at: datetime | None = None
    url: str = ""
    holds_back: bool = False
    anonymous: bool = False

    @property
    def fingerprint(self) -> str:
        """Changes when the assignment or its rubric changes: an intake that sees the same one changes
        nothing.
        """
        return _fingerprint(asdict(self))


@dataclass(frozen=True, slots=True)
class CriterionMark:
    """A mark on one criterion. `points` is None when only a comment was given."""

    criterion_source_id: str
    level_source_id: str | None
    points: float | None
    comment: str = ""

    def __post_init__(self) -> None:
        if self.points is not None and not math.isfinite(self.points):
            raise ValueError("points must be a finite number")


@dataclass(frozen=True, slots=True)
class LearnerMark:
    """What one learner got for one attempt at one assignment.

    `total` is the LMS's own grade out of `max_points` (both None on a scale), not the sum of the criteria.
    `attempt` counts from 1. `released` is False as long as the LMS hides the mark from the learner, and
    also when that could not be found out.
    """

    assignment_source_id: str
    user_source_id: str
    attempt: int
    total: float | None
    max_points: float | None
    graded_at: datetime | None
    marker_id: str | None
    released: bool
    comment: str = ""
    criteria: tuple[CriterionMark, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Changes when the mark, its comments or its release change."""
        return _fingerprint(asdict(self))

    @property
    def rubric_points(self) -> float | None:
        """The sum over the criteria that have points; None when none has."""
        points = [mark.points for mark in self.criteria if mark.points is not None]
        return sum(points) if points else None


class SubmissionState(StrEnum):
    """Whether there is work to mark."""

    NOT_SUBMITTED = "not_submitted"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class Submission:
    """The state of one learner's work on one assignment (of the last attempt)."""

    assignment_source_id: str
    user_source_id: str
    state: SubmissionState
    attempt: int = 1
    submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 - `Warning` is Python's own
    """Something a person should know about what was read: a snake_case code, and words without people's names."""

    code: str
    words: str
    assignment_source_id: str = ""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class CourseSnapshot:
    """Everything read of a course in one go.

    `complete` is False when something could not be read: what is missing then is unknown, not gone. `unmarked` are the
    (assignment, learner) pairs that the LMS says have no mark: one read before is taken back.
    """

    assignments: tuple[Assignment, ...] = ()
    marks: tuple[LearnerMark, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    submissions: tuple[Submission, ...] = ()
    complete: bool = True
    unmarked: frozenset[tuple[str, str]] = frozenset()


class MemberStatus(StrEnum):
    """Membership status by Names and Role Provisioning Services 2.0."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a course. Names and e-mail are empty where the LMS does not share them.

    `roles` holds short context role names (`Learner`, `Instructor`, `TeachingAssistant`, ...); roles
    outside the course carry where they are from (`system:TestUser`, `institution:Administrator`).
    `lms_user_id` is the id that the LMS's own REST interface uses, where it is known.
    """

    user_id: str
    roles: frozenset[str]
    status: MemberStatus = MemberStatus.ACTIVE
    name: str = field(default="", repr=False)
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    lms_user_id: str | None = None
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class NewLineItem:
    """A column in the gradebook to be there. `resource_id` and `tag` are ours: together they identify it."""

    label: str
    maximum: float
    resource_id: str
    tag: str
    resource_link_id: str | None = None
    launch_url: str = ""

    def __post_init__(self) -> None:
        if not self.label.strip() or not self.resource_id or not self.tag:
            raise ValueError("a line item needs a label, a resource id and a tag")
        if not (math.isfinite(self.maximum) and self.maximum > 0):
            raise ValueError("a line item's maximum is a number above 0")


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column in the LMS's gradebook. `url` is its id, opaque; texts are empty where the LMS has none."""

    url: str
    label: str
    maximum: float | None
    resource_id: str = ""
    tag: str = ""
    resource_link_id: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A final mark on its way to the gradebook: `given` of `maximum`, always with its comment."""

    user_id: str
    given: float
    maximum: float
    timestamp: datetime
    comment: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.given) and math.isfinite(self.maximum)):
            raise ValueError("a score is a finite number")
        if self.maximum <= 0 or self.given < 0:
            raise ValueError("a score is at least 0, of a maximum above 0")
        if not self.user_id or self.timestamp.tzinfo is None:
            raise ValueError("a score needs a user and an aware timestamp")


@dataclass(frozen=True, slots=True)
class Result:
    """What the gradebook holds for one person. `score` is None after the mark was taken away."""

    user_id: str
    score: float | None
    maximum: float | None
    comment: str = ""
    timestamp: datetime | None = None
