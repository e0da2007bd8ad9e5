"""Which format a file is in, by what is in it and never by its name."""

from typing import Any

from lti_tool.frameworks.exchange import canvas_csv, case, json_list, moodle_csv, nice, plain_csv
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.tables import Row

_ASK = "Choose the format yourself, or convert the file to CSV with the columns id, parent, title, description."


def json_format(value: Any, report: Report) -> str:
    """ "case", "nice" or "json". Raises `BadFramework` when the value is none of them."""
    if case.is_case(value):
        return "case"
    if nice.is_nice(value):
        return "nice"
    if json_list.is_json_list(value):
        return "json"
    raise report.stop("$", "It is JSON, but neither CASE, NICE nor a list of items.", _ASK)


def csv_format(rows: list[Row], report: Report) -> str:
    """ "canvas", "csv" or "moodle". Raises `BadFramework` when the table is none of them."""
    if rows and canvas_csv.is_canvas(rows[0]):
        return "canvas"
    if rows and plain_csv.is_plain(rows[0]):
        return "csv"
    if moodle_csv.is_moodle(rows):
        return "moodle"
    head = ", ".join(f"“{cell.strip()[:30]}”" for cell in rows[0].cells[:8]) if rows else ""
    words = f"It is a table, but not one of a framework that we know. Its columns: {head}."
    raise report.stop("line 1", words, _ASK)
