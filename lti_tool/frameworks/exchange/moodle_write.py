"""Writes Moodle's competency framework CSV, and says what it cannot carry."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from lti_tool.frameworks.domain import Finding, FrameworkDraft, ItemDraft, ItemKind, children, path_of
from lti_tool.frameworks.exchange.columns import RELATED, Narrow, lost_everywhere, mastered_from
from lti_tool.frameworks.exchange.moodle_csv import (
    DESCRIPTION,
    DESCRIPTION_FORMAT,
    HEADER,
    HTML,
    ID,
    IS_FRAMEWORK,
    KEPT,
    PARENT,
    PLAIN,
    RELATED_IDS,
    SCALE_CONFIGURATION,
    SCALE_VALUES,
    SHORT_NAME,
    TAXONOMY,
    TERMS,
    kind_at,
)
from lti_tool.frameworks.exchange.tables import rows_to_bytes
from lti_tool.frameworks.exchange.text import to_plain

MOST = 100
_TERM_OF = {kind: term for term, kind in TERMS.items() if term != "behaviour"}


def write(draft: FrameworkDraft) -> tuple[bytes, tuple[Finding, ...]]:
    """The rows that Moodle imports, and what they cannot carry."""
    narrow = Narrow()
    found: list[Finding] = []
    kept = _moodle(draft.extra)
    scale, configuration = _scale_of(draft, kept, found)
    root = narrow.text(draft.identifier, MOST, "identifier")
    rows = [list(HEADER)]
    rows.append(
        _row(
            {
                ID: root,
                SHORT_NAME: narrow.text(draft.title, MOST, "short name"),
                SCALE_VALUES: scale,
                SCALE_CONFIGURATION: configuration,
                IS_FRAMEWORK: "1",
                TAXONOMY: _taxonomy(draft, kept, found),
            },
            draft.description,
            kept,
        )
    )
    ids = {item.key: narrow.identifier(item.key, MOST) for item in draft.items}
    related: dict[str, list[str]] = {}
    for link in draft.associations:
        if link.type == RELATED and link.origin_key in ids and link.destination_key in ids:
            related.setdefault(link.origin_key, []).append(ids[link.destination_key].replace(",", "%2C"))
    for item in _parents_first(draft):
        own = _moodle(item.extra)
        cells = {column: own[name] for name, column in KEPT.items() if name in own}
        cells |= {
            PARENT: ids[item.parent_keys[0]] if item.parent_keys else "",
            ID: ids[item.key],
            SHORT_NAME: narrow.text(item.title, MOST, "short name"),
            RELATED_IDS: ",".join(related.get(item.key, ())),
        }
        text = item.description
        if len(item.title) > MOST and not text:
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
    row[DESCRIPTION_FORMAT] = kept.get("description_format", HTML) if same else PLAIN
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
    said = kept.get("taxonomy", "").split(",")
    if len(set(said)) > 1 and all(item.kind is kind_at(draft, item, said) for item in draft.items):
        return kept["taxonomy"]
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
