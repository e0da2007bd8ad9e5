"""From draft to pilot to published to retired: what each step asks for, and what stays as it was."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import drafts, exchange, life, queries, service
from lti_tool.frameworks.domain import Status
from lti_tool.frameworks.life import queries as told
from lti_tool.frameworks.life import service as steps
from lti_tool.frameworks.life.domain import Gate, Mark, ReviewKind, Side, due_dates, months_later
from lti_tool.frameworks.models import Framework, FrameworkVersion, Item
from lti_tool.kit.db import scoped, writing
from lti_tool.launch.models import Course
from tests.factories import NOW, make_course, make_deployment, make_institution, make_platform

PLAIN = b"""id,parent,title,description,kind,precedes,level 1,level 2
A,,Handling information,,category,,,
A1,A,Searching,Finds what is needed,competency,A2,Finds with help,Finds alone
A2,A,Judging,Tells good from bad,competency,,Asks who wrote it,Compares sources
"""


def campus(session: Session) -> tuple[int, int, int]:
    """(institution, a course with a published framework as its default, that version)"""
    with writing(session):
        session.info["institution"] = "everywhere"
        institution = make_institution(session)
        course = make_course(session, make_deployment(session, make_platform(session, institution)))
        found = institution.id, course.id
    session.info["institution"] = None
    with scoped(session, found[0]), writing(session):
        kept = service.keep(session, exchange.read_bytes(PLAIN, "plain.csv"), found[0], NOW)
    return *found, kept.version_id


def status_of(session: Session, version_id: int) -> str:
    return session.scalars(select(FrameworkVersion.status).where(FrameworkVersion.id == version_id)).one()


def test_a_version_lives_from_draft_to_retirement(session: Session) -> None:
    owner, course, first = campus(session)
    session.info["institution"] = owner
    framework = queries.version(session, first).framework_id
    with writing(session):
        draft = drafts.open_draft(session, framework, NOW)
        assert drafts.open_draft(session, framework, NOW) == draft, "one draft at a time"
    assert queries.draft(session, draft).items == queries.draft(session, first).items
    assert queries.default_version_id(session) == first, "a draft is nobody's framework yet"

    with pytest.raises(drafts.NotADraft):
        drafts.needs_draft(session, first)
    with pytest.raises(steps.CannotPublish) as refused, writing(session):
        life.publish(session, draft, NOW)
    assert {each.gate for each in refused.value.obstacles} == {Gate.SIGN_OFF}

    with writing(session):
        life.start_pilot(session, draft, [course], NOW)
    assert status_of(session, draft) == Status.PILOT
    assert told.pilot_courses(session, draft) == {course}
    item = session.scalars(select(Item.id).where(Item.version_id == draft, Item.key == "A1")).one()
    with writing(session):
        steps.give_feedback(session, draft, Mark.CLEAR, "", NOW, given_as="learner", item_id=item)
        note = steps.give_feedback(session, draft, Mark.UNCLEAR, "Help by whom?", NOW, given_as="learner", item_id=item)
        for side in Side:
            steps.sign(session, draft, side, "Council", NOW, agreed=side is Side.LEADERSHIP)
    with pytest.raises(steps.CannotPublish) as refused, writing(session):
        life.publish(session, draft, NOW)
    assert [each.gate for each in refused.value.obstacles] == [Gate.FEEDBACK, Gate.SIGN_OFF]
    assert "1 piece of pilot feedback" in refused.value.words

    # what was said in the pilot goes into a refined draft, and is still open there
    with writing(session):
        refined = drafts.open_draft(session, framework, NOW)
    assert refined != draft
    assert [each.gate for each in told.open_gates(session, refined)] == [Gate.FEEDBACK, Gate.SIGN_OFF, Gate.SIGN_OFF]
    with pytest.raises(Exception, match="reason"), writing(session):
        steps.waive(session, refined, Gate.FEEDBACK, "no", NOW)
    with writing(session):
        steps.waive(session, refined, Gate.FEEDBACK, "One note of forty; it goes into next year.", NOW)
        for side in Side:
            steps.sign(session, refined, side, "Council", NOW, agreed=True)
        life.publish(session, refined, NOW)
    assert [line.status for line in told.history(session, framework)] == ["published", "pilot", "published"]
    assert told.pilot_courses(session, draft) == frozenset()
    # the course had made no choice; it stays where its evidence is until somebody moves it
    assert session.scalars(select(Course.framework_version_id)).one() == first
    assert queries.default_version_id(session) == refined
    with pytest.raises(steps.WrongStatus, match="1 course works"), writing(session):
        life.retire(session, first, NOW)
    with writing(session):
        session.get_one(Course, course).framework_version_id = refined
        life.retire(session, first, NOW)
        steps.settle_feedback(session, note, "Said who helps.", NOW)
    assert status_of(session, first) == Status.RETIRED
    assert told.feedback(session, framework, open_only=True) == ()


def test_a_draft_can_be_thrown_away_and_a_framework_of_nothing_else_with_it(session: Session) -> None:
    owner, _, first = campus(session)
    session.info["institution"] = owner
    with writing(session):
        mine = drafts.new_draft(session, "Care team", owner, NOW)
    assert [level.name for level in queries.draft(session, mine).levels] == list(drafts.PLAIN_LEVELS)
    with writing(session):
        drafts.discard(session, mine)
        kept = drafts.keep_draft(session, exchange.read_bytes(PLAIN + b"A3,A,Sharing,,,,,\n", "plain.csv"), owner, NOW)
    assert status_of(session, kept.version_id) == Status.DRAFT
    assert session.scalars(select(Framework.id)).all() == [queries.version(session, first).framework_id]
    with writing(session), pytest.raises(drafts.NotADraft):
        drafts.discard(session, first)


def test_reviews_come_due_a_year_on_and_an_overhaul_is_a_review_too() -> None:
    began = datetime(2024, 2, 29, tzinfo=UTC)
    assert months_later(began, 12) == datetime(2025, 2, 28, tzinfo=UTC)
    review, overhaul = due_dates(began, None, None, 12, 30, began + timedelta(days=500))
    assert (review.overdue, overhaul.overdue) == (True, False)
    assert overhaul.at == datetime(2026, 8, 29, tzinfo=UTC)
    made_anew = datetime(2026, 9, 1, tzinfo=UTC)
    review, overhaul = due_dates(began, None, made_anew, 12, 30, made_anew)
    assert (review.at, overhaul.overdue) == (datetime(2027, 9, 1, tzinfo=UTC), False)


def test_a_review_that_was_done_moves_the_date(session: Session) -> None:
    owner, _, first = campus(session)
    session.info["institution"] = owner
    framework = queries.version(session, first).framework_id
    later = NOW + timedelta(days=400)
    assert told.due(session, [framework], later)[framework][0].overdue
    with writing(session):
        steps.record_review(session, framework, ReviewKind.REVIEW, "Nothing to change.", later)
        steps.set_rhythm(session, framework, 6, 24)
    review, overhaul = told.due(session, [framework], later)[framework]
    assert (review.at, review.overdue) == (months_later(later, 6), False)
    assert overhaul.at == months_later(NOW, 24)
