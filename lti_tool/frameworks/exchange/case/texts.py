"""How a CASE item's two statements and type become title, description and kind, and back."""

from collections.abc import Mapping
from typing import Any

from lti_tool.frameworks.domain import ItemDraft, ItemKind
from lti_tool.frameworks.exchange.kinds import kind_of
from lti_tool.frameworks.exchange.text import to_plain


def clean(text: str) -> str:
    """Plain words without blanks at the ends."""
    return to_plain(text).strip()


def title_and_description(full: str, short: str) -> tuple[str, str]:
    """The abbreviated statement is the title when there is one, and then the full statement describes it."""
    title, statement = clean(short), clean(full)
    return (title, statement) if title else (statement, "")


def statements(item: ItemDraft) -> dict[str, str]:
    """`fullStatement` and `abbreviatedStatement` of an item: the source's own, while they still say the same."""
    full, short = item.extra.get("fullStatement"), item.extra.get("abbreviatedStatement")
    if isinstance(full, str) and title_and_description(full, _text(short)) == (item.title, item.description):
        return {"fullStatement": full, **({"abbreviatedStatement": short} if isinstance(short, str) else {})}
    if item.description:
        return {"fullStatement": item.description, "abbreviatedStatement": item.title}
    return {"fullStatement": item.title}


def originals(record: Mapping[str, Any]) -> dict[str, str]:
    """The statements to keep beside the plain ones, because they held markup or blanks."""
    said = {name: record[name] for name in ("fullStatement", "abbreviatedStatement") if record.get(name)}
    return said if any(clean(text) != text for text in said.values()) else {}


def label_of(kind: ItemKind) -> str:
    """The CFItemType that says a kind, "" for an item of no said kind."""
    return "" if kind is ItemKind.ITEM else kind.value.capitalize()


def item_type(item: ItemDraft) -> str:
    """The CFItemType of an item: the publisher's word while it still says the same kind."""
    said = item.extra.get("CFItemType")
    if isinstance(said, str) and kind_of(said) is item.kind:
        return said
    return label_of(item.kind)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
