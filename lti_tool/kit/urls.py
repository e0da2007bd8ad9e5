"""URLs taken apart and put together by parsing, never by joining text: an LMS's may carry a query string."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit, urlunsplit

# What a URL may hold as it is; `%` too, since what is already encoded stays byte for byte.
_SAFE = "%:/?#[]@!$&'()*+,;=-._~|"


def clean_url(url: str) -> str | None:
    """The URL as it can go on the wire, or None when it is no http(s) address of a host.

    Only what a URL cannot hold (spaces, non-ASCII text) is percent-encoded, as UTF-8; everything else stays
    byte for byte. The fragment goes. A URL with a user name or password in it is no address.
    """
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "\\" in parts.netloc:
        return None
    path, query = quote(parts.path, safe=_SAFE), quote(parts.query, safe=_SAFE)
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def with_params(url: str, params: Mapping[str, Any] | None) -> str:
    """The URL with `params` appended to the query it has; a parameter that is None is left out."""
    extra = urlencode({name: value for name, value in (params or {}).items() if value is not None}, doseq=True)
    if not extra:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{extra}" if parts.query else extra))


def below(url: str, step: str) -> str:
    """The URL one step down its path, its query kept: `below(".../lineitem?type_id=1", "scores")`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{step}"))


def request_target(url: str) -> str:
    """Path and query as they stand on the request line."""
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))


def host_of(url: str) -> str:
    """The host's name, for people; "The server" where there is none."""
    try:
        return urlsplit(url).hostname or "The server"
    except ValueError:
        return "The server"


def same_server(one: str, other: str) -> bool:
    """Whether two URLs are of the same server; http and https on their usual ports count as one."""
    first, second = urlsplit(one), urlsplit(other)
    return first.hostname == second.hostname and (
        _port(first) == _port(second) or {_port(first), _port(second)} == {80, 443}
    )


def _port(parts: SplitResult) -> int | None:
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
