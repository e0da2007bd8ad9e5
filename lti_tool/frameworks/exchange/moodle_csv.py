"""Moodle's competency framework CSV: 14 columns by position, because their headers are translated.

Source: Moodle's admin tool "Import competency framework" (tool_lpimportcsv), read from its behaviour. Moodle drops
rows without an id and rows whose parent is missing without a word; here both are faults.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lti_tool.frameworks.domain import (
    AssociationDraft,
    AssociationType,
    Finding,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
    children,
    path_of,
    with_positions,
)
from lti_tool.frameworks.exchange.columns import RELATED, Narrow, lost_everywhere, mastered_from
from lti_tool.frameworks.exchange.plain import code_of
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.settle import Keys, settle
from lti_tool.frameworks.exchange.tables import Row, rows_to_bytes
from lti_tool.frameworks.exchange.text import is_html, to_plain

(PARENT, ID, SHORT_NAME, DESCRIPTION, DESCRIPTION_FORMAT, SCALE_VALUES, SCALE_CONFIGURATION) = range(7)
(RULE_TYPE, RULE_OUTCOME, RULE_CONFIG, RELATED_IDS, EXPORTED_ID, IS_FRAMEWORK, TAXONOMY) = range(7, 14)
HEADER = (
    "Parent ID number",
    "ID number",
    "Short name",
    "Description",
    "Description format",
    "Scale values",
    "Scale configuration",
    "Rule type (optional)",
    "Rule outcome (optional)",
    "Rule config (optional)",
    "Cross-referenced competency ID numbers",
    "Exported ID (optional)",
    "Is framework",
    "Taxonomy",
)
_KEPT = {
    "scale_values": SCALE_VALUES,
    "scale_configuration": SCALE_CONFIGURATION,
    "rule_type": RULE_TYPE,
    "rule_outcome": RULE_OUTCOME,
    "rule_config": RULE_CONFIG,
    "exported_id": EXPORTED_ID,
}
_MOST = 100
_HTML, _PLAIN = "1", "2"
_TERMS = {
    "domain": ItemKind.CATEGORY,
    "competency": ItemKind.COMPETENCY,
    "skill": ItemKind.SKILL,
    "indicator": ItemKind.INDICATOR,
    "behaviour": ItemKind.INDICATOR,
    "outcome": ItemKind.OUTCOME,
}
_TERM_OF = {kind: term for term, kind in _TERMS.items() if term != "behaviour"}


def is_moodle(rows: Sequence[Row]) -> bool:
    """Whether these are 14 columns of which the 13th says 1 in exactly one row."""
    body = rows[1:]
    wide = bool(body) and all(len(row.cells) == len(HEADER) for row in rows[:20])
    return wide and sum(_is_framework(row) for row in body) == 1


def _is_framework(row: Row) -> bool:
    return row.cell(IS_FRAMEWORK).casefold() in ("1", "true", "yes")


def read(rows: Sequence[Row], report: Report) -> FrameworkDraft:
    """The framework in the rows of a file. Raises `BadFramework` with every fault and its line."""
    head = [row for row in rows[1:] if _is_framework(row)]
    if len(head) != 1:
        words = "No row says that it is the framework (1 in the 13th column)."
        if len(head) > 1:
            words = f"{len(head)} rows say that they are the framework: {', '.join(row.place for row in head[:5])}."
        raise report.stop("line 1", words, "Export one framework from Moodle and import that file.")
    root = head[0]
    keys = Keys(report)
    terms = [term.strip().casefold() for term in root.cell(TAXONOMY).split(",")]
    found = []
    for row in rows[1:]:
        if row is root:
            continue
        if not row.cell(ID):
            report.fault(row.place, "There is no id number, and Moodle would drop the row.", "Give it an id number.")
        elif keys.take(row.cell(ID), row.place):
            found.append((row, _item(row, root, report)))
    draft = FrameworkDraft(
        identifier=root.cell(ID) or report.name or "moodle",
        title=root.cell(SHORT_NAME) or root.cell(ID) or "Untitled framework",
        description=_words(root, report),
        levels=tuple(LevelDraft(number, name.strip()) for number, name in enumerate(_scale(root), 1)),
        items=with_positions([item for _, item in found]),
        associations=tuple(_related([row for row, _ in found], keys, report)),
        extra={"moodle": {**_kept(root), "taxonomy": root.cell(TAXONOMY)}},
        format="moodle",
    )
    draft = settle(draft, keys.places, report)
    return _with_kinds(draft, terms)


def _scale(row: Row) -> list[str]:
    return [name for name in row.cell(SCALE_VALUES).split(",") if name.strip()]


def _item(row: Row, root: Row, report: Report) -> ItemDraft:
    parent, title = row.cell(PARENT), row.cell(SHORT_NAME)
    if not title:
        report.fault(row.place, "There is no short name.", "Give the competency a short name.")
    kept = _kept(row)
    if kept.get("scale_values") == root.cell(SCALE_VALUES):
        kept.pop("scale_values")
    if kept.get("scale_configuration") == root.cell(SCALE_CONFIGURATION):
        kept.pop("scale_configuration")
    if row.cell(RULE_TYPE):
        report.note(row.place, "Moodle's completion rules are kept for export and do nothing here.")
    return ItemDraft(
        key=row.cell(ID),
        title=to_plain(title),
        parent_keys=(parent,) if parent and parent != root.cell(ID) else (),
        code=code_of(row.cell(ID)),
        description=_words(row, report),
        extra={"moodle": kept} if kept else {},
    )


def _words(row: Row, report: Report) -> str:
    text = row.cell(DESCRIPTION)
    if row.cell(DESCRIPTION_FORMAT) != _PLAIN and is_html(text):
        report.warn(row.place, "HTML was turned into plain text; the original is kept for export to Moodle.")
        return to_plain(text)
    return text


def _kept(row: Row) -> dict[str, str]:
    kept = {name: row.cell(column) for name, column in _KEPT.items() if row.cell(column)}
    if row.cell(DESCRIPTION_FORMAT) != _PLAIN and row.cell(DESCRIPTION):
        kept |= {"description": row.cell(DESCRIPTION), "description_format": row.cell(DESCRIPTION_FORMAT)}
    return kept


def _related(rows: Sequence[Row], keys: Keys, report: Report) -> list[AssociationDraft]:
    found: dict[tuple[str, str], AssociationDraft] = {}
    for row in rows:
        for name in filter(None, (part.strip() for part in row.cell(RELATED_IDS).split(","))):
            other, own = name.replace("%2C", ",").replace("%2c", ","), row.cell(ID)
            if other not in keys.places:
                report.warn(row.place, f"The related id “{other[:80]}” is not in the file: it was left out.")
            elif (other, own) not in found:
                found[(own, other)] = AssociationDraft(AssociationType.IS_RELATED_TO, own, other)
    return list(found.values())


def _with_kinds(draft: FrameworkDraft, terms: Sequence[str]) -> FrameworkDraft:
    """Moodle names a kind per depth. Its default is "competency" throughout, which says nothing."""
    if len(set(terms)) < 2:
        return draft

    def kind_at(item: ItemDraft) -> ItemKind:
        depth = len(path_of(draft, item)) - 1
        return _TERMS.get(terms[depth], ItemKind.ITEM) if depth < len(terms) else ItemKind.ITEM

    return replace(draft, items=tuple(replace(item, kind=kind_at(item)) for item in draft.items))


def write(draft: FrameworkDraft) -> tuple[bytes, tuple[Finding, ...]]:
    """The rows that Moodle imports, and what they cannot carry."""
    narrow = Narrow()
    found: list[Finding] = []
    kept = _moodle(draft.extra)
    scale, configuration = _scale_of(draft, kept, found)
    root = narrow.identifier(draft.identifier, _MOST)
    rows = [list(HEADER)]
    rows.append(
        _row(
            {
                ID: root,
                SHORT_NAME: narrow.text(draft.title, _MOST, "short name"),
                SCALE_VALUES: scale,
                SCALE_CONFIGURATION: configuration,
                IS_FRAMEWORK: "1",
                TAXONOMY: _taxonomy(draft, kept, found),
            },
            draft.description,
            kept,
        )
    )
    ids = {item.key: narrow.identifier(item.key, _MOST) for item in draft.items}
    related: dict[str, list[str]] = {}
    for link in draft.associations:
        if link.type == RELATED and link.origin_key in ids and link.destination_key in ids:
            related.setdefault(link.origin_key, []).append(ids[link.destination_key].replace(",", "%2C"))
    for item in _parents_first(draft):
        own = _moodle(item.extra)
        cells = {column: own[name] for name, column in _KEPT.items() if name in own}
        cells |= {
            PARENT: ids[item.parent_keys[0]] if item.parent_keys else "",
            ID: ids[item.key],
            SHORT_NAME: narrow.text(item.title, _MOST, "short name"),
            RELATED_IDS: ",".join(related.get(item.key, ())),
        }
        text = item.description
        if len(item.title) > _MOST and not text:
            # The whole statement stays readable below the short name.
            text = item.title
        rows.append(_row(cells, text, own))
    return rows_to_bytes(rows), (*found, *narrow.findings(), *_lost(draft))


def _row(cells: Mapping[int, str], description: str, kept: Mapping[str, str]) -> list[str]:
    row = [""] * len(HEADER)
    for column, cell in cells.items():
        row[column] = cell
    original = kept.get("description", "")
    same = bool(original) and to_plain(original) == description
    row[DESCRIPTION] = original if same else description
    row[DESCRIPTION_FORMAT] = kept.get("description_format", _HTML) if same else _PLAIN
    return row


def _moodle(extra: Mapping[str, Any]) -> dict[str, str]:
    kept = extra.get("moodle")
    return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}


def _scale_of(draft: FrameworkDraft, kept: Mapping[str, str], found: list[Finding]) -> tuple[str, str]:
    names = [level.name.replace(",", ";").strip() for level in draft.levels]
    if kept.get("scale_configuration") and [part.strip() for part in kept.get("scale_values", "").split(",")] == names:
        return kept["scale_values"], kept["scale_configuration"]
    if len(names) < 2:
        found.append(Finding("levels", "Moodle needs a scale: its own “Not yet competent, Competent” was set."))
        names, first = ["Not yet competent", "Competent"], 2
    else:
        first = mastered_from(draft.levels)
        words = f"Moodle asks from which level one is proficient: “{names[first - 1]}” was set. Change it there."
        found.append(Finding("levels", words))
    settings: list[dict[str, Any]] = [{"scaleid": "0"}]
    for number in range(1, len(names) + 1):
        marks = {"scaledefault": 1} if number == first else {}
        if number >= first:
            settings.append({"id": number, **marks, "proficient": 1})
    return ",".join(names), json.dumps(settings, separators=(",", ":"))


def _taxonomy(draft: FrameworkDraft, kept: Mapping[str, str], found: list[Finding]) -> str:
    depths: dict[int, Counter[ItemKind]] = {}
    for item in draft.items:
        depths.setdefault(min(len(path_of(draft, item)), 4), Counter())[item.kind] += 1
    if set().union(*depths.values()) <= {ItemKind.ITEM}:
        return kept.get("taxonomy") or "competency,competency,competency,competency"
    most = {depth: kinds.most_common(1)[0][0] for depth, kinds in depths.items()}
    off = sum(sum(kinds.values()) - kinds[most[depth]] for depth, kinds in depths.items())
    off += sum(kinds[most[depth]] for depth, kinds in depths.items() if most[depth] not in _TERM_OF)
    if off:
        found.append(Finding("kind", f"Moodle names one kind per depth: {off} items are shown as another kind."))
    return ",".join(_TERM_OF.get(most.get(depth, ItemKind.COMPETENCY), "competency") for depth in range(1, 5))


def _parents_first(draft: FrameworkDraft) -> list[ItemDraft]:
    ordered: list[ItemDraft] = []
    waiting = list(reversed(children(draft)))
    while waiting:
        item = waiting.pop()
        ordered.append(item)
        own = [child for child in children(draft, item.key) if child.parent_keys[0] == item.key]
        waiting.extend(reversed(own))
    return ordered


def _lost(draft: FrameworkDraft) -> list[Finding]:
    found = lost_everywhere(draft, (RELATED,))
    second = sum(1 for item in draft.items if len(item.parent_keys) > 1)
    if second:
        found.append(Finding("items", f"{second} items have several parents: Moodle keeps the first."))
    described = sum(1 for item in draft.items if item.descriptors)
    if described:
        found.append(Finding("descriptors", f"The level descriptors of {described} items are lost."))
    return found
