"""Moodle's competency framework CSV: 14 columns by position, because their headers are translated.

The table of Moodle's admin tool "Import competency framework" (tool_lpimportcsv). Moodle drops
rows without an id and rows whose parent is missing without a word; here both are faults.
"""

from collections.abc import Sequence
from dataclasses import replace

from lti_tool.frameworks.domain import (
    AssociationDraft,
    AssociationType,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
    path_of,
    with_positions,
)
from lti_tool.frameworks.exchange.plain import code_of
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.settle import Keys, settle
from lti_tool.frameworks.exchange.tables import Row
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
KEPT = {
    "scale_values": SCALE_VALUES,
    "scale_configuration": SCALE_CONFIGURATION,
    "rule_type": RULE_TYPE,
    "rule_outcome": RULE_OUTCOME,
    "rule_config": RULE_CONFIG,
    "exported_id": EXPORTED_ID,
}
HTML, PLAIN = "1", "2"
TERMS = {
    "domain": ItemKind.CATEGORY,
    "competency": ItemKind.COMPETENCY,
    "skill": ItemKind.SKILL,
    "indicator": ItemKind.INDICATOR,
    "behaviour": ItemKind.INDICATOR,
    "outcome": ItemKind.OUTCOME,
}


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
    found = [(row, _below_root(item, root, keys)) for row, item in found]
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
        parent_keys=(parent,) if parent else (),
        code=code_of(row.cell(ID)),
        description=_words(row, report),
        extra={"moodle": kept} if kept else {},
    )


def _below_root(item: ItemDraft, root: Row, keys: Keys) -> ItemDraft:
    # Moodle leaves the parent of the top empty; tables made by hand often name the framework there.
    names_root = item.parent_keys == (root.cell(ID),) and root.cell(ID) not in keys.places
    return replace(item, parent_keys=()) if names_root else item


def _words(row: Row, report: Report) -> str:
    text = row.cell(DESCRIPTION)
    if row.cell(DESCRIPTION_FORMAT) != PLAIN and is_html(text):
        report.warn(row.place, "HTML was turned into plain text; the original is kept for export to Moodle.")
        return to_plain(text)
    return text


def _kept(row: Row) -> dict[str, str]:
    kept = {name: row.cell(column) for name, column in KEPT.items() if row.cell(column)}
    if row.cell(DESCRIPTION_FORMAT) != PLAIN and row.cell(DESCRIPTION):
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

    return replace(draft, items=tuple(replace(item, kind=kind_at(draft, item, terms)) for item in draft.items))


def kind_at(draft: FrameworkDraft, item: ItemDraft, terms: Sequence[str]) -> ItemKind:
    """The kind that a taxonomy (one term per depth) says of an item."""
    depth = len(path_of(draft, item)) - 1
    return TERMS.get(terms[depth], ItemKind.ITEM) if depth < len(terms) else ItemKind.ITEM
