"""A mark on a criterion becomes evidence on its competencies, and stays explainable."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Choice, Decider
from lti_tool.grading.events import AlignmentChanged, EvidenceRecorded
from lti_tool.grading.evidence.domain import share_of
from lti_tool.grading.evidence.queries import evidence_cell, evidence_of
from lti_tool.grading.marking import service as marking
from lti_tool.grading.marking.domain import CriterionMark, Mark, MarksRefused
from lti_tool.grading.models import Assessment, Evidence, Score
from lti_tool.grading.queries import coverage, people_with_evidence, untouched
from lti_tool.kit.db import writing
from tests.factories import NOW
from tests.grading.conftest import Place, posted

pytestmark = pytest.mark.both_databases

LATER = NOW + timedelta(days=1)


def mark(place: Place, learner: int, *points: float | None, **given: object) -> Mark:
    parts = tuple(
        CriterionMark(criterion.id, value)
        for criterion, value in zip(place.criteria, points, strict=False)
        if value is not None
    )
    facts: dict[str, object] = {"marked_at": NOW, "marker": "7"}
    return Mark(
        place.learners[learner].id,
        sum(part.points for part in parts),
        6.0,
        criteria=parts,
        **{**facts, **given},  # type: ignore[arg-type]
    )


def keep(place: Place, *marks: Mark, at: object = NOW) -> marking.Recorded:
    with writing(place.session) as session:
        return marking.record_scores(session, place.assessment.id, marks, at)  # type: ignore[arg-type]


def accept(place: Place, criterion: int, *choices: Choice, at: object = NOW) -> alignments.Decided:
    with writing(place.session) as session:
        by = Decider.person(place.teacher.id)
        return alignments.decide(session, place.criteria[criterion].id, choices, by, at)  # type: ignore[arg-type]


def of(place: Place, learner: int, *, released_only: bool = True) -> list[tuple[str, float, float]]:
    """(competency, fraction, weight) of a learner's present evidence."""
    codes = {item.id: item.code for item in place.items}
    rows = evidence_of(place.session, place.learners[learner].id, place.version.id, released_only=released_only)
    return sorted((codes[row.item_id], round(row.fraction, 3), row.weight) for row in rows)


def test_a_mark_gives_evidence_on_each_accepted_competency(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    accept(place, 1, Choice(place.items[1].id, 60), Choice(place.items[2].id, 40))
    keep(place, mark(place, 0, 3, 1))
    assert of(place, 0) == [("1.1", 1.0, 1.0), ("1.2", 0.333, 0.6), ("1.3", 0.333, 0.4)]
    (row,) = evidence_cell(place.session, place.learners[0].id, place.items[0].id)
    assert (row.criterion_title, row.points, row.levels, row.decided_by, row.rater) == (
        "Criterion 1",
        3,
        4,
        "person",
        "7",
    )


def test_evidence_comes_when_the_mapping_is_accepted_after_the_marks(place: Place) -> None:
    keep(place, mark(place, 0, 3, 1), mark(place, 1, 0, 2))
    assert of(place, 0) == []
    decided = accept(place, 0, Choice(place.items[0].id))
    assert decided.learners == {place.learners[0].id, place.learners[1].id}
    assert of(place, 1) == [("1.1", 0.0, 1.0)]
    told = {one["person_id"] for one in posted(place.session, EvidenceRecorded)}
    assert told == decided.learners
    assert posted(place.session, AlignmentChanged) == [
        {"criterion_id": place.criteria[0].id, "version_id": place.version.id}
    ]


def test_a_missing_criterion_is_no_zero(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    accept(place, 1, Choice(place.items[1].id))
    keep(place, mark(place, 0, 2, None))
    assert of(place, 0) == [("1.1", 0.667, 1.0)]


def test_a_regrade_supersedes_and_nothing_is_overwritten(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    keep(place, mark(place, 0, 1, 1))
    done = keep(place, mark(place, 0, 3, 1), at=LATER)
    assert (done.new, done.changed) == (0, 1)
    assert of(place, 0) == [("1.1", 1.0, 1.0)]
    scores = place.session.scalars(select(Score).order_by(Score.id)).all()
    assert [(one.points, one.superseded_at is None) for one in scores] == [(2.0, False), (4.0, True)]
    assert place.session.scalar(select(func.count()).select_from(Evidence)) == 2


def test_the_same_mark_again_changes_nothing(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    keep(place, mark(place, 0, 1, 1))
    before = len(posted(place.session, EvidenceRecorded))
    done = keep(place, mark(place, 0, 1, 1, marked_at=LATER), at=LATER)
    assert (done.new, done.changed, done.same, done.learners) == (0, 0, 1, frozenset())
    assert len(posted(place.session, EvidenceRecorded)) == before


def test_unreleased_marks_stay_hidden_until_they_are_released(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    keep(place, mark(place, 0, 3, 1, released=False))
    assert of(place, 0) == []
    assert of(place, 0, released_only=False) == [("1.1", 1.0, 1.0)]
    done = keep(place, mark(place, 0, 3, 1, released=True), at=LATER)
    assert (done.released, done.learners) == (1, {place.learners[0].id})
    (row,) = evidence_of(place.session, place.learners[0].id, place.version.id)
    assert row.released_at == LATER
    assert row.observed_at == NOW
    keep(place, mark(place, 0, 3, 1, released=False), at=LATER)
    assert of(place, 0) == []


def test_changing_a_mapping_replays_evidence_and_keeps_the_old(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    keep(place, mark(place, 0, 3, 1))
    accept(place, 0, Choice(place.items[3].id), at=LATER)
    assert of(place, 0) == [("1.4", 1.0, 1.0)]
    everything = place.session.scalars(select(Evidence).order_by(Evidence.id)).all()
    assert [row.superseded_at is None for row in everything] == [False, True]


def test_out_of_range_marks_of_our_own_assessments_are_refused_whole(place: Place) -> None:
    with writing(place.session) as session:
        session.get_one(Assessment, place.assessment.id).source = "tool"
    with pytest.raises(MarksRefused) as refused:
        keep(place, mark(place, 0, 3, 1), mark(place, 1, 4, -1))
    assert refused.value.details == (
        "Criterion 1: 4 is not between 0 and 3.",
        "Criterion 2: -1 is not between 0 and 3.",
    )
    assert place.session.scalar(select(func.count()).select_from(Score)) == 0


def test_an_lms_may_give_extra_points_and_they_count_as_the_highest_rating(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    keep(place, mark(place, 0, 5, 1))
    assert of(place, 0) == [("1.1", 1.0, 1.0)]


def test_coverage_counts_accepted_criteria(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    accept(place, 1, Choice(place.items[0].id), Choice(place.items[1].id))
    assert coverage(place.session, place.course.id, place.version.id) == {place.items[0].id: 2, place.items[1].id: 1}
    assert [one.code for one in untouched(place.session, place.course.id, place.version.id)] == ["1.3", "1.4"]


def test_who_has_evidence_in_a_course(place: Place) -> None:
    accept(place, 0, Choice(place.items[0].id))
    keep(place, mark(place, 2, 1, 1), mark(place, 0, 1, 1))
    found = people_with_evidence(place.session, place.course.id, place.version.id)
    assert found == tuple(sorted((place.learners[0].id, place.learners[2].id)))


@pytest.mark.parametrize(
    ("points", "ladder", "expected"),
    [
        (8, (0, 5, 8, 10), (2 / 3, 4)),
        (1, (1, 2, 3, 4), (0.0, 4)),
        (2.5, (1, 2, 3, 4), (0.5, 4)),
        (12, (0, 5, 10), (1.0, 3)),
        (-1, (0, 5, 10), (0.0, 3)),
        (7, (), (0.7, 5)),
    ],
)
def test_points_are_read_by_the_rank_of_their_rating(
    points: float, ladder: tuple[float, ...], expected: tuple[float, int]
) -> None:
    share = share_of(points, 10, ladder)
    assert share is not None
    assert (pytest.approx(share.fraction), share.levels) == expected


def test_a_criterion_of_no_points_or_a_single_rating_tells_nobody_apart() -> None:
    assert share_of(0, 0, ()) is None
    assert share_of(7, 10, (10,)) is None
