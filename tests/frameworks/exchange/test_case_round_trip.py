"""What goes out as CASE 1.1 comes back as it was; with LTI_TOOL_CASE_SCHEMA it is held against the official schema."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from lti_tool.frameworks import exchange, starters
from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.exchange import case
from tests.frameworks.exchange.drafts import frameworks, item_substance, substance

PACKAGES = sorted((Path(__file__).parents[2] / "data" / "case").glob("*.json"))
SCHEMA = os.environ.get("LTI_TOOL_CASE_SCHEMA", "")


def there_and_back(draft: FrameworkDraft) -> tuple[dict[str, Any], FrameworkDraft]:
    data, _ = exchange.write(draft, "case")
    check(json.loads(data))
    return json.loads(data), exchange.read_bytes(data, "again.json")


def check(package: dict[str, Any]) -> None:
    assert None not in list(members(package)), "an emitted null violates the schema"
    if not SCHEMA:
        return
    from jsonschema import Draft201909Validator, FormatChecker

    schema = json.loads(Path(SCHEMA).read_text("utf-8"))
    faults = Draft201909Validator(schema, format_checker=FormatChecker()).iter_errors(package)
    assert [f"{fault.json_path}: {fault.message[:200]}" for fault in faults] == []


def members(value: Any) -> Iterator[Any]:
    # Extensions are free: what a source wrote in them is its own.
    for name, member in value.items() if isinstance(value, dict) else enumerate(value):
        yield member if not isinstance(member, dict | list) else ...
        if isinstance(member, dict | list) and name != "extensions":
            yield from members(member)


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.stem)
def test_a_real_package_comes_back_with_the_same_items_texts_and_associations(path: Path) -> None:
    source = json.loads(path.read_text("utf-8"))
    package, again = there_and_back(exchange.read_file(path))

    assert substance(again) == substance(exchange.read_file(path))
    for name in ("CFItems", "CFAssociations"):
        theirs = {each["identifier"]: each for each in source[name]}
        ours = {each["identifier"]: each for each in package[name]}
        assert theirs.keys() == ours.keys()
        for identifier, each in theirs.items():
            kept = {field: each[field] for field in each if field not in ("CFDocumentURI", "originNodeURI")}
            for field in ("originNodeURI", "destinationNodeURI"):
                if field in each:
                    kept.pop(field, None)
                    assert ours[identifier][field]["identifier"] == each[field]["identifier"]
            assert kept.items() <= ours[identifier].items()


@pytest.mark.parametrize("starter", starters.list_starters(), ids=lambda starter: starter.slug)
def test_a_shipped_framework_comes_back_whole_its_levels_and_descriptors_included(starter: starters.Starter) -> None:
    draft = starters.read(starter.slug)
    _, again = there_and_back(draft)

    assert substance(again) == substance(draft)
    assert {item.key: item.extra.get("element_type") for item in again.items} == {
        item.key: item.extra.get("element_type") for item in draft.items
    }
    assert draft.extra.items() <= again.extra.items()


@settings(max_examples=25, deadline=None)
@given(frameworks())
def test_any_framework_comes_back_with_the_same_items_texts_and_associations(draft: FrameworkDraft) -> None:
    _, again = there_and_back(draft)

    assert substance(again) == substance(draft)


@settings(max_examples=12, deadline=None)
@given(frameworks())
def test_writing_what_was_read_gives_the_same_file(draft: FrameworkDraft) -> None:
    first, again = there_and_back(draft)

    assert json.loads(exchange.write(again, "case")[0]) == first


def test_fields_that_the_standard_does_not_know_travel_as_an_extension_and_return_to_their_place() -> None:
    source = {
        "CFDocument": {"identifier": "d0000000-0000-4000-8000-000000000000", "title": "T", "creator": "C", "house": 7},
        "CFItems": [
            {
                "identifier": "a0000000-0000-4000-8000-000000000001",
                "fullStatement": "Weighs flour",
                "gradeBand": ["9", "10"],
                "statusStartDate": "some day",
                "extensions": {"theirs": {"kept": None}},
            }
        ],
    }
    draft = exchange.read_bytes(json.dumps(source).encode(), "house.json")
    package, again = there_and_back(draft)

    assert package["CFItems"][0]["extensions"]["theirs"] == {"kept": None}
    assert "gradeBand" not in package["CFItems"][0]
    assert again.items[0].extra["gradeBand"] == ["9", "10"]
    assert again.items[0].extra["unreadable"] == {"statusStartDate": "some day"}
    assert again.extra["CFDocument"]["house"] == 7


def test_records_without_a_date_or_an_address_get_those_of_the_export() -> None:
    draft = exchange.read_bytes(b"id,title\nbread,Bakes bread", "bakery.csv")
    package = case.package(draft, datetime(2026, 9, 1, tzinfo=UTC), "https://tool.example/ims/case/v1p1")

    item = package["CFItems"][0]
    assert item["lastChangeDateTime"] == "2026-09-01T00:00:00+00:00"
    assert item["uri"] == f"https://tool.example/ims/case/v1p1/CFItems/{item['identifier']}"
    assert package["CFAssociations"][0]["destinationNodeURI"]["identifier"] == package["CFDocument"]["identifier"]


def test_siblings_put_in_another_order_are_numbered_anew() -> None:
    from dataclasses import replace

    draft = exchange.read_file(PACKAGES[[path.stem for path in PACKAGES].index("SequenceNumberFramework")])
    turned = replace(draft, items=tuple(replace(item, position=1 - item.position) for item in draft.items))
    _, again = there_and_back(turned)

    assert [item_substance(item) for item in again.items] == [item_substance(item) for item in turned.items]


def test_what_other_tools_may_not_see_is_said_on_export() -> None:
    _, lost = exchange.write(starters.read("digcomp-3.0"), "case")

    assert {finding.place for finding in lost} == {"levels", "items"}
