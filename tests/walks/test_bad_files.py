"""Files that are not what they claim, too large, or full of faults: each gets its words, and nothing is half-kept."""

import io
import zipfile

import pytest

from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.people import Page
from tests.walks.seeds import ADMIN, MAPLE, ROWAN, TEACHER
from tests.walks.steps import Own

HEADER = "learner,assessment,criterion,points,max_points,comment\n"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def moodle(tool: Tool) -> Lms:
    lms = tool.add_lms(seeds.seed(seeds.course()), "moodle")
    steps.enter_all(lms, ADMIN)
    steps.bring_framework(lms.be(ADMIN))
    steps.enter_all(lms, TEACHER)
    tool.sweep()
    return lms


@pytest.fixture(scope="module")
def task(moodle: Lms) -> Own:
    return steps.place(moodle, "Poster")


def upload(lms: Lms, data: bytes | str, name: str = "marks.csv") -> Page:
    raw = data.encode() if isinstance(data, str) else data
    teacher = lms.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    return teacher.do("/grading/marks/upload", files={"file": (name, raw, "text/csv")})


def is_refused(lms: Lms, data: bytes | str, *words: str, status: int = 400) -> None:
    before = steps.counts(lms.tool)
    page = upload(lms, data)
    assert page.status == status, page.words
    assert page.says(*words)
    assert steps.counts(lms.tool) == before


FAULTY = {
    "two lines for one mark": (
        "21,Talk,Clear,2,3,\n21,Talk,Clear,3,3,\n",
        ("Line 3", "repeats line 2"),
    ),
    "a mark above the maximum": ("21,Talk,Clear,4,3,\n", ("Line 2, points", "above the maximum of 3")),
    "a mark below nothing": ("21,Talk,Clear,-1,3,\n", ("Line 2, points", "out of range")),
    "a mark that is no number": ("21,Talk,Clear,very good,3,\n", ("Line 2, points", "not a plain number")),
    "infinity": ("21,Talk,Clear,1e999,3,\n", ("Line 2, points",)),
    "a line with too many cells": ("21,Talk,Clear,2,3,fine,and more\n", ("Line 2", "7 cells")),
    "a formula": ('"=cmd()",Talk,Clear,2,3,\n', ("Line 2, learner", "formula")),
    "no learner": (",Talk,Clear,2,3,\n", ("Line 2, learner", "is empty")),
    "two maxima": ("21,Talk,Clear,2,3,\n22,Talk,Clear,2,5,\n", ("Line 3, max_points",)),
    "a name without an end": (f"21,{'x' * 5000},Clear,2,3,\n", ("Line 2, assessment", "longer than")),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_a_faulty_file_of_marks_is_told_line_by_line(moodle: Lms, kind: str) -> None:
    lines, words = FAULTY[kind]
    is_refused(moodle, HEADER + lines, *words)


def test_all_faults_are_told_at_once(moodle: Lms) -> None:
    is_refused(
        moodle,
        HEADER + "21,Talk,Clear,9,3,\n22,Talk,Clear,,0,\n23,Talk,Clear,x,3,\n",
        "Line 2, points",
        "Line 3, max_points",
        "Line 4, points",
    )


NO_TABLES = {
    "an Excel workbook": b"PK\x03\x04" + b"\x00" * 200,
    "a PDF": b"%PDF-1.7 " + b"x" * 100,
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "a web page": b"<!DOCTYPE html><html><body>Log in</body></html>",
    "JSON": b'{"marks": []}',
    "nothing": b"",
    "blank": b"\n\n   \n",
    "not text": bytes(range(256)) * 10,
    "a header alone": HEADER.encode(),
    "a quotation without an end": HEADER.encode() + b'21,"Talk,Clear,2,3,\n',
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_no_table_of_marks_is_named(moodle: Lms, kind: str) -> None:
    before = steps.counts(moodle.tool)
    page = upload(moodle, NO_TABLES[kind])
    assert page.status == 400
    assert "Traceback" not in page.text
    told = page.words.split("Upload marks")[-2] + page.words.split("Upload marks")[-1]
    assert kind in told or "file" in told
    assert steps.counts(moodle.tool) == before


def test_marks_of_strangers_are_named_before_and_left_out(moodle: Lms) -> None:
    page = upload(moodle, HEADER + "21,Debate,Clear,2,3,\n999,Debate,Clear,3,3,\nNobody Known,Debate,Clear,1,3,\n")
    assert page.says("999", "Nobody Known")
    teacher = moodle.be(TEACHER)
    kept = teacher.press(page, "/marks/upload/")
    assert kept.says("Kept: 1 new", "2 learners are not in this course; their marks were left out.")
    assert steps.marks(moodle, "Debate", MAPLE) == {"Clear": 2.0}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_in_another_encoding_keeps_its_letters(moodle: Lms, encoding: str) -> None:
    title = f"Prüfung {encoding}"
    page = upload(moodle, (HEADER + f"22,{title},Größe,2,3,\n").encode(encoding))
    assert page.ok
    assert page.says(title)
    assert ("not UTF-8" in page.words) == (encoding == "cp1252")
    moodle.be(TEACHER).press(page, "/marks/upload/")
    assert steps.marks(moodle, title, ROWAN) == {"Größe": 2.0}


def test_a_wrong_column_over_sixty_thousand_lines_is_told_in_seconds(moodle: Lms) -> None:
    line = "21,Long list of marks,A criterion of its own %07d,2,3,\n"
    is_refused(moodle, HEADER + "".join(line % at for at in range(60_000)), "has 60000 criteria; at most 200")


def test_ten_megabytes_are_read_and_eleven_are_refused_with_words(moodle: Lms) -> None:
    is_refused(moodle, b"x" * (11 * MEGABYTE), "The file is too large.", "10 MB", status=413)
    is_refused(moodle, b"x" * (10 * MEGABYTE + 1), "too large")
    page = upload(moodle, HEADER.encode() + b"21,Talk,Clear,2,3," + b"x" * (10 * MEGABYTE - 100) + b"\n")
    assert page.status in (200, 400)
    assert "Line 2" in page.words or "Check before it is kept" in page.words


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


CLAIMS = {
    "a program that says it is a PDF": ("work.pdf", b"MZ\x90\x00" + b"\x00" * 100, "a program"),
    "a web page that says it is a picture": ("me.png", b"<!DOCTYPE html><script>evil()</script>", "a web page"),
    "a zip that says it is a document": ("work.docx", zipped("a.txt"), "a zip archive"),
    "a picture that says it is a text": ("work.txt", b"\x89PNG\r\n\x1a\n\x00\x01\x02", "a PNG picture"),
    "an empty file": ("work.txt", b"", "is empty"),
    "a page": ("work.html", b"<html></html>", "are not taken"),
    "a drawing that may hold a script": ("work.svg", b"<svg onload='evil()'/>", "are not taken"),
    "no ending": ("work", b"text", "are not taken"),
    "a shell script": ("work.txt", b"#!/bin/sh\nrm -rf x\n", "a program"),
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_work_that_is_not_what_it_claims_is_not_handed_in(moodle: Lms, task: Own, kind: str) -> None:
    name, data, words = CLAIMS[kind]
    maple = moodle.be(MAPLE)
    maple.enter(seeds.COURSE, task.link)
    page = maple.do(f"/grading/assessments/{task.ref}/hand-in", {"text": ""}, {"file": (name, data, "image/png")})
    assert page.status == 400
    assert page.says("Your work is not handed in yet.", words)
    assert "What you handed in" not in page.words


def test_work_that_is_too_large_is_refused_and_what_was_written_is_kept(moodle: Lms, task: Own) -> None:
    maple = moodle.be(MAPLE)
    maple.enter(seeds.COURSE, task.link)
    address = f"/grading/assessments/{task.ref}/hand-in"
    page = maple.do(
        address, {"text": "My careful words"}, {"file": ("big.txt", b"x" * (10 * MEGABYTE + 1), "text/plain")}
    )
    assert page.status == 400
    assert page.says("is larger than 10 MB", "My careful words")
    page = maple.do(address, {"text": "words " * 20_000})
    assert page.says("longer than 100,000 characters")
    page = maple.do(address, {"text": "y"}, {"file": ("big.txt", b"x" * (12 * MEGABYTE), "text/plain")})
    assert page.status == 413
    assert page.says("The file is too large.")
    assert maple.enter(seeds.COURSE, task.link).says("Not yet")


FRAMEWORKS = {
    "a picture": ("skills.csv", b"\x89PNG\r\n\x1a\n\x00", "picture"),
    "JSON of something else": ("skills.json", b'{"a": [1, 2]}', "neither CASE"),
    "broken JSON": ("skills.json", b'{"CFDocument": ', "JSON"),
    "items that are their own parents": ("skills.csv", b"id,parent,title\nA,B,One\nB,A,Two\n", "A"),
    "an id twice": ("skills.csv", b"id,parent,title\nA,,One\nA,,Two\n", "line 3"),
    "no titles": ("skills.csv", b"id,parent,title\nA,,\n", "line 2"),
}


@pytest.mark.parametrize("kind", FRAMEWORKS)
def test_a_faulty_framework_is_told_with_its_places_and_nothing_is_kept(moodle: Lms, kind: str) -> None:
    name, data, words = FRAMEWORKS[kind]
    admin = moodle.be(ADMIN)
    admin.enter(seeds.COURSE, seeds.MAP)
    before = admin.see("/frameworks").words
    page = admin.do("/frameworks/import", files={"file": (name, data, "text/csv")})
    assert page.status == 400
    assert words.lower() in page.words.lower(), page.words[:1500]
    assert admin.see("/frameworks").words == before
