"""The rules of a framework's life, without a database: when it is due, what stands in the way of rolling it out."""

import calendar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Mark(StrEnum):
    """What somebody says of a competency, or of the framework as a whole."""

    CLEAR = "clear"
    UNCLEAR = "unclear"
    MISSING = "missing"
    OUTDATED = "outdated"
    GAP = "gap"


MARK_WORDS = {
    Mark.CLEAR: "Clear as it is",
    Mark.UNCLEAR: "Unclear",
    Mark.MISSING: "Something is missing in it",
    Mark.OUTDATED: "Outdated",
    Mark.GAP: "The framework has a gap",
}
#: What is asked for while a version is tried, and during the years after.
IN_PILOT = (Mark.CLEAR, Mark.UNCLEAR, Mark.MISSING)
IN_USE = (Mark.OUTDATED, Mark.GAP, Mark.UNCLEAR)


class Side(StrEnum):
    LEADERSHIP = "leadership"
    EMPLOYEES = "employees"


class ReviewKind(StrEnum):
    REVIEW = "review"
    OVERHAUL = "overhaul"


class Gate(StrEnum):
    """What a version passes before it is rolled out. `LINT` and `STATUS` cannot be waived."""

    STATUS = "status"
    LINT = "lint"
    FEEDBACK = "feedback"
    SIGN_OFF = "sign_off"


WAIVABLE = frozenset({Gate.FEEDBACK, Gate.SIGN_OFF})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing between a version and its publication, and what to do about it."""

    gate: Gate
    words: str
    next_step: str
    place: str = ""

    @property
    def may_be_waived(self) -> bool:
        return self.gate in WAIVABLE


@dataclass(frozen=True, slots=True)
class Due:
    """When a framework is to be looked at again."""

    kind: ReviewKind
    at: datetime
    overdue: bool


def months_later(moment: datetime, months: int) -> datetime:
    """The same day some months on, or the month's last day where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def due_dates(
    began: datetime,
    reviewed: datetime | None,
    overhauled: datetime | None,
    review_months: int,
    overhaul_months: int,
    now: datetime,
) -> tuple[Due, Due]:
    """The yearly review and the overhaul, counted from when they were last done, else from the first publication.
    An overhaul is a review too."""
    last_review = max((moment for moment in (reviewed, overhauled) if moment), default=began)
    review = months_later(last_review, review_months)
    overhaul = months_later(overhauled or began, overhaul_months)
    return Due(ReviewKind.REVIEW, review, review <= now), Due(ReviewKind.OVERHAUL, overhaul, overhaul <= now)
