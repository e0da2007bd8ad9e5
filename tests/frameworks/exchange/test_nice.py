"""The NICE framework as NIST publishes it."""

import gzip
import json
import time
from importlib.resources import files
from typing import Any

import pytest

from lti_tool.frameworks import exchange
from lti_tool.frameworks.domain import FrameworkDraft, ItemKind, children, competencies, counts, indicators_of
from lti_tool.frameworks.exchange import BadFramework


def element(kind: str, identifier: str, title: str = "", text: str = "") -> dict[str, str]:
    return {"element_type": kind, "element_identifier": identifier, "title": title, "text": text}


def edge(above: str, below: str, kind: str = "projection") -> dict[str, str]:
    return {
        "source_element_identifier": above,
        "dest_element_identifier": below,
        "relationship_identifier": kind,
    }


ELEMENTS = [
    element("sort", "S-2", "00002"),
    element("sort", "S-1", "00001"),
    element("work_role", "WRL-002", "Baker", "Responsible for bread"),
    element("work_role", "WRL-001", "Miller", "Responsible for flour"),
    element("category", "FD", "FOOD", "All of it"),
    element("task", "T0010", text="Weigh flour"),
    element("task", "T0002", text="Clean the mill"),
    element("opm_code", "7402"),
    element("knowledge", "K0001", text="Knowledge of grain"),
    element("competency_area", "COM-1", "Hygiene", "Keeps food safe"),
]
EDGES = [
    edge("FD", "WRL-001"),
    edge("FD", "WRL-002"),
    edge("WRL-001", "S-2"),
    edge("WRL-002", "S-1"),
    edge("WRL-001", "7402"),
    edge("WRL-002", "T0010"),
    edge("WRL-001", "T0010"),
    edge("WRL-001", "T0002"),
]


def read(elements: list[Any] = ELEMENTS, edges: list[Any] = EDGES) -> FrameworkDraft:
    documents = [
        {"doc_identifier": "FOOD_1", "name": "Food framework", "version": "1.0", "website": "https://example.org"}
    ]
    body = {"documents": documents, "elements": elements, "relationships": edges}
    return exchange.read_bytes(json.dumps({"response": {"elements": body}}).encode(), "nice.json")


def test_roles_and_areas_are_competencies_and_statements_hang_on_every_role_that_uses_them() -> None:
    draft = read()

    assert (draft.identifier, draft.title, draft.version, draft.format) == ("FOOD_1", "Food framework", "1.0", "nice")
    assert [item.key for item in competencies(draft)] == ["WRL-002", "WRL-001", "COM-1"]
    assert draft.by_key["T0010"].parent_keys == ("WRL-002", "WRL-001")
    assert draft.by_key["T0010"].title == "Weigh flour"
    assert [item.code for item in indicators_of(draft, "WRL-001")] == ["T0002", "T0010"]


def test_pseudo_elements_are_left_out_with_a_warning_and_give_order_and_codes() -> None:
    draft = read()

    assert [item.title for item in children(draft, "FD")] == ["Baker", "Miller"]
    assert draft.by_key["WRL-001"].extra == {"element_type": "work_role", "sort": "00002", "opm_code": "7402"}
    assert [finding.words.split(" were")[0] for finding in draft.warnings] == [
        "Elements of the type “sort” are numbers, not items: they",
        "Elements of the type “opm_code” are numbers, not items: they",
        "1 tasks, knowledge and skill statements belong to no work role: they stand at the top.",
    ]


def test_relations_of_other_kinds_are_kept_as_associations_and_loose_ends_are_said() -> None:
    draft = read(edges=[*EDGES, edge("WRL-001", "WRL-002", "precedes"), edge("WRL-001", "T9999")])

    assert [(link.type, link.origin_key) for link in draft.associations] == [("precedes", "WRL-001")]
    assert any(finding.place == "$.relationships[9]" for finding in draft.warnings)


def test_every_fault_is_listed_with_its_path() -> None:
    elements = [*ELEMENTS, "nothing", element("task", ""), element("task", "T0002", text="Again"), {"title": ["a"]}]
    with pytest.raises(BadFramework) as caught:
        read(elements)

    places = [finding.place for finding in caught.value.findings]
    assert places[:1] == ["$.elements[10]"]
    assert {"$.elements[11]", "$.elements[12]", "$.elements[13].title"} <= set(places)


def test_circles_of_parents_are_refused() -> None:
    with pytest.raises(BadFramework, match=r"WRL-00. → WRL-00. → WRL-00."):
        read(edges=[edge("WRL-001", "WRL-002"), edge("WRL-002", "WRL-001")])


def test_the_whole_of_nice_is_read_in_well_under_two_seconds_of_processor_time() -> None:
    data = gzip.decompress(files("lti_tool.frameworks.starters").joinpath("nice-2.1.0.json.gz").read_bytes())
    begin = time.process_time()
    draft = exchange.read_bytes(data, "nice.json")
    spent = time.process_time() - begin

    assert counts(draft) == {
        "items": 2205,
        "associations": 5375,
        "levels": 0,
        "competencies": 52,
        "kind_category": 5,
        "kind_competency": 52,
        "kind_knowledge": 662,
        "kind_skill": 540,
        "kind_task": 946,
    }
    assert sum(1 for item in draft.items if len(item.parent_keys) > 1) == 899
    assert {item.kind for item in children(draft)} == set(ItemKind) - {
        ItemKind.INDICATOR,
        ItemKind.OUTCOME,
        ItemKind.STATEMENT,
        ItemKind.ITEM,
    }
    assert spent < 1.5
