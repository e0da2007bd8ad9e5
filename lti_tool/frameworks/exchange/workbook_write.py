"""A framework as an Excel workbook: the plain table, and sheets for what it has no columns for."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from lti_tool.frameworks.domain import AssociationType, Finding, FrameworkDraft, Severity
from lti_tool.frameworks.exchange.plain_csv import OTHER_COLUMNS, ids_of, table
from lti_tool.frameworks.exchange.workbook import FIELDS, FRAMEWORK, LEVELS, RELATIONS

ITEMS = "Competencies"
LONGEST_CELL = 32_767
#: Characters that XML 1.0 cannot carry.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write(draft: FrameworkDraft) -> tuple[bytes, tuple[Finding, ...]]:
    """The workbook's bytes, and what it cannot carry. No cell is a formula, whatever it begins with."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    ids = ids_of(draft)
    cut = _Cut()
    _fill(book, ITEMS, table(draft, ids), cut)
    _fill(book, LEVELS, _levels(draft), cut)
    _fill(book, RELATIONS, _relations(draft, ids), cut)
    _fill(book, FRAMEWORK, _framework(draft), cut)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), _lost(draft, ids, cut)


class _Cut:
    cells = 0
    characters = 0

    def fit(self, text: str) -> str:
        clean = _CONTROL.sub("", text)
        self.characters += len(text) - len(clean)
        self.cells += len(clean) > LONGEST_CELL
        return clean[:LONGEST_CELL]


def _fill(book: Any, name: str, rows: Iterable[Sequence[str]], cut: _Cut) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCD", (24, 24, 48, 64), strict=True):
        sheet.column_dimensions[column].width = width
    for number, row in enumerate(rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, cut.fit(text))
            cell.data_type = "s"  # a text that begins with = stays a text
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)


def _levels(draft: FrameworkDraft) -> Iterable[Sequence[str]]:
    yield "number", "name", "description", "months"
    for level in draft.levels:
        yield str(level.number), level.name, level.description, "" if level.months is None else str(level.months)


def _relations(draft: FrameworkDraft, ids: dict[str, str]) -> Iterable[Sequence[str]]:
    yield "type", "from", "to", "address"
    for link in draft.associations:
        inside = link.destination_key in ids
        if link.origin_key in ids and not (link.type == AssociationType.PRECEDES and inside):
            to = ids.get(link.destination_key, link.destination_key)
            yield str(link.type), ids[link.origin_key], to, link.destination_uri or ("" if inside else to)


def _framework(draft: FrameworkDraft) -> Iterable[Sequence[str]]:
    yield "field", "value"
    for name in FIELDS:
        yield name, getattr(draft, name)
    yield "source", draft.source_url


def _lost(draft: FrameworkDraft, ids: dict[str, str], cut: _Cut) -> tuple[Finding, ...]:
    found = []
    changed = sum(1 for key, name in ids.items() if key != name)
    if changed:
        found.append(Finding("id", f"{changed} ids held blanks or commas: an underscore stands in their place."))
    loose = sum(1 for link in draft.associations if link.origin_key not in ids)
    if loose:
        found.append(Finding("associations", f"{loose} associations that begin outside the framework are lost."))
    if cut.cells:
        found.append(Finding("items", f"{cut.cells} texts were cut to {LONGEST_CELL} characters, the most of a cell."))
    if cut.characters:
        found.append(Finding("items", f"{cut.characters} control characters that Excel cannot keep were taken out."))
    names = sorted({name for item in draft.items for name in item.extra} - {OTHER_COLUMNS, "isChildOf"})
    if names:
        found.append(Finding("items", f"Fields without a column are lost: {', '.join(names[:8])}.", Severity.NOTE))
    return tuple(found)
