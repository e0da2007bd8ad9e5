"""Calls to Canvas's REST interface: one at a time for each token, slower when Canvas asks for it.

Canvas meters by a leaky bucket for each token and charges parallel requests 50 units up front, so requests
queue here. It says "slow down" by 429 or by a 403 with `Rate Limit Exceeded`.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from lti_tool.kit.http import Answer, Http
from lti_tool.kit.urls import clean_url, host_of, with_params
from lti_tool.lms import wire
from lti_tool.lms.calls import refusal, retry_after
from lti_tool.lms.faults import AccessDenied, Throttled, TokenRejected, is_throttled
from lti_tool.lms.paging import pages

API = "/api/v1"
PER_PAGE = 100
TRIES = 5
READ_SECONDS = 60.0
LOW_WATER = 100.0
"""Units left in the bucket (of 700 by default) below which each request waits a second first."""
# Ids of large Canvas sites pass what JavaScript-minded JSON holds exactly; as text they are safe everywhere.
ACCEPT = "application/json+canvas-string-ids, application/json"

_locks: dict[str, threading.Lock] = {}


class CanvasCalls:
    """One Canvas site and an access token for it. `pause` waits some seconds."""

    def __init__(self, http: Http, base_url: str, token: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._http, self._token, self._pause = http, token, pause
        base = (clean_url(base_url) or base_url).split("?", 1)[0].rstrip("/").removesuffix(API)
        self.base_url = base
        digest = hashlib.sha256(f"{base} {token}".encode()).hexdigest()
        self._lock = _locks.setdefault(digest, threading.Lock())

    def rows(self, *steps: str, what: str, **params: Any) -> Iterator[Any]:
        """Every row of a list, all pages, their URLs followed byte for byte.

        `steps` are the parts of the path below the interface's root; `what` names the list in a fault's
        words.
        """
        path = "/".join(quote(step, safe=":") for step in steps)
        first = with_params(f"{self.base_url}{API}/{path}", {"per_page": PER_PAGE} | params)
        for page in pages(lambda url: self.get(url, what), first):
            rows = page.json()
            if not isinstance(rows, list):
                raise wire.odd(page.url, "the whole answer")
            yield from rows

    def get(self, url: str, what: str) -> Answer:
        """One answer of status 200. Raises the `Fault` that another status means, after waiting out
        throttling.
        """
        headers: Mapping[str, str] = {"Authorization": f"Bearer {self._token}", "Accept": ACCEPT}
        with self._lock:
            for turn in range(TRIES):
                answer = self._http.send("GET", url, headers=headers, timeout=READ_SECONDS)
                if not is_throttled(answer):
                    break
                self._pause(_wait(answer, turn))
            else:
                raise Throttled(
                    f"{host_of(url)} keeps asking to slow down.",
                    "Read this course later, or fewer courses at a time.",
                    retry_after(answer),
                )
            if _left(answer) < LOW_WATER:
                self._pause(1.0)
        if answer.status == 401:
            raise _unauthorised(answer, what)
        if not answer.ok:
            raise refusal(answer, what)
        return answer


def _wait(answer: Answer, turn: int) -> float:
    """Seconds before the next try: what Canvas says, else 1, 2, 4, ..."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), 60.0) if said.isdigit() else float(2**turn)


def _left(answer: Answer) -> float:
    with suppress(ValueError):
        return float(answer.headers.get("x-rate-limit-remaining", "inf"))
    return float("inf")


def _unauthorised(answer: Answer, what: str) -> Exception:
    """Canvas says 401 for two things; only a token that is no good comes with `WWW-Authenticate`."""
    host = host_of(answer.url)
    if "www-authenticate" in answer.headers:
        return TokenRejected(
            f"{host} does not take the token of this connection any more.",
            "Connect to Canvas again; the token may have expired or been revoked.",
        )
    return AccessDenied(
        f"The account of this connection may not read {what} on {host}.",
        "Add the account to the course as a teacher, or give its role the right to read it.",
    )
