import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grading.copilot.words import folded, sentences, stem, stems


@pytest.mark.parametrize(
    "forms",
    [
        ("study", "studies", "studied"),
        ("evaluate", "evaluation", "evaluating", "evaluates"),
        ("plan", "plans", "planning", "planned"),
        ("analysis", "analyses"),
        ("organise", "organising", "organises"),
        ("manage", "management", "managing"),
    ],
)
def test_the_forms_of_a_word_meet_in_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_different_words_stay_apart_and_short_ones_untouched() -> None:
    assert stem("sql") == "sql"
    assert stem("data") != stem("date")
    assert stem("class") != stem("clay")


def test_words_without_meaning_and_punctuation_are_left_out() -> None:
    assert stems("The use of SQL, e.g. with naïve data!") == ["sql", "naïv", "data"]


def test_two_texts_that_differ_in_case_and_ends_say_the_same() -> None:
    assert folded("Cites all sources.") == folded("Citing all the SOURCES")


def test_sentences_end_at_stops_and_semicolons() -> None:
    assert sentences("Kneads dough. Bakes; cools: done") == ["Kneads dough.", "Bakes;", "cools:", "done"]
    assert sentences("  ") == []


@given(st.text())
def test_any_text_has_stems(text: str) -> None:
    assert all(one and one == one.lower() for one in stems(text) if one.isascii())
