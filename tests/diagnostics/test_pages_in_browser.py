"""The room's pages in a real Chromium: the picture of a class, panels that open in place, and axe on every page."""

import random
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lti_tool import create_app
from lti_tool.diagnostics import keeping
from lti_tool.diagnostics.keeping import Now
from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.packing import rounded
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.seal import new_key
from lti_tool.settings import load
from lti_tool.web.viewer import Role
from tests.diagnostics.course import SmallCourse, deliver, mark, small_course
from tests.factories import NOW
from tests.kept import compiled_once
from tests.looking import NEEDED, scrolls_sideways, violations

LEARNERS, COMPETENCIES = 70, 12

pytestmark = [*NEEDED, pytest.mark.xdist_group("maps")]


@pytest.fixture(scope="module")
def class_of_seventy(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, SmallCourse]]:
    folder = tmp_path_factory.mktemp("maps")
    (folder / "waymark.db").write_bytes(sqlite_template.read_bytes())
    settings = load(
        base_url="http://localhost", data_dir=folder, log_level="error", secret_key="s" * 48, seal_key=new_key()
    )
    app = compiled_once(create_app(settings))
    app.extensions["waymark.bell"] = lambda: None
    with app.app_context():
        course = _seeded(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    app.extensions["waymark.load_viewer"] = lambda: _viewer(course)
    yield f"http://127.0.0.1:{server.port}", course
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def _viewer(course: SmallCourse) -> Any:
    from flask import request

    learner = request.cookies.get("learner")
    return course.viewer(Role.LEARNER, int(learner)) if learner else course.viewer(Role.INSTRUCTOR)


def _seeded(app: Any) -> SmallCourse:
    """One learner marked by the real door; the others' estimates written as the job would."""
    session, rng = db.session(), random.Random(3)
    sections = ["Seminar A"] * 40 + ["Seminar B"] * 24 + ["Seminar C"] * 6
    course = small_course(
        session, learners=LEARNERS, competencies=COMPETENCIES, assessed=3, assessments=4, sections=sections
    )
    for place in range(3):
        mark(session, course, place, {0: [3, 0, 2]}, comment="Well said.")
    deliver(app)
    own = {"institution_id": course.institution_id, "version_id": course.version_id}

    def believed() -> dict[int, Belief]:
        general = rng.gauss(0, 1)
        return {
            item: rounded(Belief(general + rng.gauss(0, 0.7), rng.uniform(0.2, 0.9), rng.randint(1, 6)))
            for item in course.competencies
        }

    with scoped(session, course.institution_id), writing(session):
        others = [Now(who, believed(), date(2026, 10, 1), {}) for who in course.learners[1:]]
        keeping.keep_learners(session, own, others, NOW)
        keeping.keep_cuts(session, own, CohortState(), 4, course.competencies)
    return course


class Look:
    """Pages at a size and in a colour scheme, as the instructor or as a learner; what the console refuses fails."""

    def __init__(self, browser: Browser, site: str, width: int, dark: bool, learner: int | None) -> None:
        self.context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        if learner is not None:
            self.context.add_cookies([{"name": "learner", "value": str(learner), "url": site}])
        self.page = self.context.new_page()
        self.refused: list[str] = []
        self.page.on("console", lambda m: self.refused.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.refused.append(str(e)))

    def __enter__(self) -> "Look":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()
        assert self.refused == []

    def open(self, address: str) -> Page:
        self.page.goto(address)
        self.settled()
        return self.page

    def settled(self) -> None:
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def sound(self) -> None:
        """No violation, and nothing to scroll sideways but inside its own region. Rows of the class are alike: the
        first twelve are looked at."""
        assert violations(self.page, apart_from="[data-cohort] tbody tr:nth-child(n+13)") == []
        assert not scrolls_sideways(self.page)


@pytest.mark.parametrize(("width", "dark"), [(390, True)])
def test_a_class_of_seventy_is_seen_at_once_and_a_place_in_it_opens_the_table(
    browser: Browser, class_of_seventy: tuple[str, SmallCourse], width: int, dark: bool
) -> None:
    site, _ = class_of_seventy
    with Look(browser, site, width, dark, None) as look:
        page = look.open("/diagnostics/class")
        figure = page.locator("[data-overview][data-painted=true]")
        expect(figure).to_be_visible()
        picture = page.get_by_role("img", name="70 learners by 12 competencies.")
        box = picture.bounding_box()
        assert box is not None
        assert box["height"] > 300
        drawn = page.evaluate(
            """() => { const c = document.querySelector("[data-overview] canvas");
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; const seen = new Set();
            for (let k = 0; k < d.length; k += 4) seen.add(`${d[k]},${d[k + 1]},${d[k + 2]}`); return seen.size; }"""
        )
        assert 5 <= drawn <= 11  # four levels, four paler ones, open places, too few pieces, and the page between them
        look.sound()

        picture.scroll_into_view_if_needed()
        row, column = 64, 4
        place = {"x": box["width"] * (column + 0.5) / COMPETENCIES, "y": box["height"] * (row + 0.5) / LEARNERS}
        picture.hover(position=place)
        said = page.locator("[data-overview] [data-readout]").inner_text()
        assert said.startswith("Tree64 Example · 1.5 Competency 5 · ")
        picture.click(position=place)
        page.wait_for_url("**from=50**")
        look.settled()
        panel = page.locator("#opened .evidence")
        expect(panel).to_contain_text("Tree64 Example")
        expect(panel).to_contain_text("1.5 Competency 5")
        cell = page.locator("#opened").locator("xpath=preceding::a[@aria-expanded='true'][1]")
        level = said.split(" · ")[2].split(",")[0].removeprefix("level ")
        shown = cell.get_attribute("aria-label") or ""
        assert shown.startswith(f"Level {level}" if level.isdecimal() else "Not enough evidence yet")


def test_the_grid_is_one_tab_stop_and_opens_its_evidence_in_place(
    browser: Browser, class_of_seventy: tuple[str, SmallCourse]
) -> None:
    site, _ = class_of_seventy
    with Look(browser, site, 1280, False, None) as look:
        page = look.open("/diagnostics/class")
        first = page.locator("[data-cohort] tbody td a").first
        first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator("#opened .evidence")).to_contain_text("Tree00 Example")
        expect(page.locator("#opened .evidence")).to_contain_text("Well said.")
        assert page.url.endswith("/diagnostics/class")
        look.settled()
        look.sound()
        page.keyboard.press("Escape")
        expect(page.locator("#opened")).to_be_hidden()


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (390, False)])
def test_a_learners_page_opens_a_cell_in_place_and_has_no_violation(
    browser: Browser, class_of_seventy: tuple[str, SmallCourse], width: int, dark: bool
) -> None:
    site, course = class_of_seventy
    with Look(browser, site, width, dark, course.learners[0]) as look:
        page = look.open("/diagnostics/map")
        page.locator("[data-chart]").scroll_into_view_if_needed()
        expect(page.locator("[data-chart][data-drawn=true] canvas")).to_have_count(1)
        page.locator("[data-map] a.cell[data-state=here]").first.click()
        panel = page.locator(".evidence:visible")
        expect(panel).to_contain_text("Well said.")
        expect(panel).to_contain_text("What would move it")
        look.settled()
        look.sound()


def test_the_other_pages_have_no_violation(browser: Browser, class_of_seventy: tuple[str, SmallCourse]) -> None:
    site, course = class_of_seventy
    with Look(browser, site, 390, False, None) as look:
        for address in ("/diagnostics/resources", f"/diagnostics/learners/{course.learners[0]}"):
            look.open(address)
            look.sound()
    with Look(browser, site, 820, True, course.learners[1]) as look:  # estimates without a single result to show
        page = look.open(f"/diagnostics/map?open={course.competencies[0]}&level=1")
        expect(page.locator(".evidence:visible")).to_contain_text("No results yet.")
        look.sound()
