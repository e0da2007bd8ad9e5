"""Single CASE records: taken out of their wrappers, put right, and what of them cannot be."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.wire import CaseRecord

#: Our name inside `extensions`.
OURS = "waymark"
#: Where a record keeps fields whose values are not what the standard says.
UNREADABLE = "unreadable"
_WRAPPERS = ("CFPackage", "CFPackages", "package", "data", "response")
_SINGULAR = {
    "CFDocument": "CFDocument",
    "CFItems": "CFItem",
    "CFAssociations": "CFAssociation",
    "CFRubrics": "CFRubric",
    "CFConcepts": "CFConcept",
    "CFSubjects": "CFSubject",
    "CFLicenses": "CFLicense",
    "CFItemTypes": "CFItemType",
    "CFAssociationGroupings": "CFAssociationGrouping",
}


def open_package(value: Any, report: Report) -> dict[str, Any]:
    """The package inside whatever it was wrapped in. Raises `BadFramework` for answers that are no package."""
    for _ in range(5):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, list) and len(value) > 1:
            raise report.stop("$", f"It holds {len(value)} packages.", "Import them one by one, a file each.")
        elif isinstance(value, dict) and "CFDocument" not in value and "CFItems" not in value:
            inner = next((name for name in _WRAPPERS if name in value), None)
            if inner is None:
                break
            report.warn(f"$.{inner}", "The package was wrapped in another object, which was opened.")
            value = value[inner]
        else:
            break
    if not isinstance(value, dict):
        raise report.stop("$", "It is not a CASE package.", "Fetch it from the server's CFPackages endpoint.")
    if "imsx_codeMajor" in value or "imsx_StatusInfo" in value:
        raise report.stop("$", "It is an error answer of a CASE server.", "Fetch the package again.")
    if "CFDocuments" in value and "CFItems" not in value:
        raise report.stop(
            "$.CFDocuments",
            "It is a list of documents without their items.",
            "Fetch the package of one of them from the server's CFPackages endpoint.",
        )
    if "CFItem" in value and "CFItems" not in value:
        report.warn("$.CFItem", "It is a single item; it was taken as a framework of one.")
        value = {**value, "CFItems": value["CFItem"]}
    return dict(value)


def records(holder: Mapping[str, Any], plural: str, report: Report, at: str = "$") -> Iterator[tuple[str, Any]]:
    """(JSON path, raw record) of each member of a list that may be missing, null, single or wrapped."""
    raw = holder.get(plural)
    place = f"{at}.{plural}"
    singular = _SINGULAR[plural]
    if isinstance(raw, dict) and singular in raw and not raw.get("identifier"):
        report.warn(place, f"{plural} was wrapped in another object, which was opened.")
        raw = raw[singular]
    if raw is None:
        return
    if isinstance(raw, dict):
        report.warn(place, f"{plural} is one record where a list belongs.")
        raw = [raw]
    if not isinstance(raw, list):
        report.fault(place, f"{plural} is not a list.", "Ask the publisher for a valid CASE package.")
        return
    for number, member in enumerate(raw):
        here = f"{place}[{number}]"
        if isinstance(member, dict) and isinstance(member.get(singular), dict) and "uri" not in member:
            report.warn(here, f"A {singular} was wrapped in another object, which was opened.")
            yield here, member[singular]
        elif member is None:
            report.warn(here, f"An empty entry of {plural} was left out.")
        else:
            yield here, member


def parse(shape: type[CaseRecord], raw: Any, place: str, report: Report) -> dict[str, Any] | None:
    """The record with the standard's types, nulls dropped and unknown fields kept; None when it is no object.

    Fields whose values cannot be understood move under "unreadable". Fields that our own export could only keep as
    an extension come back to their place.
    """
    if not isinstance(raw, dict):
        report.fault(place, "This is not an object.", "Ask the publisher for a valid CASE package.")
        return None
    mine, raw = _without_ours(raw)
    kept = mapping(mine.pop(UNREADABLE, None))
    raw = {**mapping(mine.pop("unknown", None)), **kept, **raw}
    unreadable = {name: value for name, value in kept.items() if raw[name] is not value}
    try:
        model = shape.model_validate(raw)
    except ValidationError as trouble:
        broken = {str(fault["loc"][0]) for fault in trouble.errors()}
        for name in sorted(broken):
            words = f"The value of {name} is not what the standard says: kept for export, not used."
            report.warn(f"{place}.{name}", words)
            unreadable[name] = raw[name]
        model = shape.model_validate({key: value for key, value in raw.items() if key not in broken})
    record = model.model_dump(exclude_none=True)
    record |= {UNREADABLE: unreadable} if unreadable else {}
    record |= {OURS: mine} if mine else {}
    return record


def _without_ours(raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our own extension of a record, and the record without it."""
    extensions = raw.get("extensions")
    if not isinstance(extensions, dict) or not isinstance(extensions.get(OURS), dict):
        return {}, raw
    others = {name: value for name, value in extensions.items() if name != OURS}
    rest = {name: value for name, value in raw.items() if name != "extensions"}
    return dict(extensions[OURS]), {**rest, "extensions": others} if others else rest


def mapping(value: Any) -> dict[str, Any]:
    """The value when it is an object, otherwise an empty one."""
    return value if isinstance(value, dict) else {}
