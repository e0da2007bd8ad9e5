"""Canvas's REST answers about courses, rubrics and marks.

Ids of criteria and ratings are texts, unique only within their rubric: every rubric here starts again at `_1`, so that
a tool which takes them for unique on the site mixes them up.
"""

from datetime import datetime
from typing import Any

from lti_tool.sandbox.gradebook import number
from lti_tool.sandbox.marks import canvas_score, points
from lti_tool.sandbox.seed import Assignment, Course, Criterion, Enrolment, Person, Role, Rubric, Work
from lti_tool.sandbox.state import Campus

ENROLMENTS = {
    Role.INSTRUCTOR: "TeacherEnrollment",
    Role.ASSISTANT: "TaEnrollment",
    Role.LEARNER: "StudentEnrollment",
    Role.TEST_STUDENT: "StudentViewEnrollment",
}


def iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def criterion_id(rubric: Rubric, criterion_id: int) -> str:
    return f"_{[each.id for each in rubric.criteria].index(criterion_id) + 1}"


def rating_id(criterion: Criterion, level_id: int) -> str:
    """`blank`, `blank_2`, ...: highest first, as Canvas names the ratings of a new rubric."""
    order = sorted(criterion.levels, key=lambda level: -level.score)
    position = [level.id for level in order].index(level_id)
    return "blank" if position == 0 else f"blank_{position + 1}"


def course_row(here: Campus, course: Course) -> dict[str, Any]:
    return {
        "id": course.id,
        "name": course.title,
        "course_code": course.label,
        "sis_course_id": course.sis_id or None,
        "account_id": 1,
        "uuid": f"sandbox{course.id}",
        "created_at": iso(here.seed.made_at),
        "workflow_state": "available",
        "time_zone": "Etc/UTC",
        "enrollments": [],
    }


def rubric_rows(rubric: Rubric) -> list[dict[str, Any]]:
    """The assignment's own copy of its rubric: a list of criteria, ratings from high to low."""
    rows = []
    for criterion in rubric.criteria:
        ratings = [
            {
                "id": rating_id(criterion, level.id),
                "description": level.definition,
                "long_description": level.long,
                "points": number(level.score),
            }
            for level in sorted(criterion.levels, key=lambda level: -level.score)
        ]
        rows.append(
            {
                "id": criterion_id(rubric, criterion.id),
                "description": criterion.description,
                "long_description": criterion.long,
                "points": number(criterion.maximum),
                "criterion_use_range": False,
                "ignore_for_scoring": False,
                "ratings": ratings,
            }
        )
    return rows


def rubric_row(course: Course, rubric: Rubric) -> dict[str, Any]:
    """A rubric of `/rubrics`; there its criteria are under `data`."""
    return {
        "id": rubric.id,
        "title": rubric.name,
        "context_id": course.id,
        "context_type": "Course",
        "points_possible": number(sum(each.maximum for each in rubric.criteria)),
        "reusable": False,
        "read_only": False,
        "free_form_criterion_comments": False,
        "hide_score_total": False,
        "data": rubric_rows(rubric),
    }


def assignment_row(here: Campus, course: Course, assignment: Assignment, include: set[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": assignment.id,
        "name": assignment.name,
        "description": assignment.description or None,
        "created_at": iso(here.seed.made_at),
        "updated_at": iso(here.seed.made_at),
        "due_at": iso(assignment.due),
        "unlock_at": None,
        "lock_at": None,
        "course_id": course.id,
        "html_url": here.url(f"/courses/{course.id}/assignments/{assignment.id}"),
        "points_possible": number(assignment.points),
        "grading_type": "points",
        "submission_types": ["online_text_entry"],
        "published": True,
        "workflow_state": "published",
        "has_submitted_submissions": any(each == assignment.id for each, _ in here.work),
        "post_manually": assignment.post_manually,
        "anonymous_grading": assignment.blind,
        "moderated_grading": False,
        "peer_reviews": False,
        "omit_from_final_grade": False,
        "position": course.assignments.index(assignment) + 1,
    }
    if assignment.rubric and "rubric" in include:
        row |= {
            "use_rubric_for_grading": True,
            "free_form_criterion_comments": False,
            "rubric": rubric_rows(assignment.rubric),
            "rubric_settings": {
                "id": assignment.rubric.id,
                "title": assignment.rubric.name,
                "points_possible": number(sum(each.maximum for each in assignment.rubric.criteria)),
                "free_form_criterion_comments": False,
                "hide_score_total": False,
                "hide_points": False,
            },
        }
    return row


def assessment(assignment: Assignment, work: Work) -> dict[str, Any]:
    """`rubric_assessment`: a criterion that was not assessed is absent; a comment alone has points null."""
    rubric = assignment.rubric
    if rubric is None:
        return {}
    found = {}
    for filling in work.fillings:
        criterion = next(each for each in rubric.criteria if each.id == filling.criterion)
        given = points(assignment, filling)
        found[criterion_id(rubric, criterion.id)] = {
            "rating_id": rating_id(criterion, filling.level) if filling.level is not None else None,
            "comments": filling.remark,
            "points": float(given) if given is not None else None,
        }
    return found


def submission_row(
    here: Campus, course: Course, assignment: Assignment, person: Person, include: set[str]
) -> dict[str, Any]:
    """One row per student, handed in or not. `posted_at` null: the student does not see the mark."""
    work = here.work.get((assignment.id, person.id)) or Work(person=person.id)
    score = canvas_score(assignment, work)
    state = "graded" if work.marked_at else "submitted" if work.submitted_at else "unsubmitted"
    row: dict[str, Any] = {
        "id": here.serial("submission", (assignment.id, person.id)),
        "assignment_id": assignment.id,
        "anonymous_id": f"{here.serial('anonymous', (assignment.id, person.id)):05d}",
        "user_id": person.id,
        "attempt": work.attempt if work.submitted_at else None,
        "body": work.text or None,
        "submission_type": "online_text_entry" if work.submitted_at else None,
        "submitted_at": iso(work.submitted_at),
        "score": score,
        "grade": None if score is None else str(number(score)),
        "entered_score": score,
        "entered_grade": None if score is None else str(number(score)),
        "graded_at": iso(work.marked_at),
        "grader_id": (work.marker or here.teacher_of(course)) if work.marked_at else None,
        "posted_at": iso(work.marked_at) if work.marked_at and work.released else None,
        "grade_matches_current_submission": True,
        "workflow_state": state,
        "excused": work.excused or None,
        "late": work.late,
        "missing": work.submitted_at is None and assignment.due is not None and assignment.due < here.now(),
        "late_policy_status": None,
        "points_deducted": None,
        "seconds_late": 0,
        "extra_attempts": None,
        "preview_url": here.url(f"/courses/{course.id}/assignments/{assignment.id}"),
    }
    if "rubric_assessment" in include and work.marked_at and assignment.rubric:
        row["rubric_assessment"] = assessment(assignment, work)
    if "user" in include:
        row["user"] = user_row(here, person)
    if "submission_comments" in include:
        comment = {"id": row["id"], "comment": work.comment, "author_id": row["grader_id"]}
        row["submission_comments"] = [comment] if work.comment else []
    return row


def user_row(here: Campus, person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "created_at": iso(here.seed.made_at),
        "sortable_name": f"{person.family}, {person.given}",
        "short_name": person.name,
        "sis_user_id": person.sis_id or None,
        "integration_id": None,
        "login_id": person.username or person.email,
    }


def enrolment_row(course: Course, person: Person, enrolment: Enrolment) -> dict[str, Any]:
    return {
        "id": course.id * 100_000 + person.id,
        "user_id": person.id,
        "course_id": course.id,
        "type": ENROLMENTS[enrolment.role],
        "role": ENROLMENTS[enrolment.role],
        "enrollment_state": "inactive" if enrolment.suspended else "active",
    }
