"""XLSX workbooks in: one sheet is the table of the items, in any of the CSV forms; ours bring four.

An XLSX file is a ZIP archive of XML: what would unpack to far more than a framework, or holds a document type (the way
to XML bombs and to files of this machine), is refused before anything is parsed.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from lti_tool.frameworks.domain import AssociationDraft, FrameworkDraft, LevelDraft
from lti_tool.frameworks.exchange import canvas_csv, moodle_csv, plain_csv
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.source import MAX_ITEMS
from lti_tool.frameworks.exchange.tables import Row

MOST_UNPACKED = 150 * 1024 * 1024
#: From this size on, an archive that unpacks to a hundred times its size is none that a spreadsheet made.
SWOLLEN = 16 * 1024 * 1024
MOST_PARTS = 500
MOST_SHEETS = 40
MOST_COLUMNS = 200
#: Names of the sheets that a workbook of ours has besides the items.
FRAMEWORK, LEVELS, RELATIONS = "Framework", "Levels", "Relations"
FIELDS = ("identifier", "title", "description", "version", "language", "publisher", "licence", "attribution")

_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_WORKBOOK = "xl/workbook.xml"
_SAVE = "Save the sheet as CSV (UTF-8) and import that."


@dataclass(frozen=True)
class SheetRow(Row):
    """A row of a sheet: findings name both."""

    sheet: str = ""

    @property
    def place(self) -> str:
        return f"sheet “{self.sheet}”, row {self.line}"


def is_workbook(data: bytes) -> bool:
    """Whether a file is an XLSX workbook, by the list of what is in the archive; nothing is unpacked."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def read(data: bytes, report: Report, format: str = "auto") -> FrameworkDraft:
    """The framework in a workbook. Raises `BadFramework` with every fault, its sheet and its row."""
    _check_archive(data, report)
    sheets = _sheets(data, report)
    chosen, rows = _items_sheet(sheets, report, format)
    draft = {"csv": plain_csv.read, "canvas": canvas_csv.read, "moodle": moodle_csv.read}[chosen](rows, report)
    draft = _with_more(draft, sheets, report) if chosen == "csv" else draft
    report.stop_if_failed()
    return replace(draft, format="xlsx" if chosen == "csv" else chosen, warnings=report.warnings)


def _check_archive(data: bytes, report: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        packed = sum(part.compress_size for part in parts)
        swells = unpacked > SWOLLEN and unpacked > 100 * len(data)
        if swells or unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS or packed > len(data):
            size = unpacked / 1024 / 1024
            words = f"It would unpack to {size:.0f} MB in {len(parts)} parts: no framework does."
            raise report.stop("", words, _SAVE)
        if any(part.flag_bits & 1 for part in parts):
            raise report.stop("", "It is locked with a password.", "Take the password off and import it again.")
        for part in parts:
            if part.filename.endswith((".xml", ".rels", ".vml")):
                _check_part(archive, part, report)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, report: Report) -> None:
    try:
        # The archive's word on the size holds: zipfile reads no further than that.
        text = archive.read(part)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as trouble:
        raise report.stop(part.filename[:80], f"It cannot be unpacked: {trouble}.", _SAVE) from None
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or text[:400].count(0):
        text = text.decode("utf-16", errors="replace").encode()
    if _FORBIDDEN.search(text):
        words = "It holds a document type with entities, which workbooks do not have."
        raise report.stop(part.filename[:80], words, _SAVE)


def _sheets(data: bytes, report: Report) -> dict[str, list[Row]]:
    """The rows of each sheet that has any. Formulas count as what they gave when the file was saved."""
    import warnings

    from openpyxl import load_workbook

    found: dict[str, list[Row]] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles and extensions that nobody asked for
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets[:MOST_SHEETS]:
                sheet.reset_dimensions()
                found[sheet.title] = list(_rows(sheet, report))
            book.close()
    except Exception as trouble:
        # openpyxl raises what its parsers raise: KeyError, ValueError, ParseError, ... for a broken workbook.
        if report.failed:
            raise
        name = type(trouble).__name__
        raise report.stop("", f"It is a broken Excel workbook ({name}).", _SAVE) from None
    return {name: rows for name, rows in found.items() if rows}


def _rows(sheet: Any, report: Report) -> Iterator[Row]:
    cells = sheet.iter_rows(max_row=MAX_ITEMS + 2, max_col=MOST_COLUMNS + 1, values_only=True)
    count = 0
    for number, values in enumerate(cells, 1):
        texts = tuple(map(_text, values))
        if not any(texts):
            continue
        count += 1
        row = SheetRow(number, _trimmed(texts), sheet.title[:60])
        if count > MAX_ITEMS + 1:
            raise report.stop(row.place, f"It has more than {MAX_ITEMS} rows; that is the most.", "Split it.")
        if len(row.cells) > MOST_COLUMNS:
            raise report.stop(row.place, f"It has more than {MOST_COLUMNS} columns; that is the most.", "Split it.")
        yield row


def _trimmed(texts: tuple[str, ...]) -> tuple[str, ...]:
    last = max((place for place, text in enumerate(texts) if text), default=-1)
    return texts[: last + 1]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute or value.second) else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("\x00", "").strip()


def _items_sheet(sheets: Mapping[str, list[Row]], report: Report, format: str) -> tuple[str, list[Row]]:
    if not sheets:
        raise report.stop("", "It is a workbook without anything in it.", "Choose a file that holds a framework.")
    tests = {
        "canvas": lambda rows: canvas_csv.is_canvas(rows[0]),
        "csv": lambda rows: plain_csv.is_plain(rows[0]),
        "moodle": moodle_csv.is_moodle,
    }
    for chosen, fits in tests.items():
        for rows in sheets.values():
            if format in ("auto", chosen) and fits(rows):
                return chosen, rows
    first = next(iter(sheets.values()))
    head = ", ".join(f"“{cell[:30]}”" for cell in first[0].cells[:8])
    words = f"No sheet has the columns of a framework in its first row. The first one has: {head}."
    raise report.stop(first[0].place, words, "Name the columns in the first row: id, parent, title, description.")


def _with_more(draft: FrameworkDraft, sheets: Mapping[str, list[Row]], report: Report) -> FrameworkDraft:
    """What the sheets beside the items say: a workbook that we wrote comes back whole."""
    said = {row.cell(0): row.cell(1) for row in sheets.get(FRAMEWORK, ()) if row.cell(0) in (*FIELDS, "source")}
    fields: dict[str, Any] = {name: said[name] for name in FIELDS if said.get(name)}
    if said.get("source"):
        fields["source_url"] = said["source"]
    levels = _levels(sheets.get(LEVELS, ()), draft, report)
    relations = list(draft.associations)
    relations += [link for link in _relations(sheets.get(RELATIONS, ()), draft, report) if link not in relations]
    return replace(draft, **fields, levels=levels, associations=tuple(relations))


def _levels(rows: Sequence[Row], draft: FrameworkDraft, report: Report) -> tuple[LevelDraft, ...]:
    found = {level.number: level for level in draft.levels}
    for row in rows[1:]:
        number, months = row.cell(0), row.cell(3)
        if not number.isdecimal() or not 0 < int(number[:4]) < 100:
            report.fault(row.place, f"The level “{number[:40]}” is not a number from 1.", "Use the level's number.")
            continue
        given = int(months) if months.isdecimal() and int(months[:6]) < 1000 else None
        found[int(number)] = LevelDraft(int(number), row.cell(1) or f"Level {number}", row.cell(2), given)
    return tuple(
        found.get(number) or LevelDraft(number, f"Level {number}") for number in range(1, max(found, default=0) + 1)
    )


def _relations(rows: Sequence[Row], draft: FrameworkDraft, report: Report) -> Iterator[AssociationDraft]:
    for row in rows[1:]:
        kind, origin, destination, address = (row.cell(place) for place in range(4))
        if not kind or origin not in draft.by_key or not destination:
            words = "A relation without a type, or from an id that is not there, was left out."
            report.warn(row.place, words, "Give each a type, an id that it comes from and one that it leads to.")
        elif destination not in draft.by_key and not address:
            report.warn(row.place, "A relation to an id that is not there was left out.", "Correct the id.")
        else:
            yield AssociationDraft(kind[:40], origin, destination[:1000], address)
