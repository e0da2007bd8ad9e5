"""A rubric made from the framework: a criterion for each chosen competency, a rating for each of its levels.

With as many ratings as levels, a rating is read as that level (`diagnostics.mastery.levels`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Choice, Decider
from lti_tool.grading.assessments import queries, service
from lti_tool.grading.assessments.domain import (
    LONGEST_TITLE,
    MOST_CRITERIA,
    MOST_RATINGS,
    MOST_WORDS,
    AssessmentDraft,
    AssessmentFaulty,
    CriterionDraft,
    RatingDraft,
)
from lti_tool.grading.assessments.queries import AssessmentInfo
from lti_tool.launch.queries import CourseInfo


def draft(title: str, framed: Framed, chosen: Sequence[int]) -> AssessmentDraft:
    """The assessment as if typed, criteria in the order of the framework. Raises AssessmentFaulty."""
    wanted = _chosen(framed, chosen)
    faults = {}
    if not title.strip():
        faults["title"] = "Give it a title."
    if not wanted:
        faults["item"] = "Choose at least one competency."
    if len(wanted) > MOST_CRITERIA:
        faults["item"] = f"Choose at most {MOST_CRITERIA} competencies for one rubric."
    if faults:
        raise AssessmentFaulty(faults)
    levels = {level.number: level.name for level in framed.version.levels[:MOST_RATINGS]}
    return AssessmentDraft(
        title.strip()[:LONGEST_TITLE],
        criteria=tuple(
            CriterionDraft(one.label[:LONGEST_TITLE], _ratings(one, levels), one.description[:MOST_WORDS])
            for one in wanted
        ),
    )


def _chosen(framed: Framed, chosen: Sequence[int]) -> list[CompetencyInfo]:
    """In the order of the framework, which is that of the rubric's criteria."""
    ids = set(chosen)
    return [competency for competency in framed.competencies if competency.id in ids]


def _ratings(one: CompetencyInfo, levels: Mapping[int, str]) -> tuple[RatingDraft, ...]:
    """The highest level first, each with what it looks like."""
    found = []
    for number, name in sorted(levels.items(), reverse=True):
        seen = "; ".join(one.shown_at.get(number, ())) or one.descriptors.get(number, "")
        words = f"{name}: {' '.join(seen.split())}" if seen else name
        found.append(RatingDraft(float(number), words[:MOST_WORDS]))
    return tuple(found)


def make(
    session: Session, course: CourseInfo, title: str, framed: Framed, chosen: Sequence[int], by: Decider, now: datetime
) -> AssessmentInfo:
    """Keep it, each criterion mapped to the competency it was made from: there is nothing to suggest. Raises
    AssessmentFaulty."""
    one = service.create(session, course, draft(title, framed, chosen), now)
    made = zip(queries.sheet(session, one).criteria, _chosen(framed, chosen), strict=True)
    decisions = {criterion.id: [Choice(competency.id)] for criterion, competency in made}
    alignments.decide_several(session, decisions, by, now)
    return one
