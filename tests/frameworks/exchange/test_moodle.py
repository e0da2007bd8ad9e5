"""Moodle's competency framework CSV."""

import csv
import io
import json

import pytest
from hypothesis import given, settings

from lti_tool.frameworks import exchange, starters
from lti_tool.frameworks.domain import FrameworkDraft, ItemKind, children, competencies
from lti_tool.frameworks.exchange import BadFramework
from lti_tool.frameworks.exchange.moodle_csv import HEADER
from tests.frameworks.exchange.drafts import frameworks

SCALE = '"Noch nicht,Ja","[{""scaleid"":""2""},{""id"":2,""scaledefault"":1,""proficient"":1}]"'
HEAD = "Eltern,ID,Kurzname,Beschreibung,Format,Werte,Skala,Regel,Ergebnis,Setzung,Verweise,Export,Rahmen,Taxonomie"
GERMAN = f"""{HEAD}
,bk,Bäckerei,<p>Alles vom <b>Brot</b></p>,1,{SCALE},,,,,,1,"domain,competency,indicator,indicator"
,b,Backen,,1,,,,,,,7,,
b,"b,1",Formen,Formt &amp; rollt,1,{SCALE},core_competency,2,"{{""base"":{{""points"":2}}}}",b.2,8,,
b,b.2,Backen im Ofen,kennt den Ofen,2,,,,,,"b%2C1",9,,
"""


def read(text: str) -> FrameworkDraft:
    return exchange.read_bytes(text.encode(), "moodle.csv")


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode())))


def test_an_export_with_translated_headers_is_read_by_position() -> None:
    draft = read(GERMAN)

    assert (draft.format, draft.identifier, draft.title, draft.description) == (
        "moodle",
        "bk",
        "Bäckerei",
        "Alles vom Brot",
    )
    assert [level.name for level in draft.levels] == ["Noch nicht", "Ja"]
    assert [item.key for item in children(draft, "b")] == ["b,1", "b.2"]
    assert draft.by_key["b,1"].description == "Formt & rollt"
    assert [item.kind for item in draft.items] == [ItemKind.CATEGORY, ItemKind.COMPETENCY, ItemKind.COMPETENCY]


def test_relations_are_read_once_and_escaped_commas_in_their_ids_are_undone() -> None:
    links = [(link.type, link.origin_key, link.destination_key) for link in read(GERMAN).associations]

    assert links == [("isRelatedTo", "b,1", "b.2")]


def test_rules_scales_and_markup_go_out_as_they_came() -> None:
    data, _ = exchange.write(read(GERMAN), "moodle")
    root, _, shapes, _ = table(data)[1:]

    assert root[3:5] == ["<p>Alles vom <b>Brot</b></p>", "1"]
    assert root[5] == "Noch nicht,Ja"
    assert json.loads(root[6])[0] == {"scaleid": "2"}
    assert shapes[7:12] == ["core_competency", "2", '{"base":{"points":2}}', "b.2", "8"]
    assert root[13] == "domain,competency,indicator,indicator"


def test_moodles_own_word_for_everything_says_nothing_so_leaves_are_the_competencies() -> None:
    draft = read(GERMAN.replace("domain,competency,indicator,indicator", "competency,competency,competency,competency"))

    assert {item.kind for item in draft.items} == {ItemKind.ITEM}
    assert [item.key for item in competencies(draft)] == ["b,1", "b.2"]


def test_rows_that_moodle_would_drop_without_a_word_are_faults_here() -> None:
    blank = "," * (len(HEADER) - 1)
    orphan = "gone,b.3,Waise" + "," * (len(HEADER) - 3)
    nameless = ",b.4," + "," * (len(HEADER) - 3)
    no_id = ",,Ohne ID" + "," * (len(HEADER) - 3)
    with pytest.raises(BadFramework) as caught:
        read(f"{GERMAN}{blank}\n{orphan}\n{nameless}\n{no_id}\n")

    assert sorted((finding.place, finding.words.split(",")[0]) for finding in caught.value.findings) == [
        ("line 7", "The parent “gone” of “b.3” is not in the file."),
        ("line 8", "There is no short name."),
        ("line 9", "There is no id number"),
    ]


@pytest.mark.parametrize(("rows", "said"), [("", "No row says"), (GERMAN.splitlines()[1] + "\n", "2 rows say")])
def test_there_has_to_be_exactly_one_framework(rows: str, said: str) -> None:
    lines = GERMAN.splitlines(keepends=True)
    body = [*lines[:1], *(lines[1:] if rows else lines[2:]), rows]
    with pytest.raises(BadFramework, match=said):
        exchange.read_bytes("".join(body).encode(), "x.csv", "moodle")


def test_digcomp_goes_to_moodle_with_a_scale_short_names_and_a_list_of_what_is_lost() -> None:
    data, lost = exchange.write(starters.read("digcomp-3.0"), "moodle")
    rows = table(data)

    assert {len(row) for row in rows} == {14}
    assert tuple(rows[0]) == HEADER
    assert rows[1][5] == "Basic,Intermediate,Advanced,Highly advanced"
    assert json.loads(rows[1][6]) == [
        {"scaleid": "0"},
        {"id": 3, "scaledefault": 1, "proficient": 1},
        {"id": 4, "proficient": 1},
    ]
    assert max(len(cell) for row in rows for cell in row[1:3]) <= 100
    known = {row[1] for row in rows[1:]}
    assert {row[0] for row in rows[2:]} - {""} <= known
    assert "CS3.3.07" in known
    assert {finding.place for finding in lost} >= {"levels", "descriptors", "short name", "items", "framework"}


def test_a_statement_too_long_for_a_short_name_stays_readable_in_the_description() -> None:
    draft = starters.read("digcomp-3.0")
    rows = {row[1]: row for row in table(exchange.write(draft, "moodle")[0])}

    assert rows["CS1.1.03"][2].endswith("…")
    assert rows["CS1.1.03"][3] == draft.by_key["CS1.1.03"].title


@settings(max_examples=25, deadline=None)
@given(frameworks())
def test_what_moodle_can_carry_comes_back(draft: FrameworkDraft) -> None:
    data, _ = exchange.write(draft, "moodle")
    again = exchange.read_bytes(data, "again.csv", "moodle")

    main = {item.key: item.parent_keys[:1] for item in draft.items}
    assert {item.key: item.parent_keys for item in again.items} == main
    short = {item.key: item for item in draft.items if len(item.title) <= 100 and "&" not in item.title}
    plain = {key: item.description for key, item in short.items()}
    assert {item.key: item.description for item in again.items if item.key in short} == plain
    assert len({row[1] for row in table(data)[2:]}) == len(draft.items)
