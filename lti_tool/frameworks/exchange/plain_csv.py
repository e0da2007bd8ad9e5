"""The plain framework CSV: a header by name, one row an item.

`id, parent, title, description`, optional `kind`, `scope`, `code`, `level`, `precedes` (ids between blanks) and one
column `level 1`, `level 2`, ... with that level's descriptor. Other columns are kept and written back.
"""

import re
from collections.abc import Mapping, Sequence

from lti_tool.frameworks.domain import AssociationType, Finding, FrameworkDraft, ItemDraft, ItemKind, Severity
from lti_tool.frameworks.exchange.plain import PlainItem, assemble, code_of
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.tables import Row, rows_to_bytes

_COLUMNS = ("id", "parent", "title", "description", "kind", "scope", "code", "level", "precedes")
_ALSO = {"identifier": "id", "parent id": "parent", "parent_id": "parent", "name": "title", "type": "kind"}
_LEVEL = re.compile(r"level[ _-]?(\d{1,2})(?:\s*[:(-]\s*(.*?)\)?)?", re.IGNORECASE)
#: Where the cells of columns that we do not know are kept.
OTHER_COLUMNS = "columns"


def _name(cell: str) -> str:
    name = " ".join(cell.replace("\ufeff", "").split()).casefold()
    return _ALSO.get(name, name)


def is_plain(header: Row) -> bool:
    """Whether a header has an id and a title."""
    return {"id", "title"} <= {_name(cell) for cell in header.cells}


def read(rows: Sequence[Row], report: Report) -> FrameworkDraft:
    """The framework in the rows of a file. Raises `BadFramework` with every fault and its line."""
    if not rows or not is_plain(rows[0]):
        next_step = "Name the columns in the first row: id, parent, title, description."
        raise report.stop("line 1", "The columns id and title are not there.", next_step)
    header = rows[0]
    columns, levels, others = _columns(header, report)
    items = []
    for row in rows[1:]:
        if len(row.cells) > len(header.cells) and any(cell.strip() for cell in row.cells[len(header.cells) :]):
            words = f"The row has {len(row.cells)} cells under {len(header.cells)} columns."
            report.fault(row.place, words, "Put texts that hold a comma in quotation marks.")
            continue
        items.append(_item(row, columns, levels, others, report))
    names = {number: name for number, (_, name) in levels.items() if name}
    return assemble(items, report, "csv", level_names={number: names.get(number, "") for number in levels})


def _columns(header: Row, report: Report) -> tuple[dict[str, int], dict[int, tuple[int, str]], dict[str, int]]:
    columns: dict[str, int] = {}
    levels: dict[int, tuple[int, str]] = {}
    others: dict[str, int] = {}
    for place, cell in enumerate(header.cells):
        name = _name(cell)
        level = _LEVEL.fullmatch(" ".join(cell.split()))
        known: Mapping[str, int] | Mapping[int, tuple[int, str]] = columns
        if level and int(level[1]):
            if int(level[1]) not in levels:
                levels[int(level[1])] = (place, (level[2] or "").strip())
                continue
        elif name in _COLUMNS:
            if name not in known:
                columns[name] = place
                continue
        elif not name or cell.strip() not in others:
            if name:
                others[cell.strip()] = place
            continue
        report.fault(header.place, f"The column “{cell.strip()}” is there twice.", "Rename or remove one of them.")
    if others:
        listed = ", ".join(f"“{name}”" for name in list(others)[:6])
        report.warn(header.place, f"Columns that we do not know are kept for export but not shown: {listed}.")
    return columns, levels, others


def _item(
    row: Row,
    columns: Mapping[str, int],
    levels: Mapping[int, tuple[int, str]],
    others: Mapping[str, int],
    report: Report,
) -> PlainItem:
    def said(name: str) -> str:
        return row.cell(columns[name]) if name in columns else ""

    level = said("level")
    if level and not (level.isdecimal() and 0 < int(level[:4]) < 100):
        report.fault(row.place, f"The level “{level[:40]}” is not a number from 1.", "Use the level's number.")
        level = ""
    kept = {name: row.cell(place) for name, place in others.items() if row.cell(place)}
    return PlainItem(
        place=row.place,
        key=said("id"),
        title=said("title"),
        description=said("description"),
        parents=(said("parent"),) if said("parent") else (),
        kind=said("kind"),
        scope=said("scope"),
        code=said("code") if "code" in columns else None,
        precedes=(said("precedes"),) if said("precedes") else (),
        descriptors={number: row.cell(place) for number, (place, _) in levels.items() if row.cell(place)},
        level=int(level) if level else None,
        extra={OTHER_COLUMNS: kept} if kept else {},
    )


def write(draft: FrameworkDraft) -> tuple[bytes, tuple[Finding, ...]]:
    """The rows of a framework, parents first as far as the source had them, and what is lost."""
    ids = ids_of(draft)
    return rows_to_bytes(table(draft, ids)), _lost(draft, ids)


def table(draft: FrameworkDraft, ids: Mapping[str, str]) -> list[list[str]]:
    """The header and one row an item, in reading order; `ids` are those of `ids_of`."""
    optional = _optional(draft)
    others = sorted({name for item in draft.items for name in _others(item)})
    numbers = [level.number for level in draft.levels]
    header = ["id", "parent", "title", "description", *optional, *(f"level {number}" for number in numbers), *others]
    before: dict[str, list[str]] = {}
    for link in draft.associations:
        if link.type == AssociationType.PRECEDES and link.destination_key in ids:
            before.setdefault(link.origin_key, []).append(ids[link.destination_key])
    rows = [header]
    for item in _reading_order(draft):
        cells = {
            "kind": "" if item.kind is ItemKind.ITEM else item.kind.value,
            "scope": item.scope,
            "code": item.code,
            "level": "" if item.level is None else str(item.level),
            "precedes": " ".join(before.get(item.key, ())),
        }
        rows.append(
            [
                ids[item.key],
                " ".join(ids[parent] for parent in item.parent_keys if parent in ids),
                item.title,
                item.description,
                *(cells[name] for name in optional),
                *(item.descriptors.get(number, "") for number in numbers),
                *(_others(item).get(name, "") for name in others),
            ]
        )
    return rows


def _reading_order(draft: FrameworkDraft) -> list[ItemDraft]:
    # Siblings have to come in their order; where the source has them so, its order stays.
    seen: dict[str, int] = {}
    for item in draft.items:
        parent = item.parent_keys[0] if item.parent_keys else ""
        if item.position < seen.get(parent, -1):
            return sorted(draft.items, key=lambda item: item.position)
        seen[parent] = item.position
    return list(draft.items)


def _others(item: ItemDraft) -> Mapping[str, str]:
    kept = item.extra.get(OTHER_COLUMNS)
    return {str(name): str(cell) for name, cell in kept.items()} if isinstance(kept, dict) else {}


def ids_of(draft: FrameworkDraft) -> dict[str, str]:
    """Ids without blanks, because blanks part ids in a cell."""
    taken: set[str] = {item.key for item in draft.items if not re.search(r"[\s;,|]", item.key)}
    found = {}
    for item in draft.items:
        name = base = re.sub(r"[\s;,|]+", "_", item.key)
        number = 2
        while name != item.key and name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        found[item.key] = name
    return found


def _optional(draft: FrameworkDraft) -> list[str]:
    wanted = {
        "kind": any(item.kind is not ItemKind.ITEM for item in draft.items),
        "scope": any(item.scope for item in draft.items),
        "code": any(item.code != code_of(item.key) for item in draft.items),
        "level": any(item.level is not None for item in draft.items),
        "precedes": any(link.type == AssociationType.PRECEDES for link in draft.associations),
    }
    return [name for name, needed in wanted.items() if needed]


def _lost(draft: FrameworkDraft, ids: Mapping[str, str]) -> tuple[Finding, ...]:
    found = [Finding("framework", "The framework's own title, version, licence and publisher are not in the table.")]
    if any(level.name != f"Level {level.number}" or level.description for level in draft.levels):
        found.append(Finding("levels", "Names and descriptions of levels are lost: the columns carry numbers."))
    others = sum(1 for link in draft.associations if link.type != AssociationType.PRECEDES)
    outside = sum(
        1 for link in draft.associations if link.type == AssociationType.PRECEDES and link.destination_key not in ids
    )
    if others or outside:
        found.append(
            Finding("associations", f"{others + outside} associations are lost: only `precedes` has a column.")
        )
    changed = sum(1 for key, name in ids.items() if key != name)
    if changed:
        found.append(Finding("id", f"{changed} ids held blanks or commas: an underscore stands in their place."))
    names = sorted({name for item in draft.items for name in item.extra} - {OTHER_COLUMNS, "isChildOf"})
    if names:
        found.append(Finding("items", f"Fields without a column are lost: {', '.join(names[:8])}.", Severity.NOTE))
    return tuple(found)
