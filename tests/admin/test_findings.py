"""What a check can say: every code has a remedy, and stands in the guide."""

import pytest

from lti_tool.admin.checking.domain import Finding, State, Step, clock_words, missing_services, settle, skipped, works
from lti_tool.admin.checking.remedies import BY_KIND, STEPS, remedy
from lti_tool.admin.when import age
from lti_tool.settings import ROOT


def test_every_code_has_steps_for_every_lms_and_stands_in_the_guide() -> None:
    guide = (ROOT / "docs" / "admin.md").read_text()
    for code in STEPS:
        assert f"`{code}`" in guide, code
        for family in ("canvas", "moodle", "", "another"):
            assert remedy(code, family), (code, family)
    for kind in BY_KIND:
        assert f"`..._{kind}`" in guide or f"_{kind}`" in guide, kind
        assert remedy(f"login_{kind}", "moodle")
    assert remedy("never_heard_of", "moodle") == BY_KIND["odd"]
    assert remedy("", "moodle") == ()


def test_one_cause_is_told_once() -> None:
    clock = Finding(Step.CLOCK, State.BAD, "off", "clock_off")
    token = Finding(Step.TOKEN, State.BAD, "too old", "token_clock")
    assert [one.state for one in settle((clock, token))] == [State.BAD, State.UNCHECKED]
    assert settle((works(Step.CLOCK, "same"), token))[1] == token
    ours = Finding(Step.OUR_KEYS, State.BAD, "a page", "our_keys_page")
    unknown = Finding(Step.TOKEN, State.BAD, "no key", "token_our_key_unknown")
    assert settle((ours, unknown))[1].state is State.UNCHECKED


def test_findings_come_back_as_they_were_kept() -> None:
    one = Finding(Step.TOKEN, State.BAD, "words", "scope_missing", ("first", "then"), "missing: score, lineitem")
    assert Finding.of(one.as_json()) == one
    assert missing_services(one) == ("score", "lineitem")
    assert missing_services(works(Step.TOKEN, "all")) == ()
    assert missing_services(skipped(Step.TOKEN, "no")) is None


@pytest.mark.parametrize(
    ("ahead", "said"), [(45, "45 seconds ahead of"), (-600, "10 minutes behind"), (5400, "90 minutes ahead of")]
)
def test_clocks_in_words(ahead: float, said: str) -> None:
    assert said in clock_words(ahead)


def test_ages_in_words() -> None:
    from datetime import timedelta

    spans = {30: "less than a minute", 60: "1 minute", 7200: "2 hours", 86400: "1 day", 200_000: "2 days"}
    assert {seconds: age(timedelta(seconds=seconds)) for seconds in spans} == spans
