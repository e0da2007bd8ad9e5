"""What ties a launch to a browser, a login and a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.launch.domain.states import STATE_LIFE, Stamps, digest, new_secret, same_browser

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
STAMPS = Stamps("s" * 48)


def test_a_state_says_which_registration_and_browser_it_was_made_for() -> None:
    browser = new_secret()
    said = STAMPS.read_state(STAMPS.state(7, browser, NOW), NOW + timedelta(minutes=3))
    assert said is not None
    assert said.platform_id == 7
    assert same_browser(said, browser)
    assert not same_browser(said, new_secret())
    assert not same_browser(said, None)


def test_a_state_lives_ten_minutes() -> None:
    state = STAMPS.state(7, "b", NOW)
    assert STAMPS.read_state(state, NOW + STATE_LIFE) is not None
    assert STAMPS.read_state(state, NOW + STATE_LIFE + timedelta(seconds=1)) is None
    assert STAMPS.read_state(state, NOW - timedelta(minutes=5)) is None


def test_a_state_that_somebody_changed_is_not_ours() -> None:
    state = STAMPS.state(7, "b", NOW)
    for place in range(len(state)):
        other = "A" if state[place] != "A" else "B"
        assert STAMPS.read_state(state[:place] + other + state[place + 1 :], NOW) is None
    assert Stamps("t" * 48).read_state(state, NOW) is None


@pytest.mark.parametrize("junk", ["", ".", "....", "1.2.3.4.5", "é", "\ud800", "1" * 5000, "7.0..x."])
def test_junk_is_no_state_and_no_ticket(junk: str) -> None:
    assert STAMPS.read_state(junk, NOW) is None
    assert STAMPS.read_ticket("start", junk, "b", NOW, timedelta(minutes=1)) is None


def test_each_state_has_a_nonce_of_its_own() -> None:
    one, other = STAMPS.state(7, "b", NOW), STAMPS.state(7, "b", NOW)
    assert one != other
    assert STAMPS.nonce(one) != STAMPS.nonce(other)
    assert STAMPS.nonce(one) == STAMPS.nonce(one)
    assert len(STAMPS.nonce(one)) == 32


def test_a_ticket_is_for_one_use_one_browser_and_one_minute() -> None:
    minute = timedelta(seconds=60)
    ticket = STAMPS.ticket("start", "row", "browser", NOW)
    assert STAMPS.read_ticket("start", ticket, "browser", NOW + minute, minute) == "row"
    assert STAMPS.read_ticket("start", ticket, "another", NOW, minute) is None
    assert STAMPS.read_ticket("confirm", ticket, "browser", NOW, minute) is None
    assert STAMPS.read_ticket("start", ticket, "browser", NOW + minute + timedelta(seconds=1), minute) is None


def test_only_a_digest_of_a_secret_is_kept() -> None:
    secret = new_secret()
    assert len(secret) == 43
    assert secret not in digest(secret)
    assert digest(secret) == digest(secret) != digest(new_secret())
