"""What must happen lives in rows: an event is posted in the transaction that made it true, and delivered after.

The queue is only a doorbell. A row is claimed with a lease, its handler runs outside any transaction, and `done`
is written in the same transaction as the handler's effect (`work.writing()`), so a worker killed at any moment
neither loses nor doubles it. Handlers must be safe to run twice.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Index, String, Text, cast, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from lti_tool.kit import clock
from lti_tool.kit.db import Base, everywhere, insert_once, scoped, writing
from lti_tool.kit.errors import Fault
from lti_tool.kit.log import get_logger

log = get_logger(__name__)

LEASE = timedelta(seconds=120)
TRIES = 12
"""After this many tries a row is a dead letter: visible with its reason, and retried by hand."""


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "done_at", "dead_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(index=True)
    topic: Mapped[str] = mapped_column(String(80), index=True)
    payload: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class TryAgain(Exception):
    """Raised by a handler: not now. `after` overrides the back-off; `words` are shown beside the row."""

    def __init__(self, words: str, after: timedelta | None = None) -> None:
        super().__init__(words)
        self.words, self.after = words, after


class GiveUp(Exception):
    """Raised by a handler: trying again cannot help. The row becomes a dead letter with these words."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass
class Work:
    """What a handler is given besides its event: the session, this try's number, and the way to finish."""

    session: Session
    row_id: int
    institution_id: int | None
    attempt: int
    finished: bool = False
    also: tuple[int, ...] = ()
    """Rows of the same kind that this try settles too, see `waiting_alike`."""

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The handler's transaction: its effect and `done` are one commit."""
        with writing(self.session) as session:
            yield session
            if not self.finished:
                session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.id.in_((self.row_id, *self.also)), OutboxRow.done_at.is_(None))
                    .values(done_at=clock.now(), leased_until=None, last_error=None)
                )
        self.finished = True


Event = TypeVar("Event")
Handler = Callable[[Any, Work], None]
_handlers: dict[str, dict[str, tuple[type[Any], Handler]]] = {}


def handles(event_class: type[Event]) -> Callable[[Callable[[Event, Work], None]], Callable[[Event, Work], None]]:
    """Register a handler of an event (a frozen dataclass of plain values, named in the past tense). An event may
    have several: each gets a row of its own, known by the handler's name, so names must not change carelessly."""

    def register(handler: Callable[[Event, Work], None]) -> Callable[[Event, Work], None]:
        _handlers.setdefault(event_class.__name__, {})[handler.__name__] = (event_class, handler)
        return handler

    return register


def post(
    session: Session, event: Any, *, institution_id: int | None, due: datetime | None = None, key: str | None = None
) -> None:
    """Post an event in the caller's transaction, one row for each of its handlers. With `key`, a second post of
    the same key does nothing, for ever. News that nobody handles leaves no row."""
    for row in _rows(event, institution_id, due):
        insert_once(session, OutboxRow, ["key"], {**row, "key": key and f"{row['topic']}/{key}"})
    session.info["rang"] = True


def post_all(session: Session, events: Iterable[Any], *, institution_id: int | None) -> None:
    """Post many events in one statement, as `post` without a key does one by one."""
    if rows := [row for event in events for row in _rows(event, institution_id, None)]:
        session.execute(insert(OutboxRow), rows)
    session.info["rang"] = True


def _rows(event: Any, institution_id: int | None, due: datetime | None) -> Iterator[dict[str, Any]]:
    topic, now = type(event).__name__, clock.now()
    for name in _handlers.get(topic, ()):
        yield {
            "institution_id": institution_id,
            "topic": f"{topic}/{name}",
            "payload": dataclasses.asdict(event),
            "created_at": now,
            "due_at": due or now,
            "attempts": 0,
        }


def claim(session: Session, now: datetime) -> Work | None:
    """Take the oldest due row under a lease, in its own short transaction; None when nothing is due."""
    due = (
        select(OutboxRow.id)
        .where(
            OutboxRow.done_at.is_(None),
            OutboxRow.dead_at.is_(None),
            OutboxRow.due_at <= now,
            or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now),
        )
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    with everywhere(session), writing(session):
        row = session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == due)
            .values(leased_until=now + LEASE, attempts=OutboxRow.attempts + 1)
            .returning(OutboxRow.id, OutboxRow.institution_id, OutboxRow.attempts),
            execution_options={"synchronize_session": False},
        ).one_or_none()
    return None if row is None else Work(session, row.id, row.institution_id, row.attempts)


def next_due(session: Session, now: datetime, *, within: timedelta) -> datetime | None:
    """When the next row that nobody holds is due, if that is later than `now` but not by more than `within`."""
    with everywhere(session):
        found = session.scalar(
            select(func.min(OutboxRow.due_at)).where(
                OutboxRow.done_at.is_(None),
                OutboxRow.dead_at.is_(None),
                OutboxRow.leased_until.is_(None),
                OutboxRow.due_at > now,
                OutboxRow.due_at <= now + within,
            )
        )
        session.rollback()
    return found


def waiting_alike(
    work: Work, event_class: type[Event], handler: Callable[..., None], limit: int = 1000, **same: int
) -> list[Event]:
    """Other undone events of one kind with these values in their payload, oldest first. Finishing `work` finishes
    them too: what one pass can do for all is done once. One that another worker already holds is done twice."""
    query = (
        select(OutboxRow.id, OutboxRow.payload)
        .where(
            OutboxRow.topic == f"{event_class.__name__}/{handler.__name__}",
            OutboxRow.institution_id == work.institution_id,
            OutboxRow.id != work.row_id,
            OutboxRow.done_at.is_(None),
            OutboxRow.dead_at.is_(None),
            *(OutboxRow.payload[name].as_integer() == value for name, value in same.items()),
        )
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    found = work.session.execute(query).all()
    work.also = tuple(row_id for row_id, _ in found)
    return [event_class(**payload) for _, payload in found]


def deliver(work: Work) -> bool:
    """Run one claimed row's handler. True when it is done; otherwise it is due again later, or a dead letter."""
    session = work.session
    with everywhere(session):
        found = session.execute(select(OutboxRow.topic, OutboxRow.payload).where(OutboxRow.id == work.row_id)).one()
        session.rollback()
    topic, _, name = found.topic.partition("/")
    event_class, handler = _handlers[topic][name]
    scope = everywhere(session) if work.institution_id is None else scoped(session, work.institution_id)
    try:
        with scope:
            handler(event_class(**found.payload), work)
            if not work.finished:
                with work.writing():
                    pass
    except GiveUp as given_up:
        _settle(work, topic, given_up.words, dead=True)
    except TryAgain as again:
        _settle(work, topic, again.words, after=again.after)
    except Fault as fault:
        _settle(work, topic, fault.words)
    except Exception as crash:
        session.rollback()
        log.exception("outbox.handler_failed", topic=topic, row=work.row_id, attempt=work.attempt)
        _settle(work, topic, f"An unexpected error ({type(crash).__name__}).")
    else:
        return True
    return False


def _settle(work: Work, topic: str, words: str, *, after: timedelta | None = None, dead: bool = False) -> None:
    if work.finished:  # the effect stands; only what came after it failed
        return
    now = clock.now()
    dead = dead or (work.attempt >= TRIES and after is None)
    wait = after if after is not None else backoff(work.attempt)
    with everywhere(work.session), writing(work.session) as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == work.row_id)
            .values(due_at=now + wait, leased_until=None, last_error=words, dead_at=now if dead else None)
        )
    log.info("outbox.put_off", topic=topic, row=work.row_id, attempt=work.attempt, dead=dead, wait=wait.total_seconds())


@dataclass(frozen=True, slots=True)
class Stuck:
    """A job that was put off, or gave up (`dead`), with the words of its last try. `topic` is event/handler."""

    id: int
    topic: str
    payload: dict[str, Any]
    words: str
    attempts: int
    since: datetime
    dead: bool


def stuck(
    session: Session, institution_id: int, *, leave_out: Sequence[str] = (), limit: int = 50
) -> tuple[Stuck, ...]:
    """An institution's jobs that did not get done so far, those that gave up first; not those of the events named in
    `leave_out`, and none whose like has been done since."""
    newer = aliased(OutboxRow)
    same = cast(newer.payload, Text) == cast(OutboxRow.payload, Text)
    done_since = select(newer.id).where(
        newer.topic == OutboxRow.topic, newer.id > OutboxRow.id, newer.done_at.is_not(None), same
    )
    wanted = select(OutboxRow).where(
        OutboxRow.institution_id == institution_id,
        OutboxRow.done_at.is_(None),
        OutboxRow.last_error.is_not(None),
        *(OutboxRow.topic.not_like(f"{event}/%") for event in leave_out),
        ~done_since.exists(),
    )
    rows = session.scalars(wanted.order_by(OutboxRow.dead_at.is_(None), OutboxRow.id.desc()).limit(limit))
    return tuple(
        Stuck(
            row.id, row.topic, row.payload, row.last_error or "", row.attempts, row.created_at, row.dead_at is not None
        )
        for row in rows
    )


def retry(session: Session, institution_id: int, row_id: int, now: datetime) -> bool:
    """Make a job that did not get done due now, by a person's wish. False when there is no such job."""
    found = session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.institution_id == institution_id, OutboxRow.done_at.is_(None))
        .values(due_at=now, dead_at=None, attempts=0)
        .returning(OutboxRow.id),
        execution_options={"synchronize_session": False},
    )
    session.info["rang"] = True
    return found.scalar_one_or_none() is not None


def backoff(attempt: int) -> timedelta:
    """Seconds 2, 4, 8 ... up to an hour."""
    return timedelta(seconds=min(3600, 2 ** min(attempt, 12)))


def deliver_due(session: Session, *, limit: int = 10_000) -> int:
    """Deliver what is due until nothing is; the number delivered. Bounded by `limit` claims."""
    done = 0
    for _ in range(limit):
        work = claim(session, clock.now())
        if work is None:
            break
        done += deliver(work)
    return done
