"""Frameworks in and out of files: CASE, NICE, Moodle, Canvas, plain CSV, Excel workbooks and a JSON list.

Reading lists every fault with its place and keeps nothing of a bad file; writing says what a format cannot carry.
"""

from datetime import datetime
from pathlib import Path

from lti_tool.frameworks.domain import Finding, FrameworkDraft
from lti_tool.frameworks.exchange import (
    canvas_csv,
    case,
    detect,
    json_list,
    moodle_csv,
    moodle_write,
    nice,
    plain_csv,
    workbook,
    workbook_write,
)
from lti_tool.frameworks.exchange.report import BadFramework, Report
from lti_tool.frameworks.exchange.source import MAX_BYTES, to_json, to_text
from lti_tool.frameworks.exchange.tables import rows_of
from lti_tool.kit.errors import Invalid, NotFound

#: Formats that can be read, and those that can be written.
READS = ("case", "nice", "csv", "xlsx", "moodle", "canvas", "json")
WRITES = ("case", "moodle", "canvas", "csv", "xlsx")
MIME = {
    "case": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "moodle": "text/csv",
    "canvas": "text/csv",
}

_JSON = {"case": case.read, "nice": nice.read, "json": json_list.read}
_CSV = {"csv": plain_csv.read, "moodle": moodle_csv.read, "canvas": canvas_csv.read}


def read_file(path: str | Path, format: str = "auto") -> FrameworkDraft:
    """The framework in a file. Raises `BadFramework` with every fault, `NotFound` when there is no such file."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            # One byte more than allowed is enough to know that a file is too large.
            data = file.read(MAX_BYTES + 1)
    except OSError as trouble:
        raise NotFound(f"“{path.name}” cannot be opened: {trouble.strerror}.", "Check the path.") from None
    return read_bytes(data, path.name, format)


def read_bytes(data: bytes, name: str, format: str = "auto") -> FrameworkDraft:
    """The framework in an uploaded file; `name` is used in messages and, where the file gives none, as its title.

    `format` is one of `READS`, or "auto" to look at what is inside. Raises `BadFramework`.
    """
    if format not in ("auto", *READS):
        raise Invalid(f"“{format}” is not a format that can be read.", f"Choose one of {', '.join(READS)}.")
    report = Report(name)
    if len(data) <= MAX_BYTES and format not in _JSON and workbook.is_workbook(data):
        return workbook.read(data, report, "auto" if format == "xlsx" else format)
    if format == "xlsx":
        raise report.stop("", "It is not an Excel workbook (XLSX).", "Choose the format that the file has.")
    text = to_text(data, report)
    if format in _JSON or (format == "auto" and text.lstrip()[:1] in ("{", "[")):
        value = to_json(text, report)
        chosen = detect.json_format(value, report) if format == "auto" else format
        return _JSON[chosen](value, report)
    rows = rows_of(text, report)
    chosen = detect.csv_format(rows, report) if format == "auto" else format
    return _CSV[chosen](rows, report)


def write(
    draft: FrameworkDraft, format: str, now: datetime | None = None, base_uri: str = ""
) -> tuple[bytes, tuple[Finding, ...]]:
    """(file, what the format could not carry) in one of `WRITES`.

    `now` and `base_uri` are for CASE: the date and the address of records that have none of their own.
    """
    if format == "case":
        return case.write(draft, now, base_uri)
    if format == "moodle":
        return moodle_write.write(draft)
    if format == "canvas":
        return canvas_csv.write(draft)
    if format == "csv":
        return plain_csv.write(draft)
    if format == "xlsx":
        return workbook_write.write(draft)
    raise Invalid(f"“{format}” is not a format that can be written.", f"Choose one of {', '.join(WRITES)}.")


__all__ = [
    "MAX_BYTES",
    "MIME",
    "READS",
    "WRITES",
    "BadFramework",
    "Finding",
    "FrameworkDraft",
    "read_bytes",
    "read_file",
    "write",
]
