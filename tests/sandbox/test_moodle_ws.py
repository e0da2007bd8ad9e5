"""Moodle's web services: one recorded course, taken in as a seed, comes out again as it was recorded."""

from collections.abc import Iterator
from typing import Any

import pytest

from lti_tool.sandbox import Served, build_app, serving
from lti_tool.sandbox.keys import KeyRing
from tests.sandbox.conftest import KEYS
from tests.sandbox.moodle_course import FILES, PRACTICE, ask, body, seed_of_recording, without
from tests.sandbox.recorded import recorded, shape


@pytest.fixture(scope="module")
def practice() -> Iterator[Served]:
    with serving(build_app(seed_of_recording(), temper="moodle", keys=KeyRing(list(KEYS.keys)))) as served:
        yield served


def again(sandbox: Served, file: str) -> tuple[Any, Any]:
    """The sandbox's answer to a recorded question, and the recorded one."""
    real = recorded(f"{PRACTICE}/{file}")
    sent = {
        n: v for n, v in real["request"]["body"].items() if n not in ("wstoken", "wsfunction", "moodlewsrestformat")
    }
    return ask(sandbox, real["request"]["body"]["wsfunction"], **sent), real["response"]["body"]


def test_the_assignments_are_those_recorded(practice: Served) -> None:
    ours, real = again(practice, "03-assignments")
    assert ours == real


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_rubrics_are_those_recorded(practice: Served, number: int) -> None:
    ours, real = again(practice, f"1{number}-definitions-{FILES[number - 1]}")
    machine = ("contextid", "timecreated", "timemodified", "usercreated", "usermodified")
    assert without(ours, *machine) == without(real, *machine)
    assert shape(ours) == shape(real)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_marks_join_to_their_people_as_recorded(practice: Served, number: int) -> None:
    file = FILES[number - 1]
    grades, real_grades = again(practice, f"3{number}-grades-{file}")
    instances, real_instances = again(practice, f"2{number}-instances-{file}")
    assert without(grades, "id", "timecreated") == without(real_grades, "id", "timecreated")
    assert shape(instances) == shape(real_instances)
    assert joined(grades, instances) == joined(real_grades, real_instances)
    people = [owner for owner, _ in order(grades, instances)]
    assert people != sorted(people), "instances must not come in the order of people"


def order(grades: Any, instances: Any) -> list[tuple[int, Any]]:
    owner = {each["id"]: each["userid"] for each in grades["assignments"][0]["grades"]}
    return [(owner[each["itemid"]], each["rubric"]["criteria"]) for each in instances["instances"]]


def joined(grades: Any, instances: Any) -> dict[int, Any]:
    return {user: without(criteria, "id") for user, criteria in order(grades, instances)}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_flags_and_submissions_are_those_recorded(practice: Served, number: int) -> None:
    file = FILES[number - 1]
    flags, real = again(practice, f"4{number}-flags-{file}")
    mine = {each["userid"]: each["workflowstate"] for each in flags["assignments"][0]["userflags"]}
    marked = {each["userid"] for each in body(f"3{number}-grades-{file}")["assignments"][0]["grades"]}
    theirs = {each["userid"]: each["workflowstate"] for each in real["assignments"][0]["userflags"]}
    assert {user: mine[user] for user in marked} == {user: theirs[user] for user in marked}
    assert shape(flags) == shape(real)
    submissions, real = again(practice, f"5{number}-submissions-{file}")
    assert without(submissions, "id", "timecreated") == without(real, "id", "timecreated")


def test_the_participants_are_those_recorded(practice: Served) -> None:
    ours, real = again(practice, "04-enrolled-users")
    machine = ("profileimageurl", "profileimageurlsmall", "preferences")
    assert without(ours, *machine) == without(real, *machine)
    assert shape(without(ours, "preferences")) == shape(without(real, "preferences"))


def test_site_info_has_the_recorded_keys(practice: Served) -> None:
    ours, real = again(practice, "01-site-info")
    assert set(ours) == set(real)
    assert {"name": "mod_assign_get_grades", "version": "2024100706"} in ours["functions"]
