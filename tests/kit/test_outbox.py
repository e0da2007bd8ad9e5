"""The outbox: rows are the truth, delivered once, put off, or dead with a reason."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.kit import clock, jobs, outbox
from lti_tool.kit.db import everywhere, writing
from lti_tool.kit.errors import Unavailable

pytestmark = pytest.mark.both_databases

seen: list[int] = []


@dataclass(frozen=True)
class BellRang:
    number: int
    outcome: str = "well"


@outbox.handles(BellRang)
def take_note(event: BellRang, work: outbox.Work) -> None:
    if event.outcome == "later":
        raise outbox.TryAgain("The tower is closed.", after=timedelta(minutes=5))
    if event.outcome == "never":
        raise outbox.GiveUp("The bell is gone.")
    if event.outcome == "away":
        raise Unavailable("Nobody answers.", "Wait.")
    if event.outcome == "crash":
        raise ValueError("secret detail")
    seen.append(event.number)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


def rows(session: Session) -> list[outbox.OutboxRow]:
    with everywhere(session):
        found = list(session.scalars(select(outbox.OutboxRow).order_by(outbox.OutboxRow.id)))
        session.expunge_all()
        session.rollback()
    return found


def test_what_is_posted_is_delivered_once(session: Session) -> None:
    with writing(session):
        outbox.post(session, BellRang(1), institution_id=None)
        outbox.post(session, BellRang(2), institution_id=None)
    assert outbox.deliver_due(session) == 2
    assert outbox.deliver_due(session) == 0
    assert seen == [1, 2]
    assert all(row.done_at for row in rows(session))


def test_a_rolled_back_post_never_happened(session: Session) -> None:
    def post_and_fail() -> None:
        with writing(session):
            outbox.post(session, BellRang(1), institution_id=None)
            raise KeyError("after the post")

    with pytest.raises(KeyError):
        post_and_fail()
    assert rows(session) == []


def test_the_same_key_is_delivered_once(session: Session) -> None:
    for _ in range(3):
        with writing(session):
            outbox.post(session, BellRang(7), institution_id=None, key="only-one")
    assert outbox.deliver_due(session) == 1
    assert seen == [7]


def test_a_handler_that_cannot_now_is_due_again_later(session: Session) -> None:
    with writing(session):
        outbox.post(session, BellRang(1, "later"), institution_id=None)
    assert outbox.deliver_due(session) == 0
    (row,) = rows(session)
    assert row.last_error == "The tower is closed."
    assert row.dead_at is None
    assert row.due_at > clock.now() + timedelta(minutes=4)


def test_giving_up_leaves_a_dead_letter_with_its_reason(session: Session) -> None:
    with writing(session):
        outbox.post(session, BellRang(1, "never"), institution_id=None)
    outbox.deliver_due(session)
    (row,) = rows(session)
    assert row.dead_at is not None
    assert row.last_error == "The bell is gone."


def test_a_crash_keeps_its_details_out_of_the_row(session: Session) -> None:
    with writing(session):
        outbox.post(session, BellRang(1, "crash"), institution_id=None)
    outbox.deliver_due(session)
    (row,) = rows(session)
    assert row.last_error == "An unexpected error (ValueError)."


def test_a_row_that_fails_again_and_again_ends_as_a_dead_letter(session: Session) -> None:
    with writing(session):
        outbox.post(session, BellRang(1, "away"), institution_id=None)
    start = clock.now()
    for hour in range(outbox.TRIES + 3):
        with time_machine.travel(start + timedelta(hours=2 * hour + 1), tick=False):
            outbox.deliver_due(session)
    (row,) = rows(session)
    assert row.attempts == outbox.TRIES
    assert row.dead_at is not None
    assert row.last_error == "Nobody answers."


def test_a_lease_that_ran_out_is_claimed_again(session: Session) -> None:
    """As when a worker was killed between the claim and the effect."""
    with writing(session):
        outbox.post(session, BellRang(5), institution_id=None)
    assert outbox.claim(session, clock.now()) is not None
    assert outbox.claim(session, clock.now()) is None
    again = outbox.claim(session, clock.now() + outbox.LEASE + timedelta(seconds=1))
    assert again is not None
    assert again.attempt == 2
    assert outbox.deliver(again)
    assert seen == [5]


def test_the_effect_and_done_are_one_commit(session: Session) -> None:
    @dataclass(frozen=True)
    class Half:
        pass

    @outbox.handles(Half)
    def half_way(_event: Half, work: outbox.Work) -> None:
        with work.writing() as inner:
            inner.add(
                outbox.OutboxRow(
                    topic="effect", payload={}, created_at=clock.now(), due_at=clock.now(), dead_at=clock.now()
                )
            )
            inner.flush()
            raise RuntimeError("killed before the commit")

    with writing(session):
        outbox.post(session, Half(), institution_id=None)
    outbox.deliver_due(session)
    (row,) = rows(session)
    assert row.done_at is None
    assert row.topic == "Half/half_way"


def test_what_was_put_off_rings_once_when_it_is_due(app: Flask, session: Session) -> None:
    rings: list[float] = []
    with time_machine.travel("2026-10-05 08:00 +0000", tick=False) as here:
        jobs.wake_when_due(app, rings.append)
        assert rings == []  # nothing waits
        with writing(session):
            outbox.post(session, BellRang(1, "away"), institution_id=None)
        outbox.deliver_due(session)  # due again in two seconds
        jobs.wake_when_due(app, rings.append)
        jobs.wake_when_due(app, rings.append)
        assert rings == [pytest.approx(2.05)]
        here.shift(timedelta(seconds=3))
        outbox.deliver_due(session)  # put off by four
        jobs.wake_when_due(app, rings.append)
        assert rings[1:] == [pytest.approx(4.05)]
        with writing(session):
            outbox.post(session, BellRang(2, "later"), institution_id=None)
        outbox.deliver_due(session)
        here.shift(timedelta(seconds=5))
        with everywhere(session), writing(session):
            session.execute(delete(outbox.OutboxRow).where(outbox.OutboxRow.payload["number"].as_integer() == 1))
        jobs.wake_when_due(app, rings.append)
        assert len(rings) == 2  # in five minutes: the sweep of a later minute finds it
