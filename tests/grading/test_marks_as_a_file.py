"""Marks in a CSV file: every fault at once, a look before anything is kept, and the same file twice changes nothing."""

import io

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_tool.grading.intake.views import EXAMPLE
from lti_tool.grading.models import Assessment, Criterion, CriterionScore, Intake, Score
from lti_tool.kit.db import writing
from lti_tool.launch.models import Person
from lti_tool.lms.files import read_marks
from tests.factories import NOW
from tests.grading.conftest import Place
from tests.grading.people import teacher

HEAD = "learner,assessment,criterion,points,max_points,comment,released\n"
FILE = HEAD + (
    "user-0,Quiz,Reads a chart,2,3,Good,yes\n"
    "user-0,Quiz,Draws a chart,,3,,yes\n"
    "Hazel Example,Quiz,Reads a chart,1,3,,no\n"
    "Hazel Example,Quiz,Draws a chart,3,3,,no\n"
)


def send(app: Flask, place: Place, text: str | bytes, name: str = "marks.csv") -> TestResponse:
    data = text.encode() if isinstance(text, str) else text
    return teacher(app, place).post("/grading/marks/upload", {"file": (io.BytesIO(data), name)})


def keep(app: Flask, place: Place) -> TestResponse:
    held = place.session.scalars(select(Intake.id).order_by(Intake.id.desc()).limit(1)).one()
    place.session.rollback()
    return teacher(app, place).post(f"/grading/marks/upload/{held}")


def total(place: Place, model: type) -> int | None:
    found = place.session.scalar(select(func.count()).select_from(model))
    place.session.rollback()
    return found


def test_a_file_is_looked_at_first_and_kept_on_demand(app: Flask, place: Place) -> None:
    page = send(app, place, FILE).text
    assert "Nothing is kept yet." in page
    assert "Quiz" in page
    assert total(place, Score) == 0
    assert "Kept: 2 new and 0 changed marks" in keep(app, place).text
    (quiz,) = place.session.scalars(select(Assessment).filter_by(source="file")).all()
    assert (quiz.title, quiz.max_points) == ("Quiz", 6.0)
    rows = place.session.execute(
        select(Person.name, Score.points, Score.max_points, Score.released_at).join(Score).order_by(Person.id)
    ).all()
    assert [(row.name, row.points, row.max_points, row.released_at is not None) for row in rows] == [
        ("Maple Example", 2.0, 6.0, True),
        ("Hazel Example", 4.0, 6.0, False),
    ]
    assert place.session.scalar(select(func.count()).select_from(CriterionScore)) == 3  # the empty one is no zero


def test_the_same_file_again_changes_nothing(app: Flask, place: Place) -> None:
    send(app, place, FILE)
    keep(app, place)
    send(app, place, FILE)
    assert "Kept: 0 new and 0 changed marks, 2 as before." in keep(app, place).text
    assert (total(place, Score), total(place, Criterion)) == (2, 4)


def test_every_fault_is_listed_with_its_line_and_nothing_is_kept(app: Flask, place: Place) -> None:
    faulty = HEAD + (
        "user-0,Quiz,Reads a chart,5,3,,yes\n"
        "user-1,Quiz,Reads a chart,x,3,,yes\n"
        ",Quiz,Reads a chart,1,3,,yes\n"
        "user-2,Quiz,Reads a chart,1,3,,perhaps\n"
    )
    answer = send(app, place, faulty)
    assert (answer.status_code, 'data-error="file_faults"' in answer.text) == (400, True)
    for line in ("Line 3", "Line 4", "Line 5"):
        assert line in answer.text
    assert (total(place, Intake), total(place, Score)) == (0, 0)
    answer = send(app, place, HEAD + "user-0,Quiz,Reads a chart,5,3,,yes\n")
    assert "above the maximum of 3" in answer.text


def test_marks_of_unknown_learners_are_counted_and_left_out(app: Flask, place: Place) -> None:
    page = send(app, place, FILE + "stranger,Quiz,Reads a chart,1,3,,yes\n").text
    assert "1 learner is not in this course." in page
    assert "stranger" in page
    said = keep(app, place).text
    assert "Kept: 2 new" in said
    assert "1 learners are not in this course" in said
    assert total(place, Person) == 4


def test_two_people_of_one_name_are_told_apart_by_id_only(app: Flask, place: Place) -> None:
    with writing(place.session) as session:
        session.get_one(Person, place.learners[2].id).name = "Hazel Example"
    answer = send(app, place, FILE)
    assert (answer.status_code, "several people are called" in answer.text) == (400, True)
    answer = send(app, place, HEAD + "user-0,Quiz,A,1,3,,yes\nMaple Example,Quiz,B,1,3,,yes\n")
    assert (answer.status_code, "are the same person" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"", "No file was chosen"),
        (b"<!doctype html><p>Error</p>", "web page"),
        (b"learner,points\na,1\n", "assessment"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_words(app: Flask, place: Place, data: bytes, words: str) -> None:
    answer = send(app, place, data)
    assert answer.status_code == 400
    assert words in answer.text


def test_a_preview_belongs_to_its_course_and_is_kept_once(app: Flask, place: Place) -> None:
    send(app, place, FILE)
    keep(app, place)
    answer = keep(app, place)
    assert (answer.status_code, 'data-error="preview_gone"' in answer.text) == (404, True)
    assert teacher(app, place).get("/grading/marks/upload/99999").status_code == 404


def test_the_example_on_the_page_is_a_good_file(app: Flask, place: Place) -> None:
    assert "Judges the reliability" in teacher(app, place).get("/grading/marks/upload").text
    assert len(read_marks(EXAMPLE.encode(), now=NOW).marks) == 2


def test_a_look_again_needs_a_connection(app: Flask, place: Place) -> None:
    answer = teacher(app, place).post("/grading/look-again")
    assert (answer.status_code, 'data-error="lms_not_connected"' in answer.text) == (404, True)
