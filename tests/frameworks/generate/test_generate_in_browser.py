"""A brief in a real Chromium: kept while it is typed, watched while it is worked on, read; axe on each page."""

import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lti_tool import create_app
from lti_tool.kit import jobs
from lti_tool.kit.db import db
from lti_tool.llm import opening
from lti_tool.settings import load
from tests.conftest import SECRETS
from tests.frameworks.generate import briefs
from tests.frameworks.generate.test_generate_pages import BRIEF, Desk
from tests.kept import compiled_once
from tests.looking import NEEDED, scrolls_sideways, violations

pytestmark = [*NEEDED, pytest.mark.xdist_group("generate")]


def check(page: Page) -> None:
    assert violations(page) == []
    assert not scrolls_sideways(page)


def test_a_brief_is_typed_watched_and_read_on_a_phone(
    sqlite_template: Path, tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_local_model", briefs.embedder)
    (tmp_path / "waymark.db").write_bytes(sqlite_template.read_bytes())
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    site = f"http://localhost:{server.port}"
    app = compiled_once(create_app(load(base_url=site, data_dir=tmp_path, log_level="error", **SECRETS)))
    app.extensions["waymark.bell"] = lambda: None
    server.app = app
    threading.Thread(target=server.serve_forever, daemon=True).start()
    desk = Desk(app)
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark", bypass_csp=True)
    try:
        page.goto(f"{site}/frameworks/generate")
        check(page)
        page.get_by_role("button", name="Write a brief").click()
        page.locator("html[data-ready]").wait_for(state="attached")  # what is typed before is kept with the next word
        labels = {"Organisation or programme": "organisation", "Field of work": "sector", "Role families": "families"}
        for label, name in {**labels, "What should people here be good at": "goals"}.items():
            page.get_by_label(label).fill(BRIEF[name])
        page.keyboard.press("Tab")
        expect(page.locator("#saved")).to_have_text("Saved.")
        check(page)
        page.reload()
        expect(page.get_by_label("Role families")).to_have_value(BRIEF["families"])
        page.get_by_role("button", name="Make the draft").click()
        expect(page.get_by_role("heading", name="Stage 1 of 5")).to_be_visible()
        check(page)
        jobs.sweep(app)
        page.get_by_role("link", name="See what came of it").click(timeout=10_000)
        boxes = page.get_by_label("I have read this")
        expect(boxes.first).to_be_visible()
        count = boxes.count()
        expect(page.get_by_role("heading", name=f"{count} competencies, {count} to read")).to_be_visible()
        check(page)
        boxes.first.check()
        page.get_by_role("button", name="Keep what I ticked").click()
        expect(page.get_by_role("heading", name=f"{count} competencies, {count - 1} to read")).to_be_visible()
    finally:
        page.context.close()
        server.shutdown()
        server.server_close()
        with app.app_context():
            db.engine.dispose()
    row: Any = desk.row("/1")
    assert len(row.read_at) == 1
