"""A real Chromium that blocks third-party cookies, over the demo's two servers: the sandbox LMS on 127.0.0.1 frames the
tool on localhost, another site to the browser."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from lti_tool.settings import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
from chromium import find

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
BLOCKING = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests share one campus: on one worker. Without a Chromium they are skipped, never in CI."""
    here = Path(__file__).parent
    missing = find() is None and not os.environ.get("CI")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if missing:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM: install it or set LTI_TOOL_CHROMIUM"))


class Browsers:
    """Fresh profiles, each with third-party cookies blocked, at a size and in a colour scheme."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.playwright, self.folder, self.open = playwright, folder, 0
        self.contexts: list[BrowserContext] = []

    def new(self, *, width: int = 1280, dark: bool = False, scripts: bool = True) -> Page:
        profile = self.folder / f"profile-{self.open}"
        (profile / "Default").mkdir(parents=True)
        (profile / "Default" / "Preferences").write_text(json.dumps(BLOCKING))
        self.open += 1
        context = self.playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=find(),
            headless=True,
            args=ARGS,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return context.pages[0]

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def browsers(playwright: Playwright, tmp_path: Path) -> Iterator[Browsers]:
    made = Browsers(playwright, tmp_path)
    yield made
    made.close()
