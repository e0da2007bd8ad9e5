"""Rules about words: generic rungs, what nobody could see, what cannot be measured. No model is asked."""

import json
from dataclasses import replace
from pathlib import Path

from lti_tool.frameworks.domain import ItemDraft, ItemKind, Severity
from lti_tool.frameworks.lint import LintFinding, Place, Rule, lint
from lti_tool.frameworks.lint.generic import FLAG, generic
from lti_tool.frameworks.lint.measurable import measurable
from lti_tool.frameworks.lint.observable import observable
from lti_tool.frameworks.lint.reading import statements
from lti_tool.frameworks.lint.rewrites import rewrite_of
from lti_tool.frameworks.lint.words import first_verb, lemma
from tests.frameworks.lint.ladders import BAKES, competency, framework

ROWS = Path(__file__).parents[2] / "data" / "lint" / "statements.jsonl"


def of_levels(levels: dict[int, str]) -> list[LintFinding]:
    return list(lint(framework([competency("a", "Baking bread", levels)])))


def test_descriptors_that_show_observable_behaviour_pass() -> None:
    for text in (
        "Writes functional code with guidance",
        "Architects scalable solutions and mentors junior developers",
        "You can confidently explain the plan to a client",
        "Understands the incident process and explains it to new staff",
        "Is reviewed by peers before release",
        "Holds difficult conversations with suppliers",
        "Supplies the wards with clean linen",
        "Bootstraps the new teams of a site",
    ):
        assert observable(text).is_observable, text
        assert generic(text)[0] < FLAG, text


def test_generic_labels_are_named_with_their_kind() -> None:
    for text, kind in (
        ("Basic", "label"),
        ("3: Advanced", "label"),
        ("Good knowledge of contract law", "graded"),
        ("5+ years of practice", "years"),
        ("Works independently", "independence"),
        ("Performance meets expectations", "judgement"),
        ("Solves complex problems", "no domain"),
        ("Is recognised as the expert", "graded"),
    ):
        score, because = generic(text)
        assert score >= FLAG, text
        assert because.startswith(kind), (text, because)


def test_knowing_being_and_valuing_are_not_acts() -> None:
    for text in (
        "Understands how to design a survey",
        "Aware of the fire rules",
        "Willing to help new colleagues",
        "Takes pride in a clean kitchen",
        "Shows resilience",
        "Skill level to be appreciated",
        "Focus on learning",
    ):
        assert not observable(text).is_observable, text


def test_a_noun_that_only_describes_another_is_no_state() -> None:
    assert observable("Develops user experience requirements").is_observable
    assert not observable("Develops experience in user research").is_observable


def test_verbs_are_found_in_every_inflection_and_spelling() -> None:
    words = {"organises": "organise", "organizing": "organize", "travelled": "travel", "supplies": "supply"}
    words |= {"wrote": "write", "planning": "plan", "identified": "identify", "analyzes": "analyze", "table": None}
    assert {word: lemma(word) for word in words} == words
    assert first_verb("The learner can independently and safely operate a lathe")[1] == "operate"


def test_a_weak_verb_on_a_vague_object_cannot_be_measured() -> None:
    assert not measurable("Fosters a positive culture").is_measurable
    assert measurable("Fosters a positive culture").because == "vague object"
    assert measurable("Writes the weekly risk report").kinds[0] == "work product"
    assert not measurable("Solves").is_measurable


def test_a_finding_says_where_what_why_and_what_instead() -> None:
    found = of_levels(BAKES | {2: "Shapes and bakes the daily loaves.\n- Good knowledge of sourdough."})
    assert [(one.rule, one.place) for one in found if one.rule is not Rule.COUNT] == [
        (Rule.GENERIC, Place("a", 2, 1)),
    ]
    one = next(one for one in found if one.rule is Rule.GENERIC)
    assert one.severity is Severity.WARNING
    assert not one.blocking
    assert one.quote == "Good knowledge of sourdough."
    assert "mean something else to each reader" in one.reason
    assert one.rewrite == "Explains sourdough with an example from their own work."


def test_only_a_level_with_nothing_to_ask_for_is_called_not_measurable() -> None:
    mixed = of_levels(BAKES | {2: "Promotes good values. Bakes the daily loaves and records each batch."})
    assert [one.rule for one in mixed if one.rule is not Rule.COUNT] == []
    vague = of_levels(BAKES | {2: "Promotes good values."})
    one = next(one for one in vague if one.rule is Rule.NOT_MEASURABLE)
    assert one.place == Place("a", 2)
    assert one.evidence
    assert "leaves a trace" in one.rewrite


def test_findings_about_an_indicator_stand_at_the_indicator() -> None:
    shown = ItemDraft("i1", "Understands yeast", ("a",), ItemKind.INDICATOR, level=2)
    draft = framework([competency("a", "Baking bread"), shown])
    assert [one.place for one in lint(draft) if one.rule is Rule.UNOBSERVABLE] == [Place("i1", 2)]


def test_rewrites_keep_what_a_statement_is_about() -> None:
    expected = {
        "Good working knowledge of Excel formulas": "Explains Excel formulas with an example from their own work.",
        "Willing to help new colleagues": "Helps new colleagues.",
        "Experience in writing grant applications": "Writes grant applications.",
        "Values the views of patients": "Gives an example in which the views of patients changed what they did.",
        "10 years of experience": "",
    }
    assert {text: rewrite_of(text) for text in expected} == expected
    assert all(observable(text).is_observable for text in expected.values() if text)


def test_descriptors_are_read_statement_by_statement() -> None:
    assert statements("- Bakes bread.\n2) Sells it. Counts the till; locks up.\n\n") == (
        "Bakes bread.",
        "Sells it.",
        "Counts the till; locks up.",
    )


def test_wording_in_another_language_is_not_judged() -> None:
    draft = framework([competency("a", "Brot backen", {1: "Backt Brot", 2: "Gutes Wissen", 3: "TBC"})])
    rules = {one.rule for one in lint(replace(draft, language="de"))}
    assert Rule.LANGUAGE in rules
    assert Rule.PLACEHOLDER in rules
    assert not rules & {Rule.GENERIC, Rule.UNOBSERVABLE}


def test_rows_that_never_changed_a_rule_are_judged_as_well_as_promised() -> None:
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()]
    wrong = [row["text"] for row in rows if observable(row["text"]).is_observable != (row["observable"] == 1)]
    assert len(rows) == 44
    assert len(wrong) <= 4
