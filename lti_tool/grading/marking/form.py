"""A marking form as it comes from the browser."""

import re
from collections.abc import Mapping
from datetime import datetime

from lti_tool.grading.assessments.queries import CriterionInfo, Sheet
from lti_tool.grading.marking.domain import CriterionMark, Mark, MarksRefused

MOST_COMMENT = 10_000
_NUMBER = re.compile(r"-?\d{1,6}([.,]\d{1,5})?")


def read_mark(
    sheet: Sheet, person_id: int, sent: Mapping[str, str], marker: str, attempt: int, now: datetime
) -> Mark | None:
    """The mark that was typed; None when nothing was given.

    `r-<criterion>` is a rating's id, `p-<criterion>` points between the ratings (they win), `w-<criterion>` a comment;
    `points` the total where there is no rubric. Raises MarksRefused for what is no number or no rating of the rubric.
    """
    faults: list[str] = []
    parts: list[CriterionMark] = []
    remarks = [sent.get("comment", "").strip()[:MOST_COMMENT]]
    for criterion in sheet.criteria:
        comment = sent.get(f"w-{criterion.id}", "").strip()[:MOST_COMMENT]
        points = _points(criterion.title, sent.get(f"p-{criterion.id}", ""), faults)
        rating = _rating(criterion, sent.get(f"r-{criterion.id}", ""), faults)
        if points is None and rating is not None:
            points = rating[1]
        if points is not None:
            exact = next((one.id for one in criterion.ratings if one.points == points), None)
            parts.append(CriterionMark(criterion.id, points, exact, comment))
        elif comment:
            remarks.append(f"{criterion.title}: {comment}")  # a remark alone does not assess the criterion
    total = sum(part.points for part in parts) if parts else None
    if not sheet.criteria:
        total = _points("Total", sent.get("points", ""), faults)
    if faults:
        raise MarksRefused(faults)
    if total is None:
        return None
    return Mark(
        person_id=person_id,
        points=total,
        max_points=sheet.assessment.max_points,
        marked_at=now,
        criteria=tuple(parts),
        comment="\n".join(filter(None, remarks)),
        marker=marker,
        attempt=attempt,
        released=sent.get("hidden") != "yes",
    )


def _points(title: str, text: str, faults: list[str]) -> float | None:
    given = text.strip()
    if not given:
        return None
    if not _NUMBER.fullmatch(given):
        faults.append(f"{title}: “{given[:20]}” is not a number.")
        return None
    return float(given.replace(",", "."))


def _rating(criterion: CriterionInfo, text: str, faults: list[str]) -> tuple[int, float] | None:
    if not text.strip():
        return None
    found = next((one for one in criterion.ratings if str(one.id) == text.strip()), None)
    if found is None:
        faults.append(f"{criterion.title}: this rating is not in the rubric any more. Reload the page.")
        return None
    return found.id, found.points
