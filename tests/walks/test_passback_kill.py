"""A real worker process is killed at random, again and again, while it sends 1 000 grades to a real gradebook.

Nothing may be lost and nothing doubled. What a killed worker had claimed stays claimed for two minutes; the test does
not wait those out but moves the claims into the past, once nothing else is left to do.
"""

import os
import random
import time
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lti_tool.grading.events import PassbackDue
from lti_tool.grading.marking import service as marking
from lti_tool.grading.marking.domain import CriterionMark, Mark
from lti_tool.grading.models import Delivery
from lti_tool.grading.passback.posting import AT_ONCE
from lti_tool.kit import clock, jobs, outbox
from lti_tool.kit.db import writing
from lti_tool.settings import Settings
from tests import processes
from tests.grading.conftest import Place, place  # noqa: F401 - a fixture
from tests.grading.gradebook import Gradebook, gradebook, with_learners

pytestmark = pytest.mark.both_databases

GRADES = {"sqlite": (1000, 4), "postgresql": (300, 2)}
"""Grades and kills. The outbox is the same on both databases; the whole thousand runs on one."""
PATIENCE = 150.0
"""Seconds in which all has to be done, on a busy machine too."""


class Worker:
    """`lti-tool worker` as its own process."""

    def __init__(self, settings: Settings, log: Path) -> None:
        own = {
            "LTI_TOOL_DATABASE_URL": settings.database_url,
            "LTI_TOOL_JOBS_URL": settings.jobs_url,
            "LTI_TOOL_DATA_DIR": str(settings.data_dir),
            "LTI_TOOL_SECRET_KEY": settings.secret_key.get_secret_value(),
            "LTI_TOOL_SEAL_KEY": settings.seal_key.get_secret_value(),
            "LTI_TOOL_BASE_URL": settings.base_url,
            "LTI_TOOL_LOG_LEVEL": "error",
        }
        self._env, self._log = {"PATH": os.environ["PATH"], **own}, log
        self.kills, self.killed_at = 0, clock.now()
        self.start()

    def start(self) -> None:
        self._running: BaseProcess | None = processes.start(["worker", "--threads", "2"], self._env, self._log)

    def kill(self) -> None:
        """Without warning, in the middle of whatever it does."""
        if self._running is not None:
            self._running.kill()
            self._running.join()
            self.kills, self.killed_at = self.kills + 1, clock.now()
        self._running = None

    def close(self) -> None:
        if self._running is not None:
            self._running.terminate()
            self._running.join(10)
            if self._running.exitcode is None:
                self._running.kill()
                self._running.join()


def give(place: Place, points: dict[int, float]) -> None:  # noqa: F811
    now = clock.now()
    criterion = place.criteria[0].id
    marks = [
        Mark(place.learners[n].id, value, 6.0, now, (CriterionMark(criterion, value / 2),))
        for n, value in points.items()
    ]
    with writing(place.session) as session:
        marking.record_scores(session, place.assessment.id, marks, now)


def open_deliveries(session: Session) -> int:
    session.rollback()
    found = session.scalar(
        select(func.count()).select_from(Delivery).where(Delivery.sent_score_id.is_distinct_from(Delivery.score_id))
    )
    session.rollback()
    return found or 0


def wait_out_the_leases(session: Session, killed_at: datetime) -> None:
    """As if two minutes had passed since a worker was killed: its claims end, those of the one that lives stay."""
    with writing(session):
        session.execute(
            update(outbox.OutboxRow)
            .where(outbox.OutboxRow.done_at.is_(None), outbox.OutboxRow.leased_until < killed_at + outbox.LEASE)
            .values(leased_until=clock.now() - timedelta(seconds=1))
        )
    session.rollback()


@pytest.mark.slow
def test_a_worker_killed_at_random_loses_and_doubles_nothing(
    app: Flask,
    place: Place,  # noqa: F811
    settings: Settings,
    tmp_path: Path,
) -> None:
    jobs.install(app, settings.jobs_url)  # a real bell, for a real worker
    grades, kills = GRADES[place.session.get_bind().dialect.name]
    chance = random.Random(os.environ.get("LTI_TOOL_KILL_SEED", "waymark"))
    with_learners(place, grades)
    wanted = {n: float(chance.randint(0, 6)) for n in range(grades)}
    with gradebook(app, place) as book:
        give(place, wanted)
        worker = Worker(settings, tmp_path / "worker.log")
        try:
            until_done(place, book, worker, wanted, chance, kills)
        finally:
            worker.close()
        results = book.results()
        assert {n: result.score for n, result in results.items()} == wanted
        assert len(book.columns) == 1
        assert sum(result.doubled for result in results.values()) == 0
        # what was under way at a kill may be sent once more, with a later time and the same mark
        assert sum(result.repeated for result in results.values()) <= 2 * AT_ONCE * worker.kills
        assert worker.kills == kills


def until_done(
    place: Place,  # noqa: F811
    book: Gradebook,
    worker: Worker,
    wanted: dict[int, float],
    chance: random.Random,
    kills: int,
) -> None:
    grades = len(wanted)
    began, at_kills = time.monotonic(), sorted(chance.sample(range(grades // 20, grades - grades // 20), kills))
    regraded, quiet_since, before = False, time.monotonic(), -1
    while time.monotonic() - began < PATIENCE:
        time.sleep(0.01)
        taken = book.served.campus.counts["scores_accepted"]
        if at_kills and taken >= at_kills[0]:
            del at_kills[0]
            time.sleep(chance.random() * 0.02)
            worker.kill()
            worker.start()
        if not regraded and taken > grades // 2:
            regraded = True
            again = {n: float(chance.randint(0, 6)) for n in chance.sample(range(grades), grades // 10)}
            wanted |= again
            give(place, again)
        if taken != before:
            before, quiet_since = taken, time.monotonic()
        elif time.monotonic() - quiet_since > 1.0:
            if regraded and not at_kills and open_deliveries(place.session) == 0:
                return
            wait_out_the_leases(place.session, worker.killed_at)
            ring(place.session)
            quiet_since = time.monotonic()
    raise AssertionError(f"{open_deliveries(place.session)} grades are still open after {PATIENCE:.0f} s")


def ring(session: Session) -> None:
    """Anything that is committed with news rings the bell; here about a delivery that is not there."""
    with writing(session):
        outbox.post(session, PassbackDue([0]), institution_id=None)
