"""Grades on their way to a real gradebook over HTTP: the newest wins, nothing is lost, every trouble is visible."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from lti_tool.grading.marking import service as marking
from lti_tool.grading.marking.domain import CriterionMark, Mark
from lti_tool.grading.models import Assessment, Delivery
from lti_tool.grading.passback import service
from lti_tool.grading.passback.domain import TRIES, DeliveryState
from lti_tool.grading.passback.posting import AT_ONCE
from lti_tool.grading.passback.queries import DeliveryInfo, deliveries, delivery_counts
from lti_tool.kit import clock, jobs
from lti_tool.kit.db import writing
from lti_tool.launch.models import Course, Person, ResourceLink
from lti_tool.sandbox.gradebook import LineItem
from tests.grading.conftest import Place
from tests.grading.gradebook import Gradebook, gradebook, with_learners
from tests.grading.people import learner, teacher

pytestmark = pytest.mark.both_databases


@pytest.fixture(params=["moodle", "canvas"])
def either(request: pytest.FixtureRequest, app: Flask, place: Place) -> Iterator[Gradebook]:
    with gradebook(app, place, request.param) as book:
        yield book


@pytest.fixture
def moodle(app: Flask, place: Place) -> Iterator[Gradebook]:
    with gradebook(app, place) as book:
        yield book


def give(place: Place, points: dict[int, float], comment: str = "", at: datetime | None = None) -> None:
    """Marks for learners by their place: all points on the first criterion."""
    now = at or clock.now()
    marks = [
        Mark(
            place.learners[who].id,
            value,
            6.0,
            now,
            (CriterionMark(place.criteria[0].id, value),),
            comment=comment,
        )
        for who, value in points.items()
    ]
    with writing(place.session) as session:
        marking.record_scores(session, place.assessment.id, marks, now)


def deliver(app: Flask, place: Place, *, later: timedelta = timedelta(0)) -> tuple[DeliveryInfo, ...]:
    """What the worker does, perhaps some time later; the deliveries as a page shows them, in the learners' order."""
    with time_machine.travel(clock.now() + later):
        jobs.sweep(app)
    place.session.rollback()
    place.session.expire_all()
    found = sorted(deliveries(place.session), key=lambda row: row.person_id)
    place.session.rollback()
    return tuple(found)


def test_a_mark_reaches_the_gradebook_with_comment_and_report_link(app: Flask, place: Place, either: Gradebook) -> None:
    give(place, {0: 3, 1: 1}, comment="Well done")
    sent = deliver(app, place)
    assert [(row.state, row.points, row.person_name) for row in sent] == [
        (DeliveryState.SENT, 3.0, "Maple Example"),
        (DeliveryState.SENT, 1.0, "Hazel Example"),
    ]
    assert either.scores() == {0: 3.0, 1: 1.0}
    assert either.columns == [place.assessment.title]
    assert either.results()[0].comment == "Well done\n\nReport: http://localhost/lti/launch"
    assert either.results()[0].submissions == 0  # Canvas: no new work, no mail that it needs grading


def test_a_regrade_wins_and_each_learner_has_one_current_mark(app: Flask, place: Place, either: Gradebook) -> None:
    give(place, {0: 1})
    deliver(app, place)
    give(place, {0: 3})
    deliver(app, place)  # perhaps within the same second: it then waits for the next
    (row,) = deliver(app, place, later=timedelta(seconds=2))
    assert (row.state, either.scores()) == (DeliveryState.SENT, {0: 3.0})
    assert (either.results()[0].doubled, len(either.columns)) == (0, 1)


def test_only_the_newest_of_several_marks_is_sent(app: Flask, place: Place, moodle: Gradebook) -> None:
    for points in (0.0, 1.0, 2.0, 3.0):
        give(place, {0: points})
    deliver(app, place)
    deliver(app, place, later=timedelta(seconds=3))
    assert (moodle.scores(), moodle.results()[0].accepted) == ({0: 3.0}, 1)


def test_a_hidden_mark_leaves_only_when_it_is_shown(app: Flask, place: Place, moodle: Gradebook) -> None:
    now = clock.now()
    hidden = Mark(place.learners[0].id, 2.0, 6.0, now, (CriterionMark(place.criteria[0].id, 2.0),), released=False)
    with writing(place.session) as session:
        marking.record_scores(session, place.assessment.id, [hidden], now)
    assert deliver(app, place) == ()
    assert moodle.scores() == {}
    with writing(place.session) as session:
        marking.release(session, place.assessment.id, clock.now())
    deliver(app, place)
    assert moodle.scores() == {0: 2.0}


def test_the_test_student_never_gets_a_grade(app: Flask, place: Place, moodle: Gradebook) -> None:
    with writing(place.session) as session:
        session.get_one(Person, place.learners[1].id).is_test = True
    give(place, {0: 2, 1: 2})
    rows = deliver(app, place)
    assert [row.state for row in rows] == [DeliveryState.SENT, DeliveryState.SET_ASIDE]
    assert rows[1].words == "The LMS’s test student gets no grades."
    assert moodle.scores() == {0: 2.0}


@pytest.mark.parametrize("kind", ["502", "html", "429", "throttle"])
def test_trouble_that_may_pass_is_shown_and_tried_again(app: Flask, place: Place, moodle: Gradebook, kind: str) -> None:
    deliver_first(app, place)
    moodle.misbehave("ags", kind)
    give(place, {0: 3})
    (row,) = deliver(app, place, later=timedelta(seconds=2))
    assert row.state is DeliveryState.RETRYING
    assert row.words
    assert row.next_try_at is not None
    moodle.served.campus.faults.clear()
    (row,) = deliver(app, place, later=timedelta(hours=1))
    assert (row.state, row.words, moodle.scores()) == (DeliveryState.SENT, "", {0: 3.0})


def deliver_first(app: Flask, place: Place) -> None:
    give(place, {0: 1})
    deliver(app, place)


def test_an_answer_that_was_lost_is_sent_again_without_harm(app: Flask, place: Place, moodle: Gradebook) -> None:
    """The LMS took the mark and we never heard: as after a kill between the two."""
    deliver_first(app, place)
    moodle.misbehave("ags", "lost", count=1)
    give(place, {0: 3})
    (row,) = deliver(app, place, later=timedelta(seconds=2))
    assert (row.state, moodle.scores()) == (DeliveryState.RETRYING, {0: 3.0})
    (row,) = deliver(app, place, later=timedelta(minutes=2))
    assert (row.state, moodle.scores()) == (DeliveryState.SENT, {0: 3.0})
    assert moodle.results()[0].doubled == 0


def test_a_learner_who_left_the_course_is_stopped_with_a_reason_and_sent_again_by_hand(
    app: Flask, place: Place, moodle: Gradebook
) -> None:
    with writing(place.session) as session:
        session.get_one(Person, place.learners[0].id).subject = "9999"
    give(place, {0: 2, 1: 2})
    rows = deliver(app, place)
    assert [row.state for row in rows] == [DeliveryState.STOPPED, DeliveryState.SENT]
    assert (rows[0].reason, "Check the person" in rows[0].next_step) == ("not_a_student", True)
    page = teacher(app, place).get("/grading/assessments").text
    assert "Assessment" in page
    with writing(place.session) as session:
        session.get_one(Person, place.learners[0].id).subject = "101"
        service.retry_delivery(session, rows[0].id, clock.now())
    assert deliver(app, place, later=timedelta(seconds=2))[0].state is DeliveryState.SENT
    assert moodle.scores() == {0: 2.0, 1: 2.0}


def test_a_column_that_was_deleted_is_not_made_again_behind_the_teachers_back(
    app: Flask, place: Place, moodle: Gradebook
) -> None:
    deliver_first(app, place)
    moodle.served.campus.items.clear()
    moodle.served.campus.results.clear()
    give(place, {0: 3})
    (row,) = deliver(app, place, later=timedelta(seconds=2))
    assert (row.state, row.reason, moodle.columns) == (DeliveryState.STOPPED, "line_item_gone", [])
    with writing(place.session) as session:
        assert service.retry_all(session, clock.now(), course_id=place.course.id) == 1
    (row,) = deliver(app, place, later=timedelta(seconds=4))
    assert (row.state, len(moodle.columns), moodle.scores()) == (DeliveryState.SENT, 1, {0: 3.0})


def test_a_missing_permission_is_told_with_what_to_change(app: Flask, place: Place, moodle: Gradebook) -> None:
    with writing(place.session) as session:
        course = session.get_one(Course, place.course.id)
        course.ags_scopes = [scope for scope in course.ags_scopes or [] if not str(scope).endswith("/score")]
    give(place, {0: 2})
    (row,) = deliver(app, place)
    assert (row.state, row.reason) == (DeliveryState.STOPPED, "lms_scope_not_granted")
    assert "administrator" in row.next_step


def test_without_a_gradebook_nothing_is_queued(app: Flask, place: Place, moodle: Gradebook) -> None:
    with writing(place.session) as session:
        session.get_one(Course, place.course.id).line_items_url = None
    give(place, {0: 2})
    assert deliver(app, place) == ()


def test_a_grade_is_tried_for_days_and_then_waits_for_a_person(app: Flask, place: Place, moodle: Gradebook) -> None:
    deliver_first(app, place)
    moodle.misbehave("ags", "503")
    give(place, {0: 3})
    with writing(place.session) as session:
        session.scalars(select(Delivery)).one().attempts = TRIES - 1
    (row,) = deliver(app, place, later=timedelta(seconds=2))
    assert (row.state, row.attempts) == (DeliveryState.STOPPED, TRIES)
    assert delivery_counts(place.session)[DeliveryState.STOPPED] == 1


def test_two_columns_are_never_made_when_the_answer_to_the_first_is_lost(
    app: Flask, place: Place, moodle: Gradebook
) -> None:
    moodle.misbehave("ags", "lost", after=1, count=1)  # the list is answered, the making of the column is not
    give(place, {0: 1, 1: 2, 2: 3})
    deliver(app, place)
    assert len(moodle.columns) == 1
    rows = deliver(app, place, later=timedelta(minutes=3))
    assert {row.state for row in rows} == {DeliveryState.SENT}
    assert (len(moodle.columns), moodle.scores()) == (1, {0: 1.0, 1: 2.0, 2: 3.0})


def test_the_links_own_column_is_used_where_the_lms_made_one(app: Flask, place: Place, moodle: Gradebook) -> None:
    campus = moodle.served.campus
    item = LineItem(77, 5, "waymark", "From deep linking", 6.0, own=True)
    campus.items[77] = item
    with writing(place.session) as session:
        ref = session.get_one(Assessment, place.assessment.id).source_id
        facts = {"course_id": place.course.id, "link_id": "7", "opens": "assessment", "assessment_ref": ref}
        url = campus.item_url(item)
        session.add(ResourceLink(institution_id=place.institution_id, **facts, line_item_url=url))
    give(place, {0: 3})
    deliver(app, place)
    assert (moodle.columns, moodle.scores()) == (["From deep linking"], {0: 3.0})


def test_the_marking_page_shows_where_grades_are_and_sends_them_again(
    app: Flask, place: Place, moodle: Gradebook
) -> None:
    deliver_first(app, place)
    ref = place.session.scalar(select(Assessment.source_id).where(Assessment.id == place.assessment.id))
    boss = teacher(app, place)
    assert "In the gradebook" in boss.get(f"/grading/assessments/{ref}/marking").text
    moodle.misbehave("ags", "503")
    give(place, {0: 3})
    deliver(app, place, later=timedelta(seconds=2))
    page = boss.get(f"/grading/assessments/{ref}/marking").text
    assert "Trying again" in page
    assert "None is lost." in page
    moodle.served.campus.faults.clear()
    assert "1 grade is being sent again." in boss.post(f"/grading/assessments/{ref}/send").text
    assert deliver(app, place, later=timedelta(seconds=4))[0].state is DeliveryState.SENT
    answer = boss.post(f"/grading/assessments/{ref}/send/{place.learners[0].id}")
    assert "being sent again" in answer.text
    assert boss.post(f"/grading/assessments/{ref}/send/{place.learners[2].id}").status_code == 404
    assert learner(app, place).post(f"/grading/assessments/{ref}/send").status_code == 403


def test_a_batch_that_meets_a_dead_lms_waits_together_and_is_not_hammered(app: Flask, place: Place) -> None:
    with_learners(place, 10)
    with gradebook(app, place) as book:
        deliver_first(app, place)
        book.misbehave("ags", "503", count=AT_ONCE)  # one request more, and it would be taken
        give(place, dict.fromkeys(range(10), 2.0))
        rows = deliver(app, place, later=timedelta(seconds=2))
        assert {row.state for row in rows} == {DeliveryState.RETRYING}
        assert {row.reason for row in rows} == {"lms_down"}
        book.served.campus.faults.clear()
        rows = deliver(app, place, later=timedelta(hours=1))
        assert {row.state for row in rows} == {DeliveryState.SENT}
        assert book.scores() == dict.fromkeys(range(10), 2.0)


def test_one_refused_grade_does_not_hold_up_the_others(app: Flask, place: Place) -> None:
    with_learners(place, 10)
    with gradebook(app, place) as book:
        with writing(place.session) as session:
            session.get_one(Person, place.learners[4].id).subject = "9999"
        give(place, dict.fromkeys(range(10), 1.0))
        rows = deliver(app, place)
        assert [row.state is DeliveryState.STOPPED for row in rows] == [n == 4 for n in range(10)]
        assert sorted(book.scores()) == [n for n in range(10) if n != 4]
