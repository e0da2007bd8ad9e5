"""What every test in a real browser shares: which Chromium, and what is wrong with the page that is open in it."""

from functools import cache
from typing import Any, Literal

import pytest
from playwright.sync_api import Frame, Page

from lti_tool.settings import ROOT
from scripts.chromium import find, find_shell

CHROMIUM = find()
SHELL = find_shell()
AXE = ROOT / "lti_tool" / "web" / "static" / "vendor" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

LOOKS: dict[int, Literal["light", "dark"] | None] = {390: "light", 820: None, 1280: "dark"}

NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM: nobody looked at these pages in a browser"),
    pytest.mark.skipif(not AXE.is_file(), reason="NO AXE: run scripts/assets.py --dev"),
]
"""`pytestmark` of a module that opens pages."""
SETTLED = """Promise.allSettled(document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().iterations !== Infinity)
    .map((each) => each.finished)).then(() => 0)"""


def blocking(page: Page) -> Page:
    """The page, once it blocks third-party cookies as browsers do in life: the engine's own rule and switch."""
    switches = {"enableThirdPartyCookieRestriction": True}
    no_exceptions = {"disableThirdPartyCookieMetadata": True, "disableThirdPartyCookieHeuristics": True}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCookieControls", {**switches, **no_exceptions})
    return page


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8") + ";0"


def violations(place: Page | Frame, *, apart_from: str = "") -> list[str]:
    """What axe finds wrong, a line for each rule with the first element; `apart_from` is a CSS selector. Passes are not
    described: that takes longer than looking."""
    place.evaluate(SETTLED)  # a colour on its way to another is nobody's fault
    if not place.evaluate("'axe' in window"):
        place.evaluate(_axe())
    context: dict[str, Any] = {"include": [["html"]]} | ({"exclude": [[apart_from]]} if apart_from else {})
    options = {"runOnly": TAGS, "resultTypes": ["violations"], "iframes": False}
    asked = "([context, options]) => axe.run(context, options).then((r) => r.violations)"
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in place.evaluate(asked, [context, options])]


def scrolls_sideways(place: Page | Frame) -> bool:
    return bool(place.evaluate("document.documentElement.scrollWidth > innerWidth"))


def unsound(page: Page, inside: Frame | None = None) -> list[str]:
    """What is wrong with the page, or with the frame inside it, on a phone in light and on a screen in dark, by
    axe; and on a tablet too whether anything scrolls sideways."""
    place, wrong = inside or page, []
    for width, scheme in LOOKS.items():
        page.set_viewport_size({"width": width, "height": 900})
        if scheme is not None:
            page.emulate_media(color_scheme=scheme)
            wrong += [f"at {width}: {each}" for each in violations(place)]
        wrong += [f"at {width}: scrolls sideways"] * scrolls_sideways(place)
    return wrong
