"""CASE associations: which of them are the hierarchy, which point outside, and the order they give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lti_tool.frameworks.domain import AssociationDraft, AssociationType
from lti_tool.frameworks.exchange.case.records import OURS, parse, records
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.text import natural, shorten
from lti_tool.frameworks.wire import CaseAssociation, last_uuid

_TYPES = {kind.value.casefold(): kind.value for kind in AssociationType}
_TYPES |= {"exactmatch": "exactMatchOf", "istranslationof": "isTranslationOf", "parent": "isChildOf"}
_AT_THE_TOP = "They were put at the top of the framework."


@dataclass(frozen=True)
class Nodes:
    """What an association may point to: keys by CASE identifier and by URI, and the document itself."""

    document: str
    keys: Mapping[str, str]
    by_uri: Mapping[str, str]

    def find(self, link: Mapping[str, Any]) -> tuple[str, bool]:
        """(key, True) of an item here, or (identifier, False) of the document or of something outside."""
        said = str(link.get("identifier", "")).strip()
        uri = str(link.get("uri", "")).strip()
        for name in (said, said.lower(), last_uuid(uri), last_uuid(uri).lower()):
            if name and name in self.keys:
                return self.keys[name], True
            if name and name == self.document:
                return name, False
        if uri in self.by_uri:
            return self.by_uri[uri], True
        return (said or uri)[:500], False


@dataclass
class Links:
    """`parents[item][parent or document]` keeps each hierarchy link's own fields, in the order of the file."""

    parents: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    others: list[AssociationDraft] = field(default_factory=list)


def read_links(package: Mapping[str, Any], nodes: Nodes, report: Report) -> Links:
    """Every association of a package, sorted into hierarchy and others."""
    links = Links()
    for place, raw in records(package, "CFAssociations", report):
        record = parse(CaseAssociation, raw, place, report)
        if record is not None:
            _sort_in(record, place, nodes, links, report)
    orphans = [key for key in nodes.keys.values() if key not in links.parents]
    if orphans:
        said = ", ".join(f"“{shorten(key, 40)}”" for key in orphans[:3])
        more = f" and {len(orphans) - 3} more" if len(orphans) > 3 else ""
        report.warn("$.CFAssociations", f"Items with no parent: {said}{more}. {_AT_THE_TOP}")
    return links


def _sort_in(record: dict[str, Any], place: str, nodes: Nodes, links: Links, report: Report) -> None:
    kind = _type_of(record.pop("associationType", ""), place, report)
    origin_link, destination_link = record.get("originNodeURI"), record.get("destinationNodeURI")
    if not kind or not origin_link or not destination_link:
        report.warn(place, "An association without a type, an origin or a destination was left out.")
        return
    document = record.get("CFDocumentURI")
    if isinstance(document, dict) and document.get("identifier") == nodes.document:
        record.pop("CFDocumentURI")
    origin, origin_here = nodes.find(origin_link)
    destination, here = nodes.find(destination_link)
    if origin == destination and kind in (AssociationType.IS_CHILD_OF, AssociationType.PRECEDES):
        report.warn(place, f"An item that {kind} itself: the association was left out.")
        return
    to_document = destination == nodes.document and not here
    if kind == AssociationType.IS_CHILD_OF and origin_here and (here or to_document):
        _add_parent(record, place, origin, destination, links, report)
        return
    if not origin_here or not (here or to_document):
        report.warn(place, "An association with something outside this package was kept as it is.")
    mine = record.pop(OURS, {})
    extra = {name: value for name, value in record.items() if value not in ("", {})}
    if origin_here:
        extra.pop("originNodeURI", None)
    inside = here or to_document
    uri = "" if inside else str(destination_link.get("uri", ""))
    if inside:
        extra.pop("destinationNodeURI", None)
    links.others.append(AssociationDraft(mine.get("type", kind), origin, destination, uri, extra))


def _add_parent(record: dict[str, Any], place: str, origin: str, parent: str, links: Links, report: Report) -> None:
    known = links.parents.setdefault(origin, {})
    if parent in known:
        report.warn(place, "The same parent was given twice; once is kept.")
        return
    record.pop(OURS, None)
    known[parent] = {
        name: value for name, value in record.items() if name not in ("originNodeURI", "destinationNodeURI")
    }


def _type_of(said: Any, place: str, report: Report) -> str:
    word = str(said).strip()
    known = _TYPES.get("".join(word.split()).replace("_", "").casefold())
    if known is None and word:
        report.warn(place, f"The association type “{shorten(word, 40)}” is not one of CASE: kept as it is.")
        return word[:40]
    if known is not None and known != word:
        report.warn(place, f"The association type “{shorten(word, 40)}” was read as {known}.")
    return known or ""


def in_order(keys: Iterable[str], hints: Mapping[str, tuple[int | None, str, str]]) -> list[str]:
    """Siblings by sequence number, then list enumeration, then code, then as they came.

    `hints[key]` is (sequence number, list enumeration, code). An item without a hint goes after those with one.
    """
    came = list(keys)
    place = {key: number for number, key in enumerate(came)}

    def rank(key: str) -> tuple[Any, ...]:
        sequence, enumeration, code = hints[key]
        number = (0, sequence) if sequence is not None else (1, 0)
        return (number, (not enumeration, natural(enumeration)), (not code, natural(code)), place[key])

    return sorted(came, key=rank)
