"""What every test in a real browser shares: which Chromium, and what is wrong with the page that is open in it."""

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Frame, Page

from lti_tool.settings import ROOT
from scripts.chromium import find, find_shell

CHROMIUM = find()
SHELL = find_shell()
AXE = ROOT / "lti_tool" / "web" / "static" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM: nobody looked at these pages in a browser"),
    pytest.mark.skipif(not AXE.is_file(), reason="NO AXE: run scripts/assets.py --dev"),
]
"""`pytestmark` of a module that opens pages."""
SETTLED = """Promise.allSettled(document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().iterations !== Infinity)
    .map((each) => each.finished)).then(() => 0)"""


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8") + ";0"


def violations(place: Page | Frame, *, apart_from: str = "") -> list[str]:
    """What axe finds wrong, a line for each rule with the first element; `apart_from` is a CSS selector. Passes are
    not described: that takes longer than looking."""
    place.evaluate(SETTLED)  # a colour on its way to another is nobody's fault
    place.evaluate(_axe())
    context: dict[str, Any] = {"include": [["html"]]} | ({"exclude": [[apart_from]]} if apart_from else {})
    options = {"runOnly": RULES, "resultTypes": ["violations"], "iframes": False}
    found = place.evaluate(
        "([context, options]) => axe.run(context, options).then((r) => r.violations)", [context, options]
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def scrolls_sideways(place: Page | Frame) -> bool:
    return bool(place.evaluate("document.documentElement.scrollWidth > innerWidth"))
