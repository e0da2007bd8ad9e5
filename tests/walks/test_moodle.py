"""A term on Moodle, as far as the demo does not live it: regrades, workflow, people who come and go, two courses."""

from dataclasses import replace

import pytest

from lti_tool.sandbox.seed import Assignment, Course, Enrolment, Link, Person, Role, Work
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.people import Someone
from tests.walks.seeds import (
    ALDER,
    CEDAR,
    CREDIT,
    FRAME,
    HAZEL,
    HELPER,
    JUDGE,
    LINDEN,
    MAKE,
    MAPLE,
    OTHER_TEACHER,
    ROWAN,
    SECOND,
    SECOND_MAP,
    TEACHER,
    level,
)

NEWCOMER, LATECOMER = 41, 42
REPORT_RUBRIC = seeds.rubric(43, "Rubric of reports", "Writes a text together with others", "Keeps files in order")
DESK_RUBRIC = seeds.rubric(44, "Rubric of the desk", "Keeps the data of a survey in order")
KEY = seeds.KEY | {
    "Writes a text together with others": "B3",
    "Keeps files in order": "A3",
    "Keeps the data of a survey in order": "A3",
}
SOURCE_CHECK = Assignment(
    seeds.SOURCES,
    "Source check",
    6,
    rubric=seeds.SOURCE_RUBRIC,
    work=(
        seeds.work(MAPLE, 1, level(FRAME, 1), level(JUDGE, 1, "Only one source")),
        seeds.work(ROWAN, 1, level(FRAME, 2), level(JUDGE, 2)),
        seeds.work(HAZEL, 1, level(FRAME, 3)),
        seeds.work(ALDER, 1, level(FRAME, 2), level(JUDGE, 1)),
    ),
)
PORTFOLIO = Assignment(
    seeds.MEDIA,
    "Portfolio",
    6,
    rubric=seeds.MEDIA_RUBRIC,
    marking_workflow=True,
    work=(
        replace(seeds.work(LINDEN, 2, level(MAKE, 2, "Bold colours"), level(CREDIT, 1)), workflow="inmarking"),
        replace(seeds.work(CEDAR, 2, level(MAKE, 3), level(CREDIT, 3)), workflow="released"),
    ),
)
REPORT = Assignment(
    33,
    "Group report",
    6,
    rubric=REPORT_RUBRIC,
    work=(seeds.work(CEDAR, 3, level(431, 3, "A good editor"), level(432, 1)),),
)
PLAIN = Assignment(36, "Attendance", 10, work=(Work(MAPLE, grade=9, marked_at=seeds.when(4)),))
DESK = Assignment(
    35,
    "Desk research",
    3,
    rubric=DESK_RUBRIC,
    work=(seeds.work(MAPLE, 4, level(441, 0, "Quite a heap of files")), seeds.work(CEDAR, 4, level(441, 3))),
)
SURVEYS = Course(
    SECOND,
    "Surveys",
    "SV1",
    enrolments=(
        Enrolment(OTHER_TEACHER, Role.INSTRUCTOR),
        Enrolment(ROWAN, Role.INSTRUCTOR),
        *seeds.learners(MAPLE, CEDAR, TEACHER),
    ),
    links=(Link(SECOND_MAP, "Waymark"),),
    assignments=(DESK,),
)
SPORTS = Course(
    7,
    "Sports",
    "SP1",
    enrolments=(Enrolment(TEACHER, Role.INSTRUCTOR), *seeds.learners(MAPLE)),
    links=(Link(73, "Waymark"),),
    assignments=(PLAIN,),
)


@pytest.fixture(scope="module")
def moodle(tool: Tool) -> Lms:
    seed = seeds.seed(seeds.course(SOURCE_CHECK, PORTFOLIO, REPORT), SURVEYS, SPORTS)
    lms = steps.ready(tool.add_lms(seed, "moodle"), KEY)
    teacher = lms.be(OTHER_TEACHER)
    teacher.enter(SECOND, SECOND_MAP)
    teacher.see("/grading/assessments")
    tool.sweep()
    assert steps.map_all(tool, teacher, KEY, "Surveys") == 1
    return lms


def enrol(lms: Lms, person: int, *, suspended: bool = False) -> None:
    def change(course: Course) -> Course:
        others = tuple(one for one in course.enrolments if one.person != person)
        return replace(course, enrolments=(*others, Enrolment(person, suspended=suspended)))

    lms.change_course(seeds.COURSE, change)


def roster_again(lms: Lms) -> None:
    """Names and roles are read when the teacher opens the course, at most once an hour."""
    lms.tool.later(minutes=70)
    lms.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
    lms.tool.sweep()


def own(lms: Lms, person: int) -> Someone:
    someone = lms.be(person)
    assert someone.enter(seeds.COURSE, seeds.MAP).title == "Where you stand"
    return someone


def class_words(lms: Lms) -> str:
    teacher = lms.be(TEACHER)
    return teacher.enter(seeds.COURSE, seeds.MAP).words


def test_a_regrade_in_the_lms_supersedes(moodle: Lms) -> None:
    alder = own(moodle, ALDER)
    assert steps.cell(alder, moodle, "A2").says("1 of 3 points")
    moodle.mark(seeds.SOURCES, ALDER, level(FRAME, 2), level(JUDGE, 3, "Three sources now"))
    assert steps.look_again(moodle).says("1 new or changed marks")
    page = steps.cell(own(moodle, ALDER), moodle, "A2")
    assert page.says("3 of 3 points", "Three sources now")
    assert "1 of 3 points" not in page.words
    assert steps.evidence(moodle, ALDER) == {"A1": [(0.6667, True)], "A2": [(1.0, True)]}


def test_a_skipped_criterion_is_no_zero(moodle: Lms) -> None:
    assert steps.evidence(moodle, HAZEL) == {"A1": [(1.0, True)]}
    assert steps.cell(own(moodle, HAZEL), moodle, "A2").says("No result yet.", "No results yet.")


def test_a_mark_in_the_workflow_shows_when_it_is_released_and_not_a_step_before(moodle: Lms) -> None:
    linden = own(moodle, LINDEN)
    for state in ("inmarking", "readyforreview", "inreview", "readyforrelease"):
        work = moodle.served.campus.work[seeds.MEDIA, LINDEN]
        moodle.served.campus.work[seeds.MEDIA, LINDEN] = replace(work, workflow=state)
        if state != "inmarking":
            steps.look_again(moodle)
        for code in ("B1", "B2"):
            assert "Bold colours" not in steps.cell(linden, moodle, code).words
        assert steps.evidence(moodle, LINDEN) == {"B1": [(0.6667, False)], "B2": [(0.3333, False)]}
    moodle.mark(seeds.MEDIA, LINDEN, release=True)
    steps.look_again(moodle)
    assert steps.evidence(moodle, LINDEN) == {"B1": [(0.6667, True)], "B2": [(0.3333, True)]}
    assert steps.cell(own(moodle, LINDEN), moodle, "B1").says("Bold colours")


def test_an_assignment_that_vanishes_stays_with_what_it_showed(moodle: Lms) -> None:
    cedar = own(moodle, CEDAR)
    assert steps.cell(cedar, moodle, "B3").says("A good editor")

    def without(course: Course) -> Course:
        return replace(course, assignments=tuple(one for one in course.assignments if one.id != REPORT.id))

    moodle.change_course(seeds.COURSE, without)
    page = steps.look_again(moodle)
    assert page.says("Group report", "No longer in the LMS")
    assert steps.cell(own(moodle, CEDAR), moodle, "B3").says("A good editor")
    moodle.change_course(seeds.COURSE, lambda course: replace(course, assignments=(*course.assignments, REPORT)))
    assert "No longer in the LMS" not in steps.look_again(moodle).words
    assert steps.evidence(moodle, CEDAR)["B3"] == [(1.0, True)]


def test_a_student_who_comes_after_the_first_reading_is_there_with_their_marks(moodle: Lms) -> None:
    moodle.add_person(Person(NEWCOMER, "Willow", "Example"))
    enrol(moodle, NEWCOMER)
    moodle.mark(seeds.SOURCES, NEWCOMER, level(FRAME, 3), level(JUDGE, 3))
    page = steps.look_again(moodle)
    assert page.says("1 new or changed marks")
    assert "not known here" not in page.text
    assert "Willow Example" in class_words(moodle)
    assert steps.evidence(moodle, NEWCOMER) == {"A1": [(1.0, True)], "A2": [(1.0, True)]}
    assert steps.cell(own(moodle, NEWCOMER), moodle, "A1").says("3 of 3 points")


def test_a_suspended_student_leaves_the_class_and_comes_back_with_everything(moodle: Lms) -> None:
    moodle.add_person(Person(LATECOMER, "Aspen", "Example"))
    enrol(moodle, LATECOMER)
    moodle.mark(seeds.SOURCES, LATECOMER, level(FRAME, 2), level(JUDGE, 2))
    steps.look_again(moodle)
    assert "Aspen Example" in class_words(moodle)
    enrol(moodle, LATECOMER, suspended=True)
    roster_again(moodle)
    assert "Aspen Example" not in class_words(moodle)
    moodle.mark(seeds.SOURCES, LATECOMER, level(FRAME, 3), level(JUDGE, 2))
    steps.look_again(moodle)
    assert "Aspen Example" not in class_words(moodle)  # marks alone bring nobody back
    enrol(moodle, LATECOMER)
    roster_again(moodle)
    assert "Aspen Example" in class_words(moodle)
    assert steps.evidence(moodle, LATECOMER)["A1"] == [(1.0, True)]


def test_an_assistant_is_no_student_although_the_roster_says_so(moodle: Lms) -> None:
    """Moodle's non-editing teacher is Learner in names and roles, and Instructor in a launch: the launch wins."""
    helper = moodle.be(HELPER)
    assert helper.enter(seeds.COURSE, seeds.MAP).title == "Where the class stands"
    roster_again(moodle)
    assert "Sorrel Sample" not in class_words(moodle)
    assert helper.enter(seeds.COURSE, seeds.MAP).title == "Where the class stands"


def test_a_course_without_rubrics_says_what_is_missing(moodle: Lms) -> None:
    teacher = moodle.be(TEACHER)
    assert teacher.enter(7, 73).says("Nobody is here yet")
    teacher.see("/grading/assessments")
    moodle.tool.sweep()
    assert teacher.see("/diagnostics/class").says("1 learner,", "6 have never been assessed here")
    assert teacher.see("/grading/assessments").says("Attendance", "No rubric")
    assert teacher.see("/grading/review").says("There are no criteria yet")


def test_each_course_has_its_own_assessments_and_criteria(moodle: Lms) -> None:
    teacher = moodle.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    assert "Desk research" not in teacher.see("/grading/assessments").words
    assert "survey" not in teacher.see("/grading/review").words
    other = moodle.be(OTHER_TEACHER)
    other.enter(SECOND, SECOND_MAP)
    assert "Source check" not in other.see("/grading/assessments").words


def test_a_result_of_another_course_counts_and_its_words_stay_there(moodle: Lms) -> None:
    maple = own(moodle, MAPLE)
    assert steps.cell(maple, moodle, "A3").says("Quite a heap of files", "Desk research")
    teacher = moodle.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    page = steps.cell(teacher, moodle, "A3", of=steps.person_id(moodle, MAPLE))
    assert page.says("A result of another course")
    assert "Quite a heap" not in page.text
    assert "Desk research" not in page.text


def test_somebody_is_a_student_in_one_course_and_a_teacher_in_another(moodle: Lms) -> None:
    rowan = moodle.be(ROWAN)
    assert rowan.enter(SECOND, SECOND_MAP).title == "Where the class stands"
    assert rowan.see("/grading/review").ok
    assert rowan.enter(seeds.COURSE, seeds.MAP).title == "Where you stand"
    for address in ("/diagnostics/class", "/grading/review", "/grading/assessments", "/diagnostics/class.csv"):
        assert rowan.see(address).error == "wrong_role"
    teacher = moodle.be(TEACHER)
    assert teacher.enter(SECOND, SECOND_MAP).title == "Where you stand"
    assert teacher.see("/diagnostics/class").error == "wrong_role"
    assert "Tamarack Sample" not in class_words(moodle)
    assert moodle.tool.dead() == []
