"""The queue, huey: a doorbell that wakes a worker. What must happen is in the outbox, not here.

`jobs_url` picks the queue: a SQLite file, PostgreSQL or Redis. A worker sweeps once a minute and at its start, so
a ring that is lost costs at most a minute. What was put off rings again by itself when it is due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from lti_tool.kit import clock, outbox
from lti_tool.kit.db import db, writing
from lti_tool.kit.log import get_logger

log = get_logger(__name__)

Bell = Callable[[], None]
SWEEP = timedelta(minutes=1)
A_LITTLE = 0.05
"""Seconds after the time at which a row is due, so that it is found due."""


@dataclass(frozen=True, slots=True)
class DayBegan:
    """Once a day, wherever a worker runs: for what has to be looked after by age."""

    day: str


def make_huey(jobs_url: str) -> Any:
    """A huey for `sqlite:///FILE`, `postgresql://...` or `redis://...`. Raises ValueError for another scheme."""
    import huey

    scheme = urlsplit(jobs_url).scheme.split("+")[0]
    if scheme == "sqlite":
        return huey.SqliteHuey("waymark", filename=jobs_url.split(":///", 1)[1], timeout=10, results=False)
    if scheme in ("postgresql", "postgres"):
        return huey.PostgresHuey("waymark", dsn=jobs_url.replace("+psycopg", ""), results=False)
    if scheme in ("redis", "rediss"):
        return huey.RedisHuey("waymark", url=jobs_url, results=False)
    raise ValueError(f"no queue for {scheme}")


def install(app: Flask, jobs_url: str) -> None:
    """Give the app its bell: after a commit that posted events, one ring. A ring that fails is only logged."""
    made: dict[str, Any] = {}

    def ring() -> None:
        try:
            if "ring" not in made:
                made["ring"] = _tasks(app, make_huey(jobs_url))
            made["ring"]()
        except Exception as trouble:  # the sweep delivers it all the same
            log.warning("jobs.ring_failed", error=type(trouble).__name__)

    app.extensions["waymark.bell"] = ring


def _tasks(app: Flask, huey: Any) -> Callable[[], None]:
    from huey import crontab

    def deliver() -> None:
        sweep(app)
        wake_when_due(app, lambda seconds: ring.schedule(delay=seconds))

    def minute() -> None:
        begin_day(app)
        deliver()

    huey.periodic_task(crontab(minute="*"), name="sweep")(minute)
    ring: Any = huey.task(name="deliver")(deliver)
    made: Callable[[], None] = ring
    return made


def wake_when_due(app: Flask, ring_in: Callable[[float], Any]) -> None:
    """Ring when the next row that was put off is due, where that is before the next sweep; once for each such time."""
    now = clock.now()
    with app.app_context():
        due = outbox.next_due(db.session(), now, within=SWEEP)
    planned = app.extensions.get("waymark.rings_at")
    if due is None or (planned is not None and now < planned <= due):
        return
    app.extensions["waymark.rings_at"] = due
    ring_in((due - now).total_seconds() + A_LITTLE)


def begin_day(app: Flask) -> None:
    """Post the day's news, unless it was posted before."""
    day = f"{clock.now():%Y-%m-%d}"
    if app.extensions.get("waymark.day") == day:
        return
    with app.app_context(), writing(db.session()) as session:
        outbox.post(session, DayBegan(day), institution_id=None, key=day)
    app.extensions["waymark.day"] = day


def sweep(app: Flask) -> int:
    """Deliver everything due, now, in this process; the number delivered."""
    with app.app_context():
        return outbox.deliver_due(db.session())


def work(app: Flask, jobs_url: str, threads: int) -> None:
    """Run a worker until it is told to stop (SIGTERM or SIGINT)."""
    from huey.consumer import Consumer

    huey = make_huey(jobs_url)
    ring = _tasks(app, huey)
    ring()
    # max_delay: the default of 10 s would keep a new score waiting longer than its budget of one second
    Consumer(huey, workers=threads, worker_type="thread", initial_delay=0.05, max_delay=0.25, backoff=1.2).run()


@event.listens_for(Session, "after_commit")
def _ring_after_commit(session: Session) -> None:
    if session.info.pop("rang", False):
        from flask import current_app, has_app_context

        if has_app_context() and (bell := current_app.extensions.get("waymark.bell")):
            bell()


@event.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    session.info.pop("rang", None)
