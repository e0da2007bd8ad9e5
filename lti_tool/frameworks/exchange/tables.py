"""CSV in and out: delimiters, broken quotes, ragged rows, and cells that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.source import MAX_ITEMS

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets (OWASP, "CSV injection").
_RUNS = re.compile(r"[=+\-@\t\r]")
_QUOTED_RUN = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Row:
    """One record of a CSV file and the line it begins on, counting from 1."""

    line: int
    cells: tuple[str, ...]

    @property
    def place(self) -> str:
        """The line in words, for findings."""
        return f"line {self.line}"

    def cell(self, number: int) -> str:
        """A cell by position, trimmed; "" where the row is too short."""
        return self.cells[number].strip() if 0 <= number < len(self.cells) else ""


def rows_of(text: str, report: Report) -> list[Row]:
    """All rows with something in them. A quotation mark that is not closed is a fault with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(begins, tuple(live(cell) for cell in cells)))
                if len(rows) > MAX_ITEMS + 1:
                    words = f"It has more than {MAX_ITEMS} rows; that is the most."
                    raise report.stop(f"line {begins}", words, "Split it.")
            begins = reader.line_num + 1
    except csv.Error as trouble:
        raise report.stop(
            f"line {begins}",
            f"A row cannot be read: {trouble}.",
            "Look for a quotation mark that is not closed or not doubled, in this row or just before it.",
        ) from None
    return rows


def _delimiter(text: str) -> str:
    head = text.lstrip("\ufeff\r\n ").split("\n", 1)[0]
    outside = re.sub(r'"[^"]*"', "", head)
    return max((",", ";", "\t"), key=outside.count)


def rows_to_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """A UTF-8 CSV file in which no cell can run as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([tame(cell) for cell in row])
    return out.getvalue().encode("utf-8", errors="replace")


def tame(cell: str) -> str:
    """The cell, an apostrophe before it where a spreadsheet would run it; numbers stay. `live` undoes it."""
    runs = _RUNS.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if runs or _QUOTED_RUN.match(cell) else cell


def live(cell: str) -> str:
    """The cell without the apostrophe that `tame` put before it."""
    return cell[1:] if _QUOTED_RUN.match(cell) else cell
