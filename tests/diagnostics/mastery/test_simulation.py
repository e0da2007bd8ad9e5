"""Estimates against a known truth. Bounds are wide enough for the few learners simulated here."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.levels import belief, standing
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.simulate import World, simulate


@dataclass
class Tally:
    cells: int = 0
    covered: int = 0
    exact: int = 0
    near: int = 0
    possible: int = 0
    width: float = 0.0

    def share(self, of: int) -> float:
        return of / self.cells


def after(pieces: int, world: World, *, levels: int = 4, seeds: int = 3, raters: int = 4, marks: int = 8) -> Tally:
    tally = Tally()
    for seed in range(seeds):
        course = simulate(
            seed, learners=60, criteria=marks, levels=levels, raters=raters, world=world, competencies=("a", "b", "c")
        )
        cohort, learners = CohortState(), dict[str, LearnerState]()
        for mark in course.marks:
            learner = learners.setdefault(mark.learner, LearnerState())
            observe(learner, cohort, mark.observation)
            (competency,) = mark.observation.competencies
            if learner.pieces(competency) != pieces:
                continue
            found, truth = belief(learner, cohort, competency), course.ability[mark.learner][competency]
            place, level = standing(learner, cohort, competency, 4), course.level(mark.learner, competency, 4)
            tally.cells += 1
            tally.width += 2 * 1.645 * found.sd
            tally.covered += abs(found.mean - truth) < 1.645 * found.sd
            tally.exact += place.likely == level
            tally.near += abs(place.likely - level) <= 1
            tally.possible += place.lowest <= level <= place.highest
    return tally


def test_ninety_percent_intervals_cover_the_truth_about_nine_times_in_ten():
    early, late = after(3, World()), after(8, World())
    assert 0.85 < early.share(early.covered) < 0.97
    assert 0.83 < late.share(late.covered) < 0.97
    assert late.width < early.width


@pytest.mark.parametrize("levels", [2, 4])
def test_intervals_hold_where_competencies_hang_together_less_than_assumed(levels: int):
    loose = after(5, World(competency_ratio=1.0), levels=levels)
    assert loose.share(loose.covered) > 0.82


def test_levels_are_right_more_often_than_not_and_nearly_always_next_to_right():
    early, late = after(3, World()), after(8, World())
    assert early.share(early.exact) > 0.5
    assert late.share(late.exact) > early.share(early.exact)
    assert early.share(early.near) > 0.93
    assert early.share(early.possible) > 0.78


def test_the_same_seed_gives_the_same_course():
    assert simulate(7, raters=2) == simulate(7, raters=2)
    assert simulate(7).marks != simulate(8).marks


def test_every_learner_gets_each_criterion_once_in_order_of_time():
    course = simulate(1, learners=3, competencies=("a", "b"), criteria=2, starts=datetime(2026, 9, 1, tzinfo=UTC))
    assert len(course.marks) == 3 * 2 * 2
    assert len({(mark.learner, mark.observation.item) for mark in course.marks}) == 12
    times = [mark.observation.at for mark in course.marks]
    assert times == sorted(times)
