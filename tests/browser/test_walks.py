"""Instructor, student and administrator in a real browser, inside the LMS's frame, with third-party cookies blocked."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from lti_tool.demo import content
from lti_tool.demo.result_steps import Steps
from lti_tool.demo.run import run
from lti_tool.demo.servers import Servers
from tests.browser.conftest import Browsers
from tests.looking import unsound

STUDENT = content.learner_ids()["Maple"]


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, Steps]]:
    """The demo, lived once: both servers stay up for all walks. Fails when any of its figures is wrong."""
    said: list[str] = []
    with Servers(data=tmp_path_factory.mktemp("demo"), tool_port=0, sandbox_port=0) as servers:
        walk = run(servers, lambda what, figure: said.append(f"{what}: {figure}"))
        assert len(said) == 12
        yield servers, walk


@pytest.fixture
def servers(campus: tuple[Servers, Steps]) -> Servers:
    return campus[0]


def become(page: Page, servers: Servers, person: int) -> None:
    page.context.request.post(f"{servers.sandbox}/become", form={"person": person})


def open_tool(page: Page, servers: Servers, person: int, link: int = content.LINKS["map"]) -> FrameLocator:
    """Open the tool as that person from the course; the frame, once its scripts are done."""
    become(page, servers, person)
    page.goto(f"{servers.sandbox}/courses/{content.COURSE_ID}/links/{link}")
    return ready(page)


def ready(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe.tool")
    frame.locator("html[data-ready]").wait_for(state="attached")
    return frame


def go(page: Page, frame: FrameLocator, tab: str) -> None:
    """A tab of the tool, waiting until its page stands."""
    frame.get_by_role("navigation", name="Waymark").get_by_role("link", name=tab, exact=True).click()
    expect(frame.get_by_role("navigation", name="Waymark").locator("[aria-current=page]")).to_have_text(tab)
    ready(page)


def tool_frame(page: Page, servers: Servers) -> Any:
    return next(frame for frame in page.frames if frame.url.startswith(servers.tool))


def test_a_student_reads_the_map_opens_a_cell_and_closes_it_by_keyboard(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    frame = open_tool(page, servers, STUDENT)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Where you stand")
    expect(frame.get_by_role("heading", name=re.compile("Your next"))).to_be_visible()
    cell = frame.locator("[data-map] .cell[data-state=here]").first
    cell.focus()
    page.keyboard.press("Enter")
    panel = frame.locator("[data-panel]:not([hidden]) .evidence").first
    expect(panel).to_contain_text("Assignment")
    expect(panel).to_contain_text("because your teacher accepted this link")
    expect(panel).to_contain_text("What would move it")
    page.keyboard.press("Escape")
    expect(frame.locator("[data-panel]:not([hidden]) .evidence")).to_have_count(0)
    expect(cell).to_be_focused()


def test_a_student_sees_nothing_of_the_unreleased_assignment(browsers: Browsers, servers: Servers) -> None:
    hidden = next(a["name"] for a in content.course()["assignments"] if a.get("unreleased"))
    page = browsers.new()
    frame = open_tool(page, servers, STUDENT)
    for cell in frame.locator("[data-map] .cell").all()[::4]:
        cell.click()
        expect(frame.locator("[data-panel]:not([hidden]) .evidence").first).to_be_visible()
        assert hidden not in frame.locator("[data-map]").inner_text()
    go(page, frame, "My work")
    assert hidden not in frame.locator("main").inner_text()


def test_a_student_puts_a_step_aside_and_has_it_back(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    frame = open_tool(page, servers, STUDENT)
    first = frame.locator(".steps h3").first.inner_text()
    frame.get_by_role("button", name=re.compile("Not for me")).first.click()
    expect(frame.get_by_role("status").first).to_contain_text("Put aside")
    expect(frame.locator(".steps h3").first).not_to_have_text(first)
    frame.get_by_role("button", name=re.compile("Offer")).click()
    expect(frame.locator(".steps h3").first).to_have_text(first)


def test_a_student_asks_for_a_check_and_the_instructor_settles_it(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    frame = open_tool(page, servers, STUDENT)
    frame.get_by_label("What should your teacher look at again?").fill("My credits are complete, I think.")
    frame.get_by_role("button", name="Ask for a check").click()
    expect(frame.get_by_role("status").first).to_contain_text("Sent")
    teacher = browsers.new()
    frame = open_tool(teacher, servers, content.INSTRUCTOR)
    expect(frame.get_by_text("My credits are complete, I think.")).to_be_visible()
    frame.get_by_role("button", name=re.compile("Settled")).click()
    expect(frame.get_by_text("My credits are complete, I think.")).to_have_count(0)


def test_an_instructor_walks_the_grid_by_arrows_and_opens_the_evidence(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    frame = open_tool(page, servers, content.INSTRUCTOR)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Where the class stands")
    cells = frame.locator("[data-cohort] .g")
    cells.first.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(frame.locator("#opened .evidence")).to_contain_text("The target is level 3")
    page.keyboard.press("Escape")
    expect(frame.locator("#opened")).to_be_hidden()
    frame.get_by_role("link", name="Maple Example").first.click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Maple Example")


def test_an_instructor_decides_a_criterion_by_keyboard_and_undoes_it(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    frame = open_tool(page, servers, content.INSTRUCTOR)
    go(page, frame, "Criteria mapping")
    heading = frame.locator(".decide h2").first
    before = heading.inner_text()
    decide = frame.locator("[data-review] input[type=radio]").first
    decide.focus()
    page.keyboard.press("r")
    expect(frame.get_by_role("status").first).to_contain_text("Left out")
    frame.get_by_role("button", name="Undo", exact=True).click()
    expect(frame.get_by_role("status").first).to_contain_text("Taken back")
    expect(frame.locator(".decide h2").first).to_have_text(before)


def test_an_administrator_sees_what_works_and_the_frameworks(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    frame = open_tool(page, servers, content.ADMINISTRATOR)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Connections")
    frame.get_by_role("button", name=re.compile("Check again")).click()
    expect(frame.get_by_role("status").first).to_contain_text("Works")
    assert content.TOKEN not in page.content()
    go(page, frame, "Frameworks")
    expect(frame.get_by_text("Courses use this one")).to_be_visible()


PAGES = {
    STUDENT: ["My work"],
    content.INSTRUCTOR: ["Criteria mapping", "Assessments"],
    content.ADMINISTRATOR: ["Frameworks"],
}
"""The tabs of each, beside the page at which they arrive."""


def test_axe_finds_nothing_and_no_page_scrolls_sideways(browsers: Browsers, servers: Servers) -> None:
    page = browsers.new()
    troubles: list[str] = []
    page.on(
        "console", lambda message: troubles.append(message.text) if "Content Security Policy" in message.text else None
    )
    wrong: dict[str, list[str]] = {}
    for person, tabs in PAGES.items():
        frame = open_tool(page, servers, person)
        for tab in ("", *tabs):
            if tab:
                page.set_viewport_size({"width": 1280, "height": 900})
                go(page, frame, tab)
            if found := unsound(page, tool_frame(page, servers)):
                wrong[f"{person} {tab}"] = found
    assert wrong == {}
    assert troubles == []


def test_the_map_works_without_script(browsers: Browsers, servers: Servers) -> None:
    """Cells are links to the page with the row open; the launch's own forms have buttons."""
    page = browsers.new(scripts=False)
    page.goto(servers.sandbox)
    page.locator("form.become select").first.select_option(str(STUDENT))
    page.locator("form.become button").first.click()
    page.goto(f"{servers.sandbox}/courses/{content.COURSE_ID}/links/{content.LINKS['map']}/launch")
    for _ in range(3):
        if "/diagnostics/" in page.url:
            break
        page.locator("form button, form input[type=submit]").first.click()
    page.locator("[data-map] a.cell").first.click()
    expect(page.locator("[data-panel]:not([hidden]) .evidence")).to_have_count(1)
