"""Asks an LMS, and this tool from outside, the way launches and jobs do, and says what each answer means.

Nothing is written and no person's data is kept. Ask outside a request and a transaction: the LMS fetches our keys
while it is asked for a token.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lti_tool.admin.checking.domain import (
    CLOCK_MAY_DIFFER,
    MISSING,
    SERVICES,
    Finding,
    State,
    Step,
    clock_words,
    settle,
    short,
    skipped,
    works,
)
from lti_tool.admin.checking.hurry import HurriedHttp
from lti_tool.admin.checking.remedies import remedy
from lti_tool.admin.checking.services import check_gradebook, check_rest, check_roster
from lti_tool.admin.checking.telling import silent, tell
from lti_tool.grading.intake.connections import Key
from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, NotJson, Unreachable
from lti_tool.kit.urls import host_of, with_params
from lti_tool.launch.queries import CourseInfo, DeploymentInfo, PlatformInfo
from lti_tool.lms import faults
from lti_tool.lms.calls import is_page
from lti_tool.lms.tokens import (
    LINE_ITEMS,
    MEMBERS_READ,
    RESULTS_READ,
    SCORES,
    AccessTokens,
    MemoryTokens,
    TokenDoor,
)

SCOPES = (LINE_ITEMS, RESULTS_READ, SCORES, MEMBERS_READ)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the tables say before anybody is asked."""

    platform: PlatformInfo
    deployments: tuple[DeploymentInfo, ...]
    roster_of: CourseInfo | None
    """The newest course whose launch named a class list; likewise the gradebook."""
    gradebook_of: CourseInfo | None
    base_url: str
    published: frozenset[str]
    """The ids of our keys that the LMS must be able to see."""
    rest: Key | None = None
    rest_token: str = field(default="", repr=False)


Sign = Callable[[Mapping[str, Any]], str]


@dataclass
class Probe:
    """One check of one platform."""

    http: HurriedHttp
    facts: Facts
    sign: Sign
    clock: Callable[[], datetime]
    tokens: AccessTokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = AccessTokens(self.http, MemoryTokens(), self.sign)

    def run(self) -> tuple[Finding, ...]:
        """Every step's finding, in order. Never raises for what the network or the LMS does."""
        deployment, login, keys, ours = self._deployment(), self._login(), self._keys(), self._our_keys()
        token, granted = self._token()
        clock = self._clock()
        found = (
            deployment,
            login,
            keys,
            ours,
            clock,
            token,
            check_roster(self.http, self.facts.roster_of, self._bearer(MEMBERS_READ, granted), self.family),
            check_gradebook(self.http, self.facts.gradebook_of, self._bearer(LINE_ITEMS, granted), self.family),
            check_rest(self.http, self.facts.rest, self.facts.rest_token, self.family),
        )
        return settle(found)

    @property
    def family(self) -> str:
        return self.facts.platform.family

    def _bad(self, step: Step, kind: str, words: str, answer: Answer | None = None, code: str = "") -> Finding:
        return tell(step, code or f"{step.value}_{kind}", words, self.family, answer)

    def _deployment(self) -> Finding:
        counts = dict.fromkeys(("approved", "pending", "refused"), 0)
        for one in self.facts.deployments:
            counts[one.status] = counts.get(one.status, 0) + 1
        if counts["pending"]:
            words = f"{_places(counts['pending'])} for approval. Whoever opens Waymark there is turned away."
            return self._bad(Step.DEPLOYMENT, "pending", words)
        if not counts["approved"]:
            return self._bad(Step.DEPLOYMENT, "none", "No place in this LMS is approved, so nobody gets in.")
        number = counts["approved"]
        return works(Step.DEPLOYMENT, f"{number} approved." if number > 1 else "Approved.")

    def _login(self) -> Finding:
        """The first half of an opening, with a hint that nobody has: a good LMS says so on a page of its own."""
        platform, step = self.facts.platform, Step.LOGIN
        hint = '{"launchid": "waymark-check"}' if self.family == "moodle" else "waymark-check"
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": f"{self.facts.base_url}/lti/launch",
            "login_hint": "waymark-check",
            "lti_message_hint": hint,
            "nonce": uuid.uuid4().hex,
            "state": "waymark-check",
        }
        try:
            answer = self.http.send("GET", with_params(platform.auth_login_url, asked), redirects=0)
            if answer.status >= 500:
                return self._bad(step, "down", f"{host_of(answer.url)} fails at its login address.", answer)
            if answer.status in (404, 410) and self._nothing_there(answer, platform.auth_login_url):
                words = f"There is nothing at the login address {platform.auth_login_url}."
                return self._bad(step, "missing", words, answer)
        except Unreachable as trouble:
            return silent(step, trouble, self.family)
        if answer.status in (400, 403) and b"redirect_uri" in answer.body.lower():
            words = (
                "The LMS does not know this tool’s redirect address, or its client id, and shows an error to everybody."
            )
            return self._bad(step, "redirect_unknown", words, answer)
        return works(step, "The LMS’s login address answers.")

    def _nothing_there(self, answer: Answer, url: str) -> bool:
        """Moodle answers 404 itself to a login it cannot use: is this page the one it has for any wrong address?"""
        parts = urlsplit(url)
        beside = parts._replace(path=f"{parts.path}-waymark", query="").geturl()
        other = self.http.send("GET", beside, redirects=0)
        return other.status == answer.status and _gist(other) == _gist(answer)

    def _keys(self) -> Finding:
        step, url = Step.KEYS, self.facts.platform.jwks_url
        try:
            answer = self.http.send("GET", url, headers={"Accept": "application/json"})
        except Unreachable as trouble:
            return silent(step, trouble, self.family)
        if trouble_found := self._no_answer(step, answer, f"the LMS’s keys ({url})"):
            return trouble_found
        usable = key_ids(_json(answer))
        if usable is None:
            return self._bad(step, "page", f"{url} holds something else than keys.", answer)
        if not usable:
            return self._bad(step, "none", f"There is no key at {url} that can sign an opening.", answer)
        return works(step, f"{len(usable)} {'key' if len(usable) == 1 else 'keys'} can be read.")

    def _our_keys(self) -> Finding:
        step, url = Step.OUR_KEYS, f"{self.facts.base_url}/lti/jwks.json"
        try:
            answer = self.http.send("GET", url, headers={"Accept": "application/json", "Cache-Control": "no-cache"})
        except Unreachable as trouble:
            if trouble.reason == "address_refused":
                words = "This server cannot see itself by its public name."
                fix = remedy("our_keys_address_refused", self.family)
                return Finding(step, State.UNCHECKED, words, "our_keys_address_refused", fix)
            return silent(step, trouble, self.family)
        if trouble_found := self._no_answer(step, answer, f"this tool’s keys ({url})"):
            return trouble_found
        seen = key_ids(_json(answer))
        if seen is None:
            return self._bad(step, "page", f"{url} shows something else than keys.", answer)
        if not self.facts.published <= seen:
            words = f"{url} does not show the key that this tool signs with now."
            return self._bad(step, "stale", words, answer)
        return works(step, f"Seen at {url}.")

    def _clock(self) -> Finding:
        platform, step = self.facts.platform, Step.CLOCK
        hosts = [urlsplit(url).netloc for url in (platform.auth_token_url, platform.jwks_url, platform.auth_login_url)]
        ahead = next((self.http.skews[host] for host in hosts if host in self.http.skews), None)
        if ahead is None:
            return skipped(step, "The LMS did not say what time it has.")
        if abs(ahead) > CLOCK_MAY_DIFFER:
            return self._bad(step, "off", clock_words(ahead))
        return works(step, "The LMS and this server have the same time.")

    def _token(self) -> tuple[Finding, frozenset[str]]:
        """The finding, and the scopes that are granted."""
        step, url = Step.TOKEN, self.facts.platform.auth_token_url
        none: frozenset[str] = frozenset()
        try:
            # asked for nothing, a token address says what is missing; any other address gives a page
            answer = self.http.send("POST", url, headers={"Accept": "application/json"}, data={"grant_type": "x"})
            if is_page(answer) or answer.status in (404, 405, 410):
                at = f"the address for tokens ({url})"
                return self._no_answer(step, answer, at) or self._bad(
                    step, "page", f"A web page came from {at}.", answer
                ), none
            granted = frozenset(scope for scope in SCOPES if self._granted(scope))
        except Unreachable as trouble:
            return silent(step, trouble, self.family), none
        except Fault as fault:
            return self._no_token(fault), none
        missing = [short(scope) for scope in SCOPES if scope not in granted]
        if missing:
            said = "; ".join(f"{SERVICES[one][0]} ({one})" for one in missing)
            words = f"Waymark may not: {said}. {' '.join(SERVICES[one][1] for one in missing)}"
            told = tell(step, "scope_missing", words, self.family)
            return replace(told, answer=f"{MISSING}{', '.join(missing)}"), granted
        return works(step, "Scores, gradebook columns and class lists are allowed."), granted

    def _granted(self, scope: str) -> bool:
        try:
            self._access(scope)
        except faults.ScopeNotGranted:
            return False
        return True

    def _access(self, scope: str) -> str:
        platform = self.facts.platform
        door = TokenDoor(platform.id, platform.client_id, platform.auth_token_url, platform.auth_audience)
        return self.tokens.token(door, [scope], now=self.clock())

    def _bearer(self, scope: str, granted: frozenset[str]) -> str:
        return self._access(scope) if scope in granted else ""

    def _no_token(self, fault: Fault) -> Finding:
        codes = {
            faults.ClientUnknown: "token_client_unknown",
            faults.ClocksDiffer: "token_clock",
            faults.KeyUnknown: "token_our_key_unknown",
            faults.KeysUnreachable: "token_our_keys_blocked",
            faults.LmsDown: "token_down",
            faults.OddAnswer: "token_page",
            faults.Throttled: "token_throttled",
        }
        code = next((code for kind, code in codes.items() if isinstance(fault, kind)), "token_refused")
        words = fault.words
        if code == "token_our_keys_blocked":
            words = (
                f"{host_of(self.facts.platform.auth_token_url)} cannot fetch this tool’s keys, so it gives no token."
            )
        return self._bad(Step.TOKEN, "", words, code=code)

    def _no_answer(self, step: Step, answer: Answer, what: str) -> Finding | None:
        """What the status alone, or a page in place of data, says."""
        host = host_of(answer.url)
        if answer.status in (404, 405, 410):
            return self._bad(step, "missing", f"There is nothing at {what.split('(')[-1].rstrip(')')}.", answer)
        if answer.status >= 500:
            return self._bad(step, "down", f"{host} fails when it is asked for {what}.", answer)
        if is_page(answer):
            return self._bad(step, "page", f"{host} answers with a web page where {what} should be.", answer)
        if not answer.ok:
            return self._bad(step, "refused", f"{host} refuses to give {what}.", answer)
        return None


def key_ids(said: Any) -> frozenset[str] | None:
    """The ids of the keys in a key set that can verify RS256; None when it is no key set."""
    keys = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(keys, list):
        return None
    fit = [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA" and key.get("use", "sig") == "sig"]
    return frozenset(str(key["kid"]) for key in fit if key.get("kid") and key.get("n") and key.get("e"))


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except NotJson:
        return None


def _gist(answer: Answer) -> str:
    """A page's words without numbers, to compare two pages."""
    text = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", answer.text[:20_000])
    return " ".join(re.findall(r"[^\W\d]+", text.replace("-waymark", "")))


def _places(number: int) -> str:
    return "1 place waits" if number == 1 else f"{number} places wait"
