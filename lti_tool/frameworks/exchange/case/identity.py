"""Identifiers and addresses for records that have none: the same framework always gives the same ones."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from lti_tool.frameworks.wire import REQUIRED, CaseRecord, Link

_SPACE = UUID("5b0f6a52-6f2c-5d4e-9a54-0f6f7d2f3c11")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def is_uuid(text: Any) -> bool:
    """Whether a text has the form of a UUID, whatever its version says."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


@dataclass(frozen=True)
class Maker:
    """Makes what a record lacks. `moment` is the time to give to records that do not know their own."""

    framework: str
    base_uri: str
    moment: str

    def identifier(self, *names: str) -> str:
        """A UUID for a thing of this framework: the same names give the same UUID."""
        return str(uuid5(_SPACE, "\n".join((self.framework, *names))))

    def for_key(self, key: str) -> str:
        """The item's identifier: its key when that is a UUID."""
        return key if is_uuid(key) else self.identifier("item", key)

    def uri(self, kind: str, identifier: str) -> str:
        """The address of a record that has none of its own."""
        return f"{self.base_uri}/{kind}/{identifier}" if self.base_uri else f"urn:uuid:{identifier}"

    def link(self, kind: str, title: str, identifier: str, uri: str = "") -> dict[str, str]:
        """A LinkURI to a record of this package."""
        return {"title": title, "identifier": identifier, "uri": uri or self.uri(kind, identifier)}

    def complete(self, shape: type[CaseRecord], kind: str, record: dict[str, Any], *names: str) -> dict[str, Any]:
        """The record with everything that CASE 1.1 requires of it."""
        if not is_uuid(record.get("identifier")):
            if record.get("identifier"):
                names = (str(record["identifier"]), *names)
            record["identifier"] = self.identifier(kind, *names)
        record.setdefault("uri", self.uri(kind, record["identifier"]))
        record.setdefault("lastChangeDateTime", self.moment)
        for name in REQUIRED[shape]:
            if name not in record:
                record[name] = str(record.get("title", "")) if name in ("description", "licenseText") else ""
        return {name: record[name] for name in shape.model_fields if name in record}


def links_in(record: dict[str, Any], shape: type[CaseRecord]) -> list[str]:
    """Names of fields whose links a CASE 1.1 package may not carry, because their identifier is no UUID."""
    loose = ("originNodeURI", "destinationNodeURI")
    broken = []
    for name, value in record.items():
        if name in loose or name not in shape.model_fields:
            continue
        links = value if isinstance(value, list) else [value]
        linked = [link for link in links if isinstance(link, dict) and set(link) <= set(Link.model_fields)]
        if name.endswith("URI") and (not linked or any(not is_uuid(link.get("identifier")) for link in linked)):
            broken.append(name)
    return broken
