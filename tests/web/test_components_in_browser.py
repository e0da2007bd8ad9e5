"""The living style sheet in a real browser, under the real headers: axe, keyboards, panels, frames, no cookies."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from tests.looking import NEEDED, violations
from tests.web.gallery import application

pytestmark = [*NEEDED, pytest.mark.xdist_group("gallery")]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def refused() -> list[str]:
    """What the console said of refused scripts and styles."""
    return []


@pytest.fixture(scope="module")
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """Windows that share what a browser keeps of scripts and styles; without motion, so that no colour is caught on its
    way."""
    made = browser.new_context(base_url=site, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, refused: list[str]) -> Iterator[Page]:
    """The gallery in a window of its own."""
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.on("console", lambda m: refused.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: refused.append(str(e)))
    page.goto("/")
    settled(page)
    yield page
    page.close()


def settled(page: Any) -> None:
    page.wait_for_selector("html[data-ready]", state="attached")


def focused(page: Page) -> str:
    """The focused element's label, text or id."""
    found: str = page.evaluate(
        "(e => e.getAttribute('aria-label') || e.id || e.innerText.trim())(document.activeElement)"
    )
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_axe_finds_nothing_at_any_width(page: Page, scheme: Any, width: int, refused: list[str]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    assert violations(page) == []
    assert refused == []


def test_at_320_px_nothing_scrolls_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_targets_are_at_least_24_px(page: Page) -> None:
    small = page.evaluate(
        """() => [...document.querySelectorAll('.btn, a.cell, a.g, .strip a, input, select, textarea, .tabs a')]
        .filter(e => e.offsetParent && (e.offsetWidth < 24 || e.offsetHeight < 24)).map(e => e.outerHTML)"""
    )
    assert small == []


def test_a_cell_opens_its_reason_in_place_and_escape_comes_back(page: Page) -> None:
    row = page.locator("#c-1\\.1")
    cell = row.get_by_role("button", name=re.compile("^2 Shown"))
    cell.focus()
    page.keyboard.press("Space")
    panel = page.locator("#e-1\\.1")
    expect(panel.get_by_role("heading", name="level 2", exact=False)).to_be_visible()
    expect(cell).to_have_attribute("aria-expanded", "true")
    row.get_by_role("button", name=re.compile("^4")).click()
    expect(panel.locator(".evidence:visible")).to_have_count(1)
    expect(panel.get_by_role("heading", name="level 4", exact=False)).to_be_visible()
    expect(cell).to_have_attribute("aria-expanded", "false")
    panel.locator(".evidence:visible").get_by_text("Show all 5 pieces").focus()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert focused(page).startswith("4")
    assert page.url.endswith("/")


def test_a_row_without_panels_reads_them_from_the_cells_own_page(page: Page) -> None:
    page.locator("#c-2\\.4 a.cell").nth(2).click()
    expect(page.locator("#e-2\\.4").get_by_role("heading", name="2.4 Collaborating: level 3")).to_be_visible()


def test_a_panel_that_does_not_come_says_so_and_offers_the_page(page: Page) -> None:
    page.locator("#c-2\\.4 a.cell").nth(0).click()
    link = page.locator("#e-2\\.4").get_by_role("link", name="Open it as a page")
    expect(link).to_have_attribute("href", re.compile(r"open=2\.4:1$"))


def test_the_grid_is_one_tab_stop_with_arrows_home_end_and_pages(page: Page) -> None:
    assert page.locator('[data-cohort] a[tabindex="0"]').count() == 1
    page.locator('[data-cohort] a[tabindex="0"]').focus()
    moves = {
        "ArrowRight": "Level 3, perhaps 2, 3 pieces",
        "End": "Not enough evidence yet, 2 of 3 pieces",
        "Control+End": "Level 2, 3 pieces",
        "Home": "Level 4, 3 pieces",
        "ArrowLeft": "Maple Example",
        "PageUp": "Bay Example",
        "Control+Home": "Level 3, perhaps 2 or 4, 3 pieces",
    }
    for key, there in moves.items():
        page.keyboard.press(key)
        assert focused(page) == there, key
    assert page.locator('[data-cohort] a[tabindex="0"]').count() == 1


def test_enter_opens_a_learners_cell_below_the_grid_and_escape_closes_it(page: Page) -> None:
    page.locator('[data-cohort] a[tabindex="0"]').focus()
    page.keyboard.press("Enter")
    panel = page.locator("#opened")
    expect(panel.get_by_role("heading", name="Learner 0, competency 0")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="Learner 0, competency 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert focused(page) == "Level 3, perhaps 2, 3 pieces"


def test_review_keys_work_in_their_area_only_and_never_while_typing(page: Page) -> None:
    page.evaluate("document.querySelector('[data-key=r]').addEventListener('click', e => e.target.dataset.pressed = 1)")
    radios = page.locator("[data-choices] input[type=radio]")
    page.locator("#f-title").focus()
    page.keyboard.press("2")
    expect(radios.nth(0)).to_be_checked()
    radios.nth(0).focus()
    page.keyboard.press("2")
    expect(radios.nth(1)).to_be_checked()
    page.keyboard.press("4")
    page.keyboard.type("r1")
    expect(page.locator("#f-other")).to_have_value("r1")
    expect(radios.nth(3)).to_be_checked()
    assert page.locator("[data-pressed]").count() == 0
    page.get_by_label("Single-letter keys").uncheck()
    page.keyboard.press("1")
    expect(radios.nth(3)).to_be_checked()
    page.get_by_label("Single-letter keys").check()
    page.keyboard.press("r")
    expect(page.locator("[data-pressed]")).to_have_count(1)


def test_a_chart_is_drawn_under_the_policy(page: Page, refused: list[str]) -> None:
    page.locator("[data-chart]").scroll_into_view_if_needed()  # not read before somebody comes near it
    expect(page.locator("[data-chart][data-drawn=true] canvas")).to_be_visible()
    assert refused == []


def test_a_form_that_came_back_gets_the_focus_on_what_is_wrong(page: Page) -> None:
    assert focused(page).startswith("Some things need another look")


def test_without_script_every_cell_is_a_link_in_the_tab_order(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    assert page.locator("[tabindex='-1']:is(a)").count() == 0
    page.locator("#c-2\\.4 a.cell").nth(2).click()
    assert page.url.endswith("/?open=2.4:3")
    assert page.get_by_role("heading", name="2.4 Collaborating: level 3").is_visible()
    context.close()


def test_the_lms_hears_how_tall_the_page_is(browser: Browser, site: str) -> None:
    page = browser.new_page()
    page.add_init_script("window.told = []; addEventListener('message', e => told.push(e.data))")
    page.goto(f"{site.replace('127.0.0.1', 'localhost')}/lms?src={site}/")
    frame = page.frames[1]
    settled(frame)
    page.wait_for_timeout(200)
    before = page.evaluate("told.at(-1)")
    assert before["subject"] == "lti.frameResize"
    assert before["height"] == frame.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
    frame.locator("#c-1\\.1 a.cell").nth(0).click()
    page.wait_for_timeout(200)
    assert page.evaluate("told.at(-1)")["height"] > before["height"]
    page.close()


def test_without_a_cookie_links_and_forms_carry_the_bearer_and_no_page_keeps_it(page: Page, site: str) -> None:
    page.goto("/bearer")
    settled(page)
    assert page.locator("meta[name=waymark-session]").count() == 0
    page.locator("#on").click()
    expect(page.locator("#came")).to_have_text("after-none")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#came")).to_have_text("after-after-none")
    page.go_back()
    expect(page.locator("#came")).to_have_text("after-after-after-none")
    assert page.url == f"{site}/bearer"
    assert "after-" not in page.evaluate("JSON.stringify([localStorage, sessionStorage, document.head.innerHTML])")
