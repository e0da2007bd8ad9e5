"""Grades to a local LMS: how many a second, beside bare posts to the same LMS; and whether kills lose or double any.

The LMS is the sandbox in Moodle's temper, as a process of its own; the worker is the real one. `run()` gives rows of
`{what, figure, unit, must, ok, beside}`. About two minutes; `WAYMARK_BENCH_GRADES=10000` kills through the whole ten
thousand.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import requests
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool import create_app
from lti_tool.grading.models import Delivery
from lti_tool.kit import jobs, schema
from lti_tool.kit.db import db, everywhere
from lti_tool.kit.seal import new_key
from lti_tool.launch.models import AccessToken
from lti_tool.sandbox.places import PLACES
from lti_tool.sandbox.seed_json import dumps
from lti_tool.settings import Settings, load
from tests.grading.conftest import Place, placed
from tests.grading.gradebook import CLIENT, DEPLOYMENT, FIRST, connect_to, keys_served, seed_of, with_learners
from tests.postgres import ROLE, running_server, sqlalchemy_url
from tests.walks.test_passback_kill import Worker, give, open_deliveries, ring, wait_out_the_leases

Row = dict[str, Any]

GRADES, FLOOR_POSTS = 600, 300
KILLED_GRADES = int(os.environ.get("WAYMARK_BENCH_GRADES", "2000"))
EACH_KILL = 200
MUST_A_SECOND = 100
PATIENCE = 1800.0


def run() -> list[Row]:
    """Every figure."""
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-bench-")))
        postgres = stack.enter_context(running_server())
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE bench_passback OWNER {ROLE}")
        urls = {
            "SQLite": f"sqlite:///{folder}/bench.db",
            "PostgreSQL": sqlalchemy_url(postgres, "bench_passback"),
        }
        for name, url in urls.items():
            with setting(url, folder / name, GRADES) as there:
                rows.append(throughput(name, there))
        kill_db = f"sqlite:///{folder}/killed.db"
        with setting(kill_db, folder / "killed", KILLED_GRADES) as there:
            rows += kills(there)
    return rows


@dataclass
class There:
    """A tool with learners, its worker not started yet, and an LMS."""

    app: Flask
    settings: Settings
    session: Session
    place: Place
    lms: str
    folder: Path

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.lms}/control/state", timeout=60).json()
        return answer


@contextmanager
def setting(url: str, folder: Path, grades: int) -> Iterator[There]:
    folder.mkdir()
    schema.upgrade(url)
    settings = load(
        database_url=url,
        jobs_url=f"sqlite:///{folder}/jobs.db",
        data_dir=folder,
        log_level="error",
        secret_key="b" * 48,
        seal_key=new_key(),
    )
    app = create_app(settings)
    seed = seed_of(grades)
    (folder / "seed.json").write_text(dumps(seed))
    with keys_served(app) as tool, sandbox(folder) as lms, app.app_context():
        register = {
            "client_id": CLIENT,
            "deployment_id": DEPLOYMENT,
            "login_url": f"{tool}/lti/login",
            "launch_url": f"{tool}/lti/launch",
            "redirect_uris": [f"{tool}/lti/launch"],
            "jwks_url": f"{tool}/lti/jwks.json",
        }
        requests.post(f"{lms}/control/tools", json=register, timeout=10).raise_for_status()
        session = db.session()
        with placed(session) as place:
            with_learners(place, grades)
            connect_to(place, lms, f"{lms}{PLACES['moodle'].token}", seed, "moodle")
            yield There(app, settings, session, place, lms, folder)
        db.session.remove()
        db.engine.dispose()


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "lti_tool.sandbox", "--port", "0", "--seed", str(folder / "seed.json")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield process.stderr.readline().rsplit(" ", 1)[-1].strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def throughput(name: str, there: There) -> Row:
    """From the first grade that arrived to the last, by a real worker with its two threads."""
    give(there.place, {n: float(n % 7) for n in range(GRADES)})
    worker = Worker(there.settings, there.folder / "worker.log")
    try:
        wait_until_sent(there)
    finally:
        worker.close()
    first, last = there.session.execute(select(func.min(Delivery.sent_at), func.max(Delivery.sent_at))).one()
    there.session.rollback()
    rate = (GRADES - 1) / (last - first).total_seconds()
    bare = floor(there)
    return {
        "what": f"grades a second to a local LMS, {name}",
        "figure": rate,
        "unit": "/s",
        "must": f"at least {MUST_A_SECOND}",
        "ok": rate >= MUST_A_SECOND,
        "beside": {"bare posts to the same LMS": round(bare, 1), "share of it": round(rate / bare, 2)},
    }


def wait_until_sent(there: There) -> None:
    began = time.monotonic()
    while open_deliveries(there.session):
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError("the grades are not through")
        time.sleep(0.2)


def floor(there: There) -> float:
    """Posts a second with nothing around them: one connection after the other, no database, no bookkeeping."""
    with everywhere(there.session):
        row = there.session.scalars(select(AccessToken).where(AccessToken.scopes.like("%/score"))).first()
    assert row is not None
    token = there.app.extensions["waymark.sealer"].unseal(row.token_sealed)
    there.session.rollback()
    (column,) = there.state()["gradebook"]
    url = column["url"].replace("/lineitem?", "/lineitem/scores?")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/vnd.ims.lis.v1.score+json"}
    began = time.perf_counter()
    with requests.Session() as http:
        for n in range(FLOOR_POSTS):
            stamp = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1).isoformat()
            score = {
                "userId": str(FIRST + n),
                "scoreGiven": 1,
                "scoreMaximum": 6,
                "timestamp": stamp,
                "comment": "",
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
            }
            http.post(url, data=json.dumps(score), headers=headers, timeout=10).raise_for_status()
    return FLOOR_POSTS / (time.perf_counter() - began)


def kills(there: There) -> list[Row]:
    """The worker is killed at random every couple of hundred grades; then the gradebook is compared."""
    chance = random.Random("waymark")
    wanted = {n: float(chance.randint(0, 6)) for n in range(KILLED_GRADES)}
    jobs.install(there.app, there.settings.jobs_url)
    give(there.place, wanted)
    worker = Worker(there.settings, there.folder / "worker.log")
    try:
        kill_through(there, worker, chance)
    finally:
        worker.close()
    (column,) = there.state()["gradebook"]
    held = {int(user) - FIRST: score for user, score in column["scores"].items()}
    lost = sum(held.get(n, {}).get("score") != value for n, value in wanted.items())
    doubled = sum(score["doubled"] for score in held.values())
    again = sum(score["repeated"] for score in held.values())
    what = f"of {KILLED_GRADES} grades with the worker killed {worker.kills} times"
    return [
        {"what": f"lost or wrong, {what}", "figure": lost, "unit": "", "must": "0", "ok": lost == 0},
        {
            "what": f"doubled in the gradebook, {what}",
            "figure": doubled,
            "unit": "",
            "must": "0",
            "ok": doubled == 0,
            "beside": {"sent again with a later time, same mark": again},
        },
    ]


def kill_through(there: There, worker: Worker, chance: random.Random) -> None:
    began, next_kill = time.monotonic(), chance.randint(20, EACH_KILL)
    before, quiet_since = -1, time.monotonic()
    while time.monotonic() - began < PATIENCE:
        time.sleep(0.05)
        sent = KILLED_GRADES - open_deliveries(there.session)
        if sent >= next_kill and sent < KILLED_GRADES - 10:
            next_kill = sent + chance.randint(20, 2 * EACH_KILL)
            worker.kill()
            worker.start()
        if sent != before:
            before, quiet_since = sent, time.monotonic()
        elif time.monotonic() - quiet_since > 2.0:
            if sent == KILLED_GRADES:
                return
            wait_out_the_leases(there.session, worker.killed_at)
            ring(there.session)
            quiet_since = time.monotonic()
    raise TimeoutError(f"{KILLED_GRADES - before} grades are not through")
