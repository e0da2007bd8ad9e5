"""A real Chromium that blocks third-party cookies, over the demo's two servers: the sandbox LMS on 127.0.0.1 frames the
tool on localhost, another site to the browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.looking import CHROMIUM, blocking


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests share one campus: on one worker. Without a Chromium they are skipped, never in CI."""
    here = Path(__file__).parent
    missing = CHROMIUM is None and not os.environ.get("CI")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if missing:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM: install it or set LTI_TOOL_CHROMIUM"))


class Browsers:
    """Windows that share nothing, at a size and in a colour scheme, of a browser that blocks third-party cookies."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list[BrowserContext] = []

    def new(self, *, width: int = 1280, dark: bool = False, scripts: bool = True) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return blocking(context.new_page())

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def browsers(browser: Browser) -> Iterator[Browsers]:
    made = Browsers(browser)
    yield made
    made.close()
