"""Canvas's outcomes CSV: groups and outcomes by name of column, ratings in pairs at the end of each row.

Source: Canvas LMS documentation, "Outcomes CSV Format". Ratings run from the highest points down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lti_tool.frameworks.domain import (
    INDICATOR_KINDS,
    Finding,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
    children,
    with_positions,
)
from lti_tool.frameworks.exchange.columns import Narrow, lost_everywhere, mastered_from
from lti_tool.frameworks.exchange.plain import code_of
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.settle import Keys, settle
from lti_tool.frameworks.exchange.tables import Row, rows_to_bytes
from lti_tool.frameworks.exchange.text import is_html, to_plain

HEADER = (
    "vendor_guid",
    "object_type",
    "title",
    "description",
    "display_name",
    "friendly_description",
    "calculation_method",
    "calculation_int",
    "parent_guids",
    "workflow_state",
    "mastery_points",
    "ratings",
)
_KEPT = (
    "display_name",
    "friendly_description",
    "calculation_method",
    "calculation_int",
    "workflow_state",
    "mastery_points",
)
_RESERVED = ("canvas_outcome:", "canvas_outcome_group:")
_TITLE, _GUID = 255, 255
_BELOW = INDICATOR_KINDS | {ItemKind.KNOWLEDGE, ItemKind.OUTCOME}

Ratings = tuple[tuple[str, str], ...]


def is_canvas(header: Row) -> bool:
    """Whether a header has Canvas's two telling columns."""
    return {"vendor_guid", "object_type"} <= {_name(cell) for cell in header.cells}


def _name(cell: str) -> str:
    return cell.replace("\ufeff", "").strip().casefold()


def read(rows: Sequence[Row], report: Report) -> FrameworkDraft:
    """The framework in the rows of a file. Raises `BadFramework` with every fault and its line."""
    if not rows or not is_canvas(rows[0]):
        next_step = "Export the outcomes from Canvas and import that file."
        raise report.stop("line 1", "The columns vendor_guid and object_type are not there.", next_step)
    columns: dict[str, int] = {}
    for place, cell in enumerate(rows[0].cells):
        columns.setdefault(_name(cell), place)
    keys = Keys(report)
    items: list[ItemDraft] = []
    ratings: dict[str, Ratings] = {}
    for row in rows[1:]:
        key = _cell(row, columns, "vendor_guid")
        if _cell(row, columns, "workflow_state").casefold() == "deleted":
            report.warn(row.place, "Rows that Canvas is told to delete were left out.")
        elif not key:
            report.fault(row.place, "There is no vendor_guid.", "Give every row a vendor_guid of its own.")
        elif _fits(row, columns, keys, report):
            ratings[key] = _ratings(row, columns, report)
            items.append(_item(row, columns, key, ratings[key], report))
    levels, described = _levels(items, ratings)
    name = report.name.rsplit(".", 1)[0] or "Canvas outcomes"
    draft = FrameworkDraft(identifier=name, title=name, levels=levels, items=with_positions(described), format="canvas")
    return settle(draft, keys.places, report)


def _cell(row: Row, columns: Mapping[str, int], name: str) -> str:
    return row.cell(columns[name]) if name in columns else ""


def _fits(row: Row, columns: Mapping[str, int], keys: Keys, report: Report) -> bool:
    if _cell(row, columns, "object_type").casefold() not in ("outcome", "group"):
        report.fault(row.place, "The object_type is neither outcome nor group.", "Write one of the two.")
        return False
    if not _cell(row, columns, "title"):
        report.fault(row.place, "There is no title.", "Give the outcome or group a title.")
    for parent in _cell(row, columns, "parent_guids").split():
        if parent not in keys.places:
            words = f"The parent “{parent[:80]}” does not come before this row, as Canvas asks."
            report.warn(row.place, words, "Put groups before what they hold.")
    return keys.take(_cell(row, columns, "vendor_guid"), row.place)


def _ratings(row: Row, columns: Mapping[str, int], report: Report) -> Ratings:
    if "ratings" not in columns:
        return ()
    cells = [cell.strip() for cell in row.cells[columns["ratings"] :]]
    while cells and not cells[-1]:
        cells.pop()
    pairs = []
    for place in range(0, len(cells), 2):
        points = cells[place]
        words = cells[place + 1] if place + 1 < len(cells) else ""
        if _number(points) is None:
            report.fault(
                row.place, f"The rating “{points[:40]}” is not a number of points.", "Write points, then words."
            )
            return ()
        pairs.append((points, words))
    numbers = [_number(points) or 0.0 for points, _ in pairs]
    if numbers != sorted(numbers, reverse=True):
        report.warn(row.place, "Ratings do not run from the highest points down: they were sorted.")
        pairs.sort(key=lambda pair: -(_number(pair[0]) or 0.0))
    return tuple(pairs)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None


def _item(row: Row, columns: Mapping[str, int], key: str, ratings: Ratings, report: Report) -> ItemDraft:
    is_group = _cell(row, columns, "object_type").casefold() == "group"
    text = _cell(row, columns, "description")
    kept: dict[str, Any] = {name: _cell(row, columns, name) for name in _KEPT if _cell(row, columns, name)}
    if ratings:
        kept["ratings"] = [list(pair) for pair in ratings]
    if is_html(text):
        report.warn(row.place, "HTML was turned into plain text; the original is kept for export to Canvas.")
        kept["description"] = text
    return ItemDraft(
        key=key,
        title=_cell(row, columns, "title"),
        parent_keys=tuple(dict.fromkeys(_cell(row, columns, "parent_guids").split())),
        kind=ItemKind.CATEGORY if is_group else ItemKind.COMPETENCY,
        code="" if key.startswith(_RESERVED) else code_of(key),
        description=to_plain(text),
        extra={"canvas": kept} if kept else {},
    )


def _levels(items: list[ItemDraft], ratings: Mapping[str, Ratings]) -> tuple[tuple[LevelDraft, ...], list[ItemDraft]]:
    """The framework's levels: the shared ratings, or as many levels as the longest list, each outcome's own words."""
    said = {pairs for pairs in ratings.values() if pairs}
    if not said:
        return (), items
    if len(said) == 1:
        upward = tuple(reversed(next(iter(said))))
        return tuple(
            LevelDraft(number, words or f"Level {number}") for number, (_, words) in enumerate(upward, 1)
        ), items
    most = max(len(pairs) for pairs in said)
    described = []
    for item in items:
        words = {number: text for number, (_, text) in enumerate(reversed(ratings[item.key]), 1) if text}
        described.append(replace(item, descriptors=words))
    return tuple(LevelDraft(number, f"Level {number}") for number in range(1, most + 1)), described


def write(draft: FrameworkDraft) -> tuple[bytes, tuple[Finding, ...]]:
    """The rows that Canvas imports, groups before what they hold, and what they cannot carry."""
    narrow = Narrow()
    groups = {item.key for item in draft.items if _is_group(draft, item)}
    rows, left_out = [], 0
    guids: dict[str, str] = {}
    renamed = 0
    for item in _groups_first(draft):
        if item.kind in _BELOW and item.key not in groups and _holder(draft, item, groups) is None:
            left_out += 1
            continue
        guid = narrow.identifier(_guid(item.key), _GUID)
        renamed += guid != item.key
        guids[item.key] = guid
        rows.append(_row(draft, item, guid, guids, groups, narrow))
    found = narrow.findings() + lost_everywhere(draft, ())
    if left_out:
        words = f"{left_out} indicators and statements are left out: a Canvas outcome holds nothing below it."
        found.append(Finding("items", words))
    if renamed:
        found.append(
            Finding("vendor_guid", f"{renamed} ids were changed: Canvas takes no blanks and keeps some names.")
        )
    if draft.levels and not any(_canvas(item).get("mastery_points") for item in draft.items):
        words = f"Canvas asks from which points an outcome is mastered: {mastered_from(draft.levels)} was set."
        found.append(Finding("levels", words))
    width = max((len(row) for row in rows), default=len(HEADER))
    padded = [[*HEADER, *[""] * (width - len(HEADER))], *rows]
    return rows_to_bytes(padded), tuple(found)


def _is_group(draft: FrameworkDraft, item: ItemDraft) -> bool:
    below = children(draft, item.key)
    return item.kind is ItemKind.CATEGORY or any(child.kind not in _BELOW for child in below)


def _holder(draft: FrameworkDraft, item: ItemDraft, groups: set[str]) -> str | None:
    """The group that an indicator hangs on directly, where nothing else could be assessed."""
    if not item.parent_keys:
        return ""
    return next((parent for parent in item.parent_keys if parent in groups), None)


def _groups_first(draft: FrameworkDraft) -> list[ItemDraft]:
    waits = {item.key: len(item.parent_keys) for item in draft.items}
    ready = list(reversed(children(draft)))
    ordered = []
    while ready:
        item = ready.pop()
        ordered.append(item)
        for child in reversed(children(draft, item.key)):
            waits[child.key] -= 1
            if not waits[child.key]:
                ready.append(child)
    return ordered


def _guid(key: str) -> str:
    name = "_".join(key.split())
    return f"waymark_{name}" if name.startswith(_RESERVED) else name


def _canvas(item: ItemDraft) -> dict[str, Any]:
    kept = item.extra.get("canvas")
    return kept if isinstance(kept, dict) else {}


def _row(
    draft: FrameworkDraft,
    item: ItemDraft,
    guid: str,
    guids: Mapping[str, str],
    groups: set[str],
    narrow: Narrow,
) -> list[str]:
    kept = _canvas(item)
    original = str(kept.get("description", ""))
    is_group = item.key in groups
    cells = {name: str(kept[name]) for name in _KEPT if name in kept}
    cells |= {
        "vendor_guid": guid,
        "object_type": "group" if is_group else "outcome",
        "title": narrow.text(item.title, _TITLE, "title"),
        "description": original if original and to_plain(original) == item.description else item.description,
        "parent_guids": " ".join(guids[parent] for parent in item.parent_keys if parent in guids and parent in groups),
    }
    if len(item.title) > _TITLE and not item.description:
        cells["description"] = item.title
    cells.setdefault("workflow_state", "active")
    ratings = [] if is_group else _ratings_of(draft, item, kept)
    if ratings:
        cells.setdefault("calculation_method", "decaying_average")
        if cells["calculation_method"] == "decaying_average":
            cells.setdefault("calculation_int", "65")
        cells.setdefault("mastery_points", str(mastered_from(draft.levels)) if draft.levels else ratings[0])
    return [*(cells.get(name, "") for name in HEADER[:-1]), *ratings]


def _ratings_of(draft: FrameworkDraft, item: ItemDraft, kept: Mapping[str, Any]) -> list[str]:
    said = kept.get("ratings")
    if isinstance(said, list) and said:
        return [str(cell) for pair in said for cell in pair]
    downward = sorted(draft.levels, key=lambda level: -level.number)
    return [
        cell for level in downward for cell in (str(level.number), item.descriptors.get(level.number) or level.name)
    ]
