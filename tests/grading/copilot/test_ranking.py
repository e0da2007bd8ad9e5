import numpy as np
import pytest

from lti_tool.grading.copilot.bm25 import Bm25
from lti_tool.grading.copilot.domain import CompetencyText, Confirmed
from lti_tool.grading.copilot.ranking import Aligner, Ranking
from tests.grading.copilot.conftest import Labelled
from tests.standins.embedders import WordEmbedder, mini_lm


def first(rankings: list[Ranking]) -> list[str]:
    return [ranking.ranked[0].competency_id for ranking in rankings]


def test_the_real_model_finds_the_competence_of_real_statements(digcomp: Labelled) -> None:
    rankings = Aligner(digcomp.competencies, mini_lm()).rank(digcomp.texts, top=3)
    assert digcomp.right(first(rankings)) >= 0.83
    among_three = [
        label in {one.competency_id for one in ranking.ranked}
        for ranking, label in zip(rankings, digcomp.labels, strict=True)
    ]
    assert sum(among_three) / len(among_three) >= 0.95
    certain = [
        ranking.ranked[0].competency_id == label
        for ranking, label in zip(rankings, digcomp.labels, strict=True)
        if ranking.ranked[0].confidence >= 0.75
    ]
    assert len(certain) > 100
    assert sum(certain) / len(certain) > 0.95


def test_decisions_make_it_better_and_open_the_gate(digcomp: Labelled) -> None:
    known = slice(0, None, 3)
    confirmed = [
        Confirmed(text, (label,)) for text, label in zip(digcomp.texts[known], digcomp.labels[known], strict=True)
    ]
    rest = [place for place in range(len(digcomp.texts)) if place % 3]
    texts, labels = [digcomp.texts[place] for place in rest], [digcomp.labels[place] for place in rest]
    before = Aligner(digcomp.competencies, mini_lm()).rank(texts)
    taught = Aligner(digcomp.competencies, mini_lm(), confirmed)
    after = taught.rank(texts)

    def right(rankings: list[Ranking]) -> float:
        return float(np.mean([one == label for one, label in zip(first(rankings), labels, strict=True)]))

    assert right(after) > right(before)
    assert taught.calibrated
    assert taught.threshold is not None
    accepted = [
        ranking.ranked[0].competency_id == label
        for ranking, label in zip(after, labels, strict=True)
        if ranking.ranked[0].confidence >= taught.threshold
    ]
    assert len(accepted) > 0.4 * len(texts)
    assert sum(accepted) / len(accepted) >= 0.85, "what the gate promises"


def test_without_decisions_nothing_may_be_accepted_by_rule(kitchen: tuple[CompetencyText, ...]) -> None:
    aligner = Aligner(kitchen, WordEmbedder(), [Confirmed("Kneads dough for bread", ("bake",))] * 49)
    assert aligner.threshold is None
    assert not aligner.calibrated


def test_decisions_that_nothing_fits_count_against_the_gate(kitchen: tuple[CompetencyText, ...]) -> None:
    kept = [Confirmed(f"Kneads dough for bread number {place}", ("bake",)) for place in range(40)]
    aligner = Aligner(kitchen, WordEmbedder(), kept + [Confirmed(f"Kneads dough {place}", ()) for place in range(20)])
    assert aligner.calibrated
    assert aligner.threshold is None


def test_words_decide_where_words_are_shared(kitchen: tuple[CompetencyText, ...]) -> None:
    rankings = Aligner(kitchen, WordEmbedder()).rank(["Cuts vegetables with a sharp blade", "Takes payment"])
    assert first(rankings) == ["knife", "bill"]


def test_a_decision_moves_what_is_like_it(kitchen: tuple[CompetencyText, ...]) -> None:
    known = Confirmed("Sabre technique with champagne", ("knife",))

    def lead(text: str, *confirmed: Confirmed) -> float:
        ranked = Aligner(kitchen, WordEmbedder(), confirmed).rank([text], top=6)[0].ranked
        scores = {one.competency_id: one.score for one in ranked}
        return scores["knife"] - scores["wine"]

    assert lead("Sabre technique", known) > lead("Sabre technique") + 0.5
    assert lead("Takes payment", known) == pytest.approx(lead("Takes payment"), abs=0.1)


def test_a_decision_on_a_competency_of_another_framework_is_no_news(kitchen: tuple[CompetencyText, ...]) -> None:
    texts = ["Takes payment", "Washes hands"]
    plain = Aligner(kitchen, WordEmbedder()).rank(texts)
    other = Aligner(kitchen, WordEmbedder(), [Confirmed("Takes payment", ("elsewhere",))]).rank(texts)
    assert [one.ranked for one in plain] == [one.ranked for one in other]


def test_a_criterion_copied_from_an_indicator_finds_its_competency() -> None:
    shared = ("Works with colleagues and clients", "Explains technical matters plainly")
    competencies = [
        CompetencyText("a", "Consulting", "Advises clients.", "", (*shared, "Translates wishes into requirements")),
        CompetencyText("b", "Requirements", "Writes requirements. Translates wishes of users.", "", shared),
        *(CompetencyText(f"c{place}", f"Topic {place}", f"About theme {place}.") for place in range(20)),
    ]
    found = Aligner(competencies, WordEmbedder()).rank(["Translating the wishes into requirements"])[0]
    assert found.ranked[0].competency_id == "a"


def test_indicators_are_read(kitchen: tuple[CompetencyText, ...]) -> None:
    bare = CompetencyText("x", "Guest relations")
    full = CompetencyText("x", "Guest relations", indicators=("Calms an angry visitor", "Remembers regulars"))
    text = "Angry visitor, friendly answer"
    assert first(Aligner((*kitchen, full), WordEmbedder()).rank([text])) == ["x"]
    absolute = [Aligner((*kitchen, one), WordEmbedder()).rank([text])[0].absolute for one in (bare, full)]
    assert absolute[1] > absolute[0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_small_frameworks_and_empty_words_are_ranked_too(kitchen: tuple[CompetencyText, ...], count: int) -> None:
    competencies = (*kitchen[: count - 1], CompetencyText("blank", "", "", ""))
    for ranking in Aligner(competencies, WordEmbedder()).rank(["", "!!!", "Takes payment"], top=5):
        assert len(ranking.ranked) == count
        assert all(np.isfinite(one.score) and 0 <= one.confidence <= 1 for one in ranking.ranked)


def test_scores_and_confidence_fall_with_rank(digcomp: Labelled) -> None:
    for ranking in Aligner(digcomp.competencies, mini_lm()).rank(digcomp.texts[:20], top=50):
        assert len(ranking.ranked) == len(digcomp.competencies)
        for name in ("score", "confidence"):
            values = [getattr(one, name) for one in ranking.ranked]
            assert values == sorted(values, reverse=True)


def test_no_more_than_fifty_are_ranked() -> None:
    competencies = [CompetencyText(str(place), f"Topic {place}") for place in range(80)]
    rankings = Aligner(competencies, WordEmbedder()).rank(["Topic 7", "Topic 9"], top=70)
    assert [len(one.ranked) for one in rankings] == [50, 50]
    assert first(rankings) == ["7", "9"]


def test_an_empty_framework_is_refused() -> None:
    with pytest.raises(ValueError, match="no competency"):
        Aligner([], WordEmbedder())


def test_no_criteria_give_no_rankings(kitchen: tuple[CompetencyText, ...]) -> None:
    assert Aligner(kitchen, WordEmbedder()).rank([]) == []


def test_rare_words_weigh_more_and_unknown_ones_nothing() -> None:
    words = Bm25([["red", "apple"], ["red", "pear"], ["red", "plum"]])
    scores = words.scores([["red"], ["pear"], ["banana"], []])
    assert scores[1].argmax() == 1
    assert scores[1].max() > scores[0].max()
    assert not scores[2:].any()
    assert words.rarity("banana") == 0
