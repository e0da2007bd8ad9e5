"""The NICE Workforce Framework for Cybersecurity as NIST publishes it (JSON with elements and relationships).

Work roles and competency areas are what criteria are aligned to, so both are competencies; `extra["element_type"]`
tells them apart. Tasks, knowledge and skills hang on every work role that uses them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from lti_tool.frameworks.domain import AssociationDraft, FrameworkDraft, ItemDraft, ItemKind, with_positions
from lti_tool.frameworks.exchange.report import Report
from lti_tool.frameworks.exchange.settle import Keys, settle
from lti_tool.frameworks.exchange.source import check_count
from lti_tool.frameworks.exchange.text import natural
from lti_tool.frameworks.wire import NiceDocument, NiceElement, NiceRelationship, Shape

_KINDS = {
    "category": ItemKind.CATEGORY,
    "work_role": ItemKind.COMPETENCY,
    "competency_area": ItemKind.COMPETENCY,
    "task": ItemKind.TASK,
    "knowledge": ItemKind.KNOWLEDGE,
    "skill": ItemKind.SKILL,
}
#: Elements that only carry a number for another element.
_PSEUDO = ("sort", "opm_code")
_BELOW_A_ROLE = (ItemKind.TASK, ItemKind.KNOWLEDGE, ItemKind.SKILL)

Record = TypeVar("Record", bound=Shape)


def is_nice(value: Any) -> bool:
    """Whether a JSON value has NICE's elements and relationships."""
    found = _body(value)
    return isinstance(found.get("elements"), list) and isinstance(found.get("relationships"), list)


def _body(value: Any) -> Mapping[str, Any]:
    for name in ("response", "elements"):
        if isinstance(value, dict) and isinstance(value.get(name), dict):
            value = value[name]
    return value if isinstance(value, dict) else {}


def read(value: Any, report: Report) -> FrameworkDraft:
    """The framework in a parsed NICE file. Raises `BadFramework` with every fault and its JSON path."""
    body = _body(value)
    if not is_nice(value):
        raise report.stop("$", "It has no lists of elements and relationships.", "Download the NICE JSON again.")
    check_count(len(body["elements"]), report)
    keys = Keys(report)
    elements, pseudo = _elements(body["elements"], keys, report)
    parents, marks, others = _edges(body["relationships"], elements, pseudo, report)
    items = [_item(key, element, parents.get(key, ()), marks.get(key, {})) for key, element in elements.items()]
    loose = sum(1 for item in items if not item.parent_keys and item.kind in _BELOW_A_ROLE)
    if loose:
        words = f"{loose} tasks, knowledge and skill statements belong to no work role: they stand at the top."
        report.note("$.relationships", words)
    documents = body.get("documents")
    named = documents[0] if isinstance(documents, list) and documents else {}
    document = _parsed(NiceDocument, named, "$.documents[0]", report)
    draft = FrameworkDraft(
        identifier=document.doc_identifier or "NICE",
        title=document.name or "NICE Framework",
        version=document.version,
        language="en",
        source_url=document.website,
        items=_in_order(items),
        associations=tuple(others),
        format="nice",
    )
    return settle(draft, keys.places, report)


def _elements(raw: list[Any], keys: Keys, report: Report) -> tuple[dict[str, NiceElement], dict[str, NiceElement]]:
    """Elements that are items, and those that only carry a number, both by identifier."""
    items: dict[str, NiceElement] = {}
    pseudo: dict[str, NiceElement] = {}
    for number, each in enumerate(raw):
        place = f"$.elements[{number}]"
        element = _parsed(NiceElement, each, place, report)
        key, kind = element.element_identifier.strip(), element.element_type.strip()
        if not key:
            report.fault(place, "The element has no identifier.", "Download the NICE JSON again.")
        elif kind in _PSEUDO:
            pseudo[key] = element
            report.warn(place, f"Elements of the type “{kind}” are numbers, not items: they were left out.")
        elif not element.title.strip() and not element.text.strip():
            report.warn(place, "Elements without any text were left out.")
            pseudo[key] = element
        elif keys.take(key, place):
            if kind not in _KINDS:
                report.warn(place, f"The element type “{kind[:40]}” is not one of NICE 2: its items are of no kind.")
            items[key] = element
    return items, pseudo


def _edges(
    raw: list[Any], items: Mapping[str, NiceElement], pseudo: Mapping[str, NiceElement], report: Report
) -> tuple[dict[str, dict[str, None]], dict[str, dict[str, str]], list[AssociationDraft]]:
    """Parents of each item in the order of the file, numbers carried for it, and relations of other kinds."""
    parents: dict[str, dict[str, None]] = {}
    marks: dict[str, dict[str, str]] = {}
    others = []
    for number, each in enumerate(raw):
        place = f"$.relationships[{number}]"
        edge = _parsed(NiceRelationship, each, place, report)
        above, below = edge.source_element_identifier.strip(), edge.dest_element_identifier.strip()
        if above in items and below in pseudo:
            mark = pseudo[below]
            marks.setdefault(above, {})[mark.element_type] = mark.title.strip() or below
        elif above not in items or below not in items:
            report.warn(place, "A relationship with an element that is not in the file was left out.")
        elif above == below:
            report.warn(place, "A relationship of an element with itself was left out.")
        elif edge.relationship_identifier in ("projection", ""):
            parents.setdefault(below, {})[above] = None
        else:
            others.append(AssociationDraft(edge.relationship_identifier[:40], above, below))
    return parents, marks, others


def _item(key: str, element: NiceElement, parents: Iterable[str], marks: Mapping[str, str]) -> ItemDraft:
    title, text = element.title.strip(), element.text.strip()
    return ItemDraft(
        key=key,
        title=title or text,
        description=text if title else "",
        parent_keys=tuple(parents),
        kind=_KINDS.get(element.element_type.strip(), ItemKind.ITEM),
        code=key,
        extra={"element_type": element.element_type, **marks},
    )


def _in_order(items: Iterable[ItemDraft]) -> tuple[ItemDraft, ...]:
    """By NIST's own sort number, then by type and code: the file has no order."""
    rank = {kind: number for number, kind in enumerate(_KINDS)}

    def place(item: ItemDraft) -> tuple[str, int, tuple[tuple[int, int, str], ...]]:
        return item.extra.get("sort", "~"), rank.get(item.extra["element_type"], len(rank)), natural(item.code)

    return with_positions(sorted(items, key=place))


def _parsed(shape: type[Record], raw: Any, place: str, report: Report) -> Record:
    try:
        return shape.model_validate(raw)
    except ValidationError as trouble:
        for fault in trouble.errors():
            where = ".".join((place, *(str(part) for part in fault["loc"])))
            report.fault(where, f"{fault['msg']}.", "Download the NICE JSON again.")
        return shape()
