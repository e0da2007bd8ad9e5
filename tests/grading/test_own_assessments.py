"""Our own assessments, from making one to the mark a learner reads: as pages, on both databases."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.marking.queries import mark_of
from lti_tool.grading.models import Assessment, Criterion, Evidence, Score, Submission
from lti_tool.kit.db import scoped, writing
from lti_tool.launch.models import Course
from lti_tool.web.viewer import Role
from tests import factories as make
from tests.grading.conftest import Place
from tests.grading.own import FORM, PDF, criteria, hand_in, made, ratings
from tests.grading.people import Browser, learner, teacher


def test_an_assessment_is_made_with_its_rubric(app: Flask, place: Place) -> None:
    one = made(app, place)
    assert (one.title, one.max_points, one.own) == ("Source check", 5.0, True)
    first, second = criteria(place, one)
    assert (first.title, first.max_points, [rating.points for rating in first.ratings]) == (
        "Judges sources",
        3,
        [3, 1, 0],
    )
    assert second.title == "Credits others"
    page = teacher(app, place).get("/grading/assessments").text
    assert "Source check" in page
    assert "2 to check" in page


def test_every_fault_of_a_rubric_is_named_at_once_and_nothing_is_kept(app: Flask, place: Place) -> None:
    wrong = {
        **FORM,
        "title": "",
        "due": "soon",
        "c-0-r-0-points": "three",
        "c-1-r-1-points": "2",
        "c-2-r-0-words": "Words",
    }
    answer = teacher(app, place).post("/grading/assessments/new", FORM | wrong)
    assert answer.status_code == 400
    for words in (
        "Give it a title.",
        "Give day and time",
        "are not a number",
        "two ratings are worth 2",
        "say what it looks at",
    ):
        assert words in answer.text
    assert assessments.of_course(place.session, place.course.id, source="tool") == ()


def test_a_rubric_grows_without_scripts(app: Flask, place: Place) -> None:
    answer = teacher(app, place).post("/grading/assessments/new", {**FORM, "more": "rating"})
    assert answer.status_code == 200
    assert 'name="c-0-r-3-points"' in answer.text
    answer = teacher(app, place).post("/grading/assessments/new", {**FORM, "more": "criterion"})
    assert 'name="c-3-title"' in answer.text
    assert "Judges sources" in answer.text


def test_words_change_after_marking_and_the_scale_does_not(app: Flask, place: Place) -> None:
    one = made(app, place)
    boss = teacher(app, place)
    kept = {f"c-{at}-id": c.source_id for at, c in enumerate(criteria(place, one))}
    boss.post(f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}", ratings(place, one, 0, 0))
    form = {name: value for name, value in FORM.items() if not name.startswith("c-2")} | kept
    answer = boss.post(f"/grading/assessments/{one.ref}/edit", {**form, "c-0-title": "Judges each source"})
    assert answer.status_code == 200
    assert criteria(place, one)[0].title == "Judges each source"
    answer = boss.post(f"/grading/assessments/{one.ref}/edit", {**form, "c-0-r-0-points": "4"})
    assert answer.status_code == 400
    assert "Some work is marked by this rubric" in answer.text
    assert criteria(place, one)[0].max_points == 3


def test_an_lms_rubric_can_be_taken_over(app: Flask, place: Place) -> None:
    page = teacher(app, place).get(f"/grading/assessments/new?like={place.assessment.id}").text
    assert "Criterion 1" in page
    assert "(copy)" in page


def test_marking_by_rubric_gives_a_mark_that_the_learner_reads(app: Flask, place: Place) -> None:
    one, boss = made(app, place), teacher(app, place)
    first, _ = criteria(place, one)
    address = f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}"
    form = {
        **ratings(place, one, 1, 0),
        f"w-{first.id}": "Two of three are dated.",
        "comment": "Well done",
        "then": "next",
    }
    answer = boss.post(address, form)
    assert "Maple Example: 3 of 5." in answer.text
    mark = mark_of(place.session, one.id, place.learners[0].id)
    assert mark is not None
    assert (mark.points, mark.max_points, mark.comment) == (3.0, 5.0, "Well done")
    assert {given.points for given in mark.criteria.values()} == {1.0, 2.0}
    page = learner(app, place).get(f"/grading/assessments/{one.ref}").text
    assert "3 of 5" in page
    assert "Two of three are dated." in page
    assert "3 of 5" in learner(app, place).get("/grading/own-work").text
    assert "3 of 5" not in learner(app, place, 1).get("/grading/own-work").text


def test_a_hidden_mark_is_shown_to_its_learner_only_after_release(app: Flask, place: Place) -> None:
    one, boss = made(app, place), teacher(app, place)
    boss.post(
        f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}", {**ratings(place, one, 0, 0), "hidden": "yes"}
    )
    assert "5 of 5" not in learner(app, place).get(f"/grading/assessments/{one.ref}").text
    page = boss.get(f"/grading/assessments/{one.ref}/marking").text
    assert "Hidden" in page
    assert "1 mark is shown" in boss.post(f"/grading/assessments/{one.ref}/release").text
    assert "5 of 5" in learner(app, place).get(f"/grading/assessments/{one.ref}").text


@pytest.mark.parametrize(
    ("points", "words"), [("7", "7 is not between 0 and 3"), ("-1", "-1 is not between"), ("x", "is not a number")]
)
def test_marks_out_of_range_are_refused_and_what_was_typed_stays(
    app: Flask, place: Place, points: str, words: str
) -> None:
    one = made(app, place)
    first, _ = criteria(place, one)
    form = {f"p-{first.id}": points, "comment": "Typed already"}
    answer = teacher(app, place).post(f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}", form)
    assert answer.status_code == 400
    assert words in answer.text
    assert "Typed already" in answer.text
    assert place.session.scalar(select(func.count()).select_from(Score)) == 0


def test_a_criterion_left_open_is_not_assessed(app: Flask, place: Place) -> None:
    one = made(app, place)
    teacher(app, place).post(f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}", ratings(place, one, 0, -1))
    mark = mark_of(place.session, one.id, place.learners[0].id)
    assert mark is not None
    assert len(mark.criteria) == 1
    assert "Not assessed this time." in learner(app, place).get(f"/grading/assessments/{one.ref}").text


def test_nothing_of_another_course_opens(app: Flask, place: Place) -> None:
    one = made(app, place)
    hand_in(learner(app, place), one, "", "essay.pdf", PDF)
    with writing(place.session) as session:
        here = session.get_one(Course, place.course.id)
        other = make.make_course(
            session,
            make.make_deployment(session, make.make_platform(session, make.Institution(id=place.institution_id))),
        )
        stranger = make.make_person(session, other, "instructor")
        other_id, stranger_id, criterion = other.id, stranger.id, session.scalar(select(Criterion.id).limit(1))
        assert here.id != other_id
    abroad = Browser(app, place, Role.INSTRUCTOR, stranger_id, course_id=other_id)
    work = place.session.scalars(select(Submission.id)).one()
    person = place.learners[0].id
    for address in (
        f"/grading/assessments/{one.ref}/marking",
        f"/grading/assessments/{one.ref}/mark/{person}",
        f"/grading/assessments/{one.ref}/edit",
        f"/grading/assessments/new?like={one.id}",
    ):
        assert abroad.get(address).status_code == 404, address
    for address in (
        f"/grading/assessments/{one.ref}/mark/{person}",
        f"/grading/assessments/{one.ref}/release",
        f"/grading/assessments/{one.ref}/send",
        f"/grading/assessments/{one.ref}/send/{person}",
        f"/grading/assessments/{one.ref}/edit",
        f"/grading/work/{work}/download",
        f"/grading/review/{criterion}",
        f"/grading/review/{criterion}/reopen",
    ):
        assert abroad.post(address, {"pick": "1"}).status_code == 404, address


def test_nothing_of_another_institution_opens(app: Flask, place: Place) -> None:
    one = made(app, place)
    with writing(place.session) as session:
        session.info["institution"] = "everywhere"
        institution = make.make_institution(session).id
        session.info["institution"] = place.institution_id
    abroad = teacher(app, place, institution_id=institution)
    assert abroad.get(f"/grading/assessments/{one.ref}/marking").status_code == 404
    with scoped(place.session, institution):
        assert place.session.scalars(select(Assessment)).all() == []


def test_a_link_in_a_copied_course_offers_the_same_assessment_there(app: Flask, place: Place) -> None:
    one = made(app, place)
    with writing(place.session) as session:
        deployment = session.get_one(Course, place.course.id).deployment_id
        copied = make.make_course(session, session.get_one(make.Deployment, deployment))
        boss_id = make.make_person(session, copied, "instructor").id
        learner_id, copied_id = make.make_person(session, copied).id, copied.id
    there = Browser(app, place, Role.LEARNER, learner_id, course_id=copied_id)
    assert "not ready yet" in there.get(f"/grading/assessments/{one.ref}").text
    boss = Browser(app, place, Role.INSTRUCTOR, boss_id, course_id=copied_id)
    assert "came from another course" in boss.get(f"/grading/assessments/{one.ref}").text
    assert boss.post(f"/grading/assessments/{one.ref}/continue").status_code == 200
    (again,) = assessments.of_course(place.session, copied_id, source="tool")
    assert (again.ref, again.title, again.id != one.id) == (one.ref, one.title, True)
    assert "How your work is marked" in there.get(f"/grading/assessments/{one.ref}").text


def test_a_visitor_without_a_name_sees_no_task(app: Flask, place: Place) -> None:
    one = made(app, place)
    visitor = Browser(app, place, Role.ANONYMOUS, None)
    answer = visitor.get(f"/grading/assessments/{one.ref}")
    assert answer.status_code == 403
    assert "Source check" not in re.sub(r"<title>.*?</title>", "", answer.text)


def test_a_teacher_who_follows_the_link_comes_to_marking(app: Flask, place: Place) -> None:
    one = made(app, place)
    answer = teacher(app, place).get(f"/grading/assessments/{one.ref}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/grading/assessments/{one.ref}/marking")


def test_marks_of_an_accepted_criterion_become_evidence(app: Flask, place: Place) -> None:
    one, boss = made(app, place), teacher(app, place)
    first, _ = criteria(place, one)
    boss.post(f"/grading/review/{first.id}", {"do": "accept", "pick": str(place.items[0].id)})
    boss.post(f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}", ratings(place, one, 1, 0))
    (row,) = place.session.scalars(select(Evidence)).all()
    assert (row.fraction, row.levels, row.person_id) == (0.5, 3, place.learners[0].id)
