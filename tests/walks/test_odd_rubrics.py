"""Rubrics that are no good ones: without levels, with one, with equal points, without words, below zero."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from lti_tool.sandbox.seed import Assignment, Course, Criterion, Filling, Level, Rubric, Work
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import MAPLE, ROWAN, TEACHER


@dataclass(frozen=True)
class Bare(Criterion):
    """Points without ratings, as Canvas allows."""

    @property
    def maximum(self) -> float:
        return 4.0

    @property
    def minimum(self) -> float:
        return 0.0


def criterion(number: int, text: str, *scores: float, words: str = "Words") -> Criterion:
    return Criterion(number, text, tuple(Level(10 * number + at, score, words) for at, score in enumerate(scores)))


NO_LEVELS, ONE_LEVEL, EQUAL, WORDLESS, BELOW, HIGH = 501, 502, 503, 504, 505, 506
RUBRIC = Rubric(
    50,
    "",
    (
        Bare(NO_LEVELS, "A criterion without levels", ()),
        criterion(ONE_LEVEL, "A criterion with one level", 3),
        criterion(EQUAL, "A criterion with equal points", 2, 2, 2),
        criterion(WORDLESS, "", 0, 1, words=""),
        criterion(BELOW, "A criterion that goes below zero", -2, 0, 2),
        criterion(HIGH, "A criterion that begins at five", 5, 1000000, 5.5),
    ),
)
KEY = {
    "A criterion without levels": "A1",
    "A criterion with one level": "A2",
    "A criterion with equal points": "A3",
    "A criterion that goes below zero": "B1",
    "A criterion that begins at five": "B2",
}
ODD = Assignment(61, "Odd rubric", 20, rubric=RUBRIC)
EMPTY = Assignment(62, "Rubric of nothing", 20, rubric=Rubric(51, "Nothing", ()))


@pytest.fixture(scope="module", params=["moodle", "canvas"])
def lms(
    request: pytest.FixtureRequest, stricter_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lms]:
    with Tool(stricter_database, tmp_path_factory.mktemp("tool")) as tool:
        made = tool.add_lms(seeds.seed(seeds.course()), request.param, f"{request.param} college")
        # past the checks of a seed, which refuses such rubrics
        made.change_course(seeds.COURSE, lambda course: replace(course, assignments=(ODD, EMPTY)))
        fillings = [
            Filling(ONE_LEVEL, 10 * ONE_LEVEL),
            Filling(EQUAL, 10 * EQUAL + 1),
            Filling(WORDLESS, 10 * WORDLESS + 1),
            Filling(BELOW, 10 * BELOW, remark="Below zero"),
            Filling(HIGH, 10 * HIGH),
        ]
        if request.param == "canvas":
            fillings.append(Filling(NO_LEVELS, points=3))
        for person in (MAPLE, ROWAN):
            work = Work(person, seeds.when(1), fillings=tuple(fillings), grade=9, marked_at=seeds.when(1))
            made.served.campus.work[ODD.id, person] = work
        yield steps.ready(made, KEY)


def test_they_are_listed_with_what_is_wrong_with_them(lms: Lms) -> None:
    page = lms.be(TEACHER).see("/grading/assessments")
    assert page.says("Odd rubric", "Rubric of nothing", "No rubric")
    if lms.temper == "moodle":
        assert page.says("“A criterion without levels” has no points, so its marks cannot count.")


def test_marks_on_them_are_read_as_far_as_they_say_something(lms: Lms) -> None:
    found = steps.evidence(lms, MAPLE)
    assert found["B1"] == [(0.0, True)]
    assert found["B2"] == [(0.0, True)]  # the lowest rating is the start, whatever its points
    assert "A2" not in found  # one level tells nobody apart
    assert "A3" not in found  # nor do equal points
    assert found.get("A1") == ([(0.75, True)] if lms.temper == "canvas" else None)  # points without ratings


def test_every_page_about_them_opens(lms: Lms) -> None:
    teacher, maple = lms.be(TEACHER), lms.be(MAPLE)
    teacher.enter(seeds.COURSE, seeds.MAP)
    for page in steps.pages_of(teacher, "/grading/review", "/grading/assessments", most=12).values():
        assert page.status == 200, (page.url, page.words[:300])
    maple.enter(seeds.COURSE, seeds.MAP)
    for code in ("A1", "A2", "A3", "B1", "B2"):
        assert steps.cell(maple, lms, code).ok
    assert steps.cell(maple, lms, "B1").says("Below zero", "-2 of 2 points")
    assert teacher.see("/grading/review").says("Criterion")


def test_they_change_to_good_ones_and_count_anew_from_then_on(lms: Lms) -> None:
    def mended(course: Course) -> Course:
        better = criterion(ONE_LEVEL, "A criterion with one level", 3, 9, 0)
        criteria = tuple(better if one.id == ONE_LEVEL else one for one in RUBRIC.criteria)
        return replace(course, assignments=(replace(ODD, rubric=replace(RUBRIC, criteria=criteria)), EMPTY))

    lms.change_course(seeds.COURSE, mended)
    steps.look_again(lms)
    assert steps.evidence(lms, ROWAN)["A2"] == [(0.5, True)]
    lms.change_course(seeds.COURSE, lambda course: replace(course, assignments=(ODD, EMPTY)))
    steps.look_again(lms)
    assert "A2" not in steps.evidence(lms, ROWAN)
