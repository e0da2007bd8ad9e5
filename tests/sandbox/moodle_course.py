"""The recorded course as a seed, and calls to Moodle's web services."""

from datetime import UTC, datetime
from typing import Any

import requests

from lti_tool.sandbox import Served
from lti_tool.sandbox.seed import (
    Assignment,
    Course,
    Criterion,
    Enrolment,
    Filling,
    Group,
    Level,
    Person,
    Role,
    Rubric,
    Seed,
    ServiceToken,
    Work,
)
from tests.sandbox.recorded import recorded

PRACTICE = "course-digital-practice"
FILES = ("source-check", "explainer", "case-file-unreleased")
SHORT = {"editingteacher": Role.INSTRUCTOR, "teacher": Role.ASSISTANT, "student": Role.LEARNER}


def body(file: str) -> Any:
    return recorded(f"{PRACTICE}/{file}")["response"]["body"]


def at(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def seed_of_recording() -> Seed:
    """The recorded course as a seed, read from the answers alone."""
    users = body("04-enrolled-users")
    people = tuple(
        Person(
            each["id"],
            each["firstname"],
            each["lastname"],
            each["email"],
            username=each.get("username", ""),
            sis_id=each.get("idnumber", ""),
        )
        for each in users
    )
    enrolments = tuple(
        Enrolment(
            each["id"], SHORT[each["roles"][0]["shortname"]], groups=tuple(g["id"] for g in each.get("groups", []))
        )
        for each in users
    )
    groups = {g["id"]: Group(g["id"], g["name"]) for each in users for g in each.get("groups", [])}
    raw = body("03-assignments")["courses"][0]
    assignments = tuple(
        assignment(row, number, file)
        for number, (row, file) in enumerate(zip(raw["assignments"], FILES, strict=True), 1)
    )
    course = Course(
        raw["id"],
        raw["fullname"],
        raw["shortname"],
        enrolments=enrolments,
        groups=tuple(groups.values()),
        assignments=assignments,
    )
    made = at(raw["timemodified"])
    assert made is not None
    return Seed(people, (course,), (ServiceToken("teacher", 131),), made_at=made)


def assignment(row: dict[str, Any], number: int, file: str) -> Assignment:
    definition = body(f"1{number}-definitions-{file}")["areas"][0]["definitions"][0]
    criteria = tuple(
        Criterion(
            each["id"],
            each["description"],
            tuple(Level(level["id"], level["score"], level["definition"]) for level in each["levels"]),
        )
        for each in definition["rubric"]["rubric_criteria"]
    )
    fillings = {
        each["itemid"]: tuple(
            Filling(c["criterionid"], c["levelid"], None, c["remark"]) for c in each["rubric"]["criteria"]
        )
        for each in body(f"2{number}-instances-{file}")["instances"]
    }
    grades = {each["userid"]: each for each in body(f"3{number}-grades-{file}")["assignments"][0]["grades"]}
    flags = {each["userid"]: each for each in body(f"4{number}-flags-{file}")["assignments"][0]["userflags"]}
    work = []
    for each in body(f"5{number}-submissions-{file}")["assignments"][0]["submissions"]:
        user, grade = each["userid"], grades.get(each["userid"])
        work.append(
            Work(
                person=user,
                submitted_at=at(each["timemodified"]),
                text=each["plugins"][0]["editorfields"][0]["text"],
                fillings=fillings[grade["id"]] if grade else (),
                marked_at=at(grade["timemodified"]) if grade else None,
                marker=grade["grader"] if grade else None,
                workflow=flags[user]["workflowstate"] if user in flags else "",
            )
        )
    rubric = Rubric(definition["id"], definition["name"], criteria, definition["description"])
    return Assignment(
        row["id"],
        row["name"],
        row["grade"],
        row["cmid"],
        rubric,
        row["intro"],
        at(row["duedate"]),
        tuple(work),
        marking_workflow=bool(row["markingworkflow"]),
    )


def ask(sandbox: Served, function: str, token: str = "teacher", **arguments: Any) -> Any:
    form = {"wstoken": token, "wsfunction": function, "moodlewsrestformat": "json"} | arguments
    answer = requests.post(f"{sandbox.base_url}/webservice/rest/server.php", data=form, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def without(value: Any, *names: str) -> Any:
    """The same answer without what differs from server to server."""
    if isinstance(value, dict):
        return {name: without(each, *names) for name, each in value.items() if name not in names}
    return [without(each, *names) for each in value] if isinstance(value, list) else value
