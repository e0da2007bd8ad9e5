"""A Moodle assignment and its grading form as values."""

from typing import TypeVar

from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms.values import Assignment, Criterion, Level, Rubric

Row = TypeVar("Row", shapes.RubricCriterionWire, shapes.GuideCriterionWire)


def rubric_of(definition: shapes.DefinitionWire) -> Rubric:
    """A rubric or a marking guide, criteria and levels in Moodle's order."""
    criteria = (
        tuple(_guide_criterion(row) for row in _in_order(definition.guide.guide_criteria))
        if definition.guide
        else tuple(_rubric_criterion(row) for row in _in_order(definition.rubric.rubric_criteria))
        if definition.rubric
        else ()
    )
    return Rubric(definition.id, definition.name, criteria, definition.description)


def assignment_of(row: shapes.AssignmentWire, rubric: Rubric | None, site: str) -> Assignment:
    """An assignment. Its id is Moodle's assignment id, not the course module's, which its URL carries."""
    return Assignment(
        source_id=row.id,
        title=row.name,
        description=row.intro,
        max_points=row.grade if row.grade and row.grade > 0 else None,
        rubric=rubric,
        due_at=row.duedate,
        url=f"{site}/mod/assign/view.php?id={row.cmid}",
        holds_back=row.markingworkflow,
        anonymous=row.blindmarking and not row.revealidentities,
    )


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.sortorder or 0)


def _rubric_criterion(row: shapes.RubricCriterionWire) -> Criterion:
    levels = tuple(Level(level.score, level.definition, "", level.id) for level in row.levels)
    most = max((level.score for level in row.levels), default=None)
    return Criterion(row.id, row.description, "", most, levels)


def _guide_criterion(row: shapes.GuideCriterionWire) -> Criterion:
    title, more = (row.shortname, row.description) if row.shortname else (row.description, "")
    return Criterion(row.id, title, more, row.maxscore, ranged=True)
