"""Drawings as specifications for the browser, and as pictures for a report."""

from typing import Any

from flask import jsonify, make_response
from werkzeug.wrappers import Response

from lti_tool.diagnostics import estimating, queries, reading
from lti_tool.diagnostics.cohort_page import Class
from lti_tool.diagnostics.doors import ID, bp, course_of, learner_of, oneself
from lti_tool.diagnostics.mastery.levels import belief, place
from lti_tool.diagnostics.subject import level_names
from lti_tool.kit.db import db
from lti_tool.kit.errors import NotFound
from lti_tool.launch.queries import CourseInfo
from lti_tool.web.guard import needs
from lti_tool.web.viewer import May, Viewer

MOST_DRAWN = 24
"""Competencies over time on one page, those with the most evidence."""
TYPES = {"png": "image/png", "svg": "image/svg+xml"}


@bp.get("/map/over-time.json")
@needs(May.SEE_OWN_MAP)
def own_over_time(viewer: Viewer) -> Response:
    return _over_time(course_of(viewer), oneself(viewer))


@bp.get(f"/learners/<{ID}:person_id>/over-time.json")
@needs(May.SEE_COURSE)
def over_time(viewer: Viewer, person_id: int) -> Response:
    course = course_of(viewer)
    return _over_time(course, learner_of(course, person_id))


def _over_time(course: CourseInfo, person_id: int) -> Response:
    """The profile over time: competencies with enough evidence, released results only, read off today's cuts. Of
    several results of one day the last state is drawn."""
    from lti_tool.diagnostics import charts

    session = db.session()
    framed = reading.framework_of(session, course)
    cells = queries.learner_cells(session, person_id, framed.version.id)
    placed = [c for c in framed.competencies if c.id in cells and cells[c.id].standing.level]
    drawn = {c.id for c in sorted(placed, key=lambda c: -cells[c.id].standing.n)[:MOST_DRAWN]}
    cohort = estimating.cohort_of_levels(session, framed.version.id)
    points: dict[tuple[int, str], tuple[float, float, float]] = {}
    for observation, state in estimating.history(session, person_id, framed.version.id):
        assert observation.at is not None
        for key in observation.competencies:
            if int(key) in drawn:
                at = place(belief(state, cohort, key), cells[int(key)].standing.cuts)
                points[int(key), observation.at.date().isoformat()] = (at.estimate, at.low90, at.high90)
    rows = [
        (competency.label, day, *points[competency.id, day])
        for competency in placed
        for item, day in points
        if item == competency.id
    ]
    return jsonify(charts.over_time(rows, level_names(framed)))


@bp.get("/class/overview.json")
@needs(May.SEE_COURSE)
def overview(viewer: Viewer) -> Response:
    """The class as a chart's specification."""
    return jsonify(_overview(course_of(viewer))[0])


@bp.get("/class/overview.<form>")
@needs(May.SEE_COURSE)
def overview_picture(viewer: Viewer, form: str) -> Response:
    """The same as a picture for a report: `png` or `svg`."""
    from lti_tool.diagnostics import charts

    if form not in TYPES:
        raise NotFound("The class can be had as PNG or SVG.", "Go back to the class and choose one of them.")
    spec, levels = _overview(course_of(viewer))
    answer = make_response(charts.picture(spec, form, levels))
    answer.mimetype = TYPES[form]
    answer.headers["Content-Disposition"] = f'attachment; filename="class.{form}"'
    return answer


def _overview(course: CourseInfo) -> tuple[dict[str, Any], int]:
    """(specification, number of levels)"""
    from lti_tool.diagnostics import charts

    group = reading.class_of(db.session(), course)
    levels = level_names(group.framed)
    return charts.distribution(_distribution(group, levels), len(levels)), len(levels)


def _distribution(group: Class, levels: tuple[str, ...]) -> list[tuple[str, str, int, int]]:
    """(competency, level in words, level, learners) of every level where somebody is placed."""
    rows = []
    for competency in group.framed.competencies:
        column = group.cells.column(competency.id)
        for number, name in enumerate(levels, 1):
            if there := column.count(number):
                rows.append((competency.label, f"{number} {name}", number, there))
    return rows
