"""Shapes of frameworks as they come over the wire: CASE 1.0 and 1.1 packages, and NICE.

Every CASE field is optional here and its usual dirt is put right (a string where a list belongs, a number where a
text belongs, nulls, links that are a bare URI). What CASE 1.1 requires is in `REQUIRED`; the source is the 1EdTech
"CASE Service v1.1" information model. Field names are the standard's own.
"""

# ruff: noqa: N815

import re
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")
_UUID_IN = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def last_uuid(text: str) -> str:
    """The last UUID in a URI or text, "" when there is none."""
    found = _UUID_IN.findall(text)
    return str(found[-1]) if found else ""


def _to_text(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _to_list(value: Any) -> Any:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if member is not None]


def _to_whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.strip().lstrip("-").isdecimal() else value


def _date(value: str) -> str:
    found = _DATE.match(value.strip())
    if not found:
        raise ValueError("not a date such as 2026-09-01")
    datetime.fromisoformat(found.group())
    return found.group()


def _moment(value: str) -> str:
    if _MOMENT.fullmatch(value):
        return value
    when = datetime.fromisoformat(value.strip())
    return when.isoformat() if when.tzinfo else f"{when.isoformat()}+00:00"


Text = Annotated[str, BeforeValidator(_to_text)]
Texts = Annotated[list[Text], BeforeValidator(_to_list)]
Whole = Annotated[int, BeforeValidator(_to_whole)]
Date = Annotated[str, AfterValidator(_date)]
Moment = Annotated[str, AfterValidator(_moment)]


class Shape(BaseModel):
    """A record: nulls count as absent, unknown fields are kept."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: member for key, member in value.items() if member is not None}
        return value


class Link(Shape):
    """LinkURI and LinkGenURI: a reference to another record, here or elsewhere."""

    model_config = ConfigDict(extra="ignore")
    title: Text = ""
    identifier: Text = ""
    uri: Text = ""
    targetType: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_uri(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"uri": value, "identifier": last_uuid(value) or value, "title": ""}
        if isinstance(value, list) and len(value) == 1:
            return value[0]
        return value

    @model_validator(mode="after")
    def _with_identifier(self) -> Self:
        if not self.identifier:
            self.identifier = last_uuid(self.uri) or self.uri
        return self


Links = Annotated[list[Link], BeforeValidator(_to_list)]


class CaseRecord(Shape):
    """What every CASE record has."""

    identifier: Text | None = None
    uri: Text | None = None
    lastChangeDateTime: Moment | None = None
    extensions: dict[str, Any] | None = None


class Document(CaseRecord):
    """CFDocument inside a package."""

    frameworkType: Text | None = None
    caseVersion: Text | None = None
    creator: Text | None = None
    title: Text | None = None
    officialSourceURL: Text | None = None
    publisher: Text | None = None
    description: Text | None = None
    subject: Texts | None = None
    subjectURI: Links | None = None
    language: Text | None = None
    version: Text | None = None
    adoptionStatus: Text | None = None
    statusStartDate: Date | None = None
    statusEndDate: Date | None = None
    licenseURI: Link | None = None
    notes: Text | None = None


class CaseItem(CaseRecord):
    """CFItem inside a package."""

    fullStatement: Text | None = None
    alternativeLabel: Text | None = None
    CFItemType: Text | None = None
    humanCodingScheme: Text | None = None
    listEnumeration: Text | None = None
    abbreviatedStatement: Text | None = None
    conceptKeywords: Texts | None = None
    conceptKeywordsURI: Link | None = None
    notes: Text | None = None
    subject: Texts | None = None
    subjectURI: Links | None = None
    language: Text | None = None
    educationLevel: Texts | None = None
    CFItemTypeURI: Link | None = None
    licenseURI: Link | None = None
    statusStartDate: Date | None = None
    statusEndDate: Date | None = None


class CaseAssociation(CaseRecord):
    """CFAssociation inside a package."""

    associationType: Text | None = None
    sequenceNumber: Whole | None = None
    originNodeURI: Link | None = None
    destinationNodeURI: Link | None = None
    CFAssociationGroupingURI: Link | None = None
    notes: Text | None = None


class Definition(CaseRecord):
    """What the five kinds of definition share."""

    title: Text | None = None
    description: Text | None = None


class Concept(Definition):
    """CFConcept."""

    keywords: Text | None = None
    hierarchyCode: Text | None = None


class Subject(Definition):
    """CFSubject."""

    hierarchyCode: Text | None = None


class License(Definition):
    """CFLicense."""

    licenseText: Text | None = None


class ItemType(Definition):
    """CFItemType."""

    hierarchyCode: Text | None = None
    typeCode: Text | None = None


class Grouping(Definition):
    """CFAssociationGrouping."""


class RubricLevel(CaseRecord):
    """CFRubricCriterionLevel. Here alone the standard makes `extensions` a list."""

    extensions: list[dict[str, Any]] | None = None  # type: ignore[assignment]
    description: Text | None = None
    quality: Text | None = None
    score: float | None = None
    feedback: Text | None = None
    position: Whole | None = None
    rubricCriterionId: Text | None = None


class RubricCriterion(CaseRecord):
    """CFRubricCriterion."""

    category: Text | None = None
    description: Text | None = None
    CFItemURI: Link | None = None
    weight: float | None = None
    position: Whole | None = None
    rubricId: Text | None = None
    CFRubricCriterionLevels: list[dict[str, Any]] | None = None


class Rubric(CaseRecord):
    """CFRubric."""

    title: Text | None = None
    description: Text | None = None
    CFRubricCriteria: list[dict[str, Any]] | None = None


DEFINITIONS: dict[str, type[Definition]] = {
    "CFConcepts": Concept,
    "CFSubjects": Subject,
    "CFLicenses": License,
    "CFItemTypes": ItemType,
    "CFAssociationGroupings": Grouping,
}

_ALWAYS = ("identifier", "uri", "lastChangeDateTime")
#: What CASE 1.1 asks of each record.
REQUIRED: dict[type[CaseRecord], tuple[str, ...]] = {
    Document: (*_ALWAYS, "creator", "title"),
    CaseItem: (*_ALWAYS, "fullStatement"),
    CaseAssociation: (*_ALWAYS, "associationType", "originNodeURI", "destinationNodeURI"),
    Concept: (*_ALWAYS, "title", "hierarchyCode"),
    Subject: (*_ALWAYS, "title", "hierarchyCode"),
    License: (*_ALWAYS, "title", "licenseText"),
    ItemType: (*_ALWAYS, "title", "description", "hierarchyCode"),
    Grouping: (*_ALWAYS, "title"),
    Rubric: _ALWAYS,
    RubricCriterion: _ALWAYS,
    RubricLevel: _ALWAYS,
}


class NiceElement(Shape):
    """An element of the NICE framework as NIST publishes it."""

    element_type: Text = ""
    element_identifier: Text = ""
    title: Text = ""
    text: Text = ""
    doc_identifier: Text = ""


class NiceRelationship(Shape):
    """An edge from the larger element to the smaller ("projection")."""

    source_element_identifier: Text = ""
    dest_element_identifier: Text = ""
    relationship_identifier: Text = ""


class NiceDocument(Shape):
    """Which publication the elements belong to."""

    doc_identifier: Text = ""
    name: Text = ""
    version: Text = ""
    website: Text = ""
