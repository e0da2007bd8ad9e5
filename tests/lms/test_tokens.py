"""Access tokens, against what a real Moodle answered and against a server on loopback."""

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, Http
from lti_tool.lms import faults
from lti_tool.lms.tokens import (
    LINE_ITEMS,
    MEMBERS_READ,
    SCORES,
    AccessTokens,
    MemoryTokens,
    TokenDoor,
    read_grant,
)
from tests.lms.replay import PAGE, Asked, Replay, Reply, answer, names, recorded, reply_of, serving

NOW = datetime(2026, 11, 22, 1, 24, 31, tzinfo=UTC)
GRANTED = "granted"

SAYS: dict[str, Any] = {
    "aud-is-issuer": GRANTED,
    "aud-missing": GRANTED,
    "fail-assertion-missing": faults.RequestRefused,
    "fail-bad-signature": faults.KeyUnknown,
    "fail-empty-scope": faults.RequestRefused,
    "fail-expired": faults.ClocksDiffer,
    "fail-garbage-assertion": faults.RequestRefused,
    "fail-get": faults.RequestRefused,
    "fail-grant-type": faults.RequestRefused,
    "fail-hs256": faults.KeyUnknown,
    "fail-iat-in-future": faults.ClocksDiffer,
    "fail-iat-three-seconds-ahead": faults.ClocksDiffer,
    "fail-json-body": faults.RequestRefused,
    "fail-jwks-emptyset": faults.KeyUnknown,
    "fail-no-kid": faults.KeyUnknown,
    "fail-scope-not-registered": faults.ScopeNotGranted,
    "fail-tool-without-services": faults.ScopeNotGranted,
    "fail-unknown-client": faults.ClientUnknown,
    "fail-unknown-kid": faults.KeyUnknown,
    "fail-unsupported-scope-only": faults.ScopeNotGranted,
    "iss-differs-from-sub": GRANTED,
    "jti-first": GRANTED,
    "jti-reused": GRANTED,
    "key-replaced-under-same-kid": GRANTED,
    "key-rotation-new-kid": GRANTED,
    "no-exp": GRANTED,
    "registered-score-only-asks-all": faults.ScopeNotGranted,
    "registered-score-only-asks-lineitem": faults.ScopeNotGranted,
    "success-all-five": GRANTED,
    "success-lineitem": GRANTED,
    "success-lineitem-and-score": GRANTED,
    "success-lineitem.readonly": GRANTED,
    "success-nrps": GRANTED,
    "success-partly-unsupported-scope": faults.ScopeNotGranted,
    "success-result.readonly": GRANTED,
    "success-score": GRANTED,
    "success-wrong-aud": GRANTED,
}


def test_every_recorded_token_answer_is_in_the_table() -> None:
    assert {name.removeprefix("token/") for name in names("token")} == set(SAYS)


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_recorded_answer_gives_a_token_or_says_what_to_change(name: str) -> None:
    exchange = recorded(f"token/{name}")
    asked = exchange["request"]["body"]
    scopes = asked.get("scope", "") if isinstance(asked, dict) else SCORES
    if SAYS[name] is GRANTED:
        token = read_grant(answer(f"token/{name}"), scopes, now=NOW)
        assert token.value == exchange["response"]["body"]["access_token"]
        assert token.expires_at == NOW + timedelta(hours=1)
    else:
        with pytest.raises(Fault) as caught:
            read_grant(answer(f"token/{name}"), scopes, now=NOW)
        assert type(caught.value) is SAYS[name]
        assert "moodle.example" in caught.value.words
        assert caught.value.next_step


def test_clocks_that_differ_are_named_as_the_cause() -> None:
    with pytest.raises(faults.TokenRefused, match="clock"):
        read_grant(answer("token/fail-iat-three-seconds-ahead"), SCORES, now=NOW)


def test_the_dropped_scope_is_named() -> None:
    with pytest.raises(faults.ScopeNotGranted, match=r"\(.*lineitem.*\)"):
        read_grant(answer("token/registered-score-only-asks-all"), f"{SCORES} {LINE_ITEMS}", now=NOW)


def test_an_error_page_means_that_the_lms_could_not_fetch_our_keys() -> None:
    page = Answer(404, {"content-type": "text/html; charset=utf-8"}, PAGE, "http://moodle.example/mod/lti/token.php")
    with pytest.raises(faults.KeysUnreachable) as caught:
        read_grant(page, SCORES, now=NOW)
    assert "public keys" in caught.value.words
    assert "HTTP security" in caught.value.next_step


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, PAGE, faults.LmsDown),
        (502, b"", faults.LmsDown),
        (429, b"slow", faults.Throttled),
        (200, PAGE, faults.OddAnswer),
        (200, b'{"access_token": ', faults.OddAnswer),
        (200, b"[]", faults.OddAnswer),
        (200, b'{"access_token": {"a": 1}}', faults.OddAnswer),
        (200, b'{"access_token": "x", "expires_in": "soon"}', faults.OddAnswer),
        (403, PAGE, faults.RequestRefused),
        (404, b'{"error": "not found"}', faults.TokenRefused),
    ],
)
def test_nonsense_from_a_token_endpoint_is_a_fault_in_words(status: int, body: bytes, kind: type[Fault]) -> None:
    with pytest.raises(Fault) as caught:
        read_grant(Answer(status, {}, body, "https://lms.example/token"), SCORES, now=NOW)
    assert type(caught.value) is kind


def test_no_fault_quotes_the_token() -> None:
    token = read_grant(answer("token/success-score"), SCORES, now=NOW)
    assert "accesstoken" not in repr(token)


class Endpoint:
    """A token endpoint that counts, and services that take only the newest token."""

    def __init__(self) -> None:
        self.given = 0
        self.life: Any = 3600

    def __call__(self, asked: Asked) -> Reply:
        self.given += 1
        grant = {"access_token": f"t{self.given}", "token_type": "Bearer", "scope": asked.form["scope"]}
        return Reply(body=grant | ({"expires_in": self.life} if self.life is not None else {}))


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def server(endpoint: Endpoint) -> Iterator[Replay]:
    with serving(endpoint) as running:
        yield running


def unsigned(claims: Mapping[str, Any]) -> str:
    return json.dumps(dict(claims))


@pytest.fixture
def tokens(http: Http) -> AccessTokens:
    return AccessTokens(http, MemoryTokens(), unsigned)


def test_a_token_is_kept_until_a_minute_before_it_expires(tokens: AccessTokens, server: Replay) -> None:
    door = TokenDoor(1, "client", server.url + "/token")
    assert tokens.token(door, [SCORES], now=NOW) == "t1"
    assert tokens.token(door, [SCORES], now=NOW + timedelta(seconds=3539)) == "t1"
    assert tokens.token(door, [SCORES], now=NOW + timedelta(seconds=3541)) == "t2"


def test_tokens_are_kept_by_platform_and_scopes_whatever_their_order(tokens: AccessTokens, server: Replay) -> None:
    one, other = (TokenDoor(id_, "client", server.url + "/token") for id_ in (1, 2))
    assert tokens.token(one, [SCORES, LINE_ITEMS], now=NOW) == tokens.token(one, [LINE_ITEMS, SCORES], now=NOW)
    assert tokens.token(one, [SCORES], now=NOW) == "t2"
    assert tokens.token(other, [SCORES], now=NOW) == "t3"


def test_the_assertion_is_dated_back_short_lived_and_never_the_same(tokens: AccessTokens, server: Replay) -> None:
    door = TokenDoor(1, "client", server.url + "/token", audience="https://lms.example")
    tokens.token(door, [SCORES], now=NOW)
    tokens.token(door, [LINE_ITEMS], now=NOW)
    first, second = (json.loads(asked.form["client_assertion"]) for asked in server.asked)
    assert first["iss"] == first["sub"] == "client"
    assert first["aud"] == "https://lms.example"
    assert NOW.timestamp() - 60 <= first["iat"] <= NOW.timestamp() - 5
    assert first["exp"] - first["iat"] <= 300
    assert first["jti"] != second["jti"]
    assert server.asked[0].form["grant_type"] == "client_credentials"


def test_a_scope_that_is_not_granted_is_not_even_asked_for(tokens: AccessTokens, server: Replay) -> None:
    door = TokenDoor(1, "client", server.url + "/token", granted=frozenset({SCORES}))
    with pytest.raises(faults.ScopeNotGranted, match="contextmembership"):
        tokens.token(door, [MEMBERS_READ], now=NOW)
    assert server.asked == []


def test_a_refused_token_is_renewed_unless_another_thread_did(tokens: AccessTokens, server: Replay) -> None:
    door = TokenDoor(1, "client", server.url + "/token")
    first = tokens.token(door, [SCORES], now=NOW)
    second = tokens.renewed(door, [SCORES], refused=first, now=NOW)
    assert second != first
    assert tokens.renewed(door, [SCORES], refused=first, now=NOW) == second


@pytest.mark.parametrize(("life", "kept"), [(None, True), ("3600", True), (30, False), (-5, False), (10**12, True)])
def test_any_stated_life_is_survived(
    tokens: AccessTokens, endpoint: Endpoint, server: Replay, life: Any, kept: bool
) -> None:
    endpoint.life = life
    door = TokenDoor(1, "client", server.url + "/token")
    first = tokens.token(door, [SCORES], now=NOW)
    assert (tokens.token(door, [SCORES], now=NOW) == first) is kept


def test_many_threads_ask_once(tokens: AccessTokens, endpoint: Endpoint, server: Replay) -> None:
    door = TokenDoor(1, "client", server.url + "/token")
    threads = [threading.Thread(target=tokens.token, args=(door, [SCORES]), kwargs={"now": NOW}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endpoint.given == 1


def test_a_recorded_grant_comes_through_the_wire(tokens: AccessTokens) -> None:
    with serving(lambda asked: reply_of("token/success-score")) as moodle:
        assert tokens.token(TokenDoor(1, "client", moodle.url), [SCORES], now=NOW).startswith("accesstoken")
