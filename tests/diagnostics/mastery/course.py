"""A small course to mark in: one learner, a cohort, and marks in few words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lti_tool.diagnostics.mastery.belief import Belief, LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.levels import Standing, belief, standing
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.simulate import simulate


@dataclass
class Desk:
    """Marks one learner; the cohort stays as it is unless it is told to learn."""

    cohort: CohortState = field(default_factory=CohortState)
    learner: LearnerState = field(default_factory=LearnerState)
    learn: bool = False

    def mark(self, observation: Observation) -> "Desk":
        observe(self.learner, self.cohort, observation, learn=self.learn)
        return self

    def marks(self, scores: Iterable[float], on: str = "writing", levels: int = 2) -> "Desk":
        """One mark after the other, each on an item of its own."""
        for number, score in enumerate(scores):
            self.mark(Observation(f"{on}-{number}", {on: 1.0}, score, levels))
        return self

    def estimate(self, competency: str = "writing") -> Belief:
        return belief(self.learner, self.cohort, competency)

    def stands(self, competency: str = "writing", levels: int = 4) -> Standing:
        return standing(self.learner, self.cohort, competency, levels)


def marked_class(levels: int = 4, seed: int = 5) -> CohortState:
    """A cohort that has learned from a class of 40 with marks on `levels` ratings on "writing" and "reading"."""
    cohort, learners = CohortState(), dict[str, LearnerState]()
    for mark in simulate(seed, learners=40, competencies=("writing", "reading"), levels=levels).marks:
        observe(learners.setdefault(mark.learner, LearnerState()), cohort, mark.observation)
    return cohort
