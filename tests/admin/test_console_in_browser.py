"""The console in a real Chromium: a check that is asked for shows its result by itself, and every page passes axe."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.looking import NEEDED, unsound
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool

pytestmark = [*NEEDED, pytest.mark.xdist_group("console")]


@pytest.fixture(scope="module")
def lms(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    """A Moodle with a class list that cannot be read, a deployment that waits, and a second LMS beside it."""
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as tool:
        moodle = tool.add_lms(seeds.seed(seeds.course()), "moodle")
        tool.add_lms(seeds.seed(seeds.course()), "canvas")
        admin = moodle.be(seeds.ADMIN)
        admin.enter(seeds.COURSE, seeds.MAP)
        steps.connect(moodle, admin)
        with moodle.fault(nrps="403"):
            moodle.be(seeds.TEACHER).enter(seeds.COURSE, seeds.MAP)
            tool.sweep()
        moodle.registered.deployment_id, old = "99", moodle.registered.deployment_id
        moodle.be(seeds.MAPLE).enter(seeds.COURSE, seeds.MAP)
        moodle.registered.deployment_id = old
        admin.do("/admin/keys/rotate")
        admin.do("/admin/invitations", {"days": "7"})
        yield moodle


def opened(browser: Browser, lms: Lms) -> Page:
    """The administrator's session in this browser; the policy of scripts gives way to axe."""
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(20_000)
    cookies = lms.be(seeds.ADMIN).session.cookies
    context.add_cookies(
        [{"name": each.name, "value": str(each.value), "url": "https://localhost", "secure": True} for each in cookies]
    )
    return context.new_page()


def test_a_check_is_pressed_and_its_findings_come_by_themselves(browser: Browser, lms: Lms) -> None:
    page = opened(browser, lms)
    page.goto(f"{lms.tool.url}/admin/connections")
    expect(page.get_by_role("heading", name="Connections")).to_be_visible()
    with lms.fault(nrps="403"):
        page.get_by_role("button", name="Check it now").first.click()
        expect(page.get_by_role("status").filter(has_text="Checking now.")).to_be_visible()
        lms.tool.sweep()
        expect(page.get_by_role("heading", name="Class lists")).to_be_visible()
    expect(page.get_by_text("does not let Waymark see the class list")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Checking now.")).to_have_count(0)
    page.get_by_role("button", name="Check again").click()
    lms.tool.sweep()
    expect(page.get_by_text("Works, tried in “Digital practice”.").first).to_be_visible()
    page.context.close()


def test_every_page_of_the_console_passes_axe_at_each_width_and_in_both_schemes(browser: Browser, lms: Lms) -> None:
    addresses = [
        "/admin/connections",
        f"/admin/platforms/{lms.platform_id}",
        "/admin/invitations",
        "/admin/deliveries",
        "/admin/keys",
        "/admin/audit",
    ]
    page = opened(browser, lms)
    for address in addresses:
        page.goto(lms.tool.url + address)
        expect(page.get_by_role("navigation", name="Administration")).to_be_visible()
        assert unsound(page) == [], address
    page.context.close()
