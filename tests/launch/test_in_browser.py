"""Every browser: the tool inside an LMS's frame in a real Chromium that blocks third-party cookies, or all cookies.

The LMS is on 127.0.0.1 and the tool on localhost, another site to the browser, as in life.
"""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Playwright, expect

from lti_tool.sandbox.places import Temper
from tests.looking import CHROMIUM, NEEDED, unsound
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.conftest import pytest_generate_tests, sqlite_database

__all__ = ["pytest_generate_tests", "sqlite_database"]

TEMPERS: tuple[Temper, ...] = ("canvas", "moodle")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ALL = {"profile": {"default_content_setting_values": {"cookies": 2}, "block_third_party_cookies": True}}

NOBODY = 0
"""A visitor of whom the LMS says nothing."""

pytestmark = [*NEEDED, pytest.mark.xdist_group("launch-browser")]


@pytest.fixture(scope="module")
def campus(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lms]]:
    """One tool and two LMSs, Canvas with platform storage and Moodle without."""
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as tool:
        seed = seeds.seed(seeds.course())
        lmss = {temper: tool.add_lms(seed, temper) for temper in TEMPERS}
        admin = lmss["moodle"].be(seeds.ADMIN)
        admin.enter(seeds.COURSE, seeds.MAP)
        steps.bring_framework(admin)
        yield {str(temper): lms for temper, lms in lmss.items()}


@pytest.fixture(scope="module")
def without_cookies(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A Chromium that blocks all cookies: that is a setting of its own, in a profile."""
    profile = tmp_path_factory.mktemp("profile")
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(ALL))
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        headless=True,
        args=ARGS,
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(without_cookies: BrowserContext) -> Iterator[Page]:
    """A tab of its own, with nothing of the one before."""
    opened = without_cookies.new_page()
    yield opened
    for each in without_cookies.pages[1:]:
        each.close()


def open_tool(page: Page, lms: Lms, person: int, link: int = seeds.MAP) -> FrameLocator:
    """The LMS's page with the tool in its frame. Without cookies the LMS is told in the address who this is."""
    page.goto(f"{lms.url}/courses/{seeds.COURSE}/links/{link}?as={person}")
    return page.frame_locator("iframe.tool")


def tab(frame: FrameLocator, name: str) -> None:
    navigation = frame.get_by_role("navigation", name="Waymark")
    navigation.get_by_role("link", name=name, exact=True).click()
    expect(navigation.locator("[aria-current=page]")).to_have_text(name)
    frame.locator("html[data-ready]").wait_for(state="attached")


def heading(frame: FrameLocator) -> Locator:
    return frame.get_by_role("heading", level=1)


def says_yes(frame: FrameLocator, who: str) -> None:
    """The page that asks whose launch it is, where nothing else can tell."""
    expect(heading(frame)).to_have_text("Is this you?")
    frame.get_by_role("button", name=f"Yes, continue as {who}").click()


def teach(frame: FrameLocator, title: str) -> None:
    """An instructor clicks through their pages and sends a form."""
    for name in ("Criteria mapping", "Class", "Assessments"):
        tab(frame, name)
    frame.get_by_role("link", name="New assessment").click()
    expect(heading(frame)).to_have_text("New assessment")
    frame.get_by_label("Title", exact=True).fill(title)
    for place in range(3):
        frame.locator(f"[name=c-{place}-title]").fill(f"Criterion {place + 1}")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("status").first).to_contain_text(f"“{title}” is made.")


def learn(frame: FrameLocator, title: str) -> None:
    """A student looks around and hands something in."""
    tab(frame, "Where I stand")
    tab(frame, "My work")
    frame.get_by_role("link", name=title).click()
    expect(heading(frame)).to_have_text(title)
    frame.locator("textarea[name=text]").fill("My own words.")
    frame.get_by_role("button", name="Hand in").click()
    expect(frame.get_by_role("status").first).to_contain_text("Your work is handed in.")


def cookies_for(page: Page, lms: Lms) -> list[str]:
    return [str(cookie["name"]) for cookie in page.context.cookies() if cookie["domain"].lstrip(".") == "localhost"]


def no_secret_in_addresses(page: Page, addresses: list[str]) -> None:
    """Nothing in an address that the browser was at opens the session anywhere else."""
    for address in addresses:
        assert "session" not in address
        assert "bearer" not in address


def test_with_all_cookies_blocked_the_lms_vouches_for_the_browser(page: Page, campus: dict[str, Lms]) -> None:
    lms = campus["canvas"]
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers.get("cookie", "")))
    frame = open_tool(page, lms, seeds.TEACHER)
    expect(heading(frame)).to_have_text("Where the class stands")  # nobody was asked anything
    teach(frame, "Essay on sources")
    frame = open_tool(page, lms, seeds.MAPLE)
    expect(heading(frame)).to_have_text("Where you stand")
    learn(frame, "Essay on sources")
    assert page.context.cookies() == []
    assert set(asked) == {""}
    no_secret_in_addresses(page, seen)


def test_in_a_new_window_the_lms_vouches_through_the_window_it_came_from(page: Page, campus: dict[str, Lms]) -> None:
    lms = campus["canvas"]
    page.goto(f"{lms.url}/courses/{seeds.COURSE}?as={seeds.MAPLE}")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open Waymark in a new window").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Where you stand")


def test_where_the_lms_has_no_storage_or_none_that_answers_the_person_is_asked(
    page: Page, campus: dict[str, Lms]
) -> None:
    frame = open_tool(page, campus["moodle"], seeds.TEACHER)
    says_yes(frame, "Tamarack Sample")
    expect(heading(frame)).to_have_text("Where the class stands")
    teach(frame, "Map of licences")
    frame = open_tool(page, campus["moodle"], seeds.MAPLE)
    says_yes(frame, "Maple Example")
    learn(frame, "Map of licences")
    silent = campus["canvas"].served.campus
    silent.storage = "silent"
    try:
        frame = open_tool(page, campus["canvas"], seeds.MAPLE)
        says_yes(frame, "Maple Example")
        expect(heading(frame)).to_have_text("Where you stand")
    finally:
        silent.storage = "post_message_forwarding"


def test_with_third_party_cookies_blocked_a_partitioned_one_carries_the_session(
    without_third_parties: Page, campus: dict[str, Lms]
) -> None:
    lms, page = campus["canvas"], without_third_parties  # Moodle is walked so in tests/browser
    frame = open_tool(page, lms, seeds.TEACHER)
    expect(heading(frame)).to_have_text("Where the class stands")
    teach(frame, "A short film")
    frame = open_tool(page, lms, seeds.MAPLE)
    learn(frame, "A short film")
    assert "__Host-waymark" in cookies_for(page, lms)


def test_axe_finds_nothing_on_the_pages_of_a_launch(page: Page, campus: dict[str, Lms]) -> None:
    wrong: dict[str, list[str]] = {}
    lms = campus["moodle"]

    def look(page: Page, name: str) -> None:
        inside = page.frame(name="tool")
        assert inside is not None
        if found := unsound(page, inside):
            wrong[name] = found

    frame = open_tool(page, lms, seeds.MAPLE)
    expect(heading(frame)).to_have_text("Is this you?")
    look(page, "is this you")
    with page.expect_response("**/start") as answered:
        # stop at the page with the bearer: its onward link would lead on at once
        page.route("**/js/submit.js", lambda route: route.abort())
        frame.get_by_role("button", name="Yes, continue as Maple Example").click()
    assert answered.value.ok
    expect(heading(frame)).to_have_text("Waymark is ready")
    look(page, "ready")
    page.goto(f"{lms.url}/courses/{seeds.COURSE}/add?as={seeds.TEACHER}")
    page.unroute("**/js/submit.js")
    says_yes(page.frame_locator("iframe.tool"), "Tamarack Sample")
    expect(heading(page.frame_locator("iframe.tool"))).to_have_text("Add Waymark to the course")
    look(page, "choose")
    frame = open_tool(page, lms, NOBODY)
    expect(heading(frame)).to_have_text("Is this you?")
    frame.get_by_role("button", name="Yes, continue").click()
    expect(heading(frame)).to_have_text("Welcome to Waymark")
    look(page, "welcome")
    frame.get_by_role("link", name="What Waymark keeps about you").click()
    expect(frame.get_by_text("Nothing is kept about you.")).to_be_visible()
    look(page, "privacy")
    assert wrong == {}
