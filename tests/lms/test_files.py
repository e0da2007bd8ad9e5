"""A CSV of marks: what is read, what is refused, and that nothing is half read."""

import time
from datetime import UTC, datetime

import pytest

from lti_tool.lms.csv_text import FileFaults
from lti_tool.lms.files import read_marks
from lti_tool.lms.values import CourseSnapshot

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

WHOLE = """\
learner,assessment,criterion,points,max_points,level,comment,marked_at,released
maple@example.edu,Essay,Planning,2,3,Sound,"Good, go on",2026-11-01T10:00:00+01:00,yes
maple@example.edu,Essay,Testing,,3,,,,yes
101,Essay,Planning,3,3,Deep,,2026-11-02,no
101,Essay,Testing,1.5,3,,"Two
lines",,no
101,Report,Method,0,40,,,,
"""


def read(text: str | bytes) -> CourseSnapshot:
    return read_marks(text if isinstance(text, bytes) else text.encode(), now=NOW)


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(FileFaults) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def table(*lines: str, header: str = "learner,assessment,criterion,points") -> str:
    return "\n".join([header, *lines]) + "\n"


def test_a_whole_file_becomes_assignments_rubrics_and_marks() -> None:
    snapshot = read(WHOLE)
    assert snapshot.warnings == ()
    essay, report = snapshot.assignments
    assert essay.rubric is not None
    assert (essay.source_id, essay.max_points, report.max_points) == ("Essay", 6, 40)
    assert [(one.source_id, one.max_points) for one in essay.rubric.criteria] == [("Planning", 3), ("Testing", 3)]
    assert [(one.title, one.points) for one in essay.rubric.criteria[0].levels] == [("Sound", 2), ("Deep", 3)]
    assert len(snapshot.marks) == 3


def test_empty_points_mean_not_assessed() -> None:
    maple = read(WHOLE).marks[0]
    assert [(row.criterion_source_id, row.points) for row in maple.criteria] == [("Planning", 2)]


def test_a_zero_is_a_mark() -> None:
    assert read(WHOLE).marks[2].criteria[0].points == 0


def test_comments_times_levels_and_release_come_along() -> None:
    maple, other, _ = read(WHOLE).marks
    assert maple.criteria[0].comment == "Good, go on"
    assert maple.criteria[0].level_source_id == "Sound"
    assert maple.graded_at == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    assert (maple.released, other.released) == (True, False)
    assert other.criteria[1].comment == "Two\nlines"


def test_the_same_file_twice_gives_the_same_fingerprints() -> None:
    assert [one.fingerprint for one in read(WHOLE).assignments] == [one.fingerprint for one in read(WHOLE).assignments]


def test_without_a_maximum_the_highest_mark_stands_in_and_it_is_said() -> None:
    snapshot = read(table("a,Essay,Planning,2", "b,Essay,Planning,4"))
    assert snapshot.assignments[0].rubric is not None
    assert snapshot.assignments[0].rubric.criteria[0].max_points == 4
    assert [warning.code for warning in snapshot.warnings] == ["maximum_guessed"]


def test_columns_may_come_in_any_order_and_case() -> None:
    snapshot = read("Points;CRITERION ;Learner;Assessment\n2,5;Planning;maple;Essay\n")
    assert snapshot.marks[0].criteria[0].points == 2.5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_that_say_what_they_are(encoding: str) -> None:
    snapshot = read(table("zoë,Essé,Plaňning,2").encode(encoding))
    assert snapshot.marks[0].user_source_id == "zoë"
    assert "encoding_guessed" not in {warning.code for warning in snapshot.warnings}


def test_windows_text_is_read_with_a_warning() -> None:
    snapshot = read(table("zoë,Essé,Planning – done,2").encode("cp1252"))
    assert snapshot.assignments[0].title == "Essé"
    assert "encoding_guessed" in {warning.code for warning in snapshot.warnings}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_line_ends_and_separators_of_all_spreadsheets(end: str, separator: str) -> None:
    text = table("maple,Essay,Planning,2", "", "birch,Essay,Planning,3").replace(",", separator).replace("\n", end)
    assert len(read(text).marks) == 2


def test_excels_own_separator_line_is_passed_over() -> None:
    assert len(read("sep=;\n" + table("maple,Essay,Planning,2").replace(",", ";")).marks) == 1


def test_every_fault_is_listed_with_its_line_and_nothing_is_read() -> None:
    text = table(
        "maple,Essay,Planning,two,3,yes",
        ",Essay,Planning,2,3,yes",
        "birch,Essay,,2,3,perhaps",
        "birch,Essay,Planning,-1,3,yes",
        "birch,=SUM(A1),Planning,=A1,3,yes",
        "ash,Essay,Planning,2,3,yes,more",
        header="learner,assessment,criterion,points,max_points,released",
    )
    assert faults(text) == [
        "Line 2, points: is not a plain number, such as 3 or 2.5",
        "Line 3, learner: is empty",
        "Line 4, criterion: is empty",
        "Line 4, released: is neither yes nor no",
        "Line 5, points: is out of range (0 to 1000000)",
        "Line 6, assessment: looks like a spreadsheet formula; write the text itself",
        "Line 6, points: is not a plain number, such as 3 or 2.5",
        "Line 7, : has 7 cells where the header has 6".replace(", :", ":"),
    ]


def test_lines_are_counted_through_blank_lines_and_quoted_breaks() -> None:
    text = table("", 'maple,"Essay\n2",Planning,2', "birch,Essay,Planning,x")
    assert faults(text) == ["Line 5, points: is not a plain number, such as 3 or 2.5"]


def test_faults_between_lines() -> None:
    text = table(
        "maple,Essay,Planning,2,3,Sound",
        "birch,Essay,Planning,3,4,Sound",
        "ash,Essay,Planning,5,3,Deep",
        "MAPLE,Essay,Planning,1,3,",
        "elm,Essay,Testing,0,0,",
        header="learner,assessment,criterion,points,max_points,level",
    )
    assert faults(text) == [
        "Line 3, max_points: is 4, but 3 on line 2",
        "Line 3, level: this level is worth 3 points here and 2 on line 2",
        "Line 4, points: is above the maximum of 3",
        "Line 5: repeats line 2: same learner, assessment and criterion",
        "Line 6, max_points: must be above 0",
    ]


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("learner,assessment,criterion", "Line 1, points: this column is missing"),
        ("learner,assessment,criterion,points,points", "Line 1, points: this column is there twice"),
        ("learner,assessment,criterion,points,grade", "Line 1, grade: is not a column this file may have"),
    ],
)
def test_headers_that_do_not_fit(header: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in faults(table("a,b,c,1", header=header)))


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("2,500", "is not a plain number, such as 3 or 2.5"),
        ("1e3", "is not a plain number, such as 3 or 2.5"),
        ("NaN", "is not a plain number, such as 3 or 2.5"),
        ("10%", "is not a plain number, such as 3 or 2.5"),
        ("99999999", "is out of range (0 to 1000000)"),
    ],
)
def test_points_that_are_no_points(cell: str, fault: str) -> None:
    assert faults(table(f'maple,Essay,Planning,"{cell}"')) == [f"Line 2, points: {fault}"]


@pytest.mark.parametrize(
    ("cell", "fault"), [("1/11/2026", "is not a date"), ("2027-11-01", "lies in the future"), ("soon", "is not a date")]
)
def test_times_that_are_no_times(cell: str, fault: str) -> None:
    [line] = faults(table(f"maple,Essay,Planning,2,{cell}", header="learner,assessment,criterion,points,marked_at"))
    assert line.startswith(f"Line 2, marked_at: {fault}")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<!DOCTYPE html><table>", "web page"),
        (b'{"marks": []}', "JSON"),
        (bytes(range(256)) * 4, "not text"),
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (b"\xff\xfe\x00", "not text"),
    ],
)
def test_files_that_are_not_what_they_claim(data: bytes, kind: str) -> None:
    with pytest.raises(FileFaults, match=kind) as caught:
        read(data)
    assert caught.value.next_step


def test_an_open_quotation_mark_is_found_by_its_line() -> None:
    assert faults(table("a,b,c,1", 'a,"b,c,1'))[0].startswith("Line 3: a quotation mark is not closed")


def test_a_header_alone_is_a_fault() -> None:
    assert faults("learner,assessment,criterion,points\n") == ["Line 1: there are no lines below the header"]


def test_a_file_of_two_megabytes_is_read_in_a_few_seconds_and_over_ten_are_refused() -> None:
    line = "learner{:06d}@example.edu,Essay number {:d},Criterion {:d},{:d},5\n"
    text = "learner,assessment,criterion,points,max_points\n" + "".join(
        line.format(who, essay, criterion, who % 6)
        for who in range(1000)
        for essay in range(8)
        for criterion in range(5)
    )
    begun = time.process_time()
    assert len(read(text).marks) == 8_000
    assert time.process_time() - begun < 5
    with pytest.raises(FileFaults, match="larger than 10 MB"):
        read(text * 5)


def test_a_cell_of_enormous_length_is_a_fault() -> None:
    assert faults(table(f"maple,Essay,{'x' * 200_000},1"))[0].startswith("Line 2")
