"""Texts from elsewhere: HTML to plain text, and the order that people expect of codes."""

import html
import re

import nh3

_NAMES = (
    "a|abbr|b|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|iframe|img|li|ol|p|pre|s|script|"
    "small|span|strong|style|sub|sup|svg|table|tbody|td|th|thead|tr|u|ul|object|embed|form|input|link|meta|video"
)
_ATTRIBUTE = r"""\s+[a-zA-Z_:][\w:.-]*(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"']+))?"""
_TAG = re.compile(rf"</?(?:{_NAMES})(?:{_ATTRIBUTE})*\s*/?>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/li|/div|/tr|/h[1-6]|/ul|/ol|/table|/blockquote|hr)\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_MANY_BLANK = re.compile(r"\n\s*\n\s*")
_DIGITS = re.compile(r"(\d+)")


# A text that is HTML shows it early; looking at all of a hostile megabyte would take seconds.
_LOOK = 20_000


def is_html(text: str) -> bool:
    """Whether a text holds HTML tags or entities. Markdown, LaTeX and "a < b" do not count."""
    return _has_tag(text) or ("&" in text and _ENTITY.search(text, 0, _LOOK) is not None)


def _has_tag(text: str) -> bool:
    return "<" in text and ">" in text and _TAG.search(text, 0, _LOOK) is not None


def to_plain(text: str) -> str:
    """The words of an HTML fragment, blocks on lines of their own, no scripts; plain text stays as it is."""
    if not is_html(text):
        return text
    if not _has_tag(text):
        return _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    marked = _CELL.sub(" ", _BREAK.sub("\n", text))
    words = html.unescape(nh3.clean(marked, tags=set()))
    lines = (" ".join(line.split()) for line in words.replace("\u00a0", " ").splitlines())
    return _MANY_BLANK.sub("\n", "\n".join(lines)).replace("\x00", "").strip()


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts "1.10" after "1.9" and "K2" before "K10"."""
    parts = _DIGITS.split(text[:120].casefold())
    # Digits beyond 18 would be slow to turn into a number and sort by length just as well.
    return tuple(
        (0, int(part[:18]) if part.isascii() else 0, part) if number % 2 else (1, 0, part)
        for number, part in enumerate(parts)
        if part
    )


def shorten(text: str, most: int) -> str:
    """At most `most` characters, cut with an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
