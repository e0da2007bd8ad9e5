"""The one HTTP client: every request the tool makes to an address that somebody else chose goes through here.

Time-outs always, a cap on the size of an answer, no proxies, cookies or netrc from the environment, private
addresses refused unless the installation allows them (`kit.addresses`), every redirect checked again.
"""

import json as jsonlib
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from lti_tool.kit.addresses import AddressForbidden, exact_target, guarded_pools
from lti_tool.kit.errors import Unavailable
from lti_tool.kit.urls import clean_url, host_of, request_target, same_server, with_params

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
# A server that drips one byte at a time never trips the read time-out: the whole answer has a limit too.
WHOLE_ANSWER_FACTOR = 3
MAX_BYTES = 10 * 1024 * 1024
MAX_REDIRECTS = 3
POOL_SIZE = 10

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Unreachable(Unavailable):
    """No usable answer came over the network: refused, timed out, broken off, too large, in circles."""

    reason = "unreachable"


class AddressRefused(Unreachable):
    """The URL is one this installation does not connect to; trying again will not help."""

    reason = "address_refused"


class AnswerTooLarge(Unreachable):
    """The answer passed the cap on its size and was dropped."""

    reason = "answer_too_large"


class CertificateWrong(Unreachable):
    """No secure connection: the certificate has expired, is another host's, or there is none."""

    reason = "certificate_wrong"


class NotJson(Unavailable):
    """JSON was expected and something else came."""

    reason = "not_json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` is case-insensitive; `url` is the one that answered, after redirects.

    Header text is what the wire had, read as Latin-1 (as HTTP says); a sender of raw UTF-8 needs decoding
    again. `reason` is the phrase of the status line: some LMSs put their only explanation there.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    reason: str = ""

    @property
    def ok(self) -> bool:
        """A status of 200 to 299."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text in its declared charset, else UTF-8; what cannot be decoded becomes U+FFFD."""
        charset = requests.utils.get_encoding_from_headers(CaseInsensitiveDict(self.headers))
        # requests guesses Latin-1 for any undeclared text/*; the web has moved on to UTF-8.
        declared = "charset" in self.headers.get("content-type", "").lower()
        with suppress(LookupError):
            return self.body.decode(charset if declared and charset else "utf-8", "replace")
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body parsed as JSON, whatever its label says. Raises `NotJson`."""
        try:
            return jsonlib.loads(self.body.decode("utf-8-sig"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            kind = "a web page" if self.body.lstrip()[:1] == b"<" else "something that is not valid JSON"
            raise NotJson(
                f"{host_of(self.url)} answered with {kind} where data was expected (status {self.status}).",
                "Check the address, and whether the site is in maintenance or asks for a login there.",
            ) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@cache
def _user_agent() -> str:
    try:
        return f"Waymark/{version('lti_tool')}"
    except PackageNotFoundError:
        return "Waymark/0"


class _Guard(HTTPAdapter):
    """Puts the guarded connection pools under a requests session."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **_: Any) -> None:
        self.poolmanager = guarded_pools(allow_private=self._allow_private, size=maxsize)


class Http:
    """A pooled client. One per process is enough; it may be shared by threads.

    `allow_private` lets it connect to private and loopback addresses (an LMS in the same network, a demo).
    """

    def __init__(self, *, allow_private: bool = False, user_agent: str | None = None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers = CaseInsensitiveDict(
            {"User-Agent": user_agent or _user_agent(), "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        )
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Guard(allow_private=allow_private)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def get(self, url: str, **options: Any) -> Answer:
        """`send("GET", ...)`."""
        return self.send("GET", url, **options)

    def post(self, url: str, **options: Any) -> Answer:
        """`send("POST", ...)`."""
        return self.send("POST", url, **options)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | bytes | str | None = None,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        timeout: float | tuple[float, float] | None = None,
        max_bytes: int = MAX_BYTES,
        redirects: int = MAX_REDIRECTS,
    ) -> Answer:
        """Send one request and read its whole answer, whatever its status.

        `url` is used byte for byte (only what a URL cannot hold is percent-encoded); `params` are appended to
        its query. `timeout` is the seconds to wait for data, or (connect, data). `data` is a form when a
        mapping. `redirects=0` hands a redirect back as the answer. Raises `Unreachable` or one of its kinds
        for transport trouble.
        """
        connect, read = timeout if isinstance(timeout, tuple) else (CONNECT_SECONDS, timeout or READ_SECONDS)
        deadline = time.monotonic() + connect + read * WHOLE_ANSWER_FACTOR
        send_headers = dict(headers or {})
        body = data.encode() if isinstance(data, str) else data
        if json is not None:
            body = jsonlib.dumps(json, separators=(",", ":")).encode()
            if not any(name.lower() == "content-type" for name in send_headers):
                send_headers["Content-Type"] = "application/json"
        here = with_params(_checked(url), params)
        for hop in range(redirects + 1):
            answer = self._once(method, here, send_headers, body, (connect, read), deadline, max_bytes)
            where = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not where or redirects == 0:
                return answer
            if hop < redirects:
                there = _checked(urljoin(here, where.encode("latin-1", "replace").decode("utf-8", "replace")))
                method, body, send_headers = _redirected(answer, method, body, send_headers, here, there)
                here = there
        raise Unreachable(
            f"{host_of(url)} redirects more than {redirects} times.",
            "Check the address: it may lead in circles.",
        )

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | bytes | None,
        timeout: tuple[float, float],
        deadline: float,
        max_bytes: int,
    ) -> Answer:
        prepared = self._session.prepare_request(requests.Request(method, url, headers=headers, data=body))
        token = exact_target.set(request_target(url))
        try:
            with self._session.send(
                prepared, stream=True, timeout=timeout, allow_redirects=False, verify=True
            ) as response:
                content = _read(response, deadline, max_bytes)
                return Answer(response.status_code, response.headers, content, url, response.reason or "")
        except AddressForbidden as error:
            raise AddressRefused(
                f"{host_of(url)} is on a private network, which this installation does not connect to.",
                "If the LMS really lives there, the operator can set LTI_TOOL_PRIVATE_NETWORKS=allow.",
            ) from error
        except (requests.Timeout, TimeoutError) as error:
            raise Unreachable(
                f"{host_of(url)} did not answer in time.", "It may be busy or down: try again later."
            ) from error
        except requests.exceptions.SSLError as error:
            raise CertificateWrong(
                f"The secure connection to {host_of(url)} failed.", "Check the certificate of that server."
            ) from error
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise Unreachable(
                f"{host_of(url)} could not be reached.", "Check the address, and that the server is running."
            ) from error
        finally:
            exact_target.reset(token)


def _read(response: requests.Response, deadline: float, max_bytes: int) -> bytes:
    """The decoded body, at most `max_bytes`, as far as it comes before the deadline."""
    too_large = AnswerTooLarge(
        f"The answer of {host_of(response.url)} is larger than {max_bytes:,} bytes.",
        "Ask for less at a time.",
    )
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise too_large
    pieces: list[bytes] = []
    size = 0
    # read1 returns what has come so far, so the deadline is looked at even while a server drips.
    while piece := response.raw.read1(65536, decode_content=True):
        size += len(piece)
        if size > max_bytes:
            raise too_large
        if time.monotonic() > deadline:
            raise TimeoutError
        pieces.append(piece)
    return b"".join(pieces)


def _redirected(
    answer: Answer,
    method: str,
    body: Mapping[str, Any] | bytes | None,
    headers: dict[str, str],
    here: str,
    there: str,
) -> tuple[str, Mapping[str, Any] | bytes | None, dict[str, str]]:
    """How to go on after a redirect, without handing secrets to somebody else."""
    if here.startswith("https:") and not there.startswith("https:"):
        raise AddressRefused(f"{host_of(here)} redirects from https to plain http.", "Use its https address.")
    if answer.status == 303 and method != "HEAD":
        method, body = "GET", None
    if method not in ("GET", "HEAD") and (answer.status in (301, 302) or not same_server(here, there)):
        # Followed as browsers do, a post would become a read without its content; say where to post instead.
        target = urlsplit(there)
        raise Unreachable(
            f"{host_of(here)} sends what is posted there on to {target.scheme}://{target.netloc}.",
            "Use that address in the connection's settings.",
        )
    if not same_server(here, there):
        headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    return method, body, headers


def _checked(url: str) -> str:
    cleaned = clean_url(url)
    if cleaned is None:
        raise AddressRefused("The address is not a web address (http or https).", "Check the address.")
    return cleaned
