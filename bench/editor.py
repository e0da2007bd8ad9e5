"""The framework editor with NICE open in it: how long opening takes, what an edit costs from the key to the saved and
painted page, and how the outline moves when everything is unfolded. Real Chromium, real HTTP, SQLite.

`run()` gives rows of `{what, figure, unit, must, ok, beside}`; under a minute.
"""

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from lti_tool import create_app
from lti_tool.frameworks import drafts, starters
from lti_tool.frameworks.editing import queries, service
from lti_tool.frameworks.editing.domain import Add, ItemFacts, Move, Op, Relate, Remove, Set
from lti_tool.frameworks.editing.service import From
from lti_tool.frameworks.models import Framework
from lti_tool.kit import clock, schema
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.ids import InstitutionId, PlatformId
from lti_tool.kit.seal import new_key
from lti_tool.launch.models import Institution
from lti_tool.settings import load
from lti_tool.web.viewer import Role, Viewer

Row = dict[str, Any]
OPENED_MS, EDIT_MS, STEP_MS, ROWS = 2000.0, 200.0, 50.0, 80
OPENINGS, EDITS, STEPS = 5, 45, 90
PROBE = """() => {
  const line = document.querySelector("[data-saved]");
  window.timed = [];
  let from = 0, seq = line.dataset.seq;
  document.addEventListener("keydown", () => { from = performance.now(); }, true);
  new MutationObserver(() => {
    if (line.dataset.seq === seq || line.dataset.state !== "saved") return;
    seq = line.dataset.seq;
    const began = from;
    requestAnimationFrame(() => setTimeout(() => window.timed.push(performance.now() - began)));
  }).observe(line, { attributes: true });
}"""
STEPPING = """async (steps) => {
  const tree = document.querySelector("[data-outline]"), found = [];
  let most = 0;
  for (let at = 0; at < steps; at += 1) {
    const began = performance.now();
    tree.dispatchEvent(new KeyboardEvent("keydown", { key: at % 3 ? "ArrowDown" : "PageDown", bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    found.push(performance.now() - began);
    most = Math.max(most, tree.querySelectorAll("[role=treeitem]").length);
  }
  return [found, most];
}"""


def run() -> list[Row]:
    """Every figure; those of the browser only where there is one."""
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as name, _studio(Path(name)) as (app, site, version_id):
        return [*_server(app, version_id), *_browser(site, version_id)]


def row(what: str, figure: float, unit: str, most: float | None = None, **beside: Any) -> Row:
    must = None if most is None else f"<= {most:g} {unit}"
    return {
        "what": what,
        "figure": round(figure, 1),
        "unit": unit,
        "must": must,
        "ok": None if most is None else figure <= most,
        "beside": beside,
    }


@contextmanager
def _studio(folder: Path) -> Iterator[tuple[Flask, str, int]]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    url = f"sqlite:///{folder}/bench.db"
    schema.upgrade(url)
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    site = f"http://127.0.0.1:{server.port}"
    app = create_app(
        load(
            base_url=site, database_url=url, data_dir=folder, log_level="error", secret_key="b" * 48, seal_key=new_key()
        )
    )
    app.extensions["waymark.bell"] = lambda: None
    with app.app_context():
        session = db.session()
        session.info["institution"] = "everywhere"
        with writing(session):
            institution = Institution(name="Example College", created_at=clock.now())
            session.add(institution)
            session.flush()
            owner = institution.id
        session.info["institution"] = None
        with scoped(session, owner), writing(session):
            kept = drafts.keep_draft(session, starters.read("nice-2.1.0"), owner, clock.now())
    app.extensions["waymark.load_viewer"] = lambda: Viewer(
        institution_id=InstitutionId(owner),
        platform_id=PlatformId(1),
        person_id=None,
        course_id=None,
        course_title="",
        roles=frozenset({Role.ADMINISTRATOR}),
        session_hash="x",
    )
    server.app = app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app, site, kept.version_id
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def _server(app: Flask, version_id: int) -> list[Row]:
    """The use cases without HTTP, on a draft of its own kinds of work; each is taken back again."""
    costs: dict[str, list[float]] = {}
    with app.app_context():
        session = db.session()
        session.info["institution"] = "everywhere"
        with writing(session):
            owner = session.query(Framework).first().institution_id
        session.info["institution"] = None
        with scoped(session, owner):
            sent = 0
            began = time.perf_counter()
            content = queries.content(session, version_id)
            read = (time.perf_counter() - began) * 1000
            session.rollback()
            for turn in range(8):
                item = ItemFacts(key="", title=f"New {turn}", kind="competency", parent="OG")
                ops: list[tuple[str, Op]] = [
                    ("text", Set("OG-WRL-001", {"title": f"Management {turn}"})),
                    ("add", Add(item, "OG-WRL-003")),
                    ("move", Move("OG-WRL-002", "DD" if turn % 2 == 0 else "OG", None)),
                    ("relate", Relate("precedes", "OG-WRL-001", f"OG-WRL-00{turn + 2}")),
                    ("remove a role", Remove("PD-WRL-001")),
                ]
                for kind, op in ops:
                    sent += 1
                    seq = _timed(session, version_id, op, sent, costs.setdefault(kind, []))
                    if kind == "remove a role":
                        sent += 1
                        with writing(session):
                            service.undo(session, version_id, seq, From("bench-server", sent), clock.now())
    removals = costs.pop("remove a role")
    beside = {kind: round(median(times), 1) for kind, times in costs.items()}
    every = [one for times in costs.values() for one in times]
    return [
        row(f"NICE, {len(content['items'])} items: the draft is read for the page", read, "ms"),
        row("an edit on the server, p95 of four kinds", _p95(every), "ms", EDIT_MS, **beside),
        row("removing a work role with all it holds, on the server: median", median(removals), "ms"),
    ]


def _timed(session: Any, version_id: int, op: Op, sent: int, times: list[float]) -> int:
    began = time.perf_counter()
    with writing(session):
        done = service.change(session, version_id, op, From("bench-server", sent), clock.now())
    times.append((time.perf_counter() - began) * 1000)
    return done.seq


def _browser(site: str, version_id: int) -> list[Row]:
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
    from chromium import find
    from playwright.sync_api import sync_playwright

    chromium = find()
    if chromium is None:
        return []
    opened: list[float] = []
    with sync_playwright() as driver:
        args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = driver.chromium.launch(executable_path=chromium, args=args)
        for _ in range(OPENINGS):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.goto(f"{site}/healthz")
            began = time.perf_counter()
            page.goto(f"{site}/frameworks/{version_id}/edit", wait_until="commit")
            page.wait_for_selector("[data-editor][data-awake=true]", timeout=30_000)
            page.wait_for_selector("[data-board][data-drawn]", timeout=30_000)
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            opened.append((time.perf_counter() - began) * 1000)
            if len(opened) < OPENINGS:
                context.close()
        page.wait_for_timeout(3000)
        edits = _edits(page)
        page.get_by_role("tree").focus()
        page.keyboard.press("Home")
        page.keyboard.press("*")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("*")
        steps, rows = page.evaluate(STEPPING, STEPS)
        browser.close()
    return [
        row(
            "NICE in the editor, asked for to painted, server included: quickest of 5",
            min(opened),
            "ms",
            OPENED_MS,
            median=round(median(opened)),
            slowest=round(max(opened)),
        ),
        row(
            f"an edit, key to saved and painted, p95 of {len(edits)}",
            _p95(edits),
            "ms",
            EDIT_MS,
            median=round(median(edits)),
        ),
        row(
            "a step in the unfolded outline, key to painted, p95",
            _p95(steps),
            "ms",
            STEP_MS,
            median=round(median(steps)),
        ),
        row("rows of the outline in the page at once, at most", rows, "rows", ROWS),
    ]


def _edits(page: Any) -> list[float]:
    """Renaming, moving up and down, in and out, adding, removing and taking back, by keyboard."""
    page.evaluate(PROBE)
    keys, done = page.keyboard, 0
    page.get_by_role("tree").focus()
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowDown"):
        keys.press(key)

    def saved() -> None:
        nonlocal done
        done += 1
        page.wait_for_function("(most) => window.timed.length >= most", arg=done, timeout=20_000)

    while done < EDITS:
        keys.press("F2")
        keys.type(f"Role {done}")
        keys.press("Enter")
        saved()
        for key in ("Alt+ArrowDown", "Alt+ArrowUp", "Alt+ArrowRight", "Alt+ArrowLeft"):
            keys.press(key)
            saved()
        keys.press("Insert")
        saved()
        keys.press("Escape")
        keys.press("Delete")
        saved()
        keys.press("Control+z")
        saved()
        keys.press("Control+y")
        saved()
        for key in ("Home", "ArrowDown", "ArrowLeft", "ArrowDown"):  # the first role was unfolded by moving into it
            keys.press(key)
    return [float(one) for one in page.evaluate("window.timed")]


def _p95(times: list[float]) -> float:
    """Of the quietest of three rounds: other work on the machine is not what is measured."""
    part = len(times) // 3
    return min(quantiles(times[at : at + part], n=20)[-1] for at in range(0, 3 * part, part))
