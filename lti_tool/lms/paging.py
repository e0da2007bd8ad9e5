"""Lists that come in pages: the Link header as LMSs really write it, its URLs opaque."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import urljoin

from lti_tool.kit.http import Answer
from lti_tool.kit.urls import host_of
from lti_tool.lms.faults import OddAnswer

MAX_PAGES = 500

_LINK = re.compile(r"<([^>]*)>((?:[^,\"]|\"[^\"]*\")*)")
_REL = re.compile(r"(?i);\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))")
_CURLY = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"'})


def links(header: str) -> Mapping[str, str]:
    """The URLs of a Link header by their (lower-case) relation.

    The header is taken as HTTP libraries hand it over, in Latin-1. Moodle writes it in UTF-8, with curly
    quotes round the relation and `&amp;` in the URLs; nothing else in a URL is touched, its case least of
    all.
    """
    with suppress(UnicodeError):
        header = header.encode("latin-1").decode("utf-8")
    found: dict[str, str] = {}
    for url, params in _LINK.findall(header.translate(_CURLY)):
        relation = _REL.search(params)
        for name in (relation.group(1) or relation.group(2) or "").split() if relation else ():
            found.setdefault(name.lower(), url.strip().replace("&amp;", "&"))
    return found


def next_page(answer: Answer) -> str | None:
    """The URL of the page after this one, or None on the last."""
    url = links(answer.headers.get("link", "")).get("next")
    return urljoin(answer.url, url) if url else None


def pages(fetch: Callable[[str], Answer], first: str, *, most: int = MAX_PAGES) -> Iterator[Answer]:
    """Each page from `first` on, following `next` byte for byte.

    Raises `OddAnswer` when pages lead in a circle, to plain http from https (a token would travel in the
    clear), or number more than `most`.
    """
    seen: set[str] = set()
    url: str | None = first
    while url is not None:
        if url in seen or len(seen) >= most:
            raise OddAnswer(f"{host_of(first)} sends a list whose pages do not end.", "Tell the LMS's administrator.")
        if first.startswith("https:") and not url.startswith("https:"):
            raise OddAnswer(
                f"{host_of(first)} continues a list at an address without https.",
                "Ask the LMS's administrator to set the site's address to https.",
            )
        seen.add(url)
        answer = fetch(url)
        yield answer
        url = next_page(answer)
