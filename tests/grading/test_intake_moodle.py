"""A recorded Moodle course, taken in whole through the job, the database and the queries."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from statistics import mean
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Choice, Decider
from lti_tool.grading.events import AssessmentArrived
from lti_tool.grading.evidence.queries import evidence_of
from lti_tool.grading.intake import connections, runs
from lti_tool.grading.models import Assessment, Criterion, CriterionScore, Evidence, Score
from lti_tool.kit import clock, jobs
from lti_tool.kit.db import writing
from lti_tool.launch import queries as launch
from lti_tool.launch.models import Course, Person, Platform
from tests.grading.conftest import Place, posted
from tests.lms.replay import MOODLE, MoodleReplay, Replay, recorded, serving

EXPECTED = json.loads((MOODLE / "course-digital-practice" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def moodle() -> MoodleReplay:
    replay = MoodleReplay("course-digital-practice")
    everyone = recorded("course-digital-practice/04-enrolled-users")["response"]["body"]
    replay.changes["core_enrol_get_enrolled_users"] = lambda form, said: everyone
    return replay


@pytest.fixture
def server(moodle: MoodleReplay) -> Iterator[Replay]:
    with serving(moodle) as running:
        yield running


@pytest.fixture
def course(app: Flask, place: Place, server: Replay) -> launch.CourseInfo:
    """The course of the place, connected to the recorded one."""
    sealed = app.extensions["waymark.sealer"].seal("0" * 32)
    with writing(place.session) as session:
        session.get_one(Course, place.course.id).context_id = "10"
        session.get_one(Platform, place.course.platform_id).family = "moodle"
        connections.connect_lms(session, place.course.platform_id, "moodle", server.url, sealed, clock.now())
    return launch.course(place.session, place.course.id)


def take_in(app: Flask, place: Place, course: launch.CourseInfo) -> runs.RunInfo:
    with writing(place.session) as session:
        assert runs.intake_due(session, course, clock.now(), at_once=True)
    jobs.sweep(app)
    place.session.rollback()
    found = runs.last_run(place.session, course.id)
    assert found is not None
    return found


def subjects(place: Place) -> dict[int, str]:
    rows = place.session.execute(select(Person.id, Person.subject))
    return {row.id: row.subject for row in rows}


def test_the_course_comes_in_exactly_as_expected(app: Flask, place: Place, course: launch.CourseInfo) -> None:
    run = take_in(app, place, course)
    assert (run.trouble, run.warnings) == ("", ())
    assert (run.counts["assessments_new"], run.counts["criteria_new"]) == (3, 14)
    assert run.counts["marks_new"] == 24 + 22 + 16
    users = subjects(place)
    for row in EXPECTED["assignments"]:
        assessment = place.session.scalars(
            select(Assessment).filter_by(source_id=str(row["id"]), source="moodle")
        ).one()
        assert assessment.title == row["name"]
        criteria = place.session.scalars(
            select(Criterion).filter_by(assessment_id=assessment.id).order_by(Criterion.position)
        ).all()
        assert [{"id": int(c.source_id), "description": c.title, "max": c.max_points} for c in criteria] == row[
            "criteria"
        ]
        points: dict[str, list[float]] = defaultdict(list)
        totals: dict[str, float] = defaultdict(float)
        names = {c.id: c.source_id for c in criteria}
        for mark, person_id in place.session.execute(
            select(CriterionScore, Score.person_id).join(Score).where(Score.assessment_id == assessment.id)
        ):
            points[names[mark.criterion_id]].append(mark.points)
            totals[users[person_id]] += mark.points
        assert dict(totals) == row["totals_by_user"]
        assert {name: round(mean(given), 3) for name, given in sorted(points.items())} == row["mean_by_criterion"]


def test_nothing_of_the_unreleased_assignment_is_visible(app: Flask, place: Place, course: launch.CourseInfo) -> None:
    take_in(app, place, course)
    criteria = place.session.scalars(
        select(Criterion.id).join(Assessment).where(Assessment.source == "moodle").order_by(Criterion.id)
    ).all()
    with writing(place.session) as session:
        alignments.decide_several(
            session,
            {criterion: [Choice(place.items[0].id)] for criterion in criteria},
            Decider.person(place.teacher.id),
            clock.now(),
        )
    (twin,) = [person for person, subject in subjects(place).items() if subject == "138"]
    seen = evidence_of(place.session, twin, place.version.id)
    kept = evidence_of(place.session, twin, place.version.id, released_only=False)
    assert {row.assessment_title for row in kept} - {row.assessment_title for row in seen} == {
        "Case file: an account in trouble"
    }
    assert (len(seen), len(kept)) == (10, 14)


def test_a_second_intake_changes_nothing(app: Flask, place: Place, course: launch.CourseInfo) -> None:
    take_in(app, place, course)
    before = rows(place)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        run = take_in(app, place, course)
    assert run.counts["marks_same"] == 62
    assert {name: value for name, value in run.counts.items() if value and name != "marks_same"} == {}
    assert rows(place) == before


def rows(place: Place) -> dict[str, int | None]:
    tables = (Assessment, Criterion, Score, CriterionScore, Evidence, Person)
    counted = {one.__name__: place.session.scalar(select(func.count()).select_from(one)) for one in tables}
    place.session.rollback()
    return counted


def test_only_what_changed_is_written(
    app: Flask, place: Place, course: launch.CourseInfo, moodle: MoodleReplay
) -> None:
    take_in(app, place, course)
    arrived = len(posted(place.session, AssessmentArrived))

    def reworded(form: dict[str, str], said: Any) -> Any:
        changed = json.loads(json.dumps(said))
        if form["cmids[0]"] == "36":
            criteria = changed["areas"][0]["definitions"][0]["rubric"]["rubric_criteria"]
            criteria[0]["description"] = "Choosing another medium"
            del criteria[4]
        return changed

    def regraded(form: dict[str, str], said: Any) -> Any:
        changed = json.loads(json.dumps(said))
        for part in changed["assignments"]:
            if part["assignmentid"] == 10:
                part["grades"][0]["grade"] = "1.00000"
        return changed

    moodle.changes |= {"core_grading_get_definitions": reworded, "mod_assign_get_grades": regraded}
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        run = take_in(app, place, course)
    told = {name: value for name, value in run.counts.items() if value}
    assert told["assessments_changed"] == 1
    assert (told["criteria_changed"], told["criteria_gone"]) == (1, 1)
    assert len(posted(place.session, AssessmentArrived)) == arrived  # the same assessment: its row is one payload
    gone = place.session.scalars(select(Criterion).where(Criterion.active.is_(False))).one()
    assert gone.title == "Feedback and revision"


def test_a_vanished_assignment_is_kept_but_no_longer_present(
    app: Flask, place: Place, course: launch.CourseInfo, moodle: MoodleReplay
) -> None:
    take_in(app, place, course)

    def fewer(form: dict[str, str], said: Any) -> Any:
        changed = json.loads(json.dumps(said))
        changed["courses"][0]["assignments"] = [row for row in changed["courses"][0]["assignments"] if row["id"] != 11]
        return changed

    everything = recorded("course-digital-practice/38-grades-all")["response"]["body"]
    moodle.changes |= {
        "mod_assign_get_assignments": fewer,
        "mod_assign_get_grades": lambda form, said: {
            **everything,
            "assignments": [row for row in everything["assignments"] if row["assignmentid"] != 11],
        },
    }
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        run = take_in(app, place, course)
    assert run.counts["assessments_gone"] == 1
    gone = place.session.scalars(select(Assessment).filter_by(source_id="11", source="moodle")).one()
    assert not gone.active
    assert place.session.scalar(select(func.count()).where(Score.assessment_id == gone.id)) == 22


def test_a_dead_token_is_told_in_words_and_nothing_is_half_written(
    app: Flask, place: Place, course: launch.CourseInfo, moodle: MoodleReplay
) -> None:
    dead = recorded("ws-errors/invalid-token")["response"]["body"]
    moodle.changes = dict.fromkeys(
        ("mod_assign_get_assignments", "core_enrol_get_enrolled_users"), lambda form, said: dead
    )
    run = take_in(app, place, course)
    assert run.trouble
    assert run.ended_at is not None
    connection = connections.connection_of(place.session, course.platform_id)
    assert connection is not None
    assert connection.trouble == run.trouble
    assert place.session.scalar(select(func.count()).select_from(Score)) == 0


def test_marks_of_people_that_moodle_does_not_name_are_counted_not_invented(
    app: Flask, place: Place, course: launch.CourseInfo, moodle: MoodleReplay
) -> None:
    denied = recorded("ws-errors/function-not-in-service")["response"]["body"]
    moodle.changes["core_enrol_get_enrolled_users"] = lambda form, said: denied
    run = take_in(app, place, course)
    assert (run.counts["unknown_learners"], run.counts["unknown_marks"], run.counts["marks_new"]) == (24, 62, 0)
    assert "24 learners who are not known here" in run.warnings[0]
    assert place.session.scalar(select(func.count()).select_from(Person)) == 4


def test_an_intake_is_asked_for_at_most_once_an_hour(app: Flask, place: Place, course: launch.CourseInfo) -> None:
    take_in(app, place, course)
    with writing(place.session) as session:
        assert not runs.intake_due(session, course, clock.now() + timedelta(minutes=59))
        assert runs.intake_due(session, course, clock.now() + timedelta(minutes=61))
