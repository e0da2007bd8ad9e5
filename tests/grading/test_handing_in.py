"""Work handed in as text or a file, refused with words where it is not what it claims, and downloaded once."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from lti_tool.grading.models import Submission
from lti_tool.kit import clock
from tests.grading.conftest import Place
from tests.grading.own import PDF, hand_in, made
from tests.grading.people import learner, teacher


def test_a_learner_hands_in_text_and_a_file_and_the_teacher_reads_them(app: Flask, place: Place) -> None:
    one = made(app, place)
    answer = hand_in(learner(app, place), one, "My answer", "essay.pdf", PDF)
    assert "Your work is handed in." in answer.text
    assert "How your work is marked" in answer.text
    page = teacher(app, place).get(f"/grading/assessments/{one.ref}/mark/{place.learners[0].id}").text
    assert "My answer" in page
    assert "essay.pdf" in page


def test_a_second_attempt_stands_beside_the_first(app: Flask, place: Place) -> None:
    one = made(app, place)
    hand_in(learner(app, place), one, "First")
    assert "attempt 2" in hand_in(learner(app, place), one, "Second").text
    found = place.session.scalars(select(Submission).order_by(Submission.attempt)).all()
    assert [(row.attempt, row.text) for row in found] == [(1, "First"), (2, "Second")]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("essay.pdf", b"\x89PNG\r\n\x1a\n0000", "is not a PDF: its content looks like a PNG picture"),
        ("essay.docx", PDF, "is not a Word document: its content looks like a PDF"),
        ("notes.txt", b"MZ\x90\x00program", "looks like a program"),
        ("setup.exe", b"MZ\x90\x00program", "are not taken"),
        ("page.html", b"<!doctype html><script>1</script>", "are not taken"),
        ("essay.pdf", b"", "is empty"),
        ("essay.pdf", b"%PDF-1.7" + b"0" * (10 * 1024 * 1024), "is larger than 10 MB"),
    ],
)
def test_a_file_that_is_not_what_it_claims_is_refused_with_words(
    app: Flask, place: Place, name: str, data: bytes, words: str
) -> None:
    one = made(app, place)
    answer = hand_in(learner(app, place), one, "kept on the page", name, data)
    assert answer.status_code == 400
    assert words in answer.text.replace("&#39;", "'")
    assert "kept on the page" in answer.text
    assert place.session.scalar(select(func.count()).select_from(Submission)) == 0


def test_an_upload_beyond_all_limits_is_refused_by_the_door(app: Flask, place: Place) -> None:
    one = made(app, place)
    answer = hand_in(learner(app, place), one, "", "essay.pdf", b"%PDF-1.7" + b"0" * (11 * 1024 * 1024))
    assert answer.status_code == 413
    assert 'data-error="http_413"' in answer.text


def test_a_word_document_is_told_by_what_is_inside(app: Flask, place: Place) -> None:
    one, file = made(app, place), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    assert hand_in(learner(app, place), one, "", "essay.docx", file.getvalue()).status_code == 200


def test_a_download_works_once_by_a_ticket_of_a_minute(app: Flask, place: Place) -> None:
    one = made(app, place)
    hand_in(learner(app, place), one, "", "Übung 1.pdf", PDF)
    work = place.session.scalars(select(Submission.id)).one()
    answer = teacher(app, place).post(f"/grading/work/{work}/download", follow=False)
    address = answer.headers["Location"]
    assert address.startswith("/grading/download/")
    app.extensions["waymark.load_viewer"] = lambda: None  # a download carries no session
    client = app.test_client()
    file = client.get(address)
    assert (file.status_code, file.data) == (200, PDF)
    assert file.headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in file.headers["Content-Disposition"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    again = client.get(address)
    assert (again.status_code, 'data-error="ticket_spent"' in again.text) == (404, True)
    late = teacher(app, place).post(f"/grading/work/{work}/download", follow=False).headers["Location"]
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert client.get(late).status_code == 404


def test_nobody_downloads_somebody_elses_work(app: Flask, place: Place) -> None:
    one = made(app, place)
    hand_in(learner(app, place, 0), one, "", "essay.pdf", PDF)
    work = place.session.scalars(select(Submission.id)).one()
    answer = learner(app, place, 1).post(f"/grading/work/{work}/download")
    assert (answer.status_code, 'data-error="not_yours"' in answer.text) == (403, True)
