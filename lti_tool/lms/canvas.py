"""Canvas's own assignments, rubrics and marks by its REST interface: the second connection beside LTI.

Own thin client rather than canvasapi: docs/adr/0003-canvas-client.md.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lti_tool.kit.http import Http
from lti_tool.lms import canvas_wire as shapes
from lti_tool.lms import wire
from lti_tool.lms.canvas_calls import CanvasCalls
from lti_tool.lms.faults import AccessDenied, NotThere, OddAnswer, RequestRefused
from lti_tool.lms.text import plain
from lti_tool.lms.values import (
    Assignment,
    CourseSnapshot,
    Criterion,
    CriterionMark,
    LearnerMark,
    Level,
    Rubric,
    Submission,
    SubmissionState,
    Warning_,
)

ONE_LIST = (AccessDenied, NotThere, OddAnswer, RequestRefused)
"""Troubles of one list; others (a dead token, throttling, a site that is down) stop the whole reading."""
NOT_GRADED = "not_graded"

_ODDITIES = {
    "odd_rows": "{n} submissions could not be read and are left out.",
    "anonymous": "{n} marks are of anonymous work: Canvas does not say whose they are, so they are left out until "
    "names are shown.",
    "stale": "{n} marks are on criteria that the rubric no longer has; they are left out.",
    "release_unknown": "{n} marks came without word whether students see them, so they count as not released.",
}


@dataclass(slots=True)
class _Reading:
    assignments: list[Assignment] = field(default_factory=list)
    marks: list[LearnerMark] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    warnings: list[Warning_] = field(default_factory=list)
    complete: bool = True
    unmarked: set[tuple[str, str]] = field(default_factory=set)

    def lost(self, code: str, words: str, assignment_id: str = "") -> None:
        self.warnings.append(Warning_(code, words, assignment_id))
        self.complete = False


class Canvas:
    """One Canvas site, read with the access token of one account."""

    def __init__(self, http: Http, base_url: str, token: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._calls = CanvasCalls(http, base_url, token, pause=pause)

    def check(self) -> str:
        """Try the connection; the id of its account. Raises a `Fault` when the token does not work."""
        url = f"{self._calls.base_url}/api/v1/users/self"
        answer = self._calls.get(url, "its own account")
        return wire.parse(shapes.UserWire, answer.json(), url).id

    def read_course(self, course_id: str) -> CourseSnapshot:
        """Every published, graded assignment of a course with its rubric, marks and hand-ins.

        What cannot be read is left out with a warning and makes the snapshot incomplete. The Test Student
        is left out. Raises a `Fault` when nothing can be read: a dead token, no such course, the site
        down.
        """
        reading = _Reading()
        rows = self._calls.rows("courses", course_id, "assignments", what="its assignments", **{"include[]": "rubric"})
        good: list[shapes.AssignmentWire] = []
        for row in rows:
            read, odd = wire.parse_each(shapes.AssignmentWire, [row])
            good += read
            if odd:
                words = f"The assignment {_named(row)} or its rubric could not be read; it is left out."
                reading.lost("odd_assignment", words)
        listed = [row for row in good if row.published and row.grading_type != NOT_GRADED]
        tests = self._test_students(course_id, reading) if listed else frozenset()
        for row in listed:
            assignment = assignment_of(row)
            reading.assignments.append(assignment)
            self._read_submissions(course_id, assignment, tests, reading)
        return CourseSnapshot(
            tuple(reading.assignments),
            tuple(reading.marks),
            tuple(reading.warnings),
            tuple(reading.submissions),
            reading.complete,
            frozenset(reading.unmarked),
        )

    def _test_students(self, course_id: str, reading: _Reading) -> frozenset[str]:
        """Who is there only by "Student View"."""
        wanted = {"enrollment_type[]": "student_view"}
        try:
            rows = list(self._calls.rows("courses", course_id, "users", what="its people", **wanted))
        except ONE_LIST as fault:
            words = f"Who is the Test Student could not be read; its marks may be among the others. {fault.words}"
            reading.warnings.append(Warning_("test_student_unknown", words))
            return frozenset()
        return frozenset(user.id for user in wire.parse_each(shapes.UserWire, rows)[0])

    def _read_submissions(
        self, course_id: str, assignment: Assignment, tests: frozenset[str], reading: _Reading
    ) -> None:
        steps = ("courses", course_id, "assignments", assignment.source_id, "submissions")
        try:
            rows = list(self._calls.rows(*steps, what="its submissions", **{"include[]": "rubric_assessment"}))
        except ONE_LIST as fault:
            words = f"The marks of “{assignment.title}” could not be read: {fault.words} {fault.next_step}"
            reading.lost(fault.reason, words.strip(), assignment.source_id)
            return
        good, odd = wire.parse_each(shapes.SubmissionWire, rows)
        oddities: Counter[str] = Counter({"odd_rows": odd} if odd else {})
        reading.complete = reading.complete and not odd
        for row in good:
            if row.user_id in tests:
                continue
            mark = mark_of(assignment, row, oddities)
            if row.user_id is None:
                oddities["anonymous"] += bool(mark)
                continue
            reading.submissions.append(submission_of(assignment.source_id, row.user_id, row))
            if mark:
                reading.marks.append(mark)
            else:
                reading.unmarked.add((assignment.source_id, row.user_id))
        reading.warnings.extend(
            Warning_(code, _ODDITIES[code].format(n=n), assignment.source_id) for code, n in oddities.items() if n
        )


def _named(row: Any) -> str:
    name = row.get("name") if isinstance(row, dict) else None
    return f"“{plain(name)[:100]}”" if isinstance(name, str) else "without a name"


def assignment_of(row: shapes.AssignmentWire) -> Assignment:
    """An assignment, its rubric from the assignment's own copy."""
    rubric = None
    if row.rubric:
        settings = row.rubric_settings or shapes.RubricSettingsWire()
        criteria = tuple(_criterion(criterion) for criterion in row.rubric)
        rubric = Rubric(settings.id or f"assignment-{row.id}", settings.title or row.name, criteria)
    return Assignment(
        source_id=row.id,
        title=row.name,
        description=row.description,
        max_points=row.points_possible,
        rubric=rubric,
        due_at=row.due_at,
        url=row.html_url,
        holds_back=row.post_manually,
        anonymous=row.anonymous_grading,
    )


def _criterion(row: shapes.CriterionWire) -> Criterion:
    levels = tuple(Level(one.points, one.description, one.long_description, one.id) for one in row.ratings)
    highest = max((level.points for level in levels if level.points is not None), default=None)
    return Criterion(
        source_id=row.id,
        title=row.description,
        description=row.long_description,
        max_points=row.points if row.points is not None else highest,
        levels=levels,
        ranged=row.criterion_use_range,
        scored=not row.ignore_for_scoring,
        outcome_source_id=row.learning_outcome_id or row.outcome_id,
    )


def mark_of(assignment: Assignment, row: shapes.SubmissionWire, oddities: Counter[str]) -> LearnerMark | None:
    """What a submission holds of marks, or None: not marked, or excused.

    A criterion without points and comment was not assessed. Points may lie between ratings, or above the
    highest where a teacher gave extra credit; they are kept as they are.
    """
    if row.excused:
        return None
    criteria: list[CriterionMark] = []
    for id_, given in row.rubric_assessment.items():
        criterion = assignment.rubric.criterion(id_) if assignment.rubric else None
        if criterion is None:
            oddities["stale"] += 1
        elif given.points is not None or given.comments:
            level = criterion.level(given.rating_id)
            criteria.append(CriterionMark(id_, level.source_id if level else None, given.points, given.comments))
    if row.score is None and not criteria:
        return None
    if "posted_at" not in row.model_fields_set:
        oddities["release_unknown"] += 1
    return LearnerMark(
        assignment_source_id=assignment.source_id,
        user_source_id=row.user_id or "",
        attempt=int(row.attempt or 1),
        total=row.score,
        max_points=assignment.max_points,
        graded_at=row.graded_at,
        # Below 0 it was a tool that graded, not a person.
        marker_id=str(int(row.grader_id)) if row.grader_id and row.grader_id > 0 else None,
        released=row.posted_at is not None,
        criteria=tuple(criteria),
    )


def submission_of(assignment_id: str, user_id: str, row: shapes.SubmissionWire) -> Submission:
    """Whether there is work. Canvas calls marked work `graded`, also where nothing was handed in."""
    if row.excused:
        state = SubmissionState.EXCUSED
    elif row.submitted_at is not None or row.workflow_state in ("submitted", "pending_review"):
        state = SubmissionState.SUBMITTED
    else:
        state = SubmissionState.NOT_SUBMITTED
    return Submission(assignment_id, user_id, state, int(row.attempt or 1), row.submitted_at)
