"""Marks that are not shown to students yet: in no page, figure or file that a student can reach, whatever holds them
back; and there for those who teach."""

import re
from dataclasses import replace

import pytest

from lti_tool.sandbox.seed import Assignment, Filling
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import LINDEN, MAPLE, ROWAN, TEACHER, level
from tests.walks.steps import Own

HUSH = "Hushword"
KEY = {
    "Frames the search for information": "A1",
    "Judges how reliable sources are": "A2",
    "Makes media for an audience": "B1",
    "Credits others and chooses a licence": "B2",
    "Writes a text with others": "B3",
}


def secret(criterion: int, place: int) -> Filling:
    return level(criterion, place, f"{HUSH} remark")


def hidden(number: int, rubric: int, temper: str) -> Assignment:
    """An assignment whose marks the LMS holds back, MAPLE's and ROWAN's."""
    criteria = ("Frames the search for information", "Judges how reliable sources are")
    work = tuple(
        replace(
            seeds.work(person, 2, secret(10 * rubric + 1, 3), secret(10 * rubric + 2, 2), released=False),
            comment=f"{HUSH} comment",
            workflow="inreview" if temper == "moodle" else "",
        )
        for person in (MAPLE, ROWAN)
    )
    return Assignment(
        number,
        "Held back",
        6,
        rubric=seeds.rubric(rubric, "Rubric", *criteria),
        work=work,
        marking_workflow=temper == "moodle",
        post_manually=temper == "canvas",
    )


def blind(number: int, rubric: int) -> Assignment:
    criteria = ("Makes media for an audience", "Credits others and chooses a licence")
    work = (seeds.work(MAPLE, 2, secret(10 * rubric + 1, 3), secret(10 * rubric + 2, 3), released=False),)
    return Assignment(number, "Marked blind", 6, rubric=seeds.rubric(rubric, "Blind", *criteria), work=work, blind=True)


@pytest.fixture(scope="module", params=["moodle", "canvas"])
def lms(request: pytest.FixtureRequest, tool: Tool) -> Lms:
    course = seeds.course(hidden(31, 41, request.param), blind(32, 42))
    return steps.ready(tool.add_lms(seeds.seed(course), request.param, f"{request.param} college"), KEY)


@pytest.fixture(scope="module")
def own(lms: Lms) -> Own:
    """Marked in the tool and kept hidden, for two learners."""
    made = steps.place(lms, "Diary", ("Writes a text with others",), points=3)
    steps.map_all(lms.tool, lms.be(TEACHER), KEY)
    for person in (MAPLE, ROWAN):
        page = lms.be(person).enter(seeds.COURSE, made.link)
        assert lms.be(person).press(page, "/hand-in", text="My diary").ok
        steps.mark_own(lms, made, person, 2, comment=f"{HUSH} verdict", hidden=True)
    lms.tool.later(seconds=2)
    return made


def reachable(lms: Lms, person: int, own: Own) -> dict[str, str]:
    """Everything that a student's browser can get: pages, each cell opened, drawings, parts that scripts ask for."""
    someone = lms.be(person)
    someone.enter(seeds.COURSE, seeds.MAP)
    items = [steps.item_id(lms, code) for code in seeds.TITLES]
    starts = [
        "/",
        "/welcome",
        "/diagnostics/map",
        "/diagnostics/map/over-time.json",
        "/grading/own-work",
        f"/grading/assessments/{own.ref}",
        *(f"/diagnostics/map?open={item}&level={place}" for item in items for place in (0, 3)),
    ]
    found = {address: page.text for address, page in steps.pages_of(someone, *starts).items()}
    for item in items:
        answer = someone.session.get(
            f"{someone.tool}/diagnostics/map?open={item}", headers={"X-Requested-With": "fetch"}, timeout=30
        )
        found[f"part {item}"] = answer.text
    return found


def test_nothing_held_back_is_in_anything_a_student_can_reach(lms: Lms, own: Own) -> None:
    kept = steps.evidence(lms, MAPLE)
    assert {shown for marks in kept.values() for _, shown in marks} == {False}
    assert set(kept) >= {"A1", "A2", "B3"}
    pages = reachable(lms, MAPLE, own)
    assert len(pages) > 20
    for address, text in pages.items():
        assert HUSH not in text, address
        assert "of 3 points" not in text, address
        assert "rated " not in text, address
    assert "Your map starts with your first result" in pages["/diagnostics/map"]
    assert "Not yet" in pages[f"/grading/assessments/{own.ref}"]
    drawn = pages["/diagnostics/map/over-time.json"]
    assert "A1" not in drawn


def test_the_gradebook_gets_nothing_that_is_hidden(lms: Lms, own: Own) -> None:
    assert lms.column(own.title) == {}


def test_a_students_launches_of_the_task_and_its_review_show_nothing(lms: Lms, own: Own) -> None:
    rowan = lms.be(ROWAN)
    assert HUSH not in rowan.enter(seeds.COURSE, own.link).text
    (item,) = [one for one in lms.served.campus.items.values() if one.label == own.title]
    assert HUSH not in rowan.follow(f"/courses/{seeds.COURSE}/items/{item.id}/review/{ROWAN}/launch").text


def test_those_who_teach_see_that_there_are_hidden_marks(lms: Lms, own: Own) -> None:
    teacher = lms.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    words = teacher.see("/grading/assessments").words
    assert re.search(r"(\d), \1 hidden", words.split("Held back")[1][:60])
    assert teacher.see(f"/grading/assessments/{own.ref}/marking").says("Show 2 hidden marks", "Hidden")


def test_the_class_counts_what_is_shown_alone(lms: Lms, own: Own) -> None:
    """A teacher who shows the map to the class must not give away more than the students have been told."""
    teacher = lms.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    page = steps.cell(teacher, lms, "A1", of=steps.person_id(lms, MAPLE))
    assert HUSH not in page.text
    assert page.says("No released result yet")


def test_shown_and_hidden_again_leaves_nothing_behind(lms: Lms, own: Own) -> None:
    linden = lms.be(LINDEN)
    lms.mark(31, LINDEN, secret(411, 2), secret(412, 2), comment=f"{HUSH} to Linden", release=True)
    steps.look_again(lms)
    linden.enter(seeds.COURSE, seeds.MAP)
    assert HUSH in steps.cell(linden, lms, "A1").text
    lms.mark(31, LINDEN, release=False)
    steps.look_again(lms)
    for address, text in reachable(lms, LINDEN, own).items():
        assert HUSH not in text, address
    assert steps.evidence(lms, LINDEN)["A1"] == [(0.6667, False)]
