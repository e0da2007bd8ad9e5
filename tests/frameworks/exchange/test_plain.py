"""The plain CSV and the JSON list."""

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.frameworks import exchange
from lti_tool.frameworks.domain import FrameworkDraft, ItemKind, LevelDraft, children, competencies, counts
from lti_tool.frameworks.exchange import BadFramework
from lti_tool.frameworks.exchange.tables import live, tame
from tests.frameworks.exchange.drafts import frameworks, item_substance

BAKERY = """id,parent,title,description,kind,scope,precedes,level 1,level 2,shift
b,,Baking,"From flour, water
and time",category,,,,,
b.1,b,Shapes loaves,,competency,core,b.2,Shapes with guidance,Shapes alone,early
b.2,b,Bakes loaves,,competency,functional,,Watches the oven,Sets the oven,
b.2.i,b.2,Taps the crust,,indicator,,,,,
"""


def read(text: str, name: str = "bakery.csv") -> FrameworkDraft:
    return exchange.read_bytes(text.encode(), name)


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(BadFramework) as caught:
        read(text)
    return [(finding.place, finding.words) for finding in caught.value.findings]


def test_every_column_of_the_plain_table_is_read() -> None:
    draft = read(BAKERY)
    shapes = draft.by_key["b.1"]

    assert (draft.title, draft.identifier, draft.format) == ("bakery", "bakery", "csv")
    assert draft.by_key["b"].description == "From flour, water\nand time"
    assert (shapes.kind, shapes.scope, shapes.code) == (ItemKind.COMPETENCY, "core", "b.1")
    assert shapes.descriptors == {1: "Shapes with guidance", 2: "Shapes alone"}
    assert shapes.extra == {"columns": {"shift": "early"}}
    assert draft.levels == (LevelDraft(1, "Level 1"), LevelDraft(2, "Level 2"))
    assert [(link.type, link.origin_key, link.destination_key) for link in draft.associations] == [
        ("precedes", "b.1", "b.2")
    ]
    assert [item.key for item in competencies(draft)] == ["b.1", "b.2"]
    assert [finding.words for finding in draft.warnings] == [
        "Columns that we do not know are kept for export but not shown: “shift”."
    ]


def test_only_id_and_title_are_needed_and_leaves_are_then_the_competencies() -> None:
    draft = read("TITLE;ID;Parent\nBaking;b;\nBakes loaves;b.1;b\n")

    assert [item.key for item in competencies(draft)] == ["b.1"]
    assert counts(draft)["levels"] == 0


def test_level_columns_may_carry_the_names_of_the_levels() -> None:
    draft = read("id\ttitle\tLevel 2: Journeyman\tlevel 1 (Apprentice)\nb\tBakes\talone\twatched\n")

    assert [level.name for level in draft.levels] == ["Apprentice", "Journeyman"]
    assert draft.items[0].descriptors == {1: "watched", 2: "alone"}


def test_every_fault_of_a_table_is_listed_with_its_line() -> None:
    table = "id,parent,title,precedes,level\na,,Baking,,\na,,Twice,,\n,,No id,,\nb,z,Orphan,,\nc,,,,\n"
    table += "d,,Points to nothing,q,\ne,,Level,,high\nf,,Too,,1,many cells\n"
    found = faults(table)

    assert sorted(place for place, _ in found) == [f"line {line}" for line in range(3, 10)]
    said = dict(found)
    assert said["line 3"] == "The identifier “a” was used before, at line 2."
    assert said["line 4"] == "There is no id."
    assert said["line 5"] == "The parent “z” of “b” is not in the file."
    assert said["line 6"] == "There is no title."
    assert said["line 7"] == "“d” precedes “q”, which is not there."
    assert said["line 8"] == "The level “high” is not a number from 1."
    assert said["line 9"] == "The row has 6 cells under 5 columns."


def test_a_refusal_printed_is_every_fault_with_its_place_and_remedy() -> None:
    with pytest.raises(BadFramework) as caught:
        read("id,title\na,\na,A\n")

    assert caught.value.words.startswith("“bakery.csv” cannot be imported: 2 faults.")
    assert caught.value.details == (
        "line 2: There is no title. Give every item a title.",
        "line 3: The identifier “a” was used before, at line 2. Give each item an identifier of its own.",
    )


def test_parents_and_prerequisites_in_a_circle_are_refused_with_the_path() -> None:
    found = faults("id,parent,title,precedes\na,b,A,\nb,a,B,\nc,,C,d\nd,,D,c\n")

    assert [words.split(": ", 1)[1] for _, words in found] == ["a → b → a.", "c → d → c."]


def test_a_quotation_mark_that_is_not_closed_is_found_at_its_row() -> None:
    assert faults('id,title\na,A\nb,"B\nc,C\n')[0][0] == "line 3"


def test_a_column_that_is_there_twice_is_refused() -> None:
    assert "“Title” is there twice" in faults("id,title,Title\na,A,B\n")[0][1]


def test_a_hundred_thousand_characters_in_a_cell_are_taken_for_a_forgotten_quotation_mark() -> None:
    assert "field limit" in faults("id,title\na," + "x" * 200_000)[0][1]


def test_what_the_table_cannot_carry_is_listed() -> None:
    draft = replace(
        read(BAKERY), licence="CC BY", levels=(LevelDraft(1, "Apprentice"), LevelDraft(2, "Level 2")), associations=()
    )
    data, lost = exchange.write(draft, "csv")

    assert {finding.place for finding in lost} == {"framework", "levels"}
    assert data.decode().splitlines()[0] == "id,parent,title,description,kind,scope,level 1,level 2,shift"


def test_cells_that_a_spreadsheet_would_run_go_out_with_an_apostrophe_and_come_back_without() -> None:
    evil = '=HYPERLINK("https://example.org")'
    draft = read(f'id,title,description\na,"{evil.replace(chr(34), chr(34) * 2)}",-12\nb,@SUM(A1),+ more\n')
    data, _ = exchange.write(draft, "csv")
    cells = [cell for row in csv.reader(io.StringIO(data.decode())) for cell in row]

    assert {f"'{evil}", "-12", "'@SUM(A1)", "'+ more"} <= set(cells)
    assert [item.title for item in exchange.read_bytes(data, "b.csv").items] == [evil, "@SUM(A1)"]


@given(st.text())
def test_taming_a_cell_is_undone_exactly(cell: str) -> None:
    assert live(tame(cell)) == cell
    assert not tame(cell).startswith(("=", "@", "\t", "\r"))


@settings(max_examples=25, deadline=None)
@given(frameworks(keys=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,12}", fullmatch=True)))
def test_any_framework_comes_back_from_the_table_with_its_items(draft: FrameworkDraft) -> None:
    data, _ = exchange.write(draft, "csv")
    again = exchange.read_bytes(data, "again.csv")

    def kept(framework: FrameworkDraft) -> dict[str, object]:
        return {item.key: item_substance(item) for item in framework.items}

    assert kept(again) == kept(draft)
    assert [item.key for item in children(again)] == [item.key for item in children(draft)]


def test_ids_with_blanks_get_underscores_and_stay_apart() -> None:
    draft = exchange.read_bytes(
        json.dumps([{"id": "a b", "title": "x"}, {"id": "a_b", "title": "y"}]).encode(), "l.json"
    )
    data, lost = exchange.write(draft, "csv")

    assert [item.key for item in exchange.read_bytes(data, "l.csv").items] == ["a_b_2", "a_b"]
    assert any(finding.place == "id" for finding in lost)


def test_a_json_list_is_read_like_the_table() -> None:
    listed = [
        {"id": 1, "parent": None, "title": "Baking", "description": None},
        {"id": "1.1", "parent": "1", "title": "Bakes", "kind": "competency", "levels": {"1": "watched"}, "hours": 3},
        {"id": "1.2", "parent": "1", "title": "Sells", "precedes": ["1.1"], "level": 2},
    ]
    draft = exchange.read_bytes(json.dumps(listed).encode(), "bakery.json")

    assert (draft.format, len(draft.levels)) == ("json", 2)
    assert draft.by_key["1.1"].parent_keys == ("1",)
    assert draft.by_key["1.1"].descriptors == {1: "watched"}
    assert draft.by_key["1.1"].extra == {"hours": 3}
    assert draft.associations[0].origin_key == "1.2"


def test_faults_of_a_json_list_have_their_path() -> None:
    listed = [{"id": "1", "title": "Baking"}, 7, {"id": "2", "title": ["a"]}, {"id": "1", "title": "Again"}]
    with pytest.raises(BadFramework) as caught:
        exchange.read_bytes(json.dumps({"items": listed}).encode(), "bakery.json")

    places = [finding.place for finding in caught.value.findings]
    assert places == ["$.items[1]", "$.items[2].title", "$.items[2]", "$.items[3]"]
