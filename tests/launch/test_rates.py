import pytest
import time_machine
from werkzeug.exceptions import TooManyRequests

from lti_tool.launch.rates import Rate


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
