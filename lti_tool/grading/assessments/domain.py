"""An assessment of our own as somebody types it: title, points, and a rubric as a table of criteria and ratings."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lti_tool.kit.errors import Invalid

MOST_CRITERIA = 30
MOST_RATINGS = 8
MOST_POINTS = 10_000
MOST_WORDS = 4_000
LONGEST_TITLE = 200
START_POINTS = ("3", "2", "1", "0")
_NUMBER = re.compile(r"\d{1,6}([.,]\d{1,3})?")


class AssessmentFaulty(Invalid):
    """`faults` maps a field's name to what is wrong with it; nothing was kept."""

    reason = "assessment_faulty"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("The assessment was not saved yet.", "Correct what is marked and save it again.")
        self.faults = dict(faults)
        self.details = tuple(faults.values())


@dataclass(frozen=True, slots=True)
class RatingDraft:
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """`source_id` is the kept criterion's, empty for a new one."""

    title: str
    ratings: tuple[RatingDraft, ...]
    description: str = ""
    source_id: str = ""

    @property
    def max_points(self) -> float:
        return max(rating.points for rating in self.ratings)


@dataclass(frozen=True, slots=True)
class AssessmentDraft:
    title: str
    instructions: str = ""
    due_at: datetime | None = None
    criteria: tuple[CriterionDraft, ...] = ()
    points: float = 100.0
    """Without a rubric; with one its points count."""

    @property
    def max_points(self) -> float:
        return sum(one.max_points for one in self.criteria) if self.criteria else self.points


@dataclass(slots=True)
class RatingField:
    points: str = ""
    words: str = ""


@dataclass(slots=True)
class CriterionField:
    title: str = ""
    description: str = ""
    source_id: str = ""
    ratings: list[RatingField] = field(default_factory=list)

    @property
    def blank(self) -> bool:
        return not (self.title or self.description or any(rating.words for rating in self.ratings))


@dataclass(slots=True)
class Form:
    """The form as typed, faults or not: what the page shows again."""

    title: str = ""
    instructions: str = ""
    due: str = ""
    points: str = "100"
    criteria: list[CriterionField] = field(default_factory=list)

    @classmethod
    def empty(cls) -> "Form":
        return cls(criteria=[cls.new_criterion(len(START_POINTS)) for _ in range(3)])

    @classmethod
    def new_criterion(cls, ratings: int) -> CriterionField:
        points = [*START_POINTS, *("" for _ in range(ratings))][:ratings]
        return CriterionField(ratings=[RatingField(value) for value in points])

    @classmethod
    def of(cls, draft: AssessmentDraft) -> "Form":
        form = cls(
            draft.title,
            draft.instructions,
            f"{draft.due_at:%Y-%m-%dT%H:%M}" if draft.due_at else "",
            f"{draft.points:g}",
            [
                CriterionField(
                    one.title,
                    one.description,
                    one.source_id,
                    [RatingField(f"{rating.points:g}", rating.words) for rating in one.ratings],
                )
                for one in draft.criteria
            ],
        )
        form.even_out()
        return form

    @classmethod
    def typed(cls, sent: Mapping[str, str]) -> "Form":
        """From what a browser sends: `title`, `points`, ..., `c-0-title`, `c-0-r-0-points`, `c-0-r-0-words`."""
        title, instructions, due, points = (
            sent.get(name, "").strip() for name in ("title", "instructions", "due", "points")
        )
        form = cls(title, instructions, due, points)
        for place in range(MOST_CRITERIA):
            start = f"c-{place}-"
            if f"{start}title" not in sent:
                break
            form.criteria.append(
                CriterionField(
                    sent.get(f"{start}title", "").strip(),
                    sent.get(f"{start}description", "").strip(),
                    sent.get(f"{start}id", "").strip(),
                    [
                        RatingField(
                            sent.get(f"{start}r-{at}-points", "").strip(), sent.get(f"{start}r-{at}-words", "").strip()
                        )
                        for at in range(MOST_RATINGS)
                        if f"{start}r-{at}-points" in sent
                    ],
                )
            )
        return form

    @property
    def columns(self) -> int:
        return max((len(one.ratings) for one in self.criteria), default=len(START_POINTS))

    def even_out(self) -> None:
        for one in self.criteria:
            one.ratings += [RatingField() for _ in range(self.columns - len(one.ratings))]

    def add_criterion(self) -> None:
        if len(self.criteria) < MOST_CRITERIA:
            self.criteria.append(self.new_criterion(self.columns))

    def add_rating(self) -> None:
        if self.columns < MOST_RATINGS:
            for one in self.criteria:
                one.ratings.append(RatingField())

    def draft(self) -> AssessmentDraft:
        """Raises AssessmentFaulty with every fault at once."""
        faults: dict[str, str] = {}
        if not self.title:
            faults["title"] = "Give it a title."
        elif len(self.title) > LONGEST_TITLE:
            faults["title"] = f"Keep the title under {LONGEST_TITLE} characters."
        if len(self.instructions) > 20_000:
            faults["instructions"] = "Keep the instructions under 20,000 characters."
        due_at = self._due(faults)
        criteria = tuple(
            self._criterion(place, one, faults) for place, one in enumerate(self.criteria) if not one.blank
        )
        points = _points(self.points)
        if not criteria and (points is None or not 0 < points <= MOST_POINTS):
            faults["points"] = f"Give the points as a number above 0, at most {MOST_POINTS:,}."
        if faults:
            raise AssessmentFaulty(faults)
        return AssessmentDraft(
            self.title, self.instructions, due_at, tuple(one for one in criteria if one), points or 100.0
        )

    def _due(self, faults: dict[str, str]) -> datetime | None:
        if not self.due:
            return None
        try:
            found = datetime.fromisoformat(self.due)
        except ValueError:
            faults["due"] = "Give day and time, such as 2026-12-01 18:00."
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    def _criterion(self, place: int, one: CriterionField, faults: dict[str, str]) -> CriterionDraft | None:
        name = f"c-{place}-title"
        said = f"Criterion {place + 1}: "
        ratings: list[RatingDraft] = []
        for at, given in enumerate(one.ratings):
            points = _points(given.points)
            if not given.points and not given.words:
                continue
            if points is None or points > MOST_POINTS:
                faults[f"c-{place}-r-{at}-points"] = f"{said}the points of rating {at + 1} are not a number."
            elif len(given.words) > MOST_WORDS:
                faults[f"c-{place}-r-{at}-words"] = f"{said}rating {at + 1} is too long."
            elif any(points == other.points for other in ratings):
                faults[f"c-{place}-r-{at}-points"] = f"{said}two ratings are worth {points:g} points."
            else:
                ratings.append(RatingDraft(points, given.words))
        if not one.title:
            faults[name] = f"{said}say what it looks at."
        elif max(len(one.title), len(one.description)) > MOST_WORDS:
            faults[name] = f"{said}keep it under {MOST_WORDS:,} characters."
        if len(ratings) < 2 and not any(fault.startswith(f"c-{place}-") for fault in faults):
            faults[f"c-{place}-r-0-points"] = f"{said}it needs at least two ratings with different points."
        if any(fault.startswith(f"c-{place}-") for fault in faults):
            return None
        ordered = sorted(ratings, key=lambda rating: -rating.points)
        return CriterionDraft(one.title, tuple(ordered), one.description, one.source_id)


def _points(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def without_ids(draft: AssessmentDraft) -> AssessmentDraft:
    """The same as a new one."""
    return replace(draft, criteria=tuple(replace(one, source_id="") for one in draft.criteria))
