"""From an estimate to the framework's levels, and to words."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.diagnostics.mastery.belief import Belief, LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.constants import DEFAULT
from lti_tool.diagnostics.mastery.levels import (
    Cell,
    cuts,
    level_cuts,
    on_level_scale,
    place,
    place_many,
    rating_cuts,
    standing,
)
from lti_tool.diagnostics.mastery.normal import cdf
from lti_tool.diagnostics.mastery.observation import BadObservation, Observation
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.words import pieces, say
from tests.diagnostics.mastery.course import Desk, marked_class

EVEN = [-1.0, 0.0, 1.0]  # the cuts of four levels


def at(mean: float, sd: float = 0.3, n: int = 5) -> Belief:
    return Belief(mean, sd, n)


def chance_of_reaching(rating: int, ability: float, difficulties: list[float]) -> float:
    chance = 1.0
    for difficulty in difficulties[:rating]:
        chance *= cdf((ability - difficulty) / DEFAULT.link_variance**0.5)
    return chance


@settings(deadline=None)
@given(st.lists(st.floats(-6, 6), min_size=1, max_size=7))
def test_a_rating_is_cut_where_an_average_criterion_reaches_it_one_time_in_two(difficulties: list[float]):
    found = rating_cuts(difficulties)
    assert found == sorted(found)
    for rating, cut in enumerate(found, start=1):
        assert chance_of_reaching(rating, cut, difficulties) == pytest.approx(0.5, abs=1e-6)


def test_with_as_many_ratings_as_levels_each_rating_is_one_level():
    ratings = [-1.3, 0.2, 1.9]
    assert level_cuts(ratings, 4) == pytest.approx(ratings)


def test_a_framework_of_n_levels_has_one_cut_fewer_and_they_rise():
    for ratings in range(2, 8):
        for levels in range(2, 9):
            found = level_cuts(rating_cuts([0.5 * step for step in range(ratings - 1)]), levels)
            assert len(found) == levels - 1
            assert all(low < high for low, high in pairwise(found))


def test_right_or_wrong_items_cut_four_levels_at_one_two_and_three_passes_in_four():
    low, middle, high = level_cuts(rating_cuts([0.7]), 4)
    passes = [chance_of_reaching(1, cut, [0.7]) for cut in (low, middle, high)]
    assert passes == pytest.approx([0.25, 0.5, 0.75])


@pytest.mark.parametrize("ratings", [2, 3, 4, 6])
@pytest.mark.parametrize("levels", [3, 4, 5, 8])
def test_every_level_is_reached_by_somebody_with_real_looking_marks(ratings: int, levels: int):
    cohort = marked_class(ratings)
    reached = set()
    for share in range(21):  # from nothing right to everything right, on twelve criteria
        points = round(share / 20 * 12 * (ratings - 1))
        marks = [(points * (n + 1)) // 12 - (points * n) // 12 for n in range(12)]
        desk = Desk(cohort)
        for number, mark in enumerate(marks):
            desk.mark(Observation(f"n{number}", {"writing": 1}, mark / (ratings - 1), ratings))
        reached.add(desk.stands(levels=levels).level)
    assert reached >= set(range(1, levels + 1))


def test_the_lowest_rating_throughout_is_level_one_and_the_highest_the_top():
    cohort = marked_class()
    assert Desk(cohort).marks([0.0] * 5, levels=4).stands().level == 1
    assert Desk(cohort).marks([1.0] * 5, levels=4).stands().level == 4
    assert Desk(cohort).marks([1 / 3] * 6, levels=4).stands().level == 2
    assert Desk(cohort).marks([2 / 3] * 6, levels=4).stands().level == 3


def test_under_three_pieces_no_level_is_claimed_though_there_is_an_estimate():
    few = Desk().marks([1, 1]).stands()
    assert few.level is None
    assert not few.enough
    assert few.n == 2
    assert few.likely >= 3
    assert [few.cell(level) for level in (1, 2, 3, 4)] == [Cell.NOT_ENOUGH] * 4
    assert Desk().marks([1, 1, 1]).stands().enough


def test_a_learner_nobody_has_marked_stands_nowhere():
    nobody = standing(LearnerState(), CohortState(), "writing", 4)
    assert (nobody.level, nobody.n) == (None, 0)
    assert say(nobody) == "Not enough evidence yet: 0 of 3 pieces"


@settings(deadline=None)
@given(st.floats(-8, 8), st.floats(0.05, 3), st.lists(st.floats(-4, 4), min_size=1, max_size=7, unique=True))
def test_a_standing_is_coherent(mean: float, sd: float, at_: list[float]):
    found = place(at(mean, sd), sorted(at_))
    levels = len(at_) + 1
    assert len(found.probabilities) == levels
    assert sum(found.probabilities) == pytest.approx(1)
    assert all(chance >= 0 for chance in found.probabilities)
    assert 1 <= found.lowest <= found.likely <= found.highest <= levels
    assert 0.5 <= found.low90 <= found.estimate <= found.high90 <= levels + 0.5
    assert found.likely - 0.5 - 1e-9 <= found.estimate <= found.likely + 0.5 + 1e-9
    # Possible means: at least one chance in five of being there or further.
    assert sum(found.probabilities[found.highest - 1 :]) >= 0.2 - 1e-6
    assert sum(found.probabilities[found.highest :]) <= 0.2 + 1e-6
    assert sum(found.probabilities[: found.lowest]) >= 0.2 - 1e-6
    assert found.likely not in found.perhaps


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 3)), max_size=20))
def test_many_learners_at_once_stand_where_each_would_alone(estimates: list[tuple[float, float]]):
    single = [place(at(mean, sd), EVEN) for mean, sd in estimates]
    likely, lowest, highest = place_many([m for m, _ in estimates], [sd for _, sd in estimates], EVEN)
    assert [(s.likely, s.lowest, s.highest) for s in single] == list(zip(likely, lowest, highest, strict=True))


def test_a_certain_estimate_names_one_level_and_an_uncertain_one_its_neighbours():
    assert say(place(at(0.5), EVEN)) == "Level 3"
    assert say(place(at(0.8), EVEN)) == "Level 3, perhaps 4"
    assert say(place(at(-0.9), EVEN)) == "Level 2, perhaps 1"
    assert say(place(at(-0.5, 0.9), EVEN)) == "Level 2, perhaps 1 or 3"
    assert say(place(at(-0.6, 2.1), EVEN)) == "Level 2, perhaps 1, 3 or 4"
    assert say(place(at(0.5, n=2), EVEN)) == "Not enough evidence yet: 2 of 3 pieces"
    assert say(place(at(0.5, n=5), EVEN, enough=False)) == "Not enough evidence yet"


def test_words_can_be_said_in_another_language():
    german = {"Level %(level)s, perhaps %(others)s": "Stufe %(level)s, vielleicht %(others)s"}
    assert say(place(at(0.8), EVEN), lambda text: german.get(text, text)) == "Stufe 3, vielleicht 4"


def test_pieces_are_counted_in_words():
    assert (pieces(1), pieces(5)) == ("1 piece of evidence", "5 pieces of evidence")


def test_the_map_says_what_each_level_is():
    found = place(at(-0.5, 0.9), EVEN)  # level 2, perhaps 1 or 3
    assert [found.cell(level) for level in (1, 2, 3, 4)] == [Cell.PROBABLY, Cell.HERE, Cell.POSSIBLE, Cell.AHEAD]
    assert place(at(0.5), EVEN).cell(1) is Cell.SHOWN


def test_the_scale_of_levels_puts_cuts_between_levels():
    assert [on_level_scale(cut, EVEN) for cut in EVEN] == pytest.approx([1.5, 2.5, 3.5])
    assert on_level_scale(-50, EVEN) == 0.5
    assert on_level_scale(50, EVEN) == 4.5
    assert on_level_scale(0.25, EVEN) == pytest.approx(2.75)


def test_harder_criteria_do_not_lower_the_level_that_the_same_rating_shows():
    def level_after(hard: bool) -> int | None:
        cohort, learners = CohortState(), [LearnerState() for _ in range(30)]
        for number in range(6):
            for index, learner in enumerate(learners):
                rating = min(3, max(0, index % 4 - hard))
                observe(learner, cohort, Observation(f"q{number}", {"writing": 1}, rating / 3, 4))
        return Desk(cohort).marks([2 / 3] * 6, levels=4).stands().level

    assert level_after(hard=True) == level_after(hard=False) == 3


def test_a_competency_marked_on_two_scales_takes_a_cut_between_theirs():
    cohort = marked_class(4)
    before = cuts(cohort, "writing", 4)
    for number in range(20):
        observe(LearnerState(), cohort, Observation("quiz", {"writing": 1}, float(number % 2)))
    assert cohort.scales_of("writing") == {4: 6, 2: 1}
    only_quiz = level_cuts(rating_cuts(cohort.difficulties("writing", 2)), 4)
    only_rubric = level_cuts(rating_cuts(cohort.difficulties("writing", 4)), 4)
    mixed = cuts(cohort, "writing", 4)
    assert mixed == pytest.approx([(6 * a + b) / 7 for a, b in zip(only_rubric, only_quiz, strict=True)])
    assert mixed != before


def test_a_framework_needs_two_levels():
    with pytest.raises(BadObservation, match="two levels"):
        cuts(CohortState(), "writing", 1)
