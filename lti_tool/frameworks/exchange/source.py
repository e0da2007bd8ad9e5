"""From bytes to text or JSON: what the file really is, how it is encoded, and how large it may be."""

import codecs
import json
import re
from collections.abc import Iterable
from typing import Any

from lti_tool.frameworks.exchange.report import Report

MAX_BYTES = 50 * 1024 * 1024
MAX_DEPTH = 100
#: Rows of a table, or members of one list: no framework has as many, and each costs memory.
MAX_ITEMS = 100_000

_CSV_HINT = "Save the sheet as CSV (UTF-8) and import that."
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "It is a PNG picture, not a framework.", "Choose the CSV or JSON file."),
    (b"\xff\xd8\xff", "It is a JPEG picture, not a framework.", "Choose the CSV or JSON file."),
    (b"GIF8", "It is a GIF picture, not a framework.", "Choose the CSV or JSON file."),
    (b"%PDF", "It is a PDF document.", "Export the framework as CSV or CASE from where it is kept."),
    (b"\x1f\x8b", "It is compressed (gzip).", "Unpack it and import the file inside."),
    (b"7z\xbc\xaf", "It is a 7z archive.", "Unpack it and import the file inside."),
    (b"Rar!", "It is a RAR archive.", "Unpack it and import the file inside."),
    (b"\xd0\xcf\x11\xe0", "It is an old Excel or Word file.", _CSV_HINT),
    (b"SQLite format 3", "It is a database file.", "Choose the CSV or JSON file."),
    (b"MZ", "It is a program, not a framework.", "Choose the CSV or JSON file."),
    (b"\x7fELF", "It is a program, not a framework.", "Choose the CSV or JSON file."),
)
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED_TROUBLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TROUBLE = re.compile("[\x00\ud800-\udfff]")


def to_text(data: bytes, report: Report) -> str:
    """The text of a file. Raises `BadFramework` when it is empty, too large or something else than text."""
    if len(data) > MAX_BYTES:
        size = len(data) / 1024 / 1024
        raise report.stop("", f"It has {size:.0f} MB; the most is 50 MB.", "Split it, or leave parts out.")
    _refuse_other_kinds(data, report)
    text = _decode(data, report)
    if _TROUBLE.search(text):
        report.warn("", "Characters that no database can keep (NUL, half characters) were taken out.")
        text = _TROUBLE.sub("", text)
    if not text.strip():
        raise report.stop("", "It is empty.", "Choose a file that holds a framework.")
    head = text.lstrip()[:200].lower()
    if head.startswith(("<!doctype html", "<html", "<head", "<body")):
        raise report.stop(
            "line 1",
            "It is a web page, not a framework.",
            "Perhaps a sign-in page was saved in place of the file: download it again.",
        )
    if head.startswith(("<?xml", "<rdf", "<")):
        raise report.stop("line 1", "It is XML, which is not among the formats.", "Export it as CASE JSON or CSV.")
    return text


def _refuse_other_kinds(data: bytes, report: Report) -> None:
    if data.startswith(b"PK\x03\x04"):
        # Never unpacked: a small archive can hold terabytes.
        if b"xl/" in data[:4096] or b"xl/workbook.xml" in data:
            raise report.stop("", "It is a broken Excel workbook.", _CSV_HINT)
        raise report.stop("", "It is a ZIP archive.", "Unpack it and import the file inside.")
    for magic, words, next_step in _MAGIC:
        if data.startswith(magic):
            raise report.stop("", words, next_step)


def _decode(data: bytes, report: Report) -> str:
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    encoding = marked[0] if marked else _unmarked(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as trouble:
        if encoding != "utf-8":
            raise report.stop(
                f"byte {trouble.start + 1}",
                f"It is not the {encoding.upper()} that it says it is.",
                "Save it as UTF-8.",
            ) from None
        line = data.count(b"\n", 0, trouble.start) + 1
    if data[:1024].count(0) or sum(byte < 9 for byte in data[:1024]):
        raise report.stop("", "It is not text.", "Choose the CSV or JSON file.")
    report.warn(
        f"line {line}",
        "It is not UTF-8: it was read as Windows-1252 (Latin 1). Accents and quotation marks may be wrong.",
        "Look at the texts, or save the file as UTF-8 and import it again.",
    )
    return data.decode("cp1252", errors="replace") if _is_cp1252(data) else data.decode("latin-1")


def _is_cp1252(data: bytes) -> bool:
    return not any(byte in data for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D))


def _unmarked(data: bytes) -> str:
    # Text in a Latin script as UTF-16 without its mark: every second byte is zero.
    head = data[:400]
    if len(head) >= 8 and head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if len(head) >= 8 and head[0::2].count(0) > len(head) // 3:
        return "utf-16-be"
    return "utf-8"


def to_json(text: str, report: Report) -> Any:
    """The JSON value in a text. Raises `BadFramework` with line and column of what is wrong."""
    try:
        value = json.loads(text, strict=False, parse_constant=_no_constant)
        if _ESCAPED_TROUBLE.search(text):
            value = _without_trouble(value, report)
    except json.JSONDecodeError as trouble:
        raise report.stop(
            f"line {trouble.lineno}, column {trouble.colno}",
            f"It is not valid JSON: {trouble.msg}.",
            "Perhaps the download broke off: fetch the file again.",
        ) from None
    except ValueError as trouble:
        raise report.stop("", f"It is not valid JSON: {trouble}.", "Ask whoever made the file.") from None
    except RecursionError:
        raise _too_deep(report) from None
    _check_size(value, report)
    return value


def _too_deep(report: Report) -> Exception:
    return report.stop("", f"It is nested more than {MAX_DEPTH} levels deep.", "No framework is: check the file.")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number that JSON knows")


def _check_size(value: Any, report: Report) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for container in level:
            # Associations outnumber items: NICE has two and a half for each.
            if isinstance(container, list) and len(container) > 10 * MAX_ITEMS:
                raise report.stop(
                    "", f"A list holds {len(container)} entries; the most is {10 * MAX_ITEMS}.", "Split it."
                )
            members: Iterable[Any] = container.values() if isinstance(container, dict) else container
            below.extend(member for member in members if isinstance(member, dict | list))
        if not below:
            return
        level = below
    raise _too_deep(report)


def check_count(number: int, report: Report) -> None:
    """Raise `BadFramework` when there are more items than any framework has."""
    if number > MAX_ITEMS:
        raise report.stop("", f"It holds {number} items; the most is {MAX_ITEMS}.", "Split it.")


def _without_trouble(value: Any, report: Report) -> Any:
    if isinstance(value, str):
        if not _TROUBLE.search(value):
            return value
        report.warn("", "Characters that no database can keep (NUL, half characters) were taken out.")
        return _TROUBLE.sub("", value)
    if isinstance(value, list):
        return [_without_trouble(member, report) for member in value]
    if isinstance(value, dict):
        return {_TROUBLE.sub("", key): _without_trouble(member, report) for key, member in value.items()}
    return value
