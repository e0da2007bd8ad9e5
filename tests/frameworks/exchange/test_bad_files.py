"""Files that are not what they claim, too large, too deep, or in another encoding."""

import csv
import io
import json
from pathlib import Path

import pytest

from lti_tool.frameworks import exchange
from lti_tool.frameworks.exchange import BadFramework
from lti_tool.frameworks.exchange.source import MAX_BYTES, MAX_ITEMS
from lti_tool.kit.errors import Invalid, NotFound

TABLE = "id,title\nbread,Bäckt “Brot”\n"


@pytest.mark.parametrize(
    ("data", "said", "next_step"),
    [
        (b"", "empty", "Choose"),
        (b" \n\t ", "empty", "Choose"),
        (b"PK\x03\x04[Content_Types].xml xl/workbook.xml", "Excel workbook", "CSV (UTF-8)"),
        (b"PK\x03\x04anything", "ZIP archive", "Unpack"),
        (b"\x1f\x8b\x08\x00", "gzip", "Unpack"),
        (b"\x89PNG\r\n\x1a\n", "PNG picture", "CSV or JSON"),
        (b"%PDF-1.7", "PDF", "CSV or CASE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel", "CSV (UTF-8)"),
        (b"<!DOCTYPE html><html><title>Sign in</title>", "web page", "sign-in page"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "XML", "CASE JSON or CSV"),
        (b"\x00\x01\x02\x03\xff\xfe\x80" * 40, "not text", "CSV or JSON"),
        (b'{"CFDocument": {"title": "Brok', "line 1, column", "broke off"),
        (b"[" * 200 + b"]" * 200, "nested more than 100", "check"),
        (b"[" * 100_000, "nested more than 100", "check"),
        (b'{"items": NaN}', "NaN", "Ask"),
        (b'{"hello": "world"}', "neither CASE, NICE", "columns id, parent, title"),
        (b"name;colour\nrye;brown\n", "not one of a framework", "columns id, parent, title"),
        (b"x" * (MAX_BYTES + 1), "the most is 50 MB", "Split"),
        (b"id,title\n" + b"a,b\n" * (MAX_ITEMS + 2), "more than 100000 rows", "Split"),
        (json.dumps([{"id": "a"}] * (MAX_ITEMS + 1)).encode(), "100001 items", "Split"),
    ],
    ids=range(20),
)
def test_a_file_that_cannot_be_a_framework_is_refused_with_what_to_do(data: bytes, said: str, next_step: str) -> None:
    with pytest.raises(BadFramework) as caught:
        exchange.read_bytes(data, "upload")

    assert said in str(caught.value)
    assert next_step in caught.value.next_step


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_kind_of_unicode_is_read_without_a_word(encoding: str) -> None:
    draft = exchange.read_bytes(TABLE.encode(encoding), "bakery.csv")

    assert draft.items[0].title == "Bäckt “Brot”"
    assert draft.warnings == ()


def test_windows_latin_is_read_with_a_warning_and_its_line() -> None:
    draft = exchange.read_bytes(TABLE.encode("cp1252"), "bakery.csv")

    assert draft.items[0].title == "Bäckt “Brot”"
    assert draft.warnings[0].place == "line 2"
    assert "UTF-8" in draft.warnings[0].words


def test_a_broken_end_of_utf_16_is_refused() -> None:
    with pytest.raises(BadFramework, match="UTF-16"):
        exchange.read_bytes(TABLE.encode("utf-16") + b"\x00", "bakery.csv")


def test_the_format_is_told_by_the_content_and_not_by_the_name(tmp_path: Path) -> None:
    file = tmp_path / "framework.json"
    file.write_text(TABLE, "utf-8")

    assert exchange.read_file(file).format == "csv"


def test_a_format_that_does_not_exist_and_a_file_that_is_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="docx"):
        exchange.read_bytes(b"id,title", "x", "docx")
    with pytest.raises(Invalid, match="nice"):
        exchange.write(exchange.read_bytes(TABLE.encode(), "x"), "nice")
    with pytest.raises(NotFound, match=r"gone\.csv"):
        exchange.read_file(tmp_path / "gone.csv")


@pytest.mark.parametrize("format", exchange.READS)
def test_a_chosen_format_that_does_not_fit_says_so(format: str) -> None:
    data = b"colour\nbrown\n" if format in ("csv", "moodle", "canvas") else b'{"colour": "brown"}'
    with pytest.raises(BadFramework) as caught:
        exchange.read_bytes(data, "colours", format)

    assert caught.value.next_step


def test_the_same_warning_is_told_once_with_its_first_places() -> None:
    rows = "".join(f"{number},title,strange kind\n" for number in range(9))
    draft = exchange.read_bytes(f"id,title,kind\n{rows}".encode(), "x.csv")

    assert [finding.place for finding in draft.warnings] == ["line 2, line 3, line 4 and 6 more"]


HEAD = "id,parent,title,code,precedes\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,b,A,,\nb,a,B,,\n", "These items stand below one another in a circle: a → b → a."),
        ("a,,A,,b\nb,,B,,c\nc,,C,,a\n", "These items are each other's prerequisites: a → b → c → a."),
        ("a,,A,,\na,,B,,\n", "The identifier “a” was used before, at line 2."),
        ("a,nowhere,A,,\n", "The parent “nowhere” of “a” is not in the file."),
        ("a,,A,,nowhere\n", "“a” precedes “nowhere”, which is not there."),
        ("a,,,,\n", "There is no title."),
    ],
)
def test_a_table_that_cannot_be_a_framework_is_told_in_these_words(rows: str, said: str) -> None:
    with pytest.raises(BadFramework) as bad:
        exchange.read_bytes((HEAD + rows).encode(), "table.csv")
    assert said in [finding.words for finding in bad.value.findings]


def test_codes_that_two_items_share_are_said_and_kept() -> None:
    draft = exchange.read_bytes((HEAD + "a,,A,1.1,\nb,,B,1.1,\nc,,C,1.2,\n").encode(), "table.csv")
    assert [finding.words for finding in draft.warnings] == ["Codes that stand for more than one item: “1.1”."]
    assert [item.code for item in draft.items] == ["1.1", "1.1", "1.2"]


def test_markup_and_formulas_in_a_table_stay_words() -> None:
    evil = '<script>alert(1)</script>=cmd|"/C calc"!A0'.replace('"', '""')
    draft = exchange.read_bytes(f'{HEAD}a,,"{evil}",,\nb,,=1+1,,\n'.encode(), "table.csv")
    assert draft.items[0].title.startswith("<script>"), "kept word for word; pages show it as text"
    for format in ("csv", "canvas", "moodle"):
        data, _ = exchange.write(draft, format)
        cells = [cell for row in csv.reader(io.StringIO(data.decode())) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))], format
