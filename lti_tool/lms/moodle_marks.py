"""Who got what, joined from what Moodle tells in pieces: grades, filled-in forms, release flags."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms.values import (
    Assignment,
    CriterionMark,
    LearnerMark,
    Rubric,
    Submission,
    SubmissionState,
    Warning_,
)

RELEASED = "released"
_STATES = {
    "submitted": SubmissionState.SUBMITTED,
    "draft": SubmissionState.DRAFT,
}
_ODDITIES = {
    "ownerless": "{n} filled-in rubrics belong to earlier attempts, or to attempts that are open again: Moodle does "
    "not say whose they are, so they are left out.",
    "stale": "{n} marks are on criteria or levels that the rubric no longer has; they are left out.",
    "out_of_range": "{n} marks are outside what their criterion allows; they are left out, Moodle itself did not "
    "count them.",
}


@dataclass(frozen=True, slots=True)
class Release:
    """Which marks of an assignment the learners may see.

    `states` are the workflow states by user, None where there is no marking workflow; a user without a
    state has nothing released. `hidden` says that all of it is hidden: blind marking, the gradebook, or
    not known.
    """

    states: Mapping[str, str] | None = None
    hidden: bool = False

    def of(self, user_id: str) -> bool:
        return not self.hidden and (self.states is None or self.states.get(user_id) == RELEASED)


@dataclass(slots=True)
class Joined:
    """The marks of one assignment and what was odd about them."""

    marks: list[LearnerMark] = field(default_factory=list)
    oddities: Counter[str] = field(default_factory=Counter)
    unmarked: list[str] = field(default_factory=list)
    """Learners whose row says that there is no mark (any more)."""

    def warnings(self, assignment_id: str) -> list[Warning_]:
        return [Warning_(code, _ODDITIES[code].format(n=n), assignment_id) for code, n in self.oddities.items()]


def marks_of(
    assignment: Assignment,
    grades: Iterable[shapes.GradeWire],
    instances: Iterable[shapes.InstanceWire],
    release: Release,
) -> Joined:
    """Join filled-in forms to grades by `itemid`, and grades to people.

    Forms carry no user and come in no order; of several for one grade the newest counts (a regrade). A
    grade of -1 with no form is no mark. The total is Moodle's grade; on a scale it is a place in a list
    and left out.
    """
    joined = Joined()
    newest: dict[str, shapes.InstanceWire] = {}
    for form in sorted(instances, key=_age):
        if form.status in (None, shapes.ACTIVE_INSTANCE):
            newest[form.itemid] = form
    for grade in grades:
        filled = newest.pop(grade.id, None)
        criteria = _criterion_marks(assignment.rubric, filled, joined.oddities) if filled else ()
        given = grade.grade if grade.grade is not None and grade.grade >= 0 else None
        if given is None and not criteria:
            joined.unmarked.append(grade.userid)
            continue
        marker = int(grade.grader) if grade.grader and grade.grader > 0 else None
        joined.marks.append(
            LearnerMark(
                assignment_source_id=assignment.source_id,
                user_source_id=grade.userid,
                attempt=grade.attemptnumber + 1,
                total=given if assignment.max_points is not None else None,
                max_points=assignment.max_points,
                graded_at=grade.timemodified,
                marker_id=str(marker) if marker else None,
                released=release.of(grade.userid),
                criteria=criteria,
            )
        )
    if newest:
        joined.oddities["ownerless"] = len(newest)
    return joined


def _age(form: shapes.InstanceWire) -> tuple[float, int, str]:
    return (form.timemodified.timestamp() if form.timemodified else 0.0, len(form.id), form.id)


def _criterion_marks(
    rubric: Rubric | None, form: shapes.InstanceWire, oddities: Counter[str]
) -> tuple[CriterionMark, ...]:
    marks: dict[str, CriterionMark] = {}
    filled = form.rubric or form.guide
    for row in filled.criteria if filled else ():
        criterion = rubric.criterion(row.criterionid) if rubric else None
        if criterion is None:
            oddities["stale"] += 1
        elif criterion.levels:
            level = criterion.level(row.levelid)
            if level is None:
                oddities["stale"] += 1
            else:
                marks[criterion.source_id] = CriterionMark(
                    criterion.source_id, level.source_id, level.points, row.remark
                )
        elif not _allowed(row.score, criterion.max_points):
            oddities["out_of_range"] += 1
        elif row.score is not None or row.remark:
            marks[criterion.source_id] = CriterionMark(criterion.source_id, None, row.score, row.remark)
    return tuple(marks.values())


def _allowed(score: float | None, most: float | None) -> bool:
    return score is None or (score >= 0 and (most is None or score <= most))


def submissions_of(assignment_id: str, rows: Iterable[shapes.SubmissionWire]) -> list[Submission]:
    """Hand-ins by learner; the work of a team (user 0) is left to the grades of its members."""
    return [
        Submission(
            assignment_id,
            str(row.userid),
            _STATES.get(row.status, SubmissionState.NOT_SUBMITTED),
            row.attemptnumber + 1,
            row.timemodified if row.status == "submitted" else None,
        )
        for row in rows
        if row.userid > 0
    ]
