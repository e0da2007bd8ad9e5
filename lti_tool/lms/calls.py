"""Calls to an LTI service with a bearer token, and what its answers mean in words."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, Http
from lti_tool.kit.log import get_logger
from lti_tool.kit.urls import host_of
from lti_tool.lms.faults import AccessDenied, LmsDown, NotThere, OddAnswer, RequestRefused, Throttled, is_throttled
from lti_tool.lms.pace import Pace
from lti_tool.lms.text import tidy
from lti_tool.lms.tokens import AccessTokens, TokenDoor

log = get_logger(__name__)

SHORTEST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


class Calls:
    """One platform's services. The token is asked for by scope, and renewed once when the LMS refuses it. `pace` is
    shared by all of a process: an LMS that asked to slow down is left alone until it has had its time."""

    def __init__(self, http: Http, tokens: AccessTokens, door: TokenDoor, pace: Pace | None = None) -> None:
        self._http, self._tokens, self._door = http, tokens, door
        self._pace = pace or Pace()

    def granted(self, *scopes: str) -> str:
        """The first of `scopes` that the platform grants (the last when it never said what it grants)."""
        known = self._door.granted
        return next((scope for scope in scopes if known is not None and scope in known), scopes[-1])

    def send(
        self,
        method: str,
        url: str,
        *,
        scopes: Iterable[str],
        now: datetime,
        accept: str | None = None,
        content_type: str | None = None,
        json: Any = None,
    ) -> Answer:
        """One call, whatever the answer's status. Raises a `Fault` when no token or no answer can be had, and Throttled
        while the LMS wants to be left alone."""
        platform_id = self._door.platform_id
        self._pace.check(platform_id, host_of(url), now)
        try:
            answer = self._sent(method, url, tuple(scopes), now, accept, content_type, json)
        except Throttled as asked:  # the token door
            self._pace.slow(platform_id, now + asked.after)
            raise
        if is_throttled(answer):
            self._pace.slow(platform_id, now + retry_after(answer))
        return answer

    def _sent(
        self,
        method: str,
        url: str,
        wanted: tuple[str, ...],
        now: datetime,
        accept: str | None,
        content_type: str | None,
        json: Any,
    ) -> Answer:
        headers = {"Accept": accept} if accept else {}
        headers |= {"Content-Type": content_type} if content_type else {}
        token = self._tokens.token(self._door, wanted, now=now)
        answer = self._http.send(method, url, headers=headers | {"Authorization": f"Bearer {token}"}, json=json)
        if answer.status == 401:
            token = self._tokens.renewed(self._door, wanted, refused=token, now=now)
            answer = self._http.send(method, url, headers=headers | {"Authorization": f"Bearer {token}"}, json=json)
        return answer

    def fetcher(self, *, scopes: Iterable[str], now: datetime, accept: str, what: str) -> Callable[[str], Answer]:
        """A function that reads one page and raises the `Fault` its refusal means; `what` names it in the
        words.
        """
        wanted = tuple(scopes)

        def fetch(url: str) -> Answer:
            return accepted(self.send("GET", url, scopes=wanted, now=now, accept=accept), what)

        return fetch


def accepted(answer: Answer, what: str) -> Answer:
    """The answer itself if its status is good, else the `Fault` it means; `what` is like `its list`."""
    if not answer.ok:
        raise refusal(answer, what)
    return answer


def refusal(answer: Answer, what: str) -> Fault:
    """What a status outside 200 to 299 means."""
    host = host_of(answer.url)
    if is_throttled(answer):
        return Throttled(f"{host} asks to slow down.", "It is tried again later.", retry_after(answer))
    if answer.status in (401, 403):
        return AccessDenied(
            f"{host} does not allow this tool to use {what} (status {answer.status}).",
            "Ask the LMS's administrator to allow the service for this tool, and check that the tool is still active.",
        )
    if answer.status >= 500:
        return LmsDown(
            f"{host} failed with {what} (status {answer.status}).",
            "Try again later; if it stays, tell the LMS's administrator.",
        )
    if is_page(answer):
        return OddAnswer(
            f"{host} answered with a web page for {what} (status {answer.status}).",
            "Try again later; if it stays, check the address and tell the LMS's administrator.",
        )
    if answer.status in (404, 410):
        return NotThere(f"{host} does not have {what} (any more).", "It may have been deleted in the LMS.")
    said = tidy(answer.reason)[:120]
    log.warning("lms.refused", host=host, path=urlsplit(answer.url).path, status=answer.status)
    return RequestRefused(
        f"{host} refused a request for {what} (status {answer.status}{f': {said}' if said else ''}).",
        "Tell whoever looks after this tool; its log has the details.",
    )


def is_page(answer: Answer) -> bool:
    """Whether a web page came, whatever its label says."""
    return answer.body.lstrip()[:1] == b"<"


def retry_after(answer: Answer) -> timedelta:
    """How long to wait by `Retry-After` (seconds or a date), within half a minute and an hour."""
    said = answer.headers.get("retry-after", "").strip()
    wait = SHORTEST_WAIT
    if said.isdigit():
        wait = timedelta(seconds=min(int(said), 86_400))
    elif (until := http_date(said)) and (sent := http_date(answer.headers.get("date", ""))):
        wait = until - sent
    return max(SHORTEST_WAIT, min(wait, LONGEST_WAIT))


def http_date(text: str) -> datetime | None:
    """A date of an HTTP header, aware; None when it is none."""
    try:
        stamp = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return stamp if stamp.tzinfo else None
