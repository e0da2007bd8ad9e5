"""Text from an LMS made plain: its HTML is hostile, and some of its characters no database takes."""

import html
import re

import nh3

_BREAKS = re.compile(r"(?i)<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>")
# Control characters but tab and newline, and the halves of a broken surrogate pair: PostgreSQL and UTF-8
# refuse them.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\u00a0]+")
_GAPS = re.compile(r" *\n *(?:\n *)+")


def tidy(text: str) -> str:
    """The text without what cannot be stored, its line ends unified and its outer space gone."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def plain(text: str) -> str:
    """The words of a piece of HTML (or of plain text with stray markup), one blank line at most in a row.

    Scripts and styles go with their content; a `<` that opens no tag stays.
    """
    cleaned = tidy(text)
    if "<" in cleaned or "&" in cleaned:
        cleaned = html.unescape(nh3.clean(_BREAKS.sub("\n", cleaned), tags=set()))
    return tidy(_GAPS.sub("\n\n", _SPACES.sub(" ", cleaned)))
