"""An administrator connects an LMS in a real browser: the invitation, the address, and the LMS's own frame, which the
registration closes. Looked at on phones and screens, light and dark, with axe."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch import invitations, service
from lti_tool.launch.invitations import Purpose
from lti_tool.sandbox import Served, build_app, registration, serve_in_thread
from lti_tool.sandbox.keys import KeyRing
from tests.browser.conftest import Browsers
from tests.looking import unsound
from tests.walks import seeds
from tests.walks.campus import KEYS, Tool
from tests.walks.databases import sqlite_database

__all__ = ["sqlite_database"]


@pytest.fixture(scope="module")
def tool(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as running:
        yield running


@pytest.fixture(scope="module")
def moodle() -> Iterator[Served]:
    served = serve_in_thread(build_app(seeds.seed(seeds.course()), temper="moodle", keys=KeyRing(list(KEYS.keys))))
    yield served
    served.stop()


def invite(tool: Tool, purpose: Purpose, **more: Any) -> str:
    with tool.app.app_context(), writing(db.session()) as session, everywhere(session):
        owner = service.the_institution(session, "Example College", clock.now())
        given: dict[str, Any] = {"days": 7, "made_by": "Quince Sample"} | more
        return invitations.invite(session, owner, purpose, clock.now(), **given)[0]


def looked_at(page: Page, name: str, shots: Path | None) -> None:
    """Axe finds nothing, nothing is wider than the window, on a phone in light and on a screen in dark."""
    assert unsound(page) == [], name
    if shots is not None:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(shots / f"{name}-{width}.png"), full_page=True)


def test_from_the_invitation_to_the_lms_that_closes_its_frame(tool: Tool, moodle: Served, browsers: Browsers) -> None:
    shots = Path(os.environ["SHOTS"]) if "SHOTS" in os.environ else None
    page = browsers.new()
    page.goto(f"{tool.url}/invitation?token={invite(tool, Purpose.ADMINISTRATOR)}")
    looked_at(page, "invited", shots)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connections")
    page.goto(f"{tool.url}/admin/invitations")
    looked_at(page, "none-yet", shots)
    page.get_by_role("button", name="Make an address").click()
    field = page.get_by_label("Registration address")
    address = field.input_value()
    assert address.startswith(f"{tool.url}/lti/register?invitation=")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("[data-copy-said]")).to_have_text("Copied.")
    looked_at(page, "address", shots)

    lms = page.context.new_page()  # where the LMS's administrator pastes it
    lms.request.post(f"{moodle.base_url}/become", form={"person": str(seeds.ADMIN)})
    lms.goto(f"{moodle.base_url}/admin")
    lms.get_by_label("The tool's registration address").fill(address)
    lms.get_by_role("button", name="Register").click()
    lms.get_by_role("button", name="Switch on Waymark").click()  # the LMS heard that it may close the frame
    assert [one.active for one in moodle.campus.tools.values()] == [True]
    page.reload()
    expect(page.get_by_text(f"{moodle.base_url} registered with it on")).to_be_visible()
    looked_at(page, "used", shots)
    # the pages that the LMS frames, as pages of their own, where axe can look at them
    secret = invite(tool, Purpose.REGISTER)
    page.goto(f"{tool.url}/lti/register?invitation={secret}")
    looked_at(page, "not-from-lms", shots)
    page.goto(registration.start(moodle.campus, f"{tool.url}/lti/register?invitation={secret}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Waymark is registered")
    page.get_by_role("button", name="Back to the LMS").click()
    expect(page.locator("[data-close-said]")).to_have_text("You can close this page and go back to the LMS.")
    looked_at(page, "registered", shots)
