"""A category from its competencies."""

from statistics import fmean

import pytest

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.levels import belief, cuts
from lti_tool.diagnostics.mastery.normal import cdf
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.rollup import category, chance_of_all
from lti_tool.diagnostics.mastery.simulate import simulate
from tests.diagnostics.mastery.course import Desk, marked_class


def test_a_category_of_one_competency_is_that_competency():
    desk = Desk(marked_class()).marks([1, 2 / 3, 1], levels=4)
    assert category(desk.learner, desk.cohort, {"writing": 3}, 4).mean == pytest.approx(desk.stands().mean)
    assert category(desk.learner, desk.cohort, {"writing": 3}, 4).sd == pytest.approx(desk.stands().sd)
    assert category(desk.learner, desk.cohort, {"writing": 3}, 4).level == desk.stands().level


def test_a_category_lies_between_its_competencies_and_leans_to_the_heavier():
    desk = Desk(marked_class()).marks([1] * 4, "writing", 4).marks([0] * 4, "reading", 4)
    even = category(desk.learner, desk.cohort, {"writing": 1, "reading": 1}, 4)
    leaning = category(desk.learner, desk.cohort, {"writing": 3, "reading": 1}, 4)
    assert desk.estimate("reading").mean < even.mean < leaning.mean < desk.estimate("writing").mean
    assert even.n == 8


def test_a_category_claims_a_level_once_half_its_weight_has_enough_evidence():
    desk = Desk(marked_class()).marks([1, 1, 1], levels=4)
    assert category(desk.learner, desk.cohort, {"writing": 1, "reading": 1}, 4).enough
    assert not category(desk.learner, desk.cohort, {"writing": 1, "reading": 2}, 4).enough
    assert category(desk.learner, desk.cohort, {"writing": 1, "reading": 2}, 4).level is None


def test_within_a_class_the_interval_of_a_category_covers_the_truth_about_nine_times_in_ten():
    covered = total = 0
    for seed in range(3):
        course = simulate(seed, learners=80, criteria=4)
        cohort, learners = CohortState(), dict[str, LearnerState]()
        for mark in course.marks:
            observe(learners.setdefault(mark.learner, LearnerState()), cohort, mark.observation)
        errors = []
        for name, learner in learners.items():
            found = category(learner, cohort, dict.fromkeys(course.steps, 1.0), 4)
            truth = sum(course.ability[name].values()) / len(course.steps)
            errors.append((found.mean - truth, found.sd))
        shared = fmean(error for error, _ in errors)  # how strong the class is against how hard its tasks are
        covered += sum(abs(error - shared) < 1.645 * sd for error, sd in errors)
        total += len(errors)
    assert 0.83 < covered / total < 0.97


def test_the_chance_of_all_targets_is_no_more_than_of_the_hardest_and_no_less_than_if_they_had_nothing_in_common():
    desk = Desk(marked_class()).marks([2 / 3] * 4, "writing", 4).marks([2 / 3, 1, 1 / 3], "reading", 4)
    both = chance_of_all(desk.learner, desk.cohort, {"writing": 3, "reading": 3}, 4)
    single = []
    for competency in ("writing", "reading"):
        found = belief(desk.learner, desk.cohort, competency)
        single.append(cdf((found.mean - cuts(desk.cohort, competency, 4)[1]) / found.sd))
    assert single[0] * single[1] < both < min(single)
    alone = chance_of_all(desk.learner, desk.cohort, {"writing": 3}, 4)
    assert alone == pytest.approx(single[0], abs=0.01)


def test_level_one_is_no_target_to_miss():
    desk = Desk(marked_class()).marks([0, 0, 0], levels=4)
    assert chance_of_all(desk.learner, desk.cohort, {"writing": 1, "reading": 1}, 4) == pytest.approx(1)
