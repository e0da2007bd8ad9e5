"""Access tokens for the LTI services: client credentials with a signed assertion (1EdTech Security
Framework 1.0, 4.1).

Ask outside a request where you can: an LMS fetches our keys while we wait, so a tool with a single thread
would wait for itself.
"""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from lti_tool.kit.http import Answer, Http, NotJson
from lti_tool.kit.urls import host_of
from lti_tool.lms import wire
from lti_tool.lms.faults import (
    ClientUnknown,
    ClocksDiffer,
    KeysUnreachable,
    KeyUnknown,
    LmsDown,
    OddAnswer,
    RequestRefused,
    ScopeNotGranted,
    Throttled,
    TokenRefused,
    is_throttled,
)

LINE_ITEMS = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEMS_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULTS_READ = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORES = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
MEMBERS_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RENEW_BEFORE = timedelta(seconds=60)
# Moodle allows no leeway on `iat`: three seconds ahead of its clock and it refuses.
CLOCK_BACK = timedelta(seconds=30)
ASSERTION_LIFE = timedelta(seconds=120)
ASKING = timedelta(seconds=30)
"""The longest that one process may take to get a token while the others wait; an LMS that is asked has 25 s."""
POLL = 0.1
"""Seconds between two looks whether another process has the token by now."""
UNSTATED_LIFE = timedelta(seconds=300)
LONGEST_LIFE = timedelta(hours=24)

_KEY_TROUBLE = re.compile(r"(?i)\bkid\b|signature|jwk|key for this algorithm|public key")
_CLOCK_TROUBLE = re.compile(r"(?i)expired|\biat\b|\bnbf\b|\bexp\b")


@dataclass(frozen=True, slots=True)
class TokenDoor:
    """Where a platform gives tokens. `granted` are the scopes it allows this tool; None when it never said.

    `audience` is what the platform wants as `aud` where that is not its token URL.
    """

    platform_id: int
    client_id: str
    token_url: str
    audience: str | None = None
    granted: frozenset[str] | None = None


class TokenKey(NamedTuple):
    """What a token is kept under: the registration and the scopes, sorted, one space between."""

    platform_id: int
    scopes: str


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `value` is a secret and stays out of `repr`."""

    value: str = field(repr=False)
    expires_at: datetime


class TokenStore(Protocol):
    """Keeps tokens between calls. Shared by threads and processes; a lost token only costs a request."""

    def get(self, key: TokenKey) -> Token | None: ...
    def put(self, key: TokenKey, token: Token) -> None:
        """Keep a token; whoever was asking for it asks no more."""

    def drop(self, key: TokenKey, refused: str) -> None:
        """Forget the token with this value, and no other one."""

    def claim(self, key: TokenKey, now: datetime, until: datetime) -> bool:
        """May the caller ask the LMS? False while somebody else does, at most until what they claimed."""

    def release(self, key: TokenKey) -> None:
        """The caller got no token: somebody else may ask."""


class MemoryTokens:
    """A `TokenStore` for one process, whose threads wait for each other anyway."""

    def __init__(self) -> None:
        self._tokens: dict[TokenKey, Token] = {}

    def get(self, key: TokenKey) -> Token | None:
        return self._tokens.get(key)

    def put(self, key: TokenKey, token: Token) -> None:
        self._tokens[key] = token

    def drop(self, key: TokenKey, refused: str) -> None:
        if (kept := self._tokens.get(key)) and kept.value == refused:
            del self._tokens[key]

    def claim(self, _key: TokenKey, _now: datetime, _until: datetime) -> bool:
        return True

    def release(self, key: TokenKey) -> None:
        pass


class AccessTokens:
    """Tokens by platform and scopes, fetched when there is none, kept until a minute before they expire.

    `sign` turns claims into a compact JWT under one of our published keys.
    """

    def __init__(self, http: Http, store: TokenStore, sign: Callable[[Mapping[str, Any]], str]) -> None:
        self._http, self._store, self._sign = http, store, sign
        self._locks: dict[TokenKey, threading.Lock] = {}

    def token(self, door: TokenDoor, scopes: Iterable[str], *, now: datetime) -> str:
        """A token that is good for `scopes`. Raises a `Fault` that says what to change."""
        key = _key(door, scopes)
        with self._locks.setdefault(key, threading.Lock()):
            return self._kept(key, now) or self._asked_once(door, key, now)

    def renewed(self, door: TokenDoor, scopes: Iterable[str], *, refused: str, now: datetime) -> str:
        """A token other than `refused`, which the LMS did not take; another may have renewed it meanwhile."""
        self._store.drop(_key(door, scopes), refused)
        return self.token(door, scopes, now=now)

    def _kept(self, key: TokenKey, now: datetime) -> str | None:
        kept = self._store.get(key)
        return kept.value if kept and kept.expires_at - RENEW_BEFORE > now else None

    def _asked_once(self, door: TokenDoor, key: TokenKey, now: datetime) -> str:
        """Ask the LMS, or wait for the process that is asking it now."""
        began = time.monotonic()
        while True:
            at = now + timedelta(seconds=time.monotonic() - began)
            if self._store.claim(key, at, at + ASKING):
                break
            time.sleep(POLL)
            if found := self._kept(key, now):
                return found
        if found := self._kept(key, now):  # it came between the look and the claim
            self._store.release(key)
            return found
        try:
            token = self._ask(door, key.scopes, at)
        except BaseException:
            self._store.release(key)
            raise
        self._store.put(key, token)
        return token.value

    def _ask(self, door: TokenDoor, scopes: str, now: datetime) -> Token:
        issued = int((now - CLOCK_BACK).timestamp())
        claims = {
            "iss": door.client_id,
            "sub": door.client_id,
            "aud": door.audience or door.token_url,
            "iat": issued,
            "exp": int((now + ASSERTION_LIFE).timestamp()),
            "jti": uuid.uuid4().hex,
        }
        answer = self._http.send(
            "POST",
            door.token_url,
            headers={"Accept": "application/json"},
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self._sign(claims),
                "scope": scopes,
            },
        )
        return read_grant(answer, scopes, now=now)


def _key(door: TokenDoor, scopes: Iterable[str]) -> TokenKey:
    wanted = set(scopes)
    missing = wanted - door.granted if door.granted is not None else set()
    if missing or not wanted:
        raise _not_granted(door.token_url, missing)
    return TokenKey(door.platform_id, " ".join(sorted(wanted)))


def read_grant(answer: Answer, scopes: str, *, now: datetime) -> Token:
    """The token in a token endpoint's answer, or the `Fault` that its refusal means."""
    try:
        said = answer.json()
    except NotJson:
        raise _refusal_in_text(answer) from None
    if not answer.ok or not isinstance(said, dict) or "access_token" not in said:
        error = said if isinstance(said, dict) else {}
        raise _refusal(answer, str(error.get("error", "")), str(error.get("error_description", "")))
    grant = wire.parse(wire.TokenWire, said, answer.url)
    # Moodle drops in silence what the tool may not have, and grants the rest.
    missing = set(scopes.split()) - set(grant.scope.split()) if grant.scope else set()
    if missing:
        raise _not_granted(answer.url, missing)
    life = timedelta(seconds=grant.expires_in) if grant.expires_in else UNSTATED_LIFE
    return Token(grant.access_token, now + max(timedelta(0), min(life, LONGEST_LIFE)))


def _refusal_in_text(answer: Answer) -> Exception:
    """Moodle says that a key is unknown in broken JSON, and that it could not fetch our keys by a page."""
    start = answer.text.lstrip()[:1]
    if answer.status >= 500 or is_throttled(answer) or not (start == "<" or answer.status >= 400):
        return _refusal(answer, "")
    if start == "<" and answer.status == 404:
        return KeysUnreachable(
            f"{host_of(answer.url)} gave an error page instead of a token. Most likely it could not fetch "
            "this tool's public keys (or the token address is wrong).",
            "Check that the LMS's server can open the tool's key set address. On Moodle: Site "
            "administration, Security, HTTP security: the tool's host must not be blocked and its port "
            "must be allowed.",
        )
    return _refusal(answer, answer.text[:500] if start != "<" else "")


def _refusal(answer: Answer, error: str, more: str = "") -> Exception:
    """Moodle says what is wrong in `error`, Canvas in `error_description`."""
    host, told = host_of(answer.url), f"{error} {more}"
    if is_throttled(answer):
        return Throttled(f"{host} asks to slow down.", "It is tried again later.")
    if answer.status >= 500:
        return LmsDown(f"{host} could not give a token (status {answer.status}).", "It is tried again later.")
    if error == "invalid_scope":
        return _not_granted(answer.url, set())
    if _CLOCK_TROUBLE.search(told):
        return ClocksDiffer(
            f"{host} finds the request too old or from the future: its clock and this server's differ.",
            "Set both clocks by a time service.",
        )
    if _KEY_TROUBLE.search(told):
        return KeyUnknown(
            f"{host} could not check this tool's signature with the keys it has.",
            "Check the key set address registered in the LMS, and that it opens from there; an LMS may "
            "keep old keys for a while.",
        )
    if error == "invalid_client":
        return ClientUnknown(
            f"{host} does not know this tool's client id.",
            "Compare the client id of the connection with the one in the LMS; the registration there may "
            "be gone or not active.",
        )
    if answer.ok:
        return OddAnswer(
            f"{host} answered a request for a token with something else.",
            "Check the access token URL of the connection.",
        )
    if answer.status in (404, 405):
        return TokenRefused(f"{host} gives no tokens at the address it has.", "Check the access token URL.")
    return RequestRefused(
        f"{host} refused to give a token (status {answer.status}).",
        "Check client id, access token URL and key set address of the connection on both sides.",
    )


def _not_granted(url: str, missing: set[str]) -> ScopeNotGranted:
    names = ", ".join(sorted(scope.rsplit("/", 1)[-1] for scope in missing))
    return ScopeNotGranted(
        f"{host_of(url)} does not allow this tool that service{f' ({names})' if names else ''}.",
        "Ask the LMS's administrator to allow it: in Moodle under the tool's services, in Canvas under the "
        "developer key's scopes.",
    )
