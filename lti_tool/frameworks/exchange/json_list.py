"""A JSON list of items: {"id", "parent", "title", "description"}, with the optional fields of the plain CSV.

`descriptors` or `levels` may be an object from level number to text.
"""

from typing import Any

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.exchange.plain import PlainItem, assemble
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.source import check_count

_TEXTS = ("title", "description", "kind", "scope", "code")


def is_json_list(value: Any) -> bool:
    """Whether a JSON value is a list of objects with an id, or an object that holds one under "items"."""
    items = _items(value)
    return bool(items) and isinstance(items[0], dict) and "id" in items[0]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("items", value.get("competencies"))
    return value if isinstance(value, list) else []


def read(value: Any, report: Report) -> FrameworkDraft:
    """The framework in a parsed list. Raises `BadFramework` with every fault and its JSON path."""
    if not is_json_list(value):
        raise report.stop("$", "It is not a list of items with an id each.", "See the plain formats in the guide.")
    check_count(len(_items(value)), report)
    at = "$" if isinstance(value, list) else "$.items"
    found = [_item(raw, f"{at}[{number}]", report) for number, raw in enumerate(_items(value))]
    head = value if isinstance(value, dict) else {}
    title = head.get("title") if isinstance(head.get("title"), str) else ""
    return assemble([item for item in found if item], report, "json", title or "")


def _item(raw: Any, place: str, report: Report) -> PlainItem | None:
    if not isinstance(raw, dict):
        report.fault(place, "This is not an object.", "Each item needs at least an id and a title.")
        return None
    texts = {name: _text(raw.get(name), f"{place}.{name}", report) for name in ("id", *_TEXTS)}
    descriptors: dict[int, str] = {}
    levels = raw.get("descriptors", raw.get("levels"))
    for number, words in (levels if isinstance(levels, dict) else {}).items():
        if str(number).isdecimal() and 0 < int(number) < 100:
            descriptors[int(number)] = _text(words, f"{place}.levels", report)
        else:
            report.warn(f"{place}.levels", "A level that is not a number from 1 was left out.")
    level = raw.get("level")
    return PlainItem(
        place=place,
        key=texts["id"],
        parents=_names(raw.get("parent"), f"{place}.parent", report),
        precedes=_names(raw.get("precedes"), f"{place}.precedes", report),
        descriptors={number: words for number, words in descriptors.items() if words},
        level=level if isinstance(level, int) and not isinstance(level, bool) else None,
        extra={
            name: each
            for name, each in raw.items()
            if name not in ("id", "parent", "precedes", "descriptors", "levels", "level", *_TEXTS) and each is not None
        },
        **{name: texts[name] for name in _TEXTS},
    )


def _text(value: Any, place: str, report: Report) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value).strip()
    report.fault(place, "This is not a text.", "Put it in quotation marks.")
    return ""


def _names(value: Any, place: str, report: Report) -> tuple[str, ...]:
    members = value if isinstance(value, list) else [value]
    return tuple(name for member in members if (name := _text(member, place, report)))
