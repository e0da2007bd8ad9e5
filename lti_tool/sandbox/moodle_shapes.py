"""Moodle's web-service answers about courses, rubrics and marks, in the shapes recorded from 4.5.6."""

from datetime import datetime
from typing import Any

from lti_tool.sandbox.gradebook import number
from lti_tool.sandbox.marks import moodle_grade, workflow_state, works
from lti_tool.sandbox.seed import Assignment, Course, Criterion, Enrolment, Person, Role, Work
from lti_tool.sandbox.state import Campus

ROLES = {Role.INSTRUCTOR: (3, "editingteacher"), Role.ASSISTANT: (4, "teacher"), Role.LEARNER: (5, "student")}
PLUGINS = (
    ("onlinetext", "assignsubmission", "enabled", "1"),
    ("onlinetext", "assignsubmission", "wordlimit", "0"),
    ("onlinetext", "assignsubmission", "wordlimitenabled", "0"),
    ("comments", "assignsubmission", "enabled", "0"),
    ("comments", "assignfeedback", "enabled", "1"),
    ("comments", "assignfeedback", "commentinline", "0"),
)


def stamp(moment: datetime | None) -> int:
    """Unix seconds; 0 for never, as Moodle writes it."""
    return int(moment.timestamp()) if moment else 0


def html(text: str) -> str:
    return text if not text or text.startswith("<") else f"<p>{text}</p>"


def course_row(here: Campus, course: Course) -> dict[str, Any]:
    return {
        "id": course.id,
        "fullname": course.title,
        "shortname": course.label,
        "timemodified": stamp(here.seed.made_at),
        "assignments": [assignment_row(here, course, each) for each in course.assignments],
    }


def assignment_row(here: Campus, course: Course, assignment: Assignment) -> dict[str, Any]:
    return {
        "id": assignment.id,
        "cmid": assignment.module_id,
        "course": course.id,
        "name": assignment.name,
        "nosubmissions": 0,
        "submissiondrafts": 0,
        "sendnotifications": 0,
        "sendlatenotifications": 0,
        "sendstudentnotifications": 1,
        "duedate": stamp(assignment.due),
        "allowsubmissionsfromdate": 0,
        "grade": number(assignment.points),
        "timemodified": stamp(here.seed.made_at),
        "completionsubmit": 0,
        "cutoffdate": 0,
        "gradingduedate": 0,
        "teamsubmission": 0,
        "requireallteammemberssubmit": 0,
        "teamsubmissiongroupingid": 0,
        "blindmarking": int(assignment.blind),
        "hidegrader": 0,
        "revealidentities": 0,
        "attemptreopenmethod": "none",
        "maxattempts": -1,
        "markingworkflow": int(assignment.marking_workflow),
        "markingallocation": 0,
        "markinganonymous": 0,
        "requiresubmissionstatement": 0,
        "preventsubmissionnotingroup": 0,
        "configs": [dict(zip(("plugin", "subtype", "name", "value"), each, strict=True)) for each in PLUGINS],
        "intro": html(assignment.description),
        "introformat": 1,
        "introfiles": [],
        "introattachments": [],
        "timelimit": 0,
        "submissionattachments": 0,
    }


def area(here: Campus, course: Course, assignment: Assignment) -> dict[str, Any]:
    """One area of `core_grading_get_definitions`; the assignment must have a rubric."""
    rubric, made = assignment.rubric, stamp(here.seed.made_at)
    if rubric is None:
        raise LookupError("no rubric")
    definition = {
        "id": rubric.id,
        "method": "rubric",
        "name": rubric.name,
        "description": html(rubric.description),
        "descriptionformat": 1,
        "status": 10 if rubric.draft else 20,
        "copiedfromid": None,
        "timecreated": made,
        "usercreated": here.teacher_of(course),
        "timemodified": made,
        "usermodified": here.teacher_of(course),
        "timecopied": 0,
        "rubric": {"rubric_criteria": [_criterion(at, each) for at, each in enumerate(rubric.criteria, 1)]},
    }
    return {
        "cmid": assignment.module_id,
        "contextid": assignment.module_id + 180,
        "component": "mod_assign",
        "areaname": "submissions",
        "activemethod": "rubric",
        "definitions": [definition],
    }


def _criterion(position: int, criterion: Criterion) -> dict[str, Any]:
    levels = [
        {"id": each.id, "score": number(each.score), "definition": each.definition, "definitionformat": 1}
        for each in criterion.levels
    ]
    return {
        "id": criterion.id,
        "sortorder": position,
        "description": criterion.description,
        "descriptionformat": 1,
        "levels": levels,
    }


def instances(here: Campus, course: Course, assignment: Assignment, since: int) -> list[dict[str, Any]]:
    """One per marked work, newest last and never in the order of people. They name no user: `itemid` is the id of the
    row in `mod_assign_get_grades`. A regrade makes a new instance, and the old one is gone."""
    rows = []
    for person, work in works(here, assignment):
        if work.marked_at is None or not work.fillings or stamp(work.marked_at) < since:
            continue
        key = (assignment.id, person.id)
        instance = here.serial("instance", (*key, here.versions.get(key, 0)))
        criteria = [
            {
                "id": instance * 100 + at,
                "criterionid": filling.criterion,
                "levelid": filling.level,
                "remark": filling.remark,
                "remarkformat": 1,
            }
            for at, filling in enumerate(work.fillings)
            if filling.level is not None
        ]
        row = {
            "id": instance,
            "raterid": work.marker or here.teacher_of(course),
            "itemid": here.serial("grade", key),
            "rawgrade": None,
            "status": 1,
            "feedback": "",
            "feedbackformat": 0,
            "timemodified": stamp(work.marked_at),
            "rubric": {"criteria": criteria},
        }
        rows.append((row["timemodified"], instance * 48271 % 104729, row))
    return [row for *_, row in sorted(rows, key=lambda each: each[:2])]


def grades(here: Campus, course: Course, assignment: Assignment, since: int) -> list[dict[str, Any]]:
    rows = []
    for person, work in works(here, assignment):
        grade = moodle_grade(assignment, work)
        if grade is None or stamp(work.marked_at) < since:
            continue
        rows.append(
            {
                "id": here.serial("grade", (assignment.id, person.id)),
                "userid": person.id,
                "attemptnumber": work.attempt - 1,
                "timecreated": stamp(work.marked_at),
                "timemodified": stamp(work.marked_at),
                "grader": work.marker or here.teacher_of(course),
                "grade": f"{grade:.5f}",
            }
        )
    return rows


def flags(here: Campus, assignment: Assignment) -> list[dict[str, Any]]:
    """No row means "not marked"; a row with an empty state that the assignment has no workflow."""
    rows = []
    for person, work in works(here, assignment):
        state = workflow_state(assignment, work)
        if work.marked_at is None and not work.workflow:
            continue
        rows.append(
            {
                "id": here.serial("flag", (assignment.id, person.id)),
                "userid": person.id,
                "locked": 0,
                "mailed": 0 if state in ("", "released") else 2,
                "extensionduedate": 0,
                "workflowstate": state,
                "allocatedmarker": 0,
            }
        )
    return rows


def submissions(here: Campus, assignment: Assignment) -> list[dict[str, Any]]:
    rows = []
    for person, work in works(here, assignment):
        if work.submitted_at is not None:
            rows.append(_submission(here, assignment, person, work))
    return rows


def _submission(here: Campus, assignment: Assignment, person: Person, work: Work) -> dict[str, Any]:
    text = {
        "type": "onlinetext",
        "name": "Online text",
        "fileareas": [{"area": "submissions_onlinetext", "files": []}],
        "editorfields": [
            {
                "name": "onlinetext",
                "description": "Online text submissions",
                "text": html(work.text),
                "format": 1,
            }
        ],
    }
    state = workflow_state(assignment, work) or ("graded" if work.marked_at else "notgraded")
    return {
        "id": here.serial("submission", (assignment.id, person.id)),
        "userid": person.id,
        "attemptnumber": work.attempt - 1,
        "timecreated": stamp(work.submitted_at),
        "timemodified": stamp(work.submitted_at),
        "timestarted": None,
        "status": "submitted",
        "groupid": 0,
        "plugins": [text, {"type": "comments", "name": "Submission comments"}],
        "gradingstatus": state,
    }


def user_row(here: Campus, course: Course, person: Person, enrolment: Enrolment, *, own: bool) -> dict[str, Any]:
    """A row of `core_enrol_get_enrolled_users`. Only the caller's own row has user name and id number."""
    row: dict[str, Any] = {"id": person.id}
    if own:
        row["username"] = person.username
    row |= {"firstname": person.given, "lastname": person.family, "fullname": person.name, "email": person.email}
    if own:
        row |= {"department": "", "idnumber": person.sis_id}
    picture = here.url("/theme/image.php/boost/core/1/u/")
    row |= {"firstaccess": 0, "lastaccess": 0, "lastcourseaccess": 0}
    row |= {"profileimageurlsmall": picture + "f2", "profileimageurl": picture + "f1"}
    groups = [
        {"id": each.id, "name": each.name, "description": "", "descriptionformat": 0}
        for each in course.groups
        if each.id in enrolment.groups
    ]
    if groups:
        row["groups"] = groups
    number_, name = ROLES[enrolment.role]
    row["roles"] = [{"roleid": number_, "name": "", "shortname": name, "sortorder": 0}]
    if own:
        row["preferences"] = [{"name": "_lastloaded", "value": int(here.now().timestamp())}]
    row["enrolledcourses"] = [
        {"id": each.id, "fullname": each.title, "shortname": each.label}
        for each in here.seed.courses
        if each.enrolment(person.id)
    ]
    return row
