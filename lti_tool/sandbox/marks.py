"""Reading and changing the marks of the LMS's own assignments; the same marks behind Canvas's and Moodle's shapes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lti_tool.sandbox.seed import Assignment, Filling, Person, Work
from lti_tool.sandbox.state import Campus


def works(here: Campus, assignment: Assignment) -> Iterator[tuple[Person, Work]]:
    """Everybody's work on one assignment, in the order of the people's ids."""
    rows = [(person, work) for (each, person), work in here.work.items() if each == assignment.id]
    for person_id, work in sorted(rows, key=lambda row: row[0]):
        person = here.seed.person(person_id)
        if person:
            yield person, work


def points(assignment: Assignment, filling: Filling) -> float | None:
    """The points of one filling: those written, else those of its level."""
    if filling.points is not None or filling.level is None or assignment.rubric is None:
        return filling.points
    criterion = next(each for each in assignment.rubric.criteria if each.id == filling.criterion)
    return criterion.level(filling.level).score


def canvas_score(assignment: Assignment, work: Work) -> float | None:
    """Canvas adds up the points."""
    if work.marked_at is None:
        return None
    if work.grade is not None or not assignment.rubric:
        return work.grade
    return round(sum(points(assignment, each) or 0 for each in work.fillings), 4)


def moodle_grade(assignment: Assignment, work: Work) -> float | None:
    """Moodle stretches the sum between the rubric's lowest and highest onto 0..points. A criterion that was left out
    counts as its lowest level."""
    if work.marked_at is None:
        return None
    if work.grade is not None or not assignment.rubric:
        return work.grade
    filled = {each.criterion: points(assignment, each) for each in work.fillings}
    criteria = assignment.rubric.criteria
    low, high = sum(each.minimum for each in criteria), sum(each.maximum for each in criteria)
    total = sum(score if (score := filled.get(each.id)) is not None else each.minimum for each in criteria)
    return (total - low) / (high - low) * assignment.points if high > low else 0.0


def workflow_state(assignment: Assignment, work: Work) -> str:
    """Moodle's marking workflow state; empty when the assignment has none."""
    if not assignment.marking_workflow:
        return ""
    if work.workflow:
        return work.workflow
    if work.marked_at is None:
        return "notmarked"
    return "released" if work.released else "inmarking"


def released(here: Campus, assignment: Assignment, work: Work) -> bool:
    """May the learner see this mark now?"""
    if work.marked_at is None:
        return False
    if here.temper == "canvas":
        return work.released
    return not assignment.marking_workflow or workflow_state(assignment, work) == "released"


def mark(
    here: Campus,
    assignment: Assignment,
    person_id: int,
    *,
    fillings: tuple[Filling, ...] | None = None,
    grade: float | None = None,
    comment: str | None = None,
    release: bool | None = None,
    at: datetime,
) -> Work:
    """Marks somebody's work again, or for the first time; with `release` alone only its visibility changes."""
    with here.lock:
        key = (assignment.id, person_id)
        work = here.work.get(key) or Work(person=person_id, submitted_at=at)
        if fillings is not None or grade is not None:
            work = replace(work, fillings=fillings if fillings is not None else work.fillings, marked_at=at)
            work = replace(work, grade=grade)
            here.versions[key] = here.versions.get(key, 0) + 1
        if comment is not None:
            work = replace(work, comment=comment)
        if release is not None:
            work = replace(work, released=release, workflow="")
        here.work[key] = work
        return work
