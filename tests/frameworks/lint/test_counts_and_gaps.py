"""What can be counted: competencies of a role family, months of a step, and what blocks publishing."""

from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft, ItemKind, Severity
from lti_tool.frameworks.lint import Place, Rule, blocking, lint, lint_items
from lti_tool.frameworks.lint.gaps import is_placeholder
from tests.frameworks.lint.ladders import BAKES, competency, family, framework


def said(draft: FrameworkDraft, rule: Rule) -> list[str]:
    return [one.words for one in lint(draft) if one.rule is rule]


def test_a_family_of_four_core_and_five_functional_competencies_is_left_in_peace() -> None:
    assert said(family(4, 5), Rule.COUNT) == []


def test_a_family_is_told_what_it_has_too_many_or_too_few_of() -> None:
    assert said(family(6, 5), Rule.COUNT) == ["6 core competencies where 3 to 5 are usual."]
    assert said(family(3, 2), Rule.COUNT) == [
        "“Bakers” has 2 functional competencies where 3 to 7 are usual.",
        "“Bakers” sees 5 competencies in all where 6 to 12 are usual.",
    ]
    many = said(family(5, 9), Rule.COUNT)
    assert many == [
        "“Bakers” has 9 functional competencies where 3 to 7 are usual.",
        "“Bakers” sees 14 competencies in all where 6 to 12 are usual.",
    ]
    assert said(family(0, 0), Rule.COUNT) == ["There is no competency yet."]


def test_each_role_family_shares_the_core_and_is_counted_by_itself() -> None:
    bakers = family(4, 4)
    sellers = [ItemDraft("sellers", "Sellers", kind=ItemKind.CATEGORY)]
    sellers += [competency(f"s{n}", f"Selling at counter {n}", None, "functional", "sellers") for n in range(4)]
    draft = FrameworkDraft("shop", "Shop", levels=bakers.levels, items=(*bakers.items, *sellers))
    assert said(draft, Rule.COUNT) == []
    fewer = FrameworkDraft("shop", "Shop", levels=bakers.levels, items=(*bakers.items, *sellers[:3]))
    assert said(fewer, Rule.COUNT) == ["“Sellers” has 2 functional competencies where 3 to 7 are usual."]


def test_where_nothing_is_marked_core_or_functional_the_whole_is_counted_once() -> None:
    draft = framework([competency(f"c{n}", f"Task {n}") for n in range(21)])
    assert said(draft, Rule.COUNT) == ["There are 21 competencies, and none is marked as core or functional."]
    assert said(framework([competency(f"c{n}", f"Task {n}") for n in range(9)]), Rule.COUNT) == []


def test_a_step_takes_twelve_to_twenty_four_months_and_the_first_level_none() -> None:
    items = [competency("a", "Baking bread")]
    assert said(framework(items, (3, 12, 24)), Rule.MONTHS) == []
    found = [one for one in lint(framework(items, (None, 6, 30))) if one.rule is Rule.MONTHS]
    assert [(one.place.level, one.severity, one.blocking) for one in found] == [
        (2, Severity.WARNING, False),
        (3, Severity.WARNING, False),
    ]
    assert "6 months" in found[0].words
    assert found[0].rewrite == "Join this level with the one below."


def test_only_placeholders_copies_and_missing_levels_block() -> None:
    same = "Bakes bread for the shop."
    draft = framework(
        [
            competency("a", "Baking bread", BAKES | {2: "TBC"}),
            competency("b", "Selling bread", {1: same, 2: same, 3: "Teaches others how to sell bread."}),
            competency("c", "Ordering flour", {1: "Orders flour from a list.", 3: "Negotiates with the mill."}),
            competency("d", "Baking bread", BAKES | {2: "Bakes and cools the bread."}),
        ]
    )
    found = blocking(lint(draft))
    assert {(one.rule, one.place) for one in found} == {
        (Rule.PLACEHOLDER, Place("a", 2, 0)),
        (Rule.COPY, Place("b", 2)),
        (Rule.MISSING_LEVEL, Place("c", 2)),
        (Rule.COPY, Place("d")),
    }
    assert all(one.reason and one.rewrite and one.severity is Severity.ERROR for one in found)
    assert [one.others for one in found if one.place == Place("d")] == [("a",)]


def test_a_framework_that_describes_no_levels_is_not_told_so_for_each_competency() -> None:
    draft = framework([competency(f"c{n}", f"Working at station {n}", {}) for n in range(8)])
    assert blocking(lint(draft)) == ()


def test_placeholders_are_told_from_texts_about_them() -> None:
    for text in ("TBD", "t.b.c.", "n/a", "-", "Lorem ipsum dolor", "To be confirmed", "New competency", "[text]", " "):
        assert is_placeholder(text), text
    for text in (
        "Decides what is to be done",
        "To do research, plans the steps",
        "Replaces natural gas burners",
        "Writes new competency descriptions with subject experts",
        "Confirms bookings by telephone",
    ):
        assert not is_placeholder(text), text


def test_an_editor_asks_about_one_item_and_hears_of_that_one_only() -> None:
    draft = framework([competency("a", "Baking bread", BAKES | {2: "TBC"}), competency("b", "New competency")])
    assert {one.place.item_key for one in lint_items(draft, ["b"])} == {"b"}
    assert lint_items(draft, ["nothing"]) == ()
