"""The framework model: hierarchy, competencies, prerequisites and circles."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.frameworks.domain import (
    AssociationDraft,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    children,
    competencies,
    counts,
    cycle_in,
    descendants,
    hierarchy,
    indicators_of,
    learning_order,
    path_of,
    prerequisites,
    with_positions,
    would_cycle,
)
from lti_tool.frameworks.graph import cycles, find_cycle, in_order, path_between

EDGES = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=14)


def item(key: str, *parents: str, kind: ItemKind = ItemKind.ITEM, level: int | None = None) -> ItemDraft:
    return ItemDraft(key, f"Title of {key}", parents, kind, level=level)


def framework(*items: ItemDraft, precedes: str = "") -> FrameworkDraft:
    links = tuple(AssociationDraft("precedes", *pair.split(">")) for pair in precedes.split())
    return FrameworkDraft("f", "Framework", items=with_positions(items), associations=links)


def keys(items: tuple[ItemDraft, ...]) -> list[str]:
    return [each.key for each in items]


def test_children_come_in_reading_order_and_below_each_of_their_parents() -> None:
    draft = framework(item("a"), item("b"), item("x", "a", "b"), item("y", "a"))

    assert keys(children(draft)) == ["a", "b"]
    assert keys(children(draft, "a")) == ["x", "y"]
    assert keys(children(draft, "b")) == ["x"]
    assert descendants(draft, "b") == {"x"}
    assert [link.destination_key for link in hierarchy(draft)] == ["a", "b", "a"]
    assert keys(path_of(draft, draft.by_key["x"])) == ["a", "x"]


def test_leaves_are_the_competencies_where_the_source_has_no_kinds() -> None:
    assert keys(competencies(framework(item("a"), item("a1", "a"), item("b")))) == ["a1", "b"]


def test_said_kinds_decide_and_untyped_leaves_elsewhere_count_too() -> None:
    draft = framework(
        item("area", kind=ItemKind.CATEGORY),
        item("c", "area", kind=ItemKind.COMPETENCY),
        item("below", "c"),
        item("python", "c", kind=ItemKind.SKILL),
        item("untyped", "area"),
    )

    assert keys(competencies(draft)) == ["c", "untyped"]


def test_an_item_with_nothing_but_indicators_below_it_is_a_leaf() -> None:
    draft = framework(item("a"), item("a1", "a"), item("i", "a1", kind=ItemKind.INDICATOR))

    assert keys(competencies(draft)) == ["a1"]


def test_outcomes_and_skills_are_aligned_to_where_there_is_nothing_else() -> None:
    group = item("group", kind=ItemKind.CATEGORY)

    assert keys(competencies(framework(group, item("o", "group", kind=ItemKind.OUTCOME)))) == ["o"]
    assert keys(competencies(framework(group, item("s", "group", kind=ItemKind.SKILL)))) == ["s"]
    assert keys(competencies(framework(group, item("i", "group", kind=ItemKind.INDICATOR)))) == ["group"]


def test_indicators_are_given_by_level_and_outcomes_only_where_there_are_no_others() -> None:
    shown = (item("i1", "c", kind=ItemKind.INDICATOR, level=1), item("i2", "c", kind=ItemKind.TASK, level=2))
    outcome = item("o", "c", kind=ItemKind.OUTCOME, level=2)
    full = framework(item("c", kind=ItemKind.COMPETENCY), *shown, outcome)
    bare = framework(item("c", kind=ItemKind.COMPETENCY), outcome)

    assert keys(indicators_of(full, "c")) == ["i1", "i2"]
    assert keys(indicators_of(full, "c", level=2)) == ["i2"]
    assert keys(indicators_of(bare, "c")) == ["o"]


def test_prerequisites_come_in_an_order_that_can_be_followed() -> None:
    draft = framework(*(item(key) for key in "abcde"), precedes="c>a b>c e>b")

    assert prerequisites(draft, "a") == ("e", "b", "c")
    assert prerequisites(draft, "d") == ()
    assert learning_order(draft, ["a", "d", "c"]) == ("c", "a", "d")


def test_a_relation_that_would_close_a_circle_is_told_with_its_path() -> None:
    draft = framework(*(item(key) for key in "abc"), item("x", "a"), precedes="a>b b>c")

    assert would_cycle(draft, "precedes", "c", "a") == ("c", "a", "b", "c")
    assert would_cycle(draft, "precedes", "a", "c") == ()
    assert would_cycle(draft, "precedes", "a", "a") == ("a", "a")
    assert would_cycle(draft, "isChildOf", "a", "x") == ("a", "x", "a")
    assert cycle_in(draft, "precedes") == ()
    assert cycle_in(framework(item("a"), item("b"), precedes="a>b b>a"), "precedes") == ("a", "b", "a")


def test_a_path_survives_a_circle_of_parents() -> None:
    draft = framework(item("a", "b"), item("b", "a"))

    assert keys(path_of(draft, draft.by_key["a"])) == ["b", "a"]


def test_counts_name_kinds_and_count_the_hierarchy() -> None:
    draft = framework(item("a", kind=ItemKind.CATEGORY), item("b", "a"), precedes="a>b")

    assert counts(draft) == {
        "items": 2,
        "associations": 2,
        "levels": 0,
        "competencies": 1,
        "kind_category": 1,
        "kind_item": 1,
    }


@given(EDGES)
def test_a_circle_that_is_found_is_one_and_one_is_found_whenever_there_is_one(edges: list[tuple[str, str]]) -> None:
    found = find_cycle(edges)
    circular = any(path_between(edges, destination, origin) for origin, destination in edges)

    assert bool(found) == circular
    assert bool(cycles(edges)) == circular
    for circle in (found, *cycles(edges)):
        assert set(pairwise(circle)) <= set(edges)
        assert not circle or circle[0] == circle[-1]


@given(EDGES)
def test_a_topological_order_holds_every_node_once_and_every_edge_outside_circles(edges: list[tuple[str, str]]) -> None:
    ordered = in_order("abcdef", edges)

    assert sorted(ordered) == list("abcdef")
    if not find_cycle(edges):
        assert all(ordered.index(before) < ordered.index(after) for before, after in edges)


def test_a_chain_of_fifty_thousand_needs_no_recursion() -> None:
    chain = [(str(number), str(number + 1)) for number in range(50_000)]

    assert find_cycle(chain) == ()
    assert len(cycles([*chain, ("50000", "0")])[0]) == 50_002
