"""One published version as the CASE service answers for it: the package, and each record by its identifier."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.exchange import case
from lti_tool.frameworks.wire import DEFINITIONS, Document

Record = dict[str, Any]
#: Fields of a CFDocument outside a package: what lists may be sorted by, filtered by and narrowed to.
DOCUMENT_FIELDS = frozenset(Document.model_fields) | {"CFPackageURI"}
#: Definitions that answer with their children, as the hierarchy codes say, and not alone.
WITH_CHILDREN = frozenset({"CFConcepts", "CFItemTypes", "CFSubjects"})


@dataclass(frozen=True)
class Served:
    document: Record
    package: bytes
    """The whole CFPackage as JSON."""
    records: Mapping[str, Mapping[str, Record]]
    """Kind ("CFItems", "CFLicenses", ...) and identifier to the record as it is answered."""
    touching: Mapping[str, tuple[str, ...]]
    """An item's identifier to those of the associations that begin or end there."""

    @property
    def weight(self) -> int:
        """How many records it holds in memory."""
        return sum(map(len, self.records.values()))

    def answer(self, kind: str, identifier: str) -> Record | None:
        """The record, or the set of records, at an address of the service; None when it is not here."""
        if kind == "CFItemAssociations":
            return self._item_associations(identifier)
        record = self.records.get(kind, {}).get(identifier)
        if record is None or kind not in WITH_CHILDREN:
            return record
        code = str(record.get("hierarchyCode", ""))
        below = [
            other
            for other in self.records[kind].values()
            if other is not record and code and str(other.get("hierarchyCode", "")).startswith(f"{code}.")
        ]
        return {kind: [record, *below]}

    def _item_associations(self, identifier: str) -> Record | None:
        item = self.records["CFItems"].get(identifier)
        if item is None:
            return None
        links = self.records["CFAssociations"]
        found = [_without(links[name], "CFDocumentURI") for name in self.touching.get(identifier, ())]
        return {"CFItem": item, "CFAssociations": found}


def serve(draft: FrameworkDraft, published_at: datetime, base_uri: str) -> Served:
    """A version made ready to be answered for. `base_uri` is this tool's ".../ims/case/v1p1"."""
    package = case.package(draft, published_at, base_uri)
    root = package["CFDocument"]
    home = {"title": root["title"], "identifier": root["identifier"], "uri": root["uri"]}
    document = _outside(root, base_uri)
    records: dict[str, dict[str, Record]] = {
        "CFDocuments": {root["identifier"].lower(): document},
        "CFItems": _by_identifier(package["CFItems"], home),
        "CFAssociations": _by_identifier(package["CFAssociations"], home),
        "CFRubrics": _by_identifier(package.get("CFRubrics", ())),
    }
    definitions = package.get("CFDefinitions", {})
    for kind in DEFINITIONS:
        records[kind] = _by_identifier(definitions.get(kind, ()))
    touching: dict[str, list[str]] = {}
    for link in package["CFAssociations"]:
        for end in {link["originNodeURI"]["identifier"], link["destinationNodeURI"]["identifier"]}:
            touching.setdefault(end.lower(), []).append(link["identifier"].lower())
    text = json.dumps(package, ensure_ascii=False, separators=(",", ":"))
    return Served(
        document,
        text.encode("utf-8", errors="replace"),
        records,
        {end: tuple(links) for end, links in touching.items()},
    )


def document_of(head: FrameworkDraft, published_at: datetime, base_uri: str) -> Record:
    """The CFDocument alone, from a framework without its items: what a list needs."""
    return _outside(case.package(head, published_at, base_uri)["CFDocument"], base_uri)


def _outside(root: Record, base_uri: str) -> Record:
    link = {"title": root["title"], "identifier": root["identifier"]}
    return root | {"CFPackageURI": {**link, "uri": f"{base_uri}/CFPackages/{root['identifier']}"}}


def _by_identifier(found: Any, home: Record | None = None) -> dict[str, Record]:
    # Sources write UUIDs in either case; addresses are asked for in either, too.
    return {each["identifier"].lower(): each | {"CFDocumentURI": home} if home else each for each in found}


def _without(record: Record, name: str) -> Record:
    return {key: value for key, value in record.items() if key != name}
