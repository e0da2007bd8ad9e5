"""A learner recomputed alone: when a mark comes late, is corrected, or somebody asks how it stood last month.

What the cohort believed at each mark is in its trace, so no other learner is touched, nothing of the cohort is needed,
and the result is the same to the last digit. What the cohort learned from a mark that is later superseded stays: it is
one mark among all of them, and taking it out would move every learner.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.constants import DEFAULT, Constants
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.observe import observe, retrace
from lti_tool.diagnostics.mastery.trace import Trace


@dataclass(frozen=True, slots=True)
class Recorded:
    """One mark of one learner as it was taken in. A superseded one stays in the history and no longer counts."""

    observation: Observation
    trace: Trace
    superseded: bool = False


def replay(
    history: Sequence[Recorded],
    *,
    start: LearnerState | None = None,
    from_index: int = 0,
    constants: Constants = DEFAULT,
) -> LearnerState:
    """The learner's state after `history` (in the order it counts), leaving out what is superseded.

    From the beginning unless `start` is the state before `from_index`; `start` itself is not changed. `constants` must
    be the ones the traces were made with.
    """
    learner = LearnerState() if start is None else LearnerState.from_json(start.to_json())
    for record in history[from_index:]:
        if not record.superseded:
            retrace(learner, record.observation, record.trace, constants)
    return learner


def over_time(
    history: Sequence[Recorded], constants: Constants = DEFAULT
) -> Iterator[tuple[Observation, LearnerState]]:
    """Each mark that counts with the state after it. It is one state that moves on: read it before going on."""
    learner = LearnerState()
    for record in history:
        if not record.superseded:
            retrace(learner, record.observation, record.trace, constants)
            yield record.observation, learner


def is_late(learner: LearnerState, observation: Observation) -> bool:
    """Is this mark older than the learner's newest one?"""
    seen = learner.general.day if learner.general else None
    return observation.day is not None and seen is not None and observation.day < seen


def place_of(history: Sequence[Recorded], observation: Observation) -> int:
    """The index at which a mark belongs by its time: after those of the same moment; without a time, at the end."""
    if observation.day is None:
        return len(history)
    days, newest = [], -inf
    for record in history:  # a mark without a time counts as that of the mark before it
        newest = max(newest, record.observation.day if record.observation.day is not None else newest)
        days.append(newest)
    return bisect_right(days, observation.day)


def admit_late(
    history: Sequence[Recorded], observation: Observation, cohort: CohortState, *, learn: bool = True
) -> tuple[int, Trace, LearnerState]:
    """Takes in a mark that belongs before others: (its index in the history, its trace, the learner's new state).

    The cohort learns from it as it stands now (unless `learn` is off); the later marks are replayed with what was
    believed when they came.
    """
    index = place_of(history, observation)
    learner = replay(history[:index], constants=cohort.constants)
    trace = observe(learner, cohort, observation, learn=learn)
    return index, trace, replay(history, start=learner, from_index=index, constants=cohort.constants)
