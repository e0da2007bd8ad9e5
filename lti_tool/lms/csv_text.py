"""The text of an uploaded table: which encoding, which separator, and whether it is a table at all."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lti_tool.kit.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024

_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
)


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault: the line in the file (the header is line 1), the column by name, and words about it."""

    line: int
    column: str
    words: str

    def __str__(self) -> str:
        return f"Line {self.line}{f', {self.column}' if self.column else ''}: {self.words}"


class FileFaults(Invalid):
    """The file cannot be taken in; `faults` lists every fault, and nothing was kept."""

    reason = "file_faults"

    def __init__(self, words: str, next_step: str = "", faults: tuple[LineFault, ...] = ()) -> None:
        super().__init__(words, next_step)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, each with the line it begins on. `guessed`: the encoding was a guess."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str
    guessed: bool = False


def read_table(data: bytes, *, max_bytes: int = MAX_BYTES) -> Table:
    """A table from the bytes of a file. Raises `FileFaults` when it is none.

    UTF-8 with or without a mark, UTF-16, and as a last resort Windows-1252 (then `guessed`); separated by
    comma, semicolon or tab, told by the header.
    """
    if len(data) > max_bytes:
        raise FileFaults(f"The file is larger than {max_bytes // (1024 * 1024)} MB.", "Split it and upload the parts.")
    if not data.strip():
        raise FileFaults("The file is empty.", "Upload a CSV file with a header line.")
    text, guessed = _decoded(data)
    head = text.lstrip()[:200].lower()
    if head.startswith(("<!doctype", "<html", "<?xml")):
        raise _not_a_table("a web page or XML")
    if head.startswith("{"):
        raise _not_a_table("JSON")
    text, separator = _separator(text)
    rows = list(_rows(text, separator))
    if not rows:
        raise FileFaults("The file is empty.", "Upload a CSV file with a header line.")
    (_, header), *rest = rows
    return Table(tuple(name.strip().lower() for name in header), tuple(rest), separator, guessed)


def _separator(text: str) -> tuple[str, str]:
    """The text with Excel's `sep=;` line made blank, and the separator."""
    first, _, rest = text.partition("\n")
    if named := re.fullmatch(r'"?sep=([,;\t])"?', first.strip(" ")):
        return "\n" + rest, named.group(1)
    header = text.lstrip("\n").split("\n", 1)[0]
    return text, max(",;\t", key=header.count)


def _decoded(data: bytes) -> tuple[str, bool]:
    for start, kind in _KINDS:
        if data.startswith(start):
            raise _not_a_table(kind)
    text, guessed = None, False
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _try(data, "utf-16")
    elif b"\x00" in data[:200]:
        text = _try(data, "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be")
    else:
        text = _try(data, "utf-8-sig")
        if text is None:
            text, guessed = data.decode("cp1252", "replace"), True
    if text is None or "\x00" in text:
        raise _not_a_table("not text")
    return text.replace("\r\n", "\n").replace("\r", "\n"), guessed


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _rows(text: str, separator: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows that are not blank, with the line each begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            cells = tuple(map(str.strip, row))
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        too_long = "field larger" in str(error)
        words = "a cell is too long" if too_long else "a quotation mark is not closed, or text follows a closing one"
        fault = LineFault(line, "", words)
        raise FileFaults(
            "The file is not a well-formed CSV.", "Mend the line, or save the table as CSV again.", (fault,)
        ) from error


def _not_a_table(kind: str) -> FileFaults:
    return FileFaults(f"The file is {kind}, no CSV table.", "In the spreadsheet choose “Save as” and then “CSV UTF-8”.")
