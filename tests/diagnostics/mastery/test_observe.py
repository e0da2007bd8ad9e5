"""One mark changes what is believed."""

import json
from datetime import UTC, datetime, timedelta
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.cohort_rows import from_rows, names_for, needed_for_levels, to_rows
from lti_tool.diagnostics.mastery.levels import belief, standing
from lti_tool.diagnostics.mastery.observation import BadObservation, Fraction, Observation, rating_share
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.predict import predict
from lti_tool.diagnostics.mastery.simulate import World, simulate
from tests.diagnostics.mastery.course import Desk, marked_class

MONDAY = datetime(2026, 9, 28, 9, 0, tzinfo=UTC)
scores = st.sampled_from([0.0, 1 / 3, 0.5, 2 / 3, 1.0])


def test_a_pass_raises_the_estimate_and_a_miss_lowers_it():
    assert Desk().marks([1.0]).estimate().mean > 0.2
    assert Desk().marks([0.0]).estimate().mean < -0.2


def test_a_late_low_score_lowers_mastery_gently():
    before = Desk().marks([1, 1, 1, 1, 1, 1]).estimate()
    after = Desk().marks([1, 1, 1, 1, 1, 1, 0]).estimate()
    assert before.mean - 1.0 < after.mean < before.mean
    assert after.mean > 0


def test_recent_evidence_weighs_more_than_old():
    rising = Desk().marks([0, 0, 0, 0, 1, 1, 1, 1]).estimate()
    falling = Desk().marks([1, 1, 1, 1, 0, 0, 0, 0]).estimate()
    assert rising.mean > falling.mean


def test_a_mark_on_one_competency_moves_the_others_less_than_itself():
    desk = Desk().marks([1, 1, 1])
    assert 0 < desk.estimate("reading").mean < desk.estimate("writing").mean
    assert desk.estimate("reading").sd > desk.estimate("writing").sd
    assert desk.estimate("reading").n == 0


def test_learners_with_the_same_total_and_opposite_profiles_stand_apart():
    cohort = marked_class()
    one, other = Desk(cohort), Desk(cohort)
    for _ in range(4):
        one.marks([1.0], "writing", 4).marks([0.0], "reading", 4)
        other.marks([0.0], "writing", 4).marks([1.0], "reading", 4)
    assert one.stands("writing").likely > one.stands("reading").likely
    assert other.stands("writing").likely < other.stands("reading").likely


def test_a_lucky_guess_among_few_options_says_less_than_an_open_answer():
    guessed = Desk().mark(Observation("q", {"writing": 1}, 1.0, options=2)).estimate()
    written = Desk().mark(Observation("q", {"writing": 1}, 1.0)).estimate()
    assert 0 < guessed.mean < written.mean


def test_passing_what_is_hard_says_more_than_passing_what_is_easy():
    cohort = CohortState()
    for number in range(30):
        learner = LearnerState()
        observe(learner, cohort, Observation("easy", {"writing": 1}, 1.0))
        observe(learner, cohort, Observation("hard", {"writing": 1}, float(number % 6 == 0)))
    passed_hard = Desk(cohort).mark(Observation("hard", {"writing": 1}, 1.0)).estimate()
    passed_easy = Desk(cohort).mark(Observation("easy", {"writing": 1}, 1.0)).estimate()
    assert passed_hard.mean > passed_easy.mean
    assert predict(LearnerState(), cohort, Observation("easy", {"writing": 1}, 0)).expected > 0.7
    assert predict(LearnerState(), cohort, Observation("hard", {"writing": 1}, 0)).expected < 0.45


def test_a_low_mark_from_a_severe_rater_costs_less():
    cohort = CohortState()
    for number in range(40):
        learner = LearnerState()
        observe(learner, cohort, Observation("essay", {"writing": 1}, 1 / 3, 4, rater="severe"))
        observe(learner, cohort, Observation("report", {"writing": 1}, 2 / 3 + (number % 2) / 3, 4, rater="mild"))
    low = {
        rater: Desk(cohort).mark(Observation("talk", {"writing": 1}, 1 / 3, 4, rater=rater)).estimate().mean
        for rater in ("severe", "mild")
    }
    assert low["severe"] > low["mild"]


def test_a_second_rating_of_one_performance_weighs_less_and_is_no_further_piece():
    first = Observation("essay", {"writing": 1}, 1.0, 4, rater="a")
    again = Observation("essay", {"writing": 1}, 1.0, 4, rater="b", nth_rating=2)
    other = Observation("report", {"writing": 1}, 1.0, 4, rater="b")
    once, twice, two = Desk().mark(first), Desk().mark(first).mark(again), Desk().mark(first).mark(other)
    assert once.estimate().mean < twice.estimate().mean < two.estimate().mean
    assert (once.estimate().n, twice.estimate().n, two.estimate().n) == (1, 1, 2)
    assert again.strength() == pytest.approx(2 / 1.63 - 1)


def test_half_a_weight_moves_about_half_as_far():
    whole = Desk().mark(Observation("q", {"writing": 1}, 1.0)).estimate().mean
    half = Desk().mark(Observation("q", {"writing": 1}, 1.0, weight=0.5)).estimate().mean
    assert half == pytest.approx(whole / 2, rel=0.2)


def test_missing_an_item_on_two_competencies_is_put_down_to_the_weaker_one():
    desk = Desk().marks([1, 1, 1, 1], "writing").marks([0, 0, 0, 0], "reading")
    strong, weak = desk.estimate("writing").mean, desk.estimate("reading").mean
    desk.mark(Observation("both", {"writing": 1, "reading": 1}, 0.0))
    assert strong - desk.estimate("writing").mean < weak - desk.estimate("reading").mean


def test_only_the_ratio_of_alignment_weights_matters():
    one = Desk().mark(Observation("q", {"writing": 1, "reading": 3}, 1.0))
    same = Desk().mark(Observation("q", {"writing": 0.2, "reading": 0.6}, 1.0))
    assert one.estimate("writing").mean == pytest.approx(same.estimate("writing").mean)
    assert one.estimate("reading").mean > one.estimate("writing").mean


def test_a_long_pause_widens_the_interval_but_never_past_knowing_nothing():
    desk = Desk()
    for number in range(8):
        desk.mark(Observation(f"q{number}", {"writing": 1}, 1.0, at=MONDAY + timedelta(days=number)))
    now, year, ages = (
        belief(desk.learner, desk.cohort, "writing", MONDAY + timedelta(days=days)).sd for days in (8, 365, 100_000)
    )
    assert now < year < ages <= Desk().estimate().sd + 1e-9
    assert belief(desk.learner, desk.cohort, "writing", MONDAY).sd <= now, "looking changes nothing"


def test_part_of_a_step_counts_as_part():
    def steps(score: float, levels: int) -> list[tuple[int, float, float]]:
        return list(Observation("q", {"w": 1}, score, levels).steps())

    assert steps(0.5, 4) == [(1, 1.0, 1.0), (2, 0.5, 1.0), (3, 0.0, 0.5)]
    assert steps(2 / 3, 4) == [(1, 1.0, 1.0), (2, 1.0, 1.0), (3, 0.0, 1.0)]
    assert steps(1.0, 4) == [(1, 1.0, 1.0), (2, 1.0, 1.0), (3, 1.0, 1.0)]
    assert steps(0.75, 2) == [(1, 0.75, 1.0)]
    assert steps(0.0, 2) == [(1, 0.0, 1.0)]


def test_ratings_are_read_by_rank_whatever_their_points_and_order():
    assert rating_share(8, [10, 8, 5, 0]) == (pytest.approx(2 / 3), 4)
    assert rating_share(6.5, [0, 5, 8, 10]) == (pytest.approx(1.5 / 3), 4)
    assert rating_share(12, [0, 5, 10]) == (1.0, 3)
    assert rating_share(0, [2, 4]) == (0.0, 2)
    with pytest.raises(BadObservation, match="worth the same"):
        rating_share(1, [5, 5])


@pytest.mark.parametrize("score", [1.2, -0.1, float("nan"), float("inf")])
def test_a_share_outside_nothing_to_everything_cannot_be_built(score: float):
    with pytest.raises(BadObservation, match="not a share"):
        Fraction(score)
    with pytest.raises(BadObservation, match="not a share"):
        Observation("q", {"writing": 1}, score)


@pytest.mark.parametrize(
    "wrong",
    [
        {"competencies": {}},
        {"competencies": {"writing": 0}},
        {"competencies": {"writing": float("inf")}},
        {"levels": 1},
        {"levels": 1_000_000},
        {"weight": 0},
        {"weight": 1.5},
        {"nth_rating": 0},
        {"options": 1},
        {"at": datetime(2026, 9, 28)},
    ],
)
def test_an_observation_that_makes_no_sense_is_refused(wrong: dict):
    with pytest.raises(BadObservation):
        Observation(**{"item": "q", "competencies": {"writing": 1.0}, "score": 1.0, **wrong})


def test_a_frozen_cohort_learns_nothing():
    cohort = marked_class()
    before = json.dumps(to_rows(cohort))
    Desk(cohort).marks([1, 0, 1], levels=4)
    assert json.dumps(to_rows(cohort)) == before


def test_prediction_changes_nothing_and_ignores_the_score():
    cohort = marked_class()
    desk = Desk(cohort).marks([1, 2 / 3], levels=4)
    before = json.dumps([desk.learner.to_json(), to_rows(cohort)])
    low = predict(desk.learner, cohort, Observation("new", {"writing": 1, "new": 1}, 0.0, 4, rater="new"))
    high = predict(desk.learner, cohort, Observation("new", {"writing": 1, "new": 1}, 1.0, 4, rater="new"))
    assert low == high
    assert list(low.reach) == sorted(low.reach, reverse=True)
    assert low.expected == pytest.approx(sum(low.reach) / 3)
    assert json.dumps([desk.learner.to_json(), to_rows(cohort)]) == before


def test_a_store_that_loads_only_the_rows_of_one_mark_gets_the_same_result():
    cohort, learner, twin = marked_class(), LearnerState(), LearnerState()
    rows = to_rows(cohort)
    mark = Observation("writing/2", {"writing": 1, "reading": 2}, 2 / 3, 4, rater="a")
    few = from_rows(json.loads(json.dumps({name: rows[name] for name in names_for(mark) if name in rows})))
    assert observe(learner, cohort, mark) == observe(twin, few, mark)
    assert learner == twin
    assert to_rows(few, names_for(mark)) == to_rows(cohort, names_for(mark))
    changed = {name for name, row in to_rows(cohort).items() if rows.get(name) != row}
    assert changed <= set(names_for(mark))


def test_a_cohort_and_a_learner_read_back_exactly():
    cohort = marked_class()
    desk = Desk(cohort, learn=True).mark(Observation("q", {"writing": 1}, 0.5, 4, rater="a:b", at=MONDAY))
    assert from_rows(json.loads(json.dumps(to_rows(cohort)))) == cohort
    assert LearnerState.from_json(json.loads(json.dumps(desk.learner.to_json()))) == desk.learner
    assert LearnerState.from_json(LearnerState().to_json()) == LearnerState()


def test_standings_need_neither_items_nor_raters():
    cohort = marked_class()
    desk = Desk(cohort, learn=True).mark(Observation("q", {"writing": 1}, 0.5, 4, rater="a"))
    few = from_rows({name: row for name, row in to_rows(cohort).items() if needed_for_levels(name)})
    assert not few.items
    assert not few.raters
    assert standing(desk.learner, few, "writing", 4) == standing(desk.learner, cohort, "writing", 4)


def test_a_criterion_aligned_anew_counts_as_typical_of_its_new_competency():
    cohort = CohortState()
    for number in range(20):
        observe(LearnerState(), cohort, Observation("essay", {"writing": 1}, float(number % 4 == 0)))
    observe(LearnerState(), cohort, Observation("essay", {"reading": 1}, 1.0))
    assert cohort.scales_of("reading") == {2: 1}
    assert cohort.difficulties("reading", 2)[0] > 0.3


@settings(deadline=None, max_examples=60)
@given(st.lists(scores, max_size=12), st.integers(2, 6), st.booleans())
def test_more_success_never_lowers_the_estimate(past: list[float], levels: int, known: bool):
    cohort = marked_class_once() if known else CohortState()
    desk = Desk(cohort).marks(past, levels=levels)
    before = desk.estimate().mean
    state = desk.learner.to_json()
    after = [
        Desk(cohort, LearnerState.from_json(state)).mark(Observation("next", {"writing": 1}, score, levels))
        for score in [step / 12 for step in range(13)]
    ]
    means = [desk.estimate().mean for desk in after]
    assert means == sorted(means)
    practice = cohort.practice.mean + cohort.general_practice.mean
    assert means[-1] >= before - abs(practice) - 1e-9


@settings(deadline=None, max_examples=40)
@given(st.lists(scores, min_size=3, max_size=25), st.integers(2, 5))
def test_evidence_narrows_the_interval(past: list[float], levels: int):
    cohort = CohortState()
    nothing, something = Desk(cohort).estimate().sd, Desk(cohort).marks(past, levels=levels).estimate().sd
    assert something < nothing
    # One mark more may disagree, but never leaves less known than a mark's own drift and surprise explain.
    more = Desk(cohort).marks([*past, past[-1]], levels=levels).estimate().sd
    assert more < something * 1.1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=300), st.integers(2, 5))
def test_extreme_records_stay_finite_and_variances_positive(past: list[float], levels: int):
    desk = Desk(learn=True)
    for score in past:
        desk.mark(Observation("same", {"writing": 1, "reading": 5}, score, levels, rater="a", options=4))
    for competency in ("writing", "reading"):
        assert isfinite(desk.estimate(competency).mean)
        assert 0 < desk.estimate(competency).sd < 10
    for name, row in to_rows(desk.cohort).items():
        assert "NaN" not in json.dumps(row), name
        assert "Infinity" not in json.dumps(row), name
    assert desk.cohort.raters["a"].variance > 0


@settings(deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False))
def test_for_a_frozen_cohort_the_order_of_learners_does_not_matter(random):
    cohort = marked_class_once()
    marks = list(simulate(3, learners=6, competencies=("writing", "reading"), criteria=2).marks)
    queues: dict[str, list] = {}
    for mark in marks:
        queues.setdefault(mark.learner, []).append(mark)
    straight, shuffled = ({name: LearnerState() for name in queues} for _ in range(2))
    for mark in marks:
        observe(straight[mark.learner], cohort, mark.observation, learn=False)
    while queues:
        name = random.choice(sorted(queues))
        observe(shuffled[name], cohort, queues[name].pop(0).observation, learn=False)
        queues = {name: queue for name, queue in queues.items() if queue}
    assert straight == shuffled


def test_a_cohort_learns_how_far_competencies_differ_within_a_learner():
    def ratio(world: World) -> float:
        cohort, learners = CohortState(), dict[str, LearnerState]()
        for mark in simulate(11, learners=80, world=world).marks:
            observe(learners.setdefault(mark.learner, LearnerState()), cohort, mark.observation)
        return cohort.priors.competency

    assert ratio(World(competency_ratio=1.2)) > 1.5 * ratio(World(competency_ratio=0.3))


_KNOWN: list[CohortState] = []


def marked_class_once() -> CohortState:
    """The marked class, made once: tests that use it do not let it learn."""
    if not _KNOWN:
        _KNOWN.append(marked_class())
    return _KNOWN[0]
