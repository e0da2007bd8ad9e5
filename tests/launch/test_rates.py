import pytest
import time_machine
from werkzeug.exceptions import TooManyRequests

from lti_tool import create_app
from lti_tool.kit.db import db
from lti_tool.launch.rates import Rate
from lti_tool.settings import Settings


def test_each_address_has_its_own_count_and_each_window_begins_anew() -> None:
    rate = Rate("2 per minute")
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
            rate.count(address)
        with pytest.raises(TooManyRequests) as refused:
            rate.count("10.0.0.1")
        assert refused.value.retry_after == 61
        clock.shift(60)
        rate.count("10.0.0.1")


def test_a_household_of_ipv6_addresses_counts_as_one() -> None:
    rate = Rate("1/hour")
    rate.count("2001:db8:1:1::1")
    with pytest.raises(TooManyRequests):
        rate.count("2001:db8:1:1:ffff::2")
    rate.count("2001:db8:1:2::1")


@pytest.mark.parametrize("words", ["", "many", "0x5 per minute", "5 per fortnight", "-1 per minute"])
def test_words_that_are_no_rate_are_told(words: str) -> None:
    with pytest.raises(ValueError, match="per minute"):
        Rate(words)


def test_a_visitor_is_who_the_trusted_proxy_says_and_nobody_claims_an_address(settings: Settings) -> None:
    def statuses(proxies: int, *forwarded: str) -> list[int]:
        app = create_app(settings.model_copy(update={"trusted_proxies": proxies, "login_rate": "1 per minute"}))
        with time_machine.travel(1_800_000_000, tick=False):
            answers = [
                app.test_client().open(path, method="POST", headers={"X-Forwarded-For": said} if said else {})
                for path in ("/lti/login", "/lti/launch")
                for said in forwarded
            ]
        with app.app_context():
            db.engine.dispose()
        return [answer.status_code for answer in answers]

    # no proxy: whatever the header says, it is one visitor
    assert statuses(0, "192.0.2.1", "192.0.2.2") == [400, 429] * 2
    # one proxy, which adds the address it saw: the two are told apart, and what they wrote before it is no help
    assert statuses(1, "192.0.2.1", "192.0.2.2", "9.9.9.9, 192.0.2.1") == [400, 400, 429] * 2
