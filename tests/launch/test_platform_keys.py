"""An LMS's keys: fetched when needed, kept through an outage, renewed on rotation, never asked for too often."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from joserfc.jwk import ECKey, RSAKey

from lti_tool.kit.db import db, everywhere
from lti_tool.launch import queries
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.platform_keys import GAP, RENEW_AFTER, PlatformKeys
from tests.launch.platform import TestPlatform, new_key

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
Find = Callable[..., RSAKey]


@pytest.fixture
def find(app: Flask, platform: TestPlatform) -> Find:
    """Look for a key as one process does; with `process`, as another one."""
    processes: dict[str, PlatformKeys] = {}

    def find(kid: str, now: datetime = NOW, process: str = "a") -> RSAKey:
        keys = processes.setdefault(process, PlatformKeys(app.extensions["waymark.http"]))
        with app.app_context(), everywhere(db.session()):
            return keys.find(db.session, queries.platform(db.session(), 1), kid, now)

    return find


def reason(find: Find, kid: str, now: datetime = NOW, process: str = "a") -> str:
    with pytest.raises(Refused) as refused:
        find(kid, now, process)
    return refused.value.reason


def test_the_first_launch_fetches_the_keys_and_the_next_ones_find_them(find: Find, platform: TestPlatform) -> None:
    assert find("key-a").kid == "key-a"
    assert find("key-a").kid == "key-a"
    assert find("key-a", process="b").kid == "key-a"  # another process reads the row
    assert platform.fetches == 1


def test_a_rotated_key_is_found_by_one_fetch_over_all_processes(find: Find, platform: TestPlatform) -> None:
    find("key-a")
    find("key-a", process="b")
    platform.rotate("key-b")
    later = NOW + timedelta(minutes=5)
    assert find("key-b", later).kid == "key-b"
    assert find("key-b", later, process="b").kid == "key-b"
    assert find("key-a", later).kid == "key-a"
    assert platform.fetches == 2


def test_many_launches_right_after_a_rotation_share_one_fetch(find: Find, platform: TestPlatform) -> None:
    find("key-a")
    platform.rotate("key-b")
    later = NOW + timedelta(minutes=5)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: find("key-b", later).kid, range(8)))
    assert found == ["key-b"] * 8
    assert platform.fetches == 2


def test_a_launch_just_after_a_fetch_that_came_too_early_waits_for_the_next(find: Find, platform: TestPlatform) -> None:
    find("key-a")  # at NOW, before the rotation
    platform.rotate("key-b")
    assert find("key-b", NOW + GAP / 2).kid == "key-b"
    assert platform.fetches == 2


def test_unknown_key_ids_do_not_make_us_hammer_the_lms(find: Find, platform: TestPlatform) -> None:
    find("key-a")
    later = NOW + timedelta(minutes=5)
    assert reason(find, "made-up", later) == "unknown_key"
    for _ in range(20):
        assert reason(find, "made-up", later) == "unknown_key"
    assert platform.fetches == 2


def test_an_outage_is_served_from_the_last_good_set(find: Find, platform: TestPlatform) -> None:
    find("key-a")
    platform.down = True
    late = NOW + RENEW_AFTER + timedelta(hours=1)
    assert find("key-a", late).kid == "key-a"
    assert find("key-a", late, process="b").kid == "key-a"
    # whether the LMS has a new key cannot be known while it does not answer: trying again later may help
    assert reason(find, "key-b", late + timedelta(minutes=1)) == "keys_unavailable"


def test_nonsense_never_replaces_a_good_set(find: Find, platform: TestPlatform) -> None:
    find("key-a")
    late = NOW
    for answer in (b"<html>maintenance</html>", b"{}", b'{"keys": []}', b'{"keys": 7}', b"[]", b"\xff"):
        platform.answer = answer
        late += RENEW_AFTER
        assert find("key-a", late).kid == "key-a"
    assert platform.fetches == 7


def test_a_withdrawn_key_ends_to_be_good_within_half_a_day(find: Find, platform: TestPlatform) -> None:
    find("key-a")
    platform.published = [new_key("key-b")]
    assert find("key-a", NOW + RENEW_AFTER - timedelta(minutes=1)).kid == "key-a"
    assert reason(find, "key-a", NOW + RENEW_AFTER + timedelta(minutes=1)) == "unknown_key"


def test_with_no_set_ever_fetched_the_page_says_that_the_keys_are_missing(find: Find, platform: TestPlatform) -> None:
    platform.down = True
    assert reason(find, "key-a") == "keys_unavailable"


def test_keys_that_are_not_for_signing_launches_are_passed_over(find: Find, platform: TestPlatform) -> None:
    good = new_key("good").as_dict(private=False)
    weak = new_key("weak", 1024).as_dict(private=False)
    odd = [
        ECKey.generate_key("P-256", {"kid": "curve"}).as_dict(private=False),
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": "ps", "alg": "PS256"},
        {"kty": "RSA", "kid": "halves"},
        {**good, "kid": 7},
        {**good, "kid": "garbled", "n": "!!"},
        {"kty": "oct", "kid": "shared", "k": "AAAA"},
        "no key",
    ]
    platform.answer = json.dumps({"keys": [*odd, weak, good]}).encode()
    assert find("good").kid == "good"
    assert reason(find, "weak", NOW + timedelta(minutes=1)) == "weak_key"
    for number, kid in enumerate(("curve", "encrypts", "ps", "halves", "garbled", "shared")):
        assert reason(find, kid, NOW + timedelta(minutes=2 + number)) == "unknown_key"
