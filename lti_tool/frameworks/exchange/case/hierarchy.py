"""`isChildOf` associations of a package: the source's own where they still hold, new ones where they do not."""

from collections.abc import Iterator, Mapping
from typing import Any

from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft
from lti_tool.frameworks.exchange.case.conform import conform
from lti_tool.frameworks.exchange.case.identity import Maker
from lti_tool.frameworks.exchange.case.links import in_order
from lti_tool.frameworks.exchange.case.records import mapping
from lti_tool.frameworks.wire import CaseAssociation


def hierarchy_records(draft: FrameworkDraft, root: Mapping[str, Any], maker: Maker) -> Iterator[dict[str, Any]]:
    """One association per item and parent; the top of the framework hangs on the document."""
    kept = {item.key: {key: mapping(link) for key, link in _links(item).items()} for item in draft.items}
    renumbered = _renumbered(draft, root, kept)
    for item in draft.items:
        for parent in _parents(item, root, kept[item.key]):
            main = parent == (item.parent_keys[0] if item.parent_keys else root["identifier"])
            record = dict(kept[item.key].get(parent, {}))
            if main and item.key in renumbered:
                record["sequenceNumber"] = item.position + 1
            record["associationType"] = "isChildOf"
            record["originNodeURI"] = _node(item, maker)
            above = draft.by_key.get(parent)
            record["destinationNodeURI"] = _node(above, maker) if above else _root(root)
            yield conform(CaseAssociation, record, maker, "CFAssociations", None, "isChildOf", item.key, parent)


def _links(item: ItemDraft) -> dict[str, Any]:
    return mapping(item.extra.get("isChildOf"))


def _parents(item: ItemDraft, root: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    document = root["identifier"]
    said = item.extra.get("isChildOf")
    # A source that hung an item on nothing gets it back so; an item that lost its parents here goes to the top.
    hung_on_nothing = said is not None and not said
    if not item.parent_keys:
        return [] if hung_on_nothing else [document]
    return [parent for parent in kept if parent == document] + list(item.parent_keys)


def _renumbered(draft: FrameworkDraft, root: Mapping[str, Any], kept: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Items whose siblings' own sequence numbers do not give the order any more."""
    groups: dict[str, list[ItemDraft]] = {}
    for item in draft.items:
        groups.setdefault(item.parent_keys[0] if item.parent_keys else "", []).append(item)
    found: set[str] = set()
    for main, group in groups.items():
        hints = {}
        for item in group:
            links = kept[item.key]
            sequence = (links.get(main) or links.get(root["identifier"]) or {}).get("sequenceNumber")
            number = sequence if isinstance(sequence, int) else None
            hints[item.key] = (number, str(item.extra.get("listEnumeration", "")), item.code)
        wanted = [item.key for item in sorted(group, key=lambda item: item.position)]
        if in_order([item.key for item in group], hints) != wanted:
            found.update(wanted)
    return found


def _node(item: ItemDraft, maker: Maker) -> dict[str, str]:
    uri = item.extra.get("uri")
    return maker.link("CFItems", item.title, maker.for_key(item.key), uri if isinstance(uri, str) else "")


def _root(root: Mapping[str, Any]) -> dict[str, str]:
    return {"title": root["title"], "identifier": root["identifier"], "uri": root["uri"]}
