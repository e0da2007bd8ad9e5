"""A CASE package to a framework."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft, ItemKind, LevelDraft
from lti_tool.frameworks.exchange.case.links import Links, Nodes, in_order, read_links
from lti_tool.frameworks.exchange.case.records import OURS, mapping, open_package, parse, records
from lti_tool.frameworks.exchange.case.texts import clean, label_of, originals, title_and_description
from lti_tool.frameworks.exchange.kinds import kind_of
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.settle import Keys, settle
from lti_tool.frameworks.exchange.source import check_count
from lti_tool.frameworks.exchange.text import is_html
from lti_tool.frameworks.wire import DEFINITIONS, CaseItem, Document, Rubric, last_uuid

_WORDS = ("CFDocument", "CFItems", "CFPackage", "CFPackages", "CFDocuments", "CFItem", "imsx_codeMajor")
_TAKEN_ITEM = ("identifier", "fullStatement", "abbreviatedStatement", "humanCodingScheme", OURS)
_TAKEN_DOCUMENT = ("identifier", "title", "version", "language", "CFPackageURI", "caseVersion", OURS)


def is_case(value: Any) -> bool:
    """Whether a JSON value looks like a CASE answer, wrapped or not."""
    for _ in range(5):
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            if any(word in value for word in _WORDS):
                return True
            value = next((value[name] for name in ("package", "data", "response") if name in value), None)
        else:
            return False
    return False


def read(value: Any, report: Report) -> FrameworkDraft:
    """The framework in a parsed package. Raises `BadFramework` with every fault and its JSON path."""
    package = open_package(value, report)
    document = _document(package, report)
    mine = document.get(OURS, {})
    items, nodes, keys = _items(package, document, report)
    links = read_links(package, nodes, report)
    rubrics, descriptors = _rubrics(package, nodes, report)
    definitions = _definitions(package, report)
    placed = _placed(items, links, nodes, descriptors)
    extra: dict[str, Any] = {"CFDocument": _rest(document, _TAKEN_DOCUMENT, keep_html=("title", "description"))}
    extra |= {"CFDefinitions": definitions} if definitions else {}
    extra |= {"CFRubrics": rubrics} if rubrics else {}
    extra |= _package_rest(package)
    draft = FrameworkDraft(
        identifier=str(mine.get("identifier") or document["identifier"]),
        title=str(mine.get("title") or clean(document["title"])),
        description=str(mine.get("description") or clean(document.get("description", ""))),
        version=document.get("version", ""),
        language=document.get("language", ""),
        publisher=str(mine.get("publisher", document.get("publisher") or document.get("creator", ""))),
        licence=str(mine.get("licence") or licence_in(document, definitions)),
        attribution=str(mine.get("attribution", "")),
        source_url=document.get("officialSourceURL", ""),
        levels=_levels(mine),
        items=placed,
        associations=tuple(links.others),
        extra={**extra, **mapping(mine.get("extra"))},
        format="case",
    )
    return settle(draft, keys.places, report)


def _document(package: Mapping[str, Any], report: Report) -> dict[str, Any]:
    found = list(records(package, "CFDocument", Report())) if package.get("CFDocument") else []
    if not found:
        listed = package.get("CFItems")
        first = listed[0] if isinstance(listed, list) and listed else listed
        link = mapping(first).get("CFDocumentURI")
        if not isinstance(link, dict):
            raise report.stop("$.CFDocument", "The package has no CFDocument.", "Fetch the whole package again.")
        report.warn("$.CFDocument", "The package has no CFDocument: what its items say of it was taken.")
        found = [("$.CFDocument", link)]
    document = parse(Document, found[0][1], "$.CFDocument", report) or {}
    report.stop_if_failed()
    title = document.setdefault("title", "Untitled framework")
    if title == "Untitled framework":
        report.warn("$.CFDocument.title", "The framework has no title.", "Give it one after the import.")
    if not str(document.get("identifier", "")).strip():
        uri = document.get("uri", "")
        document["identifier"] = last_uuid(uri) or str(uuid5(NAMESPACE_URL, uri or title))
        report.warn("$.CFDocument.identifier", f"No identifier: {document['identifier']} was taken.")
    document["identifier"] = document["identifier"].strip()
    return document


def _items(
    package: Mapping[str, Any], document: Mapping[str, Any], report: Report
) -> tuple[list[ItemDraft], Nodes, Keys]:
    listed = package.get("CFItems")
    check_count(len(listed) if isinstance(listed, list) else 0, report)
    keys = Keys(report)
    items: list[ItemDraft] = []
    first: dict[str, dict[str, Any]] = {}
    by_name: dict[str, str] = {}
    by_uri: dict[str, str] = {}
    for place, raw in records(package, "CFItems", report):
        record = parse(CaseItem, raw, place, report)
        if record is None:
            continue
        name = (record.get("identifier") or last_uuid(record.get("uri", ""))).strip()
        if not name:
            report.fault(f"{place}.identifier", "The item has no identifier.", "Give it a UUID.")
            continue
        if first.get(name) == record:
            report.warn(place, "An item that is in the package twice, word for word, was taken once.")
            continue
        first[name] = record
        key = str(record.get(OURS, {}).get("key") or name)
        if not keys.take(key, place):
            continue
        by_name[name] = key
        by_name.setdefault(name.lower(), key)
        by_uri[record.get("uri", "")] = key
        items.append(_item(key, record, document["identifier"], place, report))
    by_uri.pop("", None)
    return items, Nodes(document["identifier"], by_name, by_uri), keys


def _item(key: str, record: dict[str, Any], document: str, place: str, report: Report) -> ItemDraft:
    mine = record.get(OURS, {})
    full, short = record.get("fullStatement", ""), record.get("abbreviatedStatement", "")
    title, description = title_and_description(full, short)
    if is_html(full) or is_html(short):
        report.warn(place, "HTML was turned into plain text; the original is kept for export to CASE.")
    code = record.get("humanCodingScheme", "").strip()
    if not title and not mine.get("title"):
        report.warn(place, "An item without a statement is called by its code.", "Give it a title after the import.")
        title = code or "Untitled item"
    said = record.get("CFItemType", "")
    kind = kind_of(said) if said else ItemKind.ITEM
    home = record.get("CFDocumentURI")
    if isinstance(home, dict) and home.get("identifier") == document:
        record.pop("CFDocumentURI")
    extra = _rest(record, _TAKEN_ITEM) | originals(record)
    if said == label_of(kind):
        extra.pop("CFItemType", None)
    return ItemDraft(
        key=key,
        title=str(mine.get("title", title)),
        description=str(mine.get("description", description)),
        kind=kind,
        code=code,
        scope=str(mine.get("scope", "")),
        level=_level_number(mine.get("level")),
        extra=extra,
    )


def _placed(
    items: list[ItemDraft], links: Links, nodes: Nodes, descriptors: Mapping[str, dict[int, str]]
) -> tuple[ItemDraft, ...]:
    groups: dict[str, list[str]] = {}
    hints: dict[str, tuple[int | None, str, str]] = {}
    known: dict[str, tuple[str, ...]] = {}
    for item in items:
        own = links.parents.get(item.key, {})
        known[item.key] = tuple(parent for parent in own if parent != nodes.document)
        main = known[item.key][0] if known[item.key] else ""
        groups.setdefault(main, []).append(item.key)
        link = own.get(main) or own.get(nodes.document) or {}
        hints[item.key] = (link.get("sequenceNumber"), str(item.extra.get("listEnumeration", "")), item.code)
    position = {key: number for group in groups.values() for number, key in enumerate(in_order(group, hints))}
    return tuple(
        replace(
            item,
            parent_keys=known[item.key],
            position=position[item.key],
            descriptors=descriptors.get(item.key, {}),
            extra={**item.extra, "isChildOf": links.parents.get(item.key, {})},
        )
        for item in items
    )


def _rubrics(
    package: Mapping[str, Any], nodes: Nodes, report: Report
) -> tuple[list[dict[str, Any]], dict[str, dict[int, str]]]:
    foreign: list[dict[str, Any]] = []
    descriptors: dict[str, dict[int, str]] = {}
    for place, raw in records(package, "CFRubrics", report):
        record = parse(Rubric, raw, place, report)
        if record is None:
            continue
        if not record.get(OURS, {}).get("descriptors"):
            report.note(place, "A rubric was kept for export; its levels are not those of the framework.")
            foreign.append(record)
            continue
        for criterion in record.get("CFRubricCriteria") or []:
            key, here = nodes.find(mapping(criterion.get("CFItemURI")))
            if here:
                descriptors[key] = _descriptors(criterion.get("CFRubricCriterionLevels"))
    return foreign, descriptors


def _descriptors(levels: Any) -> dict[int, str]:
    found = {}
    for level in levels if isinstance(levels, list) else []:
        number = _level_number(mapping(level).get("score"))
        if number is not None:
            found[number] = str(level.get("description", ""))
    return found


def _level_number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and 0 < value < 100 else None


def _definitions(package: Mapping[str, Any], report: Report) -> dict[str, list[dict[str, Any]]]:
    holder = package.get("CFDefinitions")
    if isinstance(holder, list):
        holder = holder[0] if holder else None
    if not isinstance(holder, dict):
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for name, shape in DEFINITIONS.items():
        parsed = (parse(shape, raw, place, report) for place, raw in records(holder, name, report, "$.CFDefinitions"))
        kept = [record for record in parsed if record is not None]
        if kept:
            found[name] = kept
    return found


def licence_in(document: Mapping[str, Any], definitions: Mapping[str, list[dict[str, Any]]]) -> str:
    """The licence that a document points to, by the title of its definition or of the link."""
    link = document.get("licenseURI")
    if not isinstance(link, dict):
        return ""
    for licence in definitions.get("CFLicenses", []):
        if licence.get("identifier") == link.get("identifier"):
            return str(licence.get("title") or licence.get("licenseText") or "")
    return str(link.get("title") or link.get("uri") or "")


def _levels(mine: Mapping[str, Any]) -> tuple[LevelDraft, ...]:
    said = mine.get("levels")
    found: dict[int, LevelDraft] = {}
    for each in said if isinstance(said, list) else []:
        level = mapping(each)
        number = _level_number(level.get("number"))
        if number is not None and number not in found:
            months = _level_number(level.get("months"))
            found[number] = LevelDraft(number, str(level.get("name", "")), str(level.get("description", "")), months)
    return tuple(found.values())


def _rest(record: Mapping[str, Any], taken: tuple[str, ...], keep_html: tuple[str, ...] = ()) -> dict[str, Any]:
    rest = {name: value for name, value in record.items() if name not in taken and value not in ("", [], {})}
    for name in keep_html:
        text = record.get(name, "")
        rest.pop(name, None)
        if text and clean(text) != text:
            rest[name] = text
    return rest


def _package_rest(package: Mapping[str, Any]) -> dict[str, Any]:
    known = ("CFDocument", "CFItems", "CFItem", "CFAssociations", "CFDefinitions", "CFRubrics", "extensions")
    rest = {name: value for name, value in package.items() if name not in known and value is not None}
    extensions = dict(mapping(package.get("extensions")))
    rest |= mapping(mapping(extensions.pop(OURS, None)).get("unknown"))
    rest |= {"extensions": extensions} if extensions else {}
    return {"CFPackage": rest} if rest else {}
