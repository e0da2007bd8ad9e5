"""A course is copied for a new term: its links find their assessments again, with rubric and mapping, without marks."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from lti_tool.grading.models import Alignment, Assessment, Criterion, Score
from lti_tool.launch.models import Course
from lti_tool.launch.ourselves import CUSTOM
from lti_tool.sandbox.copying import copy_course
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.databases import pytest_generate_tests
from tests.walks.seeds import MAP, MAPLE, ROWAN, TEACHER

__all__ = ["pytest_generate_tests"]

CRITERIA = list(seeds.KEY)[:2]


@pytest.fixture(scope="module")
def term(stricter_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lms, steps.Own]]:
    """A course whose one assessment is mapped and marked."""
    with Tool(stricter_database, tmp_path_factory.mktemp("tool")) as tool:
        lms = tool.add_lms(seeds.seed(seeds.course()), "canvas", custom=dict(CUSTOM))
        admin = lms.be(seeds.ADMIN)
        admin.enter(seeds.COURSE, MAP)
        steps.bring_framework(admin)
        own = steps.place(lms, "Essay", CRITERIA)
        lms.be(MAPLE).enter(seeds.COURSE, MAP)
        assert steps.map_all(tool, lms.be(TEACHER), seeds.KEY) == 2
        assert steps.mark_own(lms, own, MAPLE, 2, 3).ok
        tool.sweep(rounds=3)
        yield lms, own


def copied(lms: Lms, course_id: int, title: str) -> tuple[int, int, int]:
    """The new course with its link to the map and its link to the assessment."""
    new = copy_course(lms.served.campus, course_id, title)
    links = [placed.link for placed in lms.served.campus.links.values() if placed.course_id == new.id]
    opens = {link.custom.get("waymark_opens", "map"): link.id for link in links}
    return new.id, opens["map"], opens["assessment"]


def mapped(lms: Lms, title: str) -> list[tuple[str, str, int]]:
    """Of the assessment in the course with this title: criterion, review, and what it is mapped to."""
    wanted = (
        select(Criterion.title, Criterion.review, Alignment.item_id)
        .join(Assessment, Assessment.id == Criterion.assessment_id)
        .join(Course, Course.id == Assessment.course_id)
        .join(Alignment, (Alignment.criterion_id == Criterion.id) & Alignment.ended_at.is_(None))
        .where(Course.title == title)
        .order_by(Criterion.position)
    )
    return lms.tool.read(lambda s: [(row.title, row.review, row.item_id) for row in s.execute(wanted)])


def scores(lms: Lms, title: str) -> int:
    wanted = select(func.count(Score.id)).join(Assessment, Assessment.id == Score.assessment_id)
    wanted = wanted.join(Course, Course.id == Assessment.course_id).where(Course.title == title)
    return lms.tool.read(lambda s: s.scalar(wanted) or 0)


def test_a_copied_course_finds_its_links_again(term: tuple[Lms, steps.Own]) -> None:
    lms, own = term
    course, map_link, link = copied(lms, seeds.COURSE, "Next term")
    student, teacher = lms.be(ROWAN), lms.be(TEACHER)
    assert student.enter(course, map_link).ok
    student.enter(course, link).says("This task is not ready yet")
    found = teacher.enter(course, link)
    found.says("This link came from another course", "Nobody’s work or marks come with it.")
    made = teacher.press(found, "/continue")
    made.says("“Essay” is here now")
    lms.tool.sweep(rounds=3)
    assert mapped(lms, "Next term") == mapped(lms, "Digital practice")
    assert [review for _, review, _ in mapped(lms, "Next term")] == ["accepted"] * 2
    assert (scores(lms, "Digital practice"), scores(lms, "Next term")) == (1, 0)
    assert teacher.enter(course, link).ok  # from now on it simply opens
    page = student.enter(course, link)
    page.says("Essay", *CRITERIA)
    again = steps.Own(own.ref, link, "Essay", own.points)
    done = student.do(f"/grading/assessments/{again.ref}/hand-in", {"text": "New work"})
    done.says("Your work is handed in.")
    columns = [item for item in lms.served.campus.items.values() if item.course_id == course]
    results: dict[Any, Any] = lms.served.campus.results
    assert [key for key in results if key[0] in {item.id for item in columns}] == []


def test_a_copy_of_a_copy_takes_the_latest_wording(term: tuple[Lms, steps.Own]) -> None:
    lms, own = term
    teacher = lms.be(TEACHER)
    course, _, link = copied(lms, seeds.COURSE, "Second term")
    teacher.press(teacher.enter(course, link), "/continue")
    edit = teacher.see(f"/grading/assessments/{own.ref}/edit")
    assert teacher.press(edit, "/edit", title="Essay, second edition").ok
    # meanwhile the first course lives on: what counts is where the copy came from
    third, _, link = copied(lms, course, "Third term")
    teacher.press(teacher.enter(third, link), "/continue").says("“Essay, second edition” is here now")
    other, _, link = copied(lms, seeds.COURSE, "Side term")
    teacher.press(teacher.enter(other, link), "/continue").says("“Essay” is here now")
