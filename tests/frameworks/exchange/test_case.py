"""CASE packages as they are met: of version 1.0, wrapped, with links outside, markup and nulls."""

import json
from pathlib import Path
from typing import Any

import pytest

from lti_tool.frameworks import exchange
from lti_tool.frameworks.domain import FrameworkDraft, ItemKind, children, competencies, counts, path_of
from lti_tool.frameworks.exchange import BadFramework

CASE = Path(__file__).parents[2] / "data" / "case"
DOCUMENT = {"identifier": "d0000000-0000-4000-8000-000000000000", "title": "Bakery", "creator": "Maple Example"}
FLOUR = {"identifier": "a0000000-0000-4000-8000-000000000001", "fullStatement": "Weighs flour"}
DOUGH = {"identifier": "a0000000-0000-4000-8000-000000000002", "fullStatement": "Kneads dough"}


def child(item: dict[str, Any], parent: dict[str, Any], **more: Any) -> dict[str, Any]:
    origin, above = {"identifier": item["identifier"]}, {"identifier": parent["identifier"]}
    return {"associationType": "isChildOf", "originNodeURI": origin, "destinationNodeURI": above, **more}


def package(*items: Any, links: list[Any] | None = None, document: Any = DOCUMENT) -> dict[str, Any]:
    links = [child(item, DOCUMENT) for item in items] if links is None else links
    return {"CFDocument": document, "CFItems": list(items), "CFAssociations": links}


def read(value: Any) -> FrameworkDraft:
    return exchange.read_bytes(json.dumps(value).encode(), "package.json")


def words(draft: FrameworkDraft) -> str:
    return "\n".join(f"{finding.place}: {finding.words}" for finding in draft.warnings)


@pytest.mark.parametrize(
    ("name", "items", "associations"),
    [
        ("AdoptedTestFramework", 1, 1),
        ("ItemTypeTestFramework", 1, 1),
        ("MarkdownFramework", 2, 2),
        ("Ordering", 28, 28),
        ("SequenceNumberFramework", 2, 2),
        ("SmartLevelFramework", 14, 14),
        ("Utf8TestFramework", 1, 1),
    ],
)
def test_real_packages_are_read_whole_and_without_a_warning(name: str, items: int, associations: int) -> None:
    draft = exchange.read_file(CASE / f"{name}.json")

    assert (draft.format, draft.warnings) == ("case", ())
    assert counts(draft)["items"] == items
    assert counts(draft)["associations"] == associations


def test_codes_give_the_order_that_people_expect_where_there_are_no_sequence_numbers() -> None:
    draft = exchange.read_file(CASE / "Ordering.json")
    level_one = next(item for item in draft.items if item.code == "H.A.MATH.GM.PF.2DFP.L1")

    numbers = [int(item.code.rsplit(".", 1)[1]) for item in children(draft, level_one.key)]
    assert numbers == sorted(numbers)
    assert max(numbers) > 9


def test_sequence_numbers_give_the_order_where_there_are_any() -> None:
    draft = exchange.read_file(CASE / "SequenceNumberFramework.json")

    assert [item.code for item in children(draft)] == ["SNT.2", "SNT.1"]


def test_markdown_and_latex_stay_letter_for_letter() -> None:
    draft = exchange.read_file(CASE / "MarkdownFramework.json")

    assert "| data 1 | data 2|" in draft.items[0].title
    assert draft.items[1].title == "This contains math markdown: $x^2$"


def test_the_abbreviated_statement_is_the_title_and_the_full_one_describes_it() -> None:
    item = exchange.read_file(CASE / "Ordering.json").items[0]

    assert item.title == "Geometry and Measurement"
    assert item.description.startswith("Properties and measurements")


def test_an_item_type_that_we_know_becomes_a_kind_and_leaves_are_competencies_otherwise() -> None:
    typed = exchange.read_file(CASE / "ItemTypeTestFramework.json")
    untyped = exchange.read_file(CASE / "SmartLevelFramework.json")

    assert typed.items[0].kind is ItemKind.COMPETENCY
    assert [item.title for item in competencies(untyped)] == [
        item.title for item in untyped.items if item.title not in ("Item 1", "Item 2")
    ]
    assert [item.title for item in path_of(untyped, untyped.items[2])] == ["Item 1", "Item 1.1"]


def test_html_is_shown_as_plain_text_and_goes_out_as_it_came() -> None:
    html = "<p>Weighs <b>flour</b> &amp; salt</p><ul><li>to the gram</li></ul><script>steal()</script>"
    draft = read(package({**FLOUR, "fullStatement": html}))

    assert draft.items[0].title == "Weighs flour & salt\nto the gram"
    assert "$.CFItems[0]: HTML was turned into plain text" in words(draft)
    assert json.loads(exchange.write(draft, "case")[0])["CFItems"][0]["fullStatement"] == html


@pytest.mark.parametrize(
    "wrapped",
    [
        {"CFPackage": package(FLOUR)},
        [package(FLOUR)],
        {"data": {"CFPackage": package(FLOUR)}},
        {**package(FLOUR), "CFDocument": {"CFDocument": DOCUMENT}},
        {**package(FLOUR), "CFDocument": [DOCUMENT]},
        {**package(FLOUR), "CFItems": FLOUR},
        {**package(FLOUR), "CFItems": {"CFItem": [FLOUR]}},
        {**package(FLOUR), "CFItems": [{"CFItem": FLOUR}, None]},
        {**package(FLOUR), "CFAssociations": child(FLOUR, DOCUMENT)},
        {**package(FLOUR), "CFDefinitions": None, "CFRubrics": None},
    ],
)
def test_wrappers_single_records_and_nulls_are_seen_through(wrapped: Any) -> None:
    draft = read(wrapped)

    assert (draft.title, draft.identifier) == ("Bakery", DOCUMENT["identifier"])
    assert [item.title for item in draft.items] == ["Weighs flour"]


def test_strings_where_lists_belong_and_numbers_where_texts_belong_are_put_right() -> None:
    item = {**FLOUR, "educationLevel": "09", "conceptKeywords": None, "humanCodingScheme": 1.5, "notes": None}
    draft = read(package(item, links=[child(FLOUR, DOCUMENT, sequenceNumber="3")]))

    assert draft.items[0].extra["educationLevel"] == ["09"]
    assert draft.items[0].code == "1.5"
    assert json.loads(exchange.write(draft, "case")[0])["CFAssociations"][0]["sequenceNumber"] == 3


def test_a_value_that_is_not_what_the_standard_says_is_kept_aside_and_said() -> None:
    draft = read(package({**FLOUR, "statusStartDate": "soon"}))

    assert draft.items[0].extra["unreadable"] == {"statusStartDate": "soon"}
    assert "$.CFItems[0].statusStartDate" in words(draft)


def test_identifiers_that_the_official_pattern_rejects_are_kept_as_keys_and_replaced_on_export() -> None:
    odd = {**FLOUR, "identifier": "FLOUR-1"}
    draft = read(package(odd, links=[child(odd, DOCUMENT)]))
    sent = json.loads(exchange.write(draft, "case")[0])

    assert draft.items[0].key == "FLOUR-1"
    assert len(sent["CFItems"][0]["identifier"]) == 36
    assert sent["CFAssociations"][0]["originNodeURI"]["identifier"] == sent["CFItems"][0]["identifier"]


def test_links_given_as_bare_uris_or_in_capitals_find_their_items() -> None:
    bare = child(FLOUR, DOUGH) | {"originNodeURI": f"https://example.org/CFItems/{FLOUR['identifier']}"}
    loud = child({"identifier": DOUGH["identifier"].upper()}, DOCUMENT)
    draft = read(package(FLOUR, DOUGH, links=[bare, loud]))

    assert draft.items[0].parent_keys == (DOUGH["identifier"],)
    assert draft.items[1].parent_keys == ()
    assert draft.warnings == ()


def test_associations_that_point_outside_are_kept_and_said() -> None:
    elsewhere = {"title": "Elsewhere", "identifier": "e1", "uri": "https://example.org/CFItems/e1"}
    link = child(FLOUR, DOCUMENT) | {"associationType": "Exact Match Of", "destinationNodeURI": elsewhere}
    draft = read(package(FLOUR, links=[child(FLOUR, DOCUMENT), link]))

    assert [(each.type, each.destination_uri) for each in draft.associations] == [("exactMatchOf", elsewhere["uri"])]
    assert "outside this package" in words(draft)
    assert json.loads(exchange.write(draft, "case")[0])["CFAssociations"][1]["destinationNodeURI"] == elsewhere


def test_an_association_type_of_the_publishers_own_survives_as_an_extension_type() -> None:
    link = child(FLOUR, DOUGH) | {"associationType": "wird benötigt für"}
    draft = read(package(FLOUR, DOUGH, links=[child(FLOUR, DOCUMENT), child(DOUGH, DOCUMENT), link]))
    data, _ = exchange.write(draft, "case")

    assert draft.associations[0].type == "wird benötigt für"
    assert json.loads(data)["CFAssociations"][2]["associationType"].startswith("ext:")
    assert exchange.read_bytes(data, "again.json").associations[0].type == "wird benötigt für"


def test_orphans_go_to_the_top_and_are_named() -> None:
    draft = read(package(FLOUR, DOUGH, links=[child(DOUGH, DOCUMENT)]))

    assert len(children(draft)) == 2
    assert f"Items with no parent: “{FLOUR['identifier']}”" in words(draft)


def test_an_item_that_is_there_twice_word_for_word_is_taken_once() -> None:
    draft = read(package(FLOUR, FLOUR, links=[child(FLOUR, DOCUMENT)]))

    assert len(draft.items) == 1
    assert "twice" in words(draft)


def test_rubrics_and_definitions_of_the_source_go_out_again() -> None:
    rubric = {
        "identifier": "c0000000-0000-4000-8000-000000000001",
        "uri": "https://example.org/r",
        "lastChangeDateTime": "2024-01-01 10:00:00",
        "title": "Loaf",
        "CFRubricCriteria": [{"description": "Crust", "CFRubricCriterionLevels": [{"quality": "Crisp", "score": 2}]}],
    }
    kinds = [{"identifier": "b0000000-0000-4000-8000-000000000001", "title": "Standard", "house": "x"}]
    source = package(FLOUR) | {"CFRubrics": [rubric], "CFDefinitions": {"CFItemTypes": kinds}}
    sent = json.loads(exchange.write(read(source), "case")[0])

    criterion = sent["CFRubrics"][0]["CFRubricCriteria"][0]
    assert sent["CFRubrics"][0]["lastChangeDateTime"] == "2024-01-01T10:00:00+00:00"
    assert criterion["CFRubricCriterionLevels"][0]["score"] == 2.0
    assert sent["CFDefinitions"]["CFItemTypes"][0]["extensions"]["waymark"]["unknown"] == {"house": "x"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"imsx_codeMajor": "failure", "imsx_severity": "error"}, "error answer"),
        ({"CFDocuments": [DOCUMENT]}, "list of documents"),
        ([package(FLOUR), package(DOUGH)], "2 packages"),
        ({"CFItems": [FLOUR]}, "no CFDocument"),
        ({"CFDocument": DOCUMENT, "CFItems": []}, "no items"),
        ({"CFDocument": DOCUMENT, "CFItems": "all of them"}, "not a list"),
    ],
)
def test_what_is_no_package_is_refused_with_the_reason(value: Any, said: str) -> None:
    with pytest.raises(BadFramework, match=said):
        read(value)


def test_every_fault_of_a_package_is_listed_with_its_path_and_nothing_is_read() -> None:
    nameless = {"fullStatement": "Has no identifier"}
    double = {**FLOUR, "fullStatement": "Another text under the same identifier"}
    circle = [child(FLOUR, DOUGH), child(DOUGH, FLOUR)]
    with pytest.raises(BadFramework) as caught:
        read(package(FLOUR, DOUGH, nameless, double, 7, links=circle))

    listed = [(finding.place, finding.words) for finding in caught.value.findings]
    assert [place for place, _ in listed] == ["$.CFItems[2].identifier", "$.CFItems[3]", "$.CFItems[4]", "$.CFItems[0]"]
    assert "circle" in listed[3][1]
    assert all(finding.next_step for finding in caught.value.findings)
    assert caught.value.reason == "bad_framework"


def test_prerequisites_in_a_circle_are_refused_with_the_path() -> None:
    circle = [child(FLOUR, DOUGH), child(DOUGH, FLOUR)]
    links = [
        child(FLOUR, DOCUMENT),
        child(DOUGH, DOCUMENT),
        *({**link, "associationType": "precedes"} for link in circle),
    ]
    with pytest.raises(BadFramework, match=f"{FLOUR['identifier']} → {DOUGH['identifier']} → {FLOUR['identifier']}"):
        read(package(FLOUR, DOUGH, links=links))


def test_characters_that_no_database_keeps_are_taken_out() -> None:
    draft = read(package({**FLOUR, "fullStatement": "Weighs\x00 flour \ud800"}))

    assert draft.items[0].title == "Weighs flour"
    assert "no database can keep" in words(draft)
