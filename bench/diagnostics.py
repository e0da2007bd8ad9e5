"""What the maps cost at the size of an institution: a learner's map at a million pieces of evidence, the map of a
class of 1 000 by 200 on the server and in Chromium, and the time from a new score to the map that shows it.

`run()` gives rows of `{what, figure, unit, must, ok, beside}`, on SQLite and on PostgreSQL; two to three minutes.
"""

import logging
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil
import psycopg
from flask import Flask
from sqlalchemy import event
from werkzeug.serving import make_server

from bench import _institution as institution
from lti_tool import create_app
from lti_tool.diagnostics import queries
from lti_tool.grading.marking import service as marking
from lti_tool.grading.marking.domain import CriterionMark, Mark
from lti_tool.kit import jobs
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.kit.seal import new_key
from lti_tool.settings import load
from lti_tool.web.viewer import Role, Viewer
from tests.postgres import ROLE, running_server, sqlalchemy_url

Row = dict[str, Any]

MAPS, CLASS_PAGES, NEW_SCORES = 300, 12, 12
MAP_MS, CLASS_MS, SCORE_MS, PAINTED_MS, PAINTED_MB = 20.0, 300.0, 1000.0, 2000.0, 300.0


def run() -> list[Row]:
    """Every figure."""
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waymark-bench-")))
        postgres = _database(stack.enter_context(running_server()))
        for name, url in (("SQLite", f"sqlite:///{folder}/bench.db"), ("PostgreSQL", postgres)):
            institution.build(url)
            with _tool(url, folder) as app:
                rows += learner_maps(app, name) + class_map(app, name) + new_scores(app, name)
                if name == "SQLite":
                    rows += painted(app)
    return rows


def row(what: str, figure: float, unit: str, most: float | None = None, **beside: Any) -> Row:
    must = None if most is None else f"<= {most:g} {unit}"
    ok = None if most is None else figure <= most
    return {"what": what, "figure": round(figure, 2), "unit": unit, "must": must, "ok": ok, "beside": beside}


def learner_maps(app: Flask, name: str) -> list[Row]:
    """Learners chosen at random among 10 000, each page opened once: no page is warmer than another."""
    chosen = random.Random(1).sample(range(1, sum(institution.SIZES) + 1), MAPS)
    course_of = {who: part.course for part in institution.classes() for who in part.ids}
    client, size = app.test_client(), f"{institution.EVIDENCE:,} pieces of evidence".replace(",", " ")
    for who in chosen[:10]:
        _be(app, Role.LEARNER, course_of[who], who)
        assert client.get("/diagnostics/map").status_code == 200
    pages: list[float] = []
    cells: list[float] = []
    cpu: list[float] = []
    with _counted(app) as asked:
        for who in chosen:
            _be(app, Role.LEARNER, course_of[who], who)
            began = time.process_time()
            pages.append(_ms(client.get, "/diagnostics/map"))
            cpu.append((time.process_time() - began) * 1000)
        in_page = asked[0] / MAPS
        asked[0] = 0
        with app.app_context(), scoped(db.session(), institution.INSTITUTION):
            for who in chosen:
                cells.append(_ms(queries.learner_cells, db.session(), who, 1))
                db.session.rollback()
        in_cells = asked[0] / MAPS
    return [
        row(f"learner heat map, cells read, {size}, {name}: p95", _p95(cells), "ms", MAP_MS, queries=in_cells),
        row(f"learner heat map, whole page, {size}, {name}: p95", _p95(pages), "ms", MAP_MS,
            p50=round(median(pages), 1), cpu_p50=round(median(cpu), 1), queries=in_page),
    ]  # fmt: skip


def class_map(app: Flask, name: str) -> list[Row]:
    """1 000 learners by 200 competencies: the page with its 50 rows, and the bytes of the whole picture."""
    _be(app, Role.INSTRUCTOR, institution.WHOLE)
    client = app.test_client()
    sizes = [len(client.get(address).data) for address in ("/diagnostics/class", "/diagnostics/class/cells")]
    assert sizes[1] == institution.CLASS * institution.WIDE
    with _counted(app) as asked:
        page = [_ms(client.get, "/diagnostics/class") for _ in range(CLASS_PAGES)]
        in_page = asked[0] / CLASS_PAGES
    codes = [_ms(client.get, "/diagnostics/class/cells") for _ in range(CLASS_PAGES)]
    what = f"cohort map, {institution.CLASS} x {institution.WIDE}, {name}"
    both = min(page) + min(codes)
    return [
        row(f"{what}: page and picture, server, quickest of 12", both, "ms", CLASS_MS, page_p50=round(median(page)),
            picture_p50=round(median(codes)), slowest_page=round(max(page)), queries=in_page, page_kb=sizes[0] // 1000),
    ]  # fmt: skip


def new_scores(app: Flask, name: str) -> list[Row]:
    """One score by the real door, the jobs delivered, until the learner's cells show it; in courses of two sizes."""
    found: dict[int, list[float]] = {}
    for course in (institution.LITTLE, institution.BIG):
        part = institution.classes()[course - 1]
        task, criteria = institution.fresh_task(course)
        learners = list(part.ids)[:NEW_SCORES]
        _score(app, task, criteria, learners, 1)  # the first refresh takes in all that these learners have
        found[part.count] = [_ms(_score, app, task, criteria, [who], 3) for who in learners]
    small, large = (median(times) for times in found.values())
    what = f"one new score to an updated map, {name}"
    return [
        row(f"{what}, course of {size}: median", median(times), "ms", SCORE_MS, slowest=round(max(times)))
        for size, times in found.items()
    ] + [row(f"{what}: a course of 3 000 beside one of 30", large / small, "x", 1.5)]


def _score(app: Flask, task: int, criteria: list[int], learners: list[int], points: int) -> None:
    moment = institution.NOW + timedelta(days=points)
    parts = tuple(CriterionMark(criterion, float(points)) for criterion in criteria)
    marks = [Mark(who, None, None, moment, parts, marker="1", released=True) for who in learners]
    with app.app_context():
        session = db.session()
        with scoped(session, institution.INSTITUTION):
            with writing(session):
                marking.record_scores(session, task, marks, moment)
            before = queries.learner_cells(session, learners[-1], 1)
            session.rollback()
            jobs.sweep(app)
            session.rollback()
            after = queries.learner_cells(session, learners[-1], 1)
            assert {item: cell.standing.mean for item, cell in after.items()} != {
                item: cell.standing.mean for item, cell in before.items()
            }
            session.rollback()


def painted(app: Flask) -> list[Row]:
    """From the click to the drawn picture and table, and the memory of the page's own process; a browser must be
    there, else nothing is measured."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
    from chromium import find
    from playwright.sync_api import sync_playwright

    chromium = find()
    if chromium is None:
        return []
    _be(app, Role.INSTRUCTOR, institution.WHOLE)
    times: list[float] = []
    memory: list[float] = []
    with _serving(app) as address, sync_playwright() as driver:
        args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = driver.chromium.launch(executable_path=chromium, args=args)
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.goto(f"{address}/healthz")
            began = time.perf_counter()
            page.goto(f"{address}/diagnostics/class", wait_until="commit")
            page.wait_for_selector("[data-overview][data-painted=true]", timeout=30_000)
            page.wait_for_selector("html[data-ready]", state="attached", timeout=30_000)
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            times.append((time.perf_counter() - began) * 1000)
            memory.append(_largest_renderer() / 1e6)
            context.close()
        browser.close()
    what = f"cohort map, {institution.CLASS} x {institution.WIDE}, Chromium"
    return [
        row(
            f"{what}: asked for to painted, server included, quickest of 3",
            min(times),
            "ms",
            PAINTED_MS,
            slowest=round(max(times)),
        ),
        row(f"{what}: memory of the page's process", max(memory), "MB", PAINTED_MB),
    ]


def _largest_renderer() -> int:
    """Bytes that only this process holds, of the largest page process below us."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in child.cmdline():
                found.append(child.memory_full_info().uss)
        except psutil.Error:
            continue
    return max(found, default=0)


def _database(server: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE bench OWNER {ROLE}")
    return sqlalchemy_url(server, "bench")


@contextmanager
def _tool(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(
        load(
            base_url="http://localhost",
            database_url=url,
            jobs_url=f"sqlite:///{folder}/jobs.db",
            data_dir=folder,
            log_level="error",
            secret_key="b" * 48,
            seal_key=new_key(),
        )
    )
    app.extensions["waymark.bell"] = lambda: None
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def _serving(app: Flask) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def _counted(app: Flask) -> Iterator[list[int]]:
    """Statements that read or write; BEGIN is not one."""
    asked = [0]

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked[0] += not statement.startswith("BEGIN")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    yield asked
    event.remove(engine, "before_cursor_execute", count)


def _be(app: Flask, role: Role, course: int, person: int | None = None) -> None:
    viewer = Viewer(
        institution_id=InstitutionId(institution.INSTITUTION),
        platform_id=PlatformId(institution.PLATFORM),
        person_id=None if person is None else PersonId(person),
        course_id=CourseId(course),
        course_title="Course",
        roles=frozenset({role}),
        session_hash="x",
        name="Somebody Example",
    )
    app.extensions["waymark.load_viewer"] = lambda: viewer


def _ms(work: Callable[..., object], *given: object) -> float:
    began = time.perf_counter()
    work(*given)
    return (time.perf_counter() - began) * 1000


def _p95(times: list[float]) -> float:
    """Of the quietest of three rounds: other work on the machine is not what is measured."""
    part = len(times) // 3
    return min(quantiles(times[at : at + part], n=20)[-1] for at in range(0, 3 * part, part))
