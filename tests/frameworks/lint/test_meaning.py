"""Rules about meaning, with the real local model: levels alike, overlaps, bare skills, ladders that run downward."""

import pytest

from lti_tool.frameworks.domain import FrameworkDraft, Severity
from lti_tool.frameworks.lint import LintFinding, Place, Rule, lint, lint_items
from lti_tool.frameworks.lint.domain import Embed
from lti_tool.frameworks.lint.ladders import Step, advancement, compare
from lti_tool.frameworks.lint.meaning import Vectors, plain_titles, similarity, skill_chances
from lti_tool.llm.store import CachedEmbedder, MemoryStore
from tests.frameworks.lint.ladders import BAKES, competency, framework
from tests.standins.embedders import mini_lm

STORE = MemoryStore()


@pytest.fixture(scope="module")
def embed() -> Embed:
    return CachedEmbedder(mini_lm(), STORE).embed


def found(draft: FrameworkDraft, rule: Rule, embed: Embed | None) -> list[LintFinding]:
    return [one for one in lint(draft, embed) if one.rule is rule]


def test_python_is_a_skill_data_analysis_is_asked_about_and_decision_making_is_a_competency(embed: Embed) -> None:
    names = ["Python", "data analysis", "data-driven decision making"]
    python, analysis, deciding = skill_chances(names, Vectors(embed))
    assert python >= 0.70
    assert 0.30 <= analysis < 0.70
    assert deciding < 0.30
    draft = framework([competency(name, name) for name in names])
    flagged, asked = found(draft, Rule.SKILL, embed)
    assert (flagged.place, flagged.severity) == (Place("Python"), Severity.WARNING)
    assert flagged.others == ("data-driven decision making", "data analysis") or flagged.others[0] == "data analysis"
    assert asked.severity is Severity.NOTE
    assert asked.words == "Is “data analysis” a skill or a competency?"


def test_titles_in_house_style_are_not_taken_for_names_of_products() -> None:
    assert plain_titles(["Communications Security (COMSEC) Management", "Data Analysis", "Cloud Security"]) == [
        "Communications security management",
        "Data analysis",
        "Cloud security",
    ]
    assert plain_titles(["Microsoft Word", "Working with others", "Keeping records of care"])[0] == "Microsoft Word"


def test_a_quantifier_is_no_step_and_a_new_act_is(embed: Embed) -> None:
    pairs = {
        "same": ("Answers some questions of guests", "Answers most questions of guests"),
        "step": ("Answers questions of guests from a list", "Designs the training of the reception team"),
        "words": ("Logs maintenance jobs in the system", "Records maintenance work in the system"),
    }
    vectors = Vectors(embed)
    steps = {
        name: compare([low], [high], similarity([low], [high], vectors)).step for name, (low, high) in pairs.items()
    }
    assert steps == {"same": Step.SAME, "step": Step.OK, "words": steps["words"]}
    assert steps["words"] in (Step.SAME, Step.COMPARE)


def test_levels_that_repeat_each_other_are_shown_with_what_is_new(embed: Embed) -> None:
    levels = BAKES | {2: "Weighs and mixes ingredients for any given recipe, with a baker checking all dough."}
    one = found(framework([competency("a", "Baking bread", levels)]), Rule.ALIKE, embed)[0]
    assert one.place == Place("a", 2)
    assert not one.blocking
    assert found(framework([competency("a", "Baking bread", levels)]), Rule.ALIKE, None)[0].place == Place("a", 2)
    assert found(framework([competency("a", "Baking bread")]), Rule.ALIKE, embed) == []


def test_only_the_ends_of_a_ladder_are_compared() -> None:
    downward = {
        1: "Leads strategy across the organisation and mentors senior staff.",
        2: "Plans the week.",
        3: "Follows simple instructions with close supervision.",
    }
    draft = framework([competency("a", "Running a bakery", downward), competency("b", "Baking bread")])
    assert [one.place for one in found(draft, Rule.PROGRESSION, None)] == [Place("a", 3)]
    assert advancement([downward[1]]) > advancement([downward[3]])


def test_overlapping_competencies_are_offered_for_merging(embed: Embed) -> None:
    about = {
        "Welcoming guests": "Greets guests at the door, takes their coats and shows them to a table.",
        "Receiving visitors": "Meets visitors at the entrance, takes coats and leads them to their table.",
        "Baking bread": "Makes doughs, proves and bakes loaves for the shop.",
        "Keeping the books": "Records sales and purchases and closes the month.",
        "Buying flour": "Compares mills, orders flour and checks what arrives.",
        "Cleaning machines": "Takes mixers apart, cleans and oils them.",
        "Training apprentices": "Shows apprentices each step and judges their work.",
        "Planning shifts": "Draws up the rota and finds cover when somebody is ill.",
    }
    draft = framework([competency(title, title, about=text) for title, text in about.items()])
    first = found(draft, Rule.OVERLAP, embed)[0]
    assert {first.place.item_key, *first.others} == {"Welcoming guests", "Receiving visitors"}
    assert first.offers_merge
    assert "evidence for either then counts for one" in first.rewrite
    # an editor that asks about one of the two hears of the pair, and about another nothing
    assert any(one.rule is Rule.OVERLAP for one in lint_items(draft, ["Receiving visitors"], embed))
    assert not any(one.offers_merge for one in lint_items(draft, ["Baking bread"], embed))


def test_titles_alone_are_compared_and_never_offered_for_merging(embed: Embed) -> None:
    titles = ["Welcoming guests", "Receiving guests", "Baking bread", "Keeping the books", "Buying flour", "Cleaning"]
    draft = framework([competency(title, title) for title in titles])
    overlaps = found(draft, Rule.OVERLAP, embed)
    assert overlaps
    assert not any(one.offers_merge for one in overlaps)


def test_a_dismissed_text_is_another_one_after_an_edit(embed: Embed) -> None:
    before = found(framework([competency("a", "Baking", BAKES | {2: "Knows flour"})]), Rule.UNOBSERVABLE, embed)[0]
    again = found(framework([competency("a", "Baking", BAKES | {2: "Knows flour"})]), Rule.UNOBSERVABLE, embed)[0]
    after = found(framework([competency("a", "Baking", BAKES | {2: "Knows flours"})]), Rule.UNOBSERVABLE, embed)[0]
    assert before.text_hash == again.text_hash != after.text_hash


def test_each_text_is_embedded_once_and_a_second_look_costs_no_embedding(embed: Embed) -> None:
    asked: list[str] = []

    def counting(texts: object) -> object:
        asked.extend(texts)  # type: ignore[call-overload]
        return mini_lm().embed(texts)  # type: ignore[arg-type]

    store = MemoryStore()

    class Counted:
        model = "counted"

        def embed(self, texts: object) -> object:
            return counting(texts)

    cached = CachedEmbedder(Counted(), store)  # type: ignore[arg-type]
    draft = framework([competency("a", "Baking bread"), competency("b", "Selling bread")])
    lint(draft, cached.embed)
    assert len(asked) == len(set(asked))
    once = len(asked)
    lint(draft, cached.embed)
    assert len(asked) == once
