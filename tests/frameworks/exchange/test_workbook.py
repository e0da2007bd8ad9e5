"""Excel workbooks: there and back, other people's sheets, and archives made to do harm."""

import io
import time
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from openpyxl import Workbook, load_workbook

from lti_tool.frameworks import exchange, starters
from lti_tool.frameworks.domain import FrameworkDraft, ItemKind
from lti_tool.frameworks.exchange import BadFramework
from tests.frameworks.exchange.drafts import frameworks, item_substance, substance, titles


def book(**sheets: list[list[Any]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def again(draft: FrameworkDraft) -> FrameworkDraft:
    return exchange.read_bytes(exchange.write(draft, "xlsx")[0], "again.xlsx")


def test_a_shipped_framework_comes_back_whole_from_a_workbook() -> None:
    whole = starters.read("digcomp-3.0")
    draft = replace(whole, items=tuple(item for item in whole.items if item.kind is not ItemKind.OUTCOME))
    found = again(draft)
    assert {key: value for key, value in substance(found).items() if key != "items"} == {
        key: value for key, value in substance(draft).items() if key != "items"
    }
    assert [item_substance(item) for item in found.items] == [item_substance(item) for item in draft.items]


def printable(text: str) -> str:
    """What a cell can hold: no control characters, one kind of line end, no blanks around."""
    kept = "".join(c for c in text if c in "\t\n" or (ord(c) >= 32 and c not in "\ufffe\uffff"))
    return kept.replace("\r\n", "\n").replace("\r", "\n").strip()


@settings(max_examples=8, deadline=None)
@given(frameworks(keys=titles.filter(str.isalnum)))
def test_what_a_workbook_can_carry_comes_back(draft: FrameworkDraft) -> None:
    if any(printable(item.title) != item.title or item.title.startswith("'") for item in draft.items):
        return
    found = again(draft)
    assert {item.key: item.parent_keys for item in found.items} == {item.key: item.parent_keys for item in draft.items}
    assert {item.key: item.title for item in found.items} == {item.key: item.title for item in draft.items}
    assert [level.number for level in found.levels] == [level.number for level in draft.levels]


def test_other_peoples_workbooks_are_read_by_the_sheet_that_has_the_columns() -> None:
    data = book(
        Cover=[["Our framework"], ["Made in spring"]],
        Items=[
            ["ID", "Parent", "Title", "Level 1: Starting", "Owner"],
            [1, None, "Bakes", None, "Maple"],
            [],
            [2.0, 1, "Kneads", '=HYPERLINK("https://evil.example")', None],
            [3, 1, "Weighs", "-5 g at most", None],
        ],
    )
    draft = exchange.read_bytes(data, "bakery.xlsx")
    assert [(item.key, item.parent_keys, item.title) for item in draft.items] == [
        ("1", (), "Bakes"),
        ("2", ("1",), "Kneads"),
        ("3", ("1",), "Weighs"),
    ]
    # a formula counts as what it gave when the file was saved: nothing here
    assert [dict(item.descriptors) for item in draft.items] == [{}, {}, {1: "-5 g at most"}]
    assert (draft.levels[0].name, draft.format, draft.identifier) == ("Starting", "xlsx", "bakery")


def test_faults_name_their_sheet_and_row() -> None:
    rows = [["id", "parent", "title"], ["a", "nowhere", "A"], ["a", "", "B"], ["c", "", ""]]
    with pytest.raises(BadFramework) as bad:
        exchange.read_bytes(book(Sheet=rows), "bad.xlsx")
    said = [f"{each.place}: {each.words}" for each in bad.value.findings]
    assert any("sheet “Sheet”, row 4" in each and "no title" in each for each in said)
    assert any("sheet “Sheet”, row 3" in each for each in said)
    with pytest.raises(BadFramework, match=r"No sheet has the columns of a framework.*“Mood”"):
        exchange.read_bytes(book(Sheet=[["Mood"], ["good"]]), "mood.xlsx")
    with pytest.raises(BadFramework, match="without anything in it"):
        exchange.read_bytes(book(Sheet=[]), "empty.xlsx")
    with pytest.raises(BadFramework, match="It is not an Excel workbook"):
        exchange.read_bytes(b"id,title\n1,A\n", "a.csv", "xlsx")


def test_no_cell_of_an_export_can_run() -> None:
    base = exchange.read_bytes(b"id,title\nx,X\n", "x.csv")
    nasty = '=cmd|" /C calc"!A0'
    draft = replace(base, items=(replace(base.items[0], title=nasty, description="+1"),), title="@SUM(1)")
    data, _ = exchange.write(draft, "xlsx")
    cells = [cell for sheet in load_workbook(io.BytesIO(data)) for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert exchange.read_bytes(data, "x.xlsx").items[0].title == nasty


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()


def test_archives_made_to_do_harm_are_refused_quickly_and_in_words() -> None:
    plain = book(Sheet=[["id", "title"], ["a", "A"]])
    sheet = "xl/worksheets/sheet1.xml"
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    outside = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    wide = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    for content, words in {
        b"<x>" + b" " * (17 * 1024 * 1024): "would unpack to 17 MB",
        laughs: "document type with entities",
        laughs.decode().encode("utf-16"): "document type with entities",
        outside: "document type with entities",
        b"<worksheet><sheetData><row": "broken Excel workbook",
        b"": "broken Excel workbook",
        wide: "without anything in it",
    }.items():
        began = time.monotonic()
        with pytest.raises(BadFramework, match=words):
            exchange.read_bytes(with_part(plain, sheet, content), "harm.xlsx")
        assert time.monotonic() - began < 8, words
    with zipfile.ZipFile(held := io.BytesIO(plain), "a") as archive:
        for number in range(500):
            archive.writestr(f"xl/media/{number}.bin", b"x")
    with pytest.raises(BadFramework, match="parts: no framework does"):
        exchange.read_bytes(held.getvalue(), "many.xlsx")
    with pytest.raises(BadFramework, match="broken Excel workbook"):
        exchange.read_bytes(plain[: len(plain) // 2], "broken-off.xlsx")
