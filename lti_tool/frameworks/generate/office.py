"""Text out of DOCX and XLSX: zip files of XML, read piece by piece with every limit kept.

An archive says how large its parts are and may lie, so what comes out is counted too. XML with a document type is
refused: no office program writes one, and entities are how a small file becomes a large one.
"""

import contextlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.parsers import expat

from lti_tool.kit.errors import Invalid

MOST_PARTS = 3_000
LARGEST_PART = 60_000_000
"""Bytes of one part after unpacking, and of all parts that are read."""
MOST_SHEETS = 30
_CELL = re.compile(r"([A-Z]{1,3})\d*$")


class BadDocument(Invalid):
    reason = "bad_document"


class _Parts:
    """The parts of one file; together they may unpack to `LARGEST_PART` bytes."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
            raise BadDocument(
                "This file is damaged: it cannot be unpacked.", "Save it again and try once more."
            ) from None
        self.names = self._zip.namelist()
        if len(self.names) > MOST_PARTS:
            raise BadDocument("This file has too many parts.", "Save the text alone and try again.")
        self._left = LARGEST_PART

    def read(self, name: str) -> bytes:
        try:
            with self._zip.open(name) as part:
                data = part.read(self._left + 1)
        except KeyError:
            return b""
        except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, NotImplementedError):
            raise BadDocument("This file is damaged or locked with a password.", "Save it again without one.") from None
        self._left -= len(data)
        if self._left < 0:
            raise BadDocument("Unpacked, this file is larger than it may be.", "Save the text alone and try again.")
        return data


def _parse(
    xml: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    """Calls back with local names, without their namespaces."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise BadDocument("This file declares a document type, which no office program does.", "Save it again.")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: start(name.rpartition(":")[2], given)
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        raise BadDocument(
            "This file is damaged: its text cannot be read.", "Save it again and try once more."
        ) from None


def docx_text(data: bytes) -> str:
    """Paragraphs as lines; the cells of a table's row stand in one line, parted by bars."""
    parts = _Parts(data)
    if "word/document.xml" not in parts.names:
        raise BadDocument("This is not a Word document.", "Save it as .docx and try again.")
    lines: list[str] = []
    now: list[str] = []
    state = {"text": False, "cells": 0}

    def start(name: str, _given: dict[str, str]) -> None:
        if name == "t":
            state["text"] = True
        elif name in ("tab", "br"):
            now.append(" ")
        elif name == "tc":
            state["cells"] += 1

    def end(name: str) -> None:
        if name == "t":
            state["text"] = False
        elif name == "p" and not state["cells"]:
            lines.append("".join(now))
            now.clear()
        elif name == "p":
            now.append(" ")
        elif name == "tc":
            state["cells"] -= 1
            now.append("| ")
        elif name == "tr" and not state["cells"]:
            lines.append("".join(now).strip().strip("|"))
            now.clear()

    _parse(parts.read("word/document.xml"), start, end, lambda words: now.append(words) if state["text"] else None)
    return "\n".join([*lines, "".join(now)])


def xlsx_rows(data: bytes, most_rows: int = 5_000) -> Iterator[list[str]]:
    """The rows of all sheets in order, cells as text, at most `most_rows` of each sheet; empty rows left out."""
    parts = _Parts(data)
    sheets = [name for name in parts.names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
    if not sheets:
        raise BadDocument("This is not an Excel workbook.", "Save it as .xlsx and try again.")
    shared = _shared(parts.read("xl/sharedStrings.xml"))
    for name in sorted(sheets, key=lambda one: int(re.sub(r"\D", "", one)))[:MOST_SHEETS]:
        yield from _rows(parts.read(name), shared, most_rows)


def _shared(xml: bytes) -> list[str]:
    found: list[str] = []
    now: list[str] = []
    inside = [False]

    def start(name: str, _given: dict[str, str]) -> None:
        if name == "si":
            now.clear()
        inside[0] = name == "t"

    def end(name: str) -> None:
        inside[0] = False
        if name == "si":
            found.append("".join(now))

    if xml:
        _parse(xml, start, end, lambda words: now.append(words) if inside[0] else None)
    return found


class _Enough(Exception):
    pass


def _rows(xml: bytes, shared: list[str], most: int) -> list[list[str]]:
    rows: list[list[str]] = []
    row: dict[int, str] = {}
    cell = {"kind": "", "column": "", "inside": ""}
    words: list[str] = []

    def start(name: str, given: dict[str, str]) -> None:
        if name == "row":
            row.clear()
        elif name == "c":
            cell.update(kind=given.get("t", "n"), column=given.get("r", ""))
            words.clear()
        cell["inside"] = "yes" if name in ("v", "t") else ""

    def end(name: str) -> None:
        cell["inside"] = ""
        if name == "c":
            said = "".join(words).strip()
            if cell["kind"] == "s":
                said = shared[int(said)] if said.isdigit() and int(said) < len(shared) else ""
            if said:
                row[_column(cell["column"], len(row))] = said
        elif name == "row" and row:
            rows.append([row.get(place, "") for place in range(min(max(row) + 1, 400))])
            if len(rows) >= most:
                raise _Enough

    with contextlib.suppress(_Enough):
        _parse(xml, start, end, lambda said: words.append(said) if cell["inside"] else None)
    return rows


def _column(reference: str, otherwise: int) -> int:
    found = _CELL.match(reference)
    if not found:
        return otherwise
    place = 0
    for letter in found.group(1):
        place = place * 26 + ord(letter) - 64
    return place - 1
