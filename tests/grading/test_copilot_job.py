"""New criteria get suggestions by the job, with the real local model; decisions feed the next ones."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.grading.alignments import record, service, suggesting
from lti_tool.grading.alignments.domain import Choice, Decider
from lti_tool.grading.events import AssessmentArrived, SuggestionsDue
from lti_tool.grading.models import Criterion, Suggestion
from lti_tool.kit import jobs, outbox
from lti_tool.kit.db import writing
from lti_tool.launch.models import Course
from tests import factories as make
from tests.factories import NOW
from tests.grading.conftest import Place

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def place(place: Place) -> Place:
    """The same place, with words that a model can compare."""
    titles = ("Evaluating information", "Copyright and licences", "Protecting personal data", "Programming")
    words = ("Judges how reliable a source of information is", "Names the licence of each reused picture")
    with writing(place.session) as session:
        for item, title in zip(place.items, titles, strict=True):
            session.merge(item).title = title
        for criterion, title in zip(place.criteria, words, strict=True):
            session.merge(criterion).title = title
    return place


def arrive(app: Flask, place: Place) -> None:
    with writing(place.session) as session:
        outbox.post(session, AssessmentArrived(place.assessment.id), institution_id=place.institution_id)
    jobs.sweep(app)
    place.session.rollback()
    place.session.expire_all()


def first(place: Place, criterion: int) -> Suggestion:
    found = select(Suggestion).filter_by(criterion_id=place.criteria[criterion].id, rank=1)
    return place.session.scalars(found).one()


def test_each_criterion_gets_ranked_suggestions_with_a_reason(app: Flask, place: Place) -> None:
    arrive(app, place)
    assert first(place, 0).item_id == place.items[0].id
    assert first(place, 1).item_id == place.items[1].id
    one = first(place, 0)
    assert one.rationale
    assert (one.engine, one.version_id) == ("local", place.version.id)
    assert one.model
    assert one.prompt_version
    assert len(one.input_hash) == 64
    rows = place.session.scalars(select(Criterion)).all()
    assert {row.review for row in rows} == {"to_check"}


def test_a_decided_criterion_keeps_its_decision(app: Flask, place: Place) -> None:
    with writing(place.session) as session:
        by = Decider.person(place.teacher.id)
        service.decide(session, place.criteria[0].id, [Choice(place.items[3].id)], by, NOW)
    arrive(app, place)
    assert place.session.scalar(select(Criterion.review).filter_by(id=place.criteria[0].id)) == "accepted"
    assert place.session.scalar(select(Suggestion.id).filter_by(criterion_id=place.criteria[0].id)) is None
    assert first(place, 1).item_id == place.items[1].id


def test_a_course_without_a_framework_waits_for_one(app: Flask, place: Place) -> None:
    with writing(place.session) as session:
        session.get_one(Course, place.course.id).framework_version_id = None
    arrive(app, place)
    assert place.session.scalars(select(Suggestion)).all() == []
    assert {row.review for row in place.session.scalars(select(Criterion))} == {"waiting"}


def test_another_framework_version_asks_again_and_the_old_decision_rests(app: Flask, place: Place) -> None:
    arrive(app, place)
    with writing(place.session) as session:
        by = Decider.person(place.teacher.id)
        service.decide(session, place.criteria[0].id, [Choice(place.items[0].id)], by, NOW)
    with writing(place.session) as session:
        institution = session.merge(place.course).institution_id
        version = make.make_version(session, make.Institution(id=institution))
        item = make.make_item(session, version, title="Judging sources of information")
        make.make_item(session, version, title="Growing vegetables")
        session.get_one(Course, place.course.id).framework_version_id = version.id
        other, wanted = version.id, item.id
    assert suggesting.missing(place.session, place.course.id, other)
    with writing(place.session) as session:
        outbox.post(session, SuggestionsDue(place.course.id), institution_id=place.institution_id)
    jobs.sweep(app)
    place.session.rollback()
    place.session.expire_all()
    assert not suggesting.missing(place.session, place.course.id, other)
    found = place.session.scalars(select(Suggestion).filter_by(version_id=other, rank=1)).all()
    assert wanted in {one.item_id for one in found}
    assert {row.review for row in place.session.scalars(select(Criterion))} == {"to_check"}


def test_peoples_decisions_are_what_the_copilot_learns_from(app: Flask, place: Place) -> None:
    arrive(app, place)
    with writing(place.session) as session:
        by = Decider.person(place.teacher.id)
        service.decide(session, place.criteria[0].id, [Choice(place.items[0].id)], by, NOW)
        service.decide(session, place.criteria[1].id, [], by, NOW + timedelta(seconds=1))
    accepted, left_out = record.confirmed(place.session, place.version.id)
    assert accepted.competency_ids == (str(place.items[0].id),)
    assert accepted.offered is not None
    assert accepted.offered.competency_id == str(place.items[0].id)
    assert left_out.competency_ids == ()


def test_the_rule_cannot_be_switched_on_before_there_are_enough_decisions(place: Place) -> None:
    found = record.rule(place.session, place.version.id)
    assert (found.on, found.possible, found.needed) == (False, False, 50)
    with pytest.raises(record.RuleNotYet), writing(place.session) as session:
        record.switch_rule(session, place.institution_id, place.version.id, place.teacher.id, NOW, on=True)
