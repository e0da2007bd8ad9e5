"""Evidence in, estimates out: on both databases, by the real jobs."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from lti_tool.diagnostics import estimating, packing, queries
from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.models import Estimate, MarkTrace
from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Choice, Decider
from lti_tool.grading.queries import Observed
from lti_tool.kit.db import scoped, writing
from tests.diagnostics.course import SmallCourse, deliver, mark, small_course
from tests.factories import NOW

pytestmark = pytest.mark.both_databases


def cells(session: Session, course: SmallCourse, who: int) -> dict[int, queries.CellInfo]:
    session.rollback()
    with scoped(session, course.institution_id):
        return queries.learner_cells(session, course.learners[who], course.version_id)


def means(session: Session, course: SmallCourse, who: int) -> list[float]:
    found = cells(session, course, who)
    return [found[item].standing.mean for item in course.competencies if item in found]


def test_three_results_place_a_learner_and_two_do_not(app: Flask, session: Session) -> None:
    course = small_course(session, learners=2)
    for place in range(2):
        mark(session, course, place, {0: [3, 1, None], 1: [1, 1, 1]})
    deliver(app)
    assert cells(session, course, 0)[course.competencies[0]].standing.level is None
    mark(session, course, 2, {0: [3, 1, None], 1: [1, 1, 1]})
    deliver(app)
    found = cells(session, course, 0)
    assert found[course.competencies[0]].standing.level is not None
    assert found[course.competencies[0]].standing.estimate > found[course.competencies[1]].standing.estimate
    assert course.competencies[2] not in found  # a criterion left out is not a zero


def test_unreleased_marks_move_nothing_until_they_are_released(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    mark(session, course, 0, {0: [3, 3, 3]}, released=False)
    deliver(app)
    assert cells(session, course, 0) == {}
    mark(session, course, 0, {0: [3, 3, 3]}, released=True)
    deliver(app)
    assert cells(session, course, 0)[course.competencies[0]].standing.n == 1


def test_withholding_a_mark_again_takes_its_evidence_out(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    mark(session, course, 0, {0: [3, 3, 3]})
    deliver(app)
    mark(session, course, 0, {0: [3, 3, 3]}, released=False)
    deliver(app)
    assert cells(session, course, 0) == {}


def test_a_regrade_counts_once_and_as_the_new_mark(app: Flask, session: Session) -> None:
    course = small_course(session, learners=2)
    mark(session, course, 0, {0: [0, 0, 0], 1: [2, 2, 2]})
    deliver(app)
    low = means(session, course, 0)[0]
    mark(session, course, 0, {0: [3, 3, 3]}, at=NOW + timedelta(hours=1))
    deliver(app)
    found = cells(session, course, 0)[course.competencies[0]].standing
    assert found.n == 1
    assert found.mean > low


def test_recomputing_changes_nothing_when_no_evidence_changed(app: Flask, session: Session) -> None:
    course = small_course(session, learners=3)
    for place in range(3):
        mark(session, course, place, {0: [3, 1, 2], 1: [1, 3, 2], 2: [0, 2, 3]})
    deliver(app)
    before = [means(session, course, who) for who in range(3)]
    with scoped(session, course.institution_id), writing(session):
        taken = estimating.refresh(session, course.institution_id, course.version_id, 4, course.learners, NOW)
    assert taken == 0
    assert [means(session, course, who) for who in range(3)] == before


def test_one_learner_recomputed_alone_leaves_the_others_as_they_were(app: Flask, session: Session) -> None:
    course = small_course(session, learners=3)
    for place in range(2):
        mark(session, course, place, {0: [3, 1, 2], 1: [1, 3, 2], 2: [0, 2, 3]})
    deliver(app)
    others = [means(session, course, who) for who in (1, 2)]
    mark(session, course, 2, {0: [0, 0, 0]})
    deliver(app)
    assert [means(session, course, who) for who in (1, 2)] == others


def test_a_changed_mapping_moves_the_evidence_to_the_other_competency(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    mark(session, course, 0, {0: [3, None, None]})
    deliver(app)
    first, second, _ = course.competencies
    assert set(cells(session, course, 0)) == {first}
    with scoped(session, course.institution_id), writing(session):
        alignments.decide(session, course.criteria[0][0], [Choice(second)], Decider.person(course.teacher), NOW)
    deliver(app)
    assert set(cells(session, course, 0)) == {second}


def test_a_criterion_on_two_competencies_is_one_observation_on_both(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    first, second, _ = course.competencies
    with scoped(session, course.institution_id), writing(session):
        alignments.decide(
            session, course.criteria[0][0], [Choice(first, 1), Choice(second, 1)], Decider.person(course.teacher), NOW
        )
    mark(session, course, 0, {0: [3, None, None]})
    deliver(app)
    session.rollback()
    with scoped(session, course.institution_id):
        assert session.scalar(select(func.count()).select_from(MarkTrace)) == 1
    assert set(cells(session, course, 0)) == {first, second}


def test_a_whole_course_at_once_gives_what_it_gives_week_by_week(app: Flask, session: Session) -> None:
    """Learners who arrive together are taken in together, in order of time."""
    rows = {0: [3, 1, 2], 1: [1, 3, 2], 2: [0, 2, 3], 3: [2, 2, 2]}
    weekly, at_once = small_course(session), small_course(session)
    for place in range(3):
        mark(session, weekly, place, rows)
        deliver(app)
    for place in range(3):
        mark(session, at_once, place, rows)
    deliver(app)
    for who in range(4):
        for a, b in zip(means(session, weekly, who), means(session, at_once, who), strict=True):
            assert abs(a - b) < 1e-9


def test_the_profile_over_time_ends_where_the_map_is(app: Flask, session: Session) -> None:
    course = small_course(session, learners=2)
    for place in range(3):
        mark(session, course, place, {0: [place + 1 if place < 3 else 3, 1, 2], 1: [1, 1, 1]})
    deliver(app)
    session.rollback()
    with scoped(session, course.institution_id):
        history = [
            (observation.at, state.copies[str(course.competencies[0])].n)
            for observation, state in estimating.history(session, course.learners[0], course.version_id)
            if str(course.competencies[0]) in observation.competencies
        ]
    assert [n for _, n in history] == [1, 2, 3]
    assert [at for at, _ in history] == sorted(at for at, _ in history if at)


def test_another_institution_sees_none_of_it(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=1), small_course(session, learners=1)
    mark(session, course, 0, {0: [3, 3, 3]})
    deliver(app)
    session.rollback()
    with scoped(session, other.institution_id):
        assert session.scalars(select(Estimate)).all() == []
        assert queries.learner_cells(session, course.learners[0], course.version_id) == {}


def test_a_learners_cells_take_one_query_and_their_packed_copy_says_the_same(app: Flask, session: Session) -> None:
    course = small_course(session, learners=2)
    for place in range(3):
        mark(session, course, place, {0: [3, 1, None], 1: [1, 2, 2]})
    deliver(app)
    session.rollback()
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    with scoped(session, course.institution_id):
        found = queries.learner_cells(session, course.learners[0], course.version_id)
        assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1
        packed = queries.packed_cells(session, course.learners, course.version_id)
    cells = {item: Belief(c.standing.mean, c.standing.sd, c.standing.n) for item, c in found.items()}
    assert packing.unpack(packed[course.learners[0]].hex()) == cells
    assert set(cells) == set(course.competencies[:2])
    assert set(packed) == set(course.learners)


def test_evidence_that_went_away_leaves_neither_row_nor_packed_copy(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    mark(session, course, 0, {0: [3, 3, 3]})
    deliver(app)
    mark(session, course, 0, {0: [3, None, None]}, at=NOW + timedelta(hours=1))
    deliver(app)
    session.rollback()
    with scoped(session, course.institution_id):
        (packed,) = queries.packed_cells(session, course.learners, course.version_id).values()
    assert set(packing.unpack(packed.hex())) == set(cells(session, course, 0)) == {course.competencies[0]}


def test_a_scale_of_two_hundred_points_is_read_as_the_longest_that_the_model_knows() -> None:
    row = Observed(1, 1, 1, 1, NOW, fraction=0.5, levels=201, weight=1.0, rater="")
    (one,) = estimating.marks_of([row])
    assert (one.observation.score, one.observation.levels, one.observation.rater) == (0.5, 101, None)
