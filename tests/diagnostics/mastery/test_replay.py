"""A learner recomputed alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.cohort_rows import to_rows
from lti_tool.diagnostics.mastery.levels import belief
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.replay import Recorded, admit_late, is_late, over_time, place_of, replay
from lti_tool.diagnostics.mastery.simulate import simulate
from lti_tool.diagnostics.mastery.trace import Trace

MONDAY = datetime(2026, 9, 28, 9, 0, tzinfo=UTC)


def stored(trace: Trace) -> Trace:
    """Written to a database and read back."""
    return Trace.from_json(json.loads(json.dumps(trace.to_json())))


def on_day(day: int, score: float = 1.0, item: str | None = None) -> Observation:
    return Observation(item or f"q{day}", {"writing": 1}, score, at=MONDAY + timedelta(days=day))


def lived(marks: list[Observation], cohort: CohortState | None = None) -> tuple[LearnerState, list[Recorded]]:
    learner, cohort = LearnerState(), cohort or CohortState()
    return learner, [Recorded(mark, stored(observe(learner, cohort, mark))) for mark in marks]


@pytest.mark.parametrize("seed", [1, 2])
def test_replaying_every_learner_gives_what_was_lived_to_the_last_digit(seed: int):
    cohort, learners = CohortState(), dict[str, LearnerState]()
    histories: dict[str, list[Recorded]] = {}
    for mark in simulate(seed, learners=12, raters=3, starts=MONDAY).marks:
        trace = observe(learners.setdefault(mark.learner, LearnerState()), cohort, mark.observation)
        read_back = Observation.from_json(json.loads(json.dumps(mark.observation.to_json())))
        histories.setdefault(mark.learner, []).append(Recorded(read_back, stored(trace)))
    for name, history in histories.items():
        assert replay(history) == learners[name]
        assert json.dumps(replay(history).to_json()) == json.dumps(learners[name].to_json())


def test_replaying_the_whole_course_in_order_gives_the_same_cohort_and_traces():
    marks = simulate(4, learners=10, raters=2).marks

    def run() -> tuple[list[Trace], dict]:
        cohort, learners = CohortState(), dict[str, LearnerState]()
        traces = [observe(learners.setdefault(m.learner, LearnerState()), cohort, m.observation) for m in marks]
        return traces, to_rows(cohort)

    assert run() == run()


def test_a_superseded_mark_leaves_no_trace_in_the_learner():
    marks = [on_day(1), on_day(2, 0.0), on_day(3)]
    _, history = lived(marks)
    corrected = [history[0], replace(history[1], superseded=True), history[2]]
    assert replay(corrected) == replay([history[0], history[2]])
    assert replay(corrected).pieces("writing") == 2
    assert (
        belief(replay(corrected), CohortState(), "writing").mean
        > belief(replay(history), CohortState(), "writing").mean
    )


def test_a_regrade_counts_instead_of_the_mark_it_replaces():
    cohort = CohortState()
    learner, history = lived([on_day(1), on_day(2, 0.0)], cohort)
    history[1] = replace(history[1], superseded=True)
    index, trace, better = admit_late(history, on_day(2, 1.0), cohort)
    assert index == 2
    assert better.pieces("writing") == learner.pieces("writing") == 2
    assert belief(better, cohort, "writing").mean > belief(learner, cohort, "writing").mean
    assert replay([*history, Recorded(on_day(2, 1.0), trace)]) == better


def test_a_late_mark_is_taken_in_at_its_place():
    cohort = CohortState()
    learner, history = lived([on_day(1), on_day(5), on_day(9)], cohort)
    late = on_day(3, 0.0)
    assert is_late(learner, late)
    assert not is_late(learner, on_day(9))
    index, trace, after = admit_late(history, late, cohort)
    assert index == 1
    history.insert(index, Recorded(late, stored(trace)))
    assert replay(history) == after
    assert [observation.at for observation, _ in over_time(history)] == sorted(r.observation.at for r in history)
    assert after.general is not None
    assert after.general.day == history[-1].observation.day


def test_a_late_mark_moves_nobody_else():
    cohort = CohortState()
    other, others = lived([on_day(1), on_day(4, 0.0)], cohort)
    before = json.dumps(other.to_json())
    _, history = lived([on_day(1), on_day(5)], cohort)
    admit_late(history, on_day(3, 0.0), cohort)
    assert json.dumps(replay(others).to_json()) == before


def test_marks_of_the_same_moment_keep_the_order_they_came_in():
    _, history = lived([on_day(1, item="a"), on_day(1, item="b"), on_day(2)])
    assert place_of(history, on_day(1)) == 2
    assert place_of(history, on_day(0)) == 0
    assert place_of(history, Observation("q", {"writing": 1}, 1.0)) == 3


def test_replay_may_start_from_a_state_that_was_kept():
    marks = [on_day(day, float(day % 2)) for day in range(1, 8)]
    learner, history = lived(marks)
    halfway = replay(history[:3])
    kept = json.dumps(halfway.to_json())
    assert replay(history, start=halfway, from_index=3) == learner
    assert json.dumps(halfway.to_json()) == kept, "the kept state is not changed"


def test_any_past_estimate_is_reproduced():
    marks = [on_day(day, float(day % 3 > 0)) for day in range(1, 8)]
    cohort, learner = CohortState(), LearnerState()
    seen, history = [], []
    for mark in marks:
        history.append(Recorded(mark, observe(learner, cohort, mark)))
        seen.append(json.dumps(learner.to_json()))
    assert [json.dumps(state.to_json()) for _, state in over_time(history)] == seen


def test_a_trace_is_small_enough_to_keep_with_every_mark():
    _, history = lived([Observation("q", {"writing": 1, "reading": 1}, 1.0, 4, rater="a")])
    assert len(json.dumps(history[0].trace.to_json())) < 600


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["writing", "reading"]), st.booleans()),
        min_size=1,
        max_size=15,
    )
)
def test_whatever_is_superseded_the_rest_replays_as_if_it_had_never_been(past: list[tuple[float, str, bool]]):
    _, history = lived([Observation(f"q{n}", {on: 1, "both": 1}, score, 3) for n, (score, on, _) in enumerate(past)])
    gone = [replace(record, superseded=out) for record, (_, _, out) in zip(history, past, strict=True)]
    assert replay(gone) == replay([record for record in gone if not record.superseded])
