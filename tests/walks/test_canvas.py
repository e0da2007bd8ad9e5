"""A term on Canvas: launches, roster, rubric assessments by REST, maps, releases and regrades."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from lti_tool.grading.models import Assessment, Score
from lti_tool.launch.models import Membership, Person
from lti_tool.sandbox.seed import Assignment, Filling, Work
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
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
    ROWAN,
    TEACHER,
    TEST,
    level,
)

SOURCE_CHECK = Assignment(
    seeds.SOURCES,
    "Source check",
    6,
    rubric=seeds.SOURCE_RUBRIC,
    work=(
        seeds.work(MAPLE, 1, level(FRAME, 3, "A clear question"), level(JUDGE, 2)),
        seeds.work(ROWAN, 1, Filling(FRAME, points=1.5), level(JUDGE, 1)),
        seeds.work(LINDEN, 1, Filling(FRAME, remark="Come and see me"), level(JUDGE, 3)),
        seeds.work(HAZEL, 1, level(JUDGE, 2)),
        seeds.work(ALDER, 1, level(JUDGE, 2)),
    ),
)
POSTER = Assignment(
    seeds.MEDIA,
    "Poster",
    6,
    rubric=seeds.MEDIA_RUBRIC,
    post_manually=True,
    work=(
        seeds.work(MAPLE, 3, level(MAKE, 1, "Too loud a poster"), level(CREDIT, 0), released=False),
        seeds.work(ROWAN, 3, level(MAKE, 3), level(CREDIT, 3), released=False),
    ),
)
ESSAY = Assignment(33, "Essay without a rubric", 20, work=(Work(MAPLE, grade=17, marked_at=seeds.when(4)),))


@pytest.fixture(scope="module")
def canvas(either_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    with Tool(either_database, tmp_path_factory.mktemp("tool")) as tool:
        yield steps.ready(tool.add_lms(seeds.seed(seeds.course(SOURCE_CHECK, POSTER, ESSAY)), "canvas"))


def test_everybody_lands_where_their_role_leads(canvas: Lms) -> None:
    titles = {
        TEACHER: "Where the class stands",
        HELPER: "Where the class stands",
        seeds.ADMIN: "Connections",
        MAPLE: "Where you stand",
        TEST: "Where you stand",
    }
    for person, title in titles.items():
        page = canvas.be(person).enter(seeds.COURSE, seeds.MAP)
        assert (page.status, page.title) == (200, title)
    assistant = canvas.be(HELPER).see("/diagnostics/class").words
    assert "Criteria mapping" not in assistant
    assert canvas.be(HELPER).see("/grading/review").error == "wrong_role"
    assert canvas.be(0).enter(seeds.COURSE, seeds.MAP).says("without saying who you are")


def test_the_roster_brings_everybody_by_the_ids_of_both_interfaces(canvas: Lms) -> None:
    """Names and roles know people by a UUID, REST by a number; the custom variable joins them."""
    known = canvas.tool.read(
        lambda s: {
            row.lms_user_id: (row.subject, row.role, row.is_test)
            for row in s.execute(
                select(Person.lms_user_id, Person.subject, Membership.role, Person.is_test).join(
                    Membership, Membership.person_id == Person.id
                )
            )
        }
    )
    campus = canvas.served.campus
    for person, role in ((TEACHER, "instructor"), (HELPER, "assistant"), (LINDEN, "learner"), (HAZEL, "learner")):
        someone = canvas.seed.person(person)
        assert someone is not None
        assert known[str(person)] == (campus.sub(someone), role, False)
    assert known[str(TEST)][1:] == ("learner", True)


def test_rubric_assessments_arrive_as_they_are(canvas: Lms) -> None:
    frame, judge = (criterion.description for criterion in seeds.SOURCE_RUBRIC.criteria)
    given = {person: steps.marks(canvas, "Source check", person) for person in (ROWAN, LINDEN, HAZEL)}
    assert given[ROWAN] == {frame: 1.5, judge: 1.0}  # points between two ratings stay between them
    assert given[LINDEN] == {judge: 3.0}  # points null with a comment is not assessed
    assert given[HAZEL] == {judge: 2.0}  # a criterion that is missing is not a zero
    assert steps.evidence(canvas, ROWAN)["A1"] == [(0.5, True)]
    assert "A1" not in steps.evidence(canvas, LINDEN)
    comment = canvas.tool.read(
        lambda s: s.scalars(select(Score.comment).filter_by(person_id=steps.person_id(canvas, LINDEN))).first()
    )
    assert comment == f"{frame}: Come and see me"


def test_an_assignment_without_a_rubric_is_listed_and_gives_no_evidence(canvas: Lms) -> None:
    page = canvas.be(TEACHER).see("/grading/assessments")
    assert page.says("Essay without a rubric", "No rubric")
    assert steps.marks(canvas, "Essay without a rubric", MAPLE) == {}


def test_a_cell_opens_its_evidence_back_to_criterion_mark_comment_and_mapping(canvas: Lms) -> None:
    maple = canvas.be(MAPLE)
    maple.enter(seeds.COURSE, seeds.MAP)
    page = steps.cell(maple, canvas, "A1")
    assert page.says("Frames the search for information", "3 of 3 points", "All of it", "A clear question")
    assert page.says("because your teacher accepted this link on")
    teacher = canvas.be(TEACHER)
    page = steps.cell(teacher, canvas, "A1", of=steps.person_id(canvas, MAPLE))
    assert page.says("Maple Example", "A clear question", "by Tamarack Sample")


def test_marks_that_canvas_has_not_posted_are_kept_and_shown_to_no_student(canvas: Lms) -> None:
    rowan = canvas.be(ROWAN)
    rowan.enter(seeds.COURSE, seeds.MAP)
    assert steps.evidence(canvas, ROWAN)["B2"] == [(1.0, False)]
    assert "Credits others" not in steps.cell(rowan, canvas, "B2").words
    page = canvas.be(TEACHER).see("/grading/assessments")
    row = page.words.split("Poster")[1][:60]
    assert "hidden" in row, row
    seen = steps.cell(canvas.be(TEACHER), canvas, "B2", of=steps.person_id(canvas, ROWAN))
    assert "Credits others" not in seen.words.split("Next chance")[0]


def test_posting_the_grades_shows_them_at_the_next_reading(canvas: Lms) -> None:
    maple = canvas.be(MAPLE)
    maple.enter(seeds.COURSE, seeds.MAP)
    assert "Too loud a poster" not in steps.cell(maple, canvas, "B1").words
    canvas.mark(seeds.MEDIA, MAPLE, release=True)
    assert steps.look_again(canvas).ok
    assert steps.cell(maple, canvas, "B1").says("Too loud a poster", "1 of 3 points")
    canvas.mark(seeds.MEDIA, MAPLE, release=False)
    steps.look_again(canvas)
    assert "Too loud a poster" not in steps.cell(maple, canvas, "B1").words


def test_a_regrade_supersedes_and_the_map_follows(canvas: Lms) -> None:
    alder = canvas.be(ALDER)
    alder.enter(seeds.COURSE, seeds.MAP)
    canvas.mark(seeds.SOURCES, ALDER, level(FRAME, 2), level(JUDGE, 3, "Better at a second look"))
    steps.look_again(canvas)
    assert steps.evidence(canvas, ALDER)["A2"] == [(1.0, True)]
    assert steps.cell(alder, canvas, "A2").says("3 of 3 points", "Better at a second look")
    assert "2 of 3 points" not in steps.cell(alder, canvas, "A2").words
    history = canvas.tool.read(
        lambda s: s.scalars(
            select(Score.points)
            .join(Assessment, Assessment.id == Score.assessment_id)
            .where(Assessment.title == "Source check", Score.person_id == steps.person_id(canvas, ALDER))
            .order_by(Score.id)
        ).all()
    )
    assert history == [2.0, 5.0]  # the first one is kept


def test_a_mark_that_the_teacher_takes_back_ends_here_too(canvas: Lms) -> None:
    """It was given to the wrong person; later there is one after all."""
    cedar = canvas.be(CEDAR)
    cedar.enter(seeds.COURSE, seeds.MAP)
    canvas.mark(seeds.SOURCES, CEDAR, level(FRAME, 3, "Meant for somebody else"), level(JUDGE, 3))
    steps.look_again(canvas)
    assert steps.cell(cedar, canvas, "A1").says("Meant for somebody else")
    work = canvas.served.campus.work[seeds.SOURCES, CEDAR]
    canvas.served.campus.work[seeds.SOURCES, CEDAR] = replace(work, marked_at=None, fillings=())
    assert steps.look_again(canvas).says("1 mark was taken back.")
    assert steps.evidence(canvas, CEDAR) == {}
    assert "Meant for" not in steps.cell(cedar, canvas, "A1").text
    assert cedar.see("/diagnostics/map").says("Your map starts with your first result")
    canvas.mark(seeds.SOURCES, CEDAR, level(FRAME, 1), level(JUDGE, 2))
    steps.look_again(canvas)
    assert steps.evidence(canvas, CEDAR) == {"A1": [(0.3333, True)], "A2": [(0.6667, True)]}


def test_reading_again_changes_nothing(canvas: Lms) -> None:
    steps.look_again(canvas)
    before = steps.counts(canvas.tool)
    assert steps.look_again(canvas).says("0 new or changed marks, 0 new assessments")
    assert steps.counts(canvas.tool) == before
    assert canvas.tool.dead() == []
