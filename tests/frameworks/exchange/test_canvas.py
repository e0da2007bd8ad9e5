"""Canvas's outcomes CSV."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.frameworks import exchange, starters
from lti_tool.frameworks.domain import FrameworkDraft, ItemKind, LevelDraft, competencies
from lti_tool.frameworks.exchange import BadFramework
from lti_tool.frameworks.exchange.canvas_csv import HEADER
from tests.frameworks.exchange.drafts import frameworks

HEAD = ",".join(HEADER)
BAKERY = f"""{HEAD}
g,group,Baking,,,,,,,active,
canvas_outcome:7,outcome,Shapes,<p>By hand</p>,Shaping,You shape,n_mastery,3,g,active,2,3,Alone,2,Guided,1,Not yet
b.2,outcome,Bakes loaves,,,,decaying_average,65,g g2,active,3,3,Sets the oven,2,Watches it,1,Not yet
g2,group,Ovens,,,,,,g,active,
old,outcome,Gone,,,,,,g,deleted,
"""


def read(text: str) -> FrameworkDraft:
    return exchange.read_bytes(text.encode(), "bakery.csv")


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode())))


def test_groups_outcomes_and_each_outcomes_own_ratings_are_read() -> None:
    draft = read(BAKERY)

    assert [(item.key, item.kind.value) for item in draft.items] == [
        ("g", "category"),
        ("canvas_outcome:7", "competency"),
        ("b.2", "competency"),
        ("g2", "category"),
    ]
    assert draft.levels == tuple(LevelDraft(number, f"Level {number}") for number in (1, 2, 3))
    assert draft.by_key["b.2"].descriptors == {1: "Not yet", 2: "Watches it", 3: "Sets the oven"}
    assert draft.by_key["b.2"].parent_keys == ("g", "g2")
    assert draft.by_key["canvas_outcome:7"].description == "By hand"
    said = "\n".join(f"{finding.place}: {finding.words}" for finding in draft.warnings)
    assert "line 4: The parent “g2” does not come before this row" in said
    assert "line 6: Rows that Canvas is told to delete were left out." in said


def test_ratings_that_all_outcomes_share_are_the_levels_of_the_framework() -> None:
    draft = read(f"{HEAD}\na,outcome,A,,,,,,,,2,2,Yes,1,No\nb,outcome,B,,,,,,,,2,2,Yes,1,No\n")

    assert [level.name for level in draft.levels] == ["No", "Yes"]
    assert draft.items[0].descriptors == {}


def test_what_canvas_said_goes_out_again() -> None:
    rows = {row[2]: row for row in table(exchange.write(read(BAKERY), "canvas")[0])}

    assert rows["Shapes"][1:8] == [
        "outcome",
        "Shapes",
        "<p>By hand</p>",
        "Shaping",
        "You shape",
        "n_mastery",
        "3",
    ]
    assert rows["Shapes"][10:] == ["2", "3", "Alone", "2", "Guided", "1", "Not yet"]


def test_every_fault_is_listed_with_its_line() -> None:
    rows = [
        ",outcome,No guid",
        "x,skill,Wrong type",
        "y,outcome,",
        "y,outcome,Twice",
        "z,outcome,Z,,,,,,gone,,,high,Good",
    ]
    with pytest.raises(BadFramework) as caught:
        read("\n".join([HEAD, *rows]))

    assert [(finding.place, finding.words) for finding in caught.value.findings] == [
        ("line 2", "There is no vendor_guid."),
        ("line 3", "The object_type is neither outcome nor group."),
        ("line 4", "There is no title."),
        ("line 5", "The identifier “y” was used before, at line 4."),
        ("line 6", "The rating “high” is not a number of points."),
        ("line 6", "The parent “gone” of “z” is not in the file."),
    ]


def test_digcomp_goes_to_canvas_as_groups_and_outcomes_with_its_descriptors_as_ratings() -> None:
    draft = starters.read("digcomp-3.0")
    data, lost = exchange.write(draft, "canvas")
    rows = table(data)
    outcome = next(row for row in rows if row[0] == "3.3")

    assert [row[1] for row in rows[1:]].count("group") == 5
    assert [row[1] for row in rows[1:]].count("outcome") == 21
    assert outcome[6:9] == ["decaying_average", "65", "3"]
    assert outcome[10:13] == ["3", "4", draft.by_key["3.3"].descriptors[4]]
    assert any("885 indicators and statements are left out" in finding.words for finding in lost)


def test_nice_goes_to_canvas_with_every_statement_below_all_its_work_roles() -> None:
    draft = starters.read("nice-2.1.0")
    rows = {row[0]: row for row in table(exchange.write(draft, "canvas")[0])}

    shared = next(item for item in draft.items if len(item.parent_keys) > 20)
    assert rows[shared.key][8].split() == list(shared.parent_keys)


def test_reserved_names_and_blanks_in_ids_are_replaced_and_said() -> None:
    draft = exchange.read_bytes(b"id,title\ncanvas_outcome:3,A\na b,B\n", "x.csv")
    data, lost = exchange.write(draft, "canvas")

    assert [row[0] for row in table(data)[1:]] == ["waymark_canvas_outcome:3", "a_b"]
    assert any(finding.place == "vendor_guid" for finding in lost)


@settings(max_examples=25, deadline=None)
@given(frameworks(keys=st.from_regex(r"[a-z0-9][a-z0-9.]{0,9}", fullmatch=True)))
def test_groups_come_before_what_they_hold_and_competencies_come_back(draft: FrameworkDraft) -> None:
    data, _ = exchange.write(draft, "canvas")
    seen: set[str] = set()
    for row in table(data)[1:]:
        assert set(row[8].split()) <= seen
        seen.add(row[0])
    if not seen:
        return
    again = exchange.read_bytes(data, "again.csv")
    alone = [
        item
        for item in draft.items
        if item.kind is ItemKind.COMPETENCY
        and item.key in {each.key for each in again.items if each.kind is ItemKind.COMPETENCY}
    ]
    for item in alone:
        assert again.by_key[item.key].title == item.title
        if draft.levels:
            names = {level.number: item.descriptors.get(level.number) or level.name for level in draft.levels}
            levels = {level.number: level.name for level in again.levels}
            said = again.by_key[item.key].descriptors or levels
            assert said == names
    assert {item.key for item in competencies(again)} <= {item.key for item in draft.items}
