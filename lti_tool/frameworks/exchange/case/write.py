"""A framework to a CASE 1.1 package: no nulls, no field that the standard does not know."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lti_tool.frameworks.domain import AssociationDraft, AssociationType, Finding, FrameworkDraft, ItemDraft, Severity
from lti_tool.frameworks.exchange.case.conform import conform
from lti_tool.frameworks.exchange.case.hierarchy import hierarchy_records
from lti_tool.frameworks.exchange.case.identity import Maker, is_uuid
from lti_tool.frameworks.exchange.case.read import licence_in
from lti_tool.frameworks.exchange.case.records import OURS, mapping
from lti_tool.frameworks.exchange.case.rubrics import descriptor_rubric, foreign_rubric
from lti_tool.frameworks.exchange.case.texts import clean, item_type, label_of, statements, title_and_description
from lti_tool.frameworks.wire import DEFINITIONS, CaseAssociation, CaseItem, Document, License

_STANDARD = frozenset(kind.value for kind in AssociationType)
_CASE_PARTS = ("CFDocument", "CFDefinitions", "CFRubrics", "CFPackage")


def write(draft: FrameworkDraft, now: datetime | None = None, base_uri: str = "") -> tuple[bytes, tuple[Finding, ...]]:
    """The package as JSON bytes, and what other tools may not find in it."""
    text = json.dumps(package(draft, now, base_uri), ensure_ascii=False, indent=1)
    return text.encode("utf-8", errors="replace"), _not_for_others(draft)


def package(draft: FrameworkDraft, now: datetime | None = None, base_uri: str = "") -> dict[str, Any]:
    """The CFPackage as a JSON object.

    `now` dates records that have no date of their own; without it the document's date, or 1970, is used. `base_uri`
    (".../ims/case/v1p1") gives addresses to records that have none; without it they are `urn:uuid:`.
    """
    document = dict(mapping(draft.extra.get("CFDocument")))
    moment = now.astimezone(UTC).isoformat(timespec="seconds") if now else None
    maker = Maker(
        draft.identifier,
        base_uri.rstrip("/"),
        moment or document.get("lastChangeDateTime") or "1970-01-01T00:00:00+00:00",
    )
    root = _document(draft, document, maker)
    definitions = _definitions(draft, root, maker)
    found: dict[str, Any] = {
        "CFDocument": root,
        "CFItems": [_item(item, maker) for item in draft.items],
        "CFAssociations": [*hierarchy_records(draft, root, maker), *_associations(draft, root, maker)],
    }
    found |= {"CFDefinitions": definitions} if definitions else {}
    rubrics = [foreign_rubric(raw, maker) for raw in draft.extra.get("CFRubrics") or [] if isinstance(raw, dict)]
    if any(item.descriptors for item in draft.items):
        rubrics.append(descriptor_rubric(draft, maker))
    found |= {"CFRubrics": rubrics} if rubrics else {}
    return found | _extensions(draft)


def _document(draft: FrameworkDraft, kept: dict[str, Any], maker: Maker) -> dict[str, Any]:
    mine: dict[str, Any] = {}
    record = kept | {"identifier": draft.identifier, "caseVersion": "1.1"}
    if not is_uuid(draft.identifier):
        mine["identifier"] = draft.identifier
        record["identifier"] = maker.identifier("document")
    for name, value in (("title", draft.title), ("description", draft.description)):
        if clean(str(kept.get(name, ""))) != value:
            record[name] = value
        if clean(str(record.get(name, ""))) != value:
            mine[name] = value
    record["version"], record["language"] = draft.version, draft.language
    record["officialSourceURL"] = draft.source_url
    if draft.publisher != (kept.get("publisher") or kept.get("creator", "")):
        record["publisher"] = draft.publisher
    record["creator"] = record.get("creator") or draft.publisher or "Unknown"
    if draft.publisher != (record.get("publisher") or record["creator"]):
        mine["publisher"] = draft.publisher
    if draft.levels:
        mine["levels"] = [
            {"number": level.number, "name": level.name, "description": level.description}
            | ({"months": level.months} if level.months is not None else {})
            for level in draft.levels
        ]
    if draft.attribution:
        mine["attribution"] = draft.attribution
    rest = {name: value for name, value in draft.extra.items() if name not in _CASE_PARTS}
    if rest:
        mine["extra"] = rest
    definitions = mapping(draft.extra.get("CFDefinitions"))
    if draft.licence != licence_in(kept, definitions):
        identifier = maker.identifier("licence", draft.licence)
        record["licenseURI"] = maker.link("CFLicenses", draft.licence, identifier) if draft.licence else None
    return conform(Document, record, maker, "CFDocuments", mine)


def _definitions(draft: FrameworkDraft, root: Mapping[str, Any], maker: Maker) -> dict[str, Any]:
    kept = mapping(draft.extra.get("CFDefinitions"))
    found: dict[str, Any] = {}
    for name, shape in DEFINITIONS.items():
        raw = kept.get(name)
        made = [conform(shape, dict(each), maker, name) for each in raw or [] if isinstance(each, dict)]
        if made:
            found[name] = made
    link = mapping(root.get("licenseURI"))
    known = {licence["identifier"] for licence in found.get("CFLicenses", [])}
    if link.get("identifier") == maker.identifier("licence", draft.licence) and link["identifier"] not in known:
        licence = {"identifier": link["identifier"], "title": draft.licence, "licenseText": draft.licence}
        found.setdefault("CFLicenses", []).append(conform(License, licence, maker, "CFLicenses"))
    return found


def _item(item: ItemDraft, maker: Maker) -> dict[str, Any]:
    kept = {name: value for name, value in item.extra.items() if name not in ("isChildOf", OURS)}
    mine = dict(mapping(item.extra.get(OURS)))
    said = statements(item)
    record = kept | said
    if "abbreviatedStatement" not in said:
        record.pop("abbreviatedStatement", None)
    if title_and_description(said["fullStatement"], said.get("abbreviatedStatement", "")) != (
        item.title,
        item.description,
    ):
        mine |= {"title": item.title, "description": item.description}
    record |= {"humanCodingScheme": item.code, "CFItemType": item_type(item)}
    if record["CFItemType"] != (kept.get("CFItemType") or label_of(item.kind)):
        record.pop("CFItemTypeURI", None)
    record["identifier"] = maker.for_key(item.key)
    mine |= {"key": item.key} if record["identifier"] != item.key else {}
    mine |= {"scope": item.scope} if item.scope else {}
    mine |= {"level": item.level} if item.level is not None else {}
    return conform(CaseItem, record, maker, "CFItems", mine)


def _associations(draft: FrameworkDraft, root: Mapping[str, Any], maker: Maker) -> list[dict[str, Any]]:
    taken: dict[str, int] = {}
    found = []
    for link in draft.associations:
        name = "\n".join((link.type, link.origin_key, link.destination_key))
        taken[name] = taken.get(name, 0) + 1
        found.append(_association(draft, link, root, maker, f"{name}\n{taken[name]}"))
    return found


def _association(
    draft: FrameworkDraft, link: AssociationDraft, root: Mapping[str, Any], maker: Maker, name: str
) -> dict[str, Any]:
    record = dict(link.extra)
    mine: dict[str, Any] = {}
    record["associationType"] = link.type
    if link.type not in _STANDARD and not link.type.startswith("ext:"):
        record["associationType"] = "ext:" + (
            "".join(c if c.isascii() and c.isalnum() else "." for c in link.type) or "x"
        )
        mine["type"] = link.type
    record["originNodeURI"] = _node(draft, link.origin_key, "", root, maker, record.get("originNodeURI"))
    record["destinationNodeURI"] = _node(
        draft, link.destination_key, link.destination_uri, root, maker, record.get("destinationNodeURI")
    )
    return conform(CaseAssociation, record, maker, "CFAssociations", mine, name)


def _node(
    draft: FrameworkDraft, key: str, uri: str, root: Mapping[str, Any], maker: Maker, kept: Any
) -> dict[str, Any]:
    item = draft.by_key.get(key)
    if item is not None:
        said = item.extra.get("uri")
        return maker.link("CFItems", item.title, maker.for_key(key), said if isinstance(said, str) else "")
    if key == draft.identifier or key == root["identifier"]:
        return {"title": draft.title, "identifier": root["identifier"], "uri": root["uri"]}
    if isinstance(kept, dict) and kept.get("identifier") == key:
        return kept
    return {"title": str(mapping(kept).get("title", "")), "identifier": key, "uri": uri or key}


def _extensions(draft: FrameworkDraft) -> dict[str, Any]:
    rest = dict(mapping(draft.extra.get("CFPackage")))
    extensions = dict(mapping(rest.pop("extensions", None)))
    if rest:
        extensions[OURS] = {"unknown": rest}
    return {"extensions": extensions} if extensions else {}


def _not_for_others(draft: FrameworkDraft) -> tuple[Finding, ...]:
    found = []
    if draft.levels:
        words = (
            "CASE has no proficiency levels: they travel as an extension, the descriptors as a rubric. "
            "This tool reads both back; another may show the rubric only."
        )
        found.append(Finding("levels", words, Severity.NOTE))
    if any(item.scope or item.level is not None for item in draft.items):
        words = "Scope and the levels of indicators travel as an extension that other tools ignore."
        found.append(Finding("items", words, Severity.NOTE))
    return tuple(found)
