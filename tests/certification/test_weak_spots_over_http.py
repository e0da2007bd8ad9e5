"""Where pylti1p3 2.0.0 is not enough, row by row, between the tool as a server and an LMS as a server."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from lti_tool.launch.models import Person
from lti_tool.launch.sessions import BEARER_HEADER
from lti_tool.sandbox import LaunchDriver
from lti_tool.sandbox.driver import Form, forms_of
from lti_tool.sandbox.seed import Link
from tests.certification.rows import ROWS
from tests.certification.visits import asked, browser, control, found, inside, launches, lets_in, reason_of, refused
from tests.launch.platform import LEARNER, new_key
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.databases import sqlite_database
from tests.walks.seeds import ADMIN, MAPLE, ROWAN, TEACHER

__all__ = ["sqlite_database"]
GRADED = 73
NOBODY: dict[str, Any] = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"))


@pytest.fixture(scope="module")
def moodle(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as tool:
        links = (Link(seeds.MAP, "Waymark"), Link(GRADED, "Short talk", score_maximum=10))
        lms = tool.add_lms(seeds.seed(seeds.course(links=links)), "moodle")
        steps.enter_all(lms, ADMIN)
        steps.bring_framework(lms.be(ADMIN))
        yield lms


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    there = {name for name in globals() if name.startswith("test_")}
    assert there - {"test_every_row_has_its_test_and_every_test_its_row"} == {row.proof for row in ROWS.values()}


def test_the_same_state_and_token_again_are_refused_kindly(moodle: Lms) -> None:
    with browser(moodle) as driver, browser(moodle, ROWAN) as other, browser(moodle, cookies=False) as bare:
        form = asked(driver)
        assert inside(driver.send(form))
        before = launches(moodle)
        again = driver.replay()
        assert (again.status_code, reason_of(again)) == (409, "already_used")
        assert "open Waymark there again" in again.text
        # signed anew with other claims, the nonce is used all the same
        assert reason_of(driver.send(driver.forged(form, {"roles": [], "sub": "another"}))) == "already_used"
        asked(other)
        assert reason_of(other.send(form)) == "other_browser"
        assert reason_of(bare.send(form)) == "already_used"
        assert launches(moodle) == before
        assert driver.session.get(f"{moodle.tool.url}/", timeout=20).status_code == 200  # the session goes on


def test_nonce_state_and_browser_belong_together(moodle: Lms) -> None:
    with browser(moodle) as driver, browser(moodle, ROWAN) as other:
        first, second = asked(driver), asked(driver)
        before = launches(moodle)
        states = [form.fields["state"] for form in (first, second)]
        assert reason_of(driver.send(driver.forged(first, state=states[1]))) == "wrong_nonce"
        assert reason_of(driver.send(driver.forged(second, state=states[0]))) == "wrong_nonce"
        for nonce, reason in ((None, "missing_nonce"), ("made-up", "wrong_nonce"), (states[0], "wrong_nonce")):
            assert reason_of(driver.send(driver.forged(first, {"nonce": nonce}))) == reason
        for state, reason in (("", "missing_state"), ("state-1", "wrong_state"), (states[0] + "x", "wrong_state")):
            assert reason_of(driver.send(driver.forged(first, state=state))) == reason
        asked(other)
        assert reason_of(other.send(first)) == "other_browser"
        assert launches(moodle) == before
        assert inside(driver.send(second))
        assert inside(driver.send(first))  # two frames of one page
        login = driver.login()
        moodle.tool.later(minutes=11)
        assert reason_of(driver.send(driver.authorise(login))) == "wrong_state"  # a fresh token under an old state


def test_a_token_says_when_it_was_made_and_is_not_old(moodle: Lms) -> None:
    now = int(time.time())
    assert refused(
        moodle,
        {"exp": None},
        {"iat": None},
        {"iat": now - 30 * 86_400, "exp": now + 600},
        {"iat": now - 665, "exp": now + 600},  # the nonce lives ten minutes, and clocks differ by one
        {"iat": str(now)},
        {"exp": True},
        {"nbf": now + 300},
    ) == [
        "missing_timestamp",
        "missing_timestamp",
        "token_too_old",
        "token_too_old",
        "missing_timestamp",
        "missing_timestamp",
        "token_from_future",
    ]
    lets_in(moodle, iat=now - 645, exp=now + 600)


def test_a_list_of_audiences_needs_the_right_authorized_party(moodle: Lms) -> None:
    ours = moodle.registered.client_id
    assert refused(
        moodle,
        {"aud": [ours, "another"]},
        {"aud": [ours]},
        {"aud": [ours, "another"], "azp": "another"},
        {"aud": ours, "azp": "another"},
        {"aud": ["another"], "azp": ours},
    ) == [
        "wrong_authorized_party",
        "wrong_authorized_party",
        "platform_unknown",
        "wrong_authorized_party",
        "wrong_authorized_party",
    ]


def test_our_client_may_stand_second_and_strangers_get_a_clear_page(moodle: Lms) -> None:
    ours = moodle.registered.client_id
    lets_in(moodle, aud=["another", ours], azp=ours)
    lets_in(moodle, aud=ours, azp=ours)
    strangers: list[dict[str, Any]] = [{"aud": "another"}, {"iss": "https://stranger.example"}, {"aud": []}, {"iss": 7}]
    assert refused(moodle, *strangers, {"aud": None}, {"iss": None}) == [
        "platform_unknown",
        "platform_unknown",
        "wrong_authorized_party",
        "missing_issuer",
        "wrong_audience",
        "missing_issuer",
    ]
    with browser(moodle) as driver:
        begun = driver.start()
        for name, value, reason in (
            ("iss", "https://stranger.example", "platform_unknown"),
            ("client_id", "another", "platform_unknown"),
            ("iss", "", "missing_issuer"),
        ):
            answer = driver.session.post(begun.action, data=begun.fields | {name: value}, timeout=20)
            assert reason_of(answer) == reason


def test_no_target_roles_as_a_string_and_overlong_ids_are_refused(moodle: Lms) -> None:
    long = "x" * 256
    assert refused(
        moodle,
        {"target_link_uri": None},
        {"roles": LEARNER},
        {"sub": long},
        {"deployment_id": long},
        {"resource_link": {"id": long}},
        {"context": {"id": long}},
    ) == [
        "missing_target",
        "missing_roles",
        "missing_subject",
        "missing_deployment",
        "missing_resource_link",
        "bad_context",
    ]
    longest = {"id": "x" * 255, "title": "A link with a long id"}
    lets_in(moodle, resource_link=longest)


def test_somebody_anonymous_is_let_in_and_nobody_is_kept(moodle: Lms) -> None:
    def people() -> int:
        return moodle.tool.read(lambda s: s.query(Person).count())

    lets_in(moodle)
    before = people()
    assert "without saying who you are" in moodle.be(0).enter(seeds.COURSE, seeds.MAP).words  # the LMS's own visitor
    page = lets_in(moodle, **NOBODY)
    assert "Maple" not in page.text
    assert people() == before
    # a name without an id is no anonymous launch
    assert refused(moodle, {"sub": None}, {"sub": ""}) == ["missing_subject", "missing_subject"]


def test_an_lms_whose_clock_is_a_minute_off_does_no_harm(moodle: Lms) -> None:
    now = int(time.time())
    lets_in(moodle, iat=now + 3)
    lets_in(moodle, iat=now - 62, exp=now - 2)
    campus = moodle.served.campus
    try:
        for ahead in (50, -100):  # its tokens live a minute
            control(moodle, "settings", clock_seconds=ahead)
            lets_in(moodle)
        for ahead, reason in ((90, "token_from_future"), (-150, "token_expired")):
            control(moodle, "settings", clock_seconds=ahead)
            with browser(moodle) as driver:
                answer = driver.launch()
                assert reason_of(answer) == reason
                assert "clock" in answer.text
    finally:
        campus.clock_seconds = 0


def test_a_signature_by_anything_but_the_key_of_the_lms_is_refused(moodle: Lms) -> None:
    foreign = new_key("foreign")
    brought = {"jwk": foreign.as_dict(private=False)}
    certificate = {"x5c": ["M" * 1600], "x5t": "certificate"}  # sent along by the LMS itself, and passed over
    with browser(moodle) as driver:
        form, before = asked(driver), launches(moodle)
        assert [
            reason_of(driver.send(made))
            for made in (
                driver.forged(form, key="none"),
                driver.forged(form, key="hmac"),
                driver.forged(form, key=foreign),  # under the kid of the LMS's key
                driver.forged(form, header_patch=brought, key=foreign),
                driver.forged(form, key="broken"),
                driver.forged(form, header_patch={"kid": None}),
            )
        ] == ["wrong_algorithm", "wrong_algorithm", "bad_signature", "bad_signature", "bad_signature", "missing_kid"]
        assert launches(moodle) == before
        assert inside(driver.send(driver.forged(form, header_patch=certificate)))


def test_no_roles_are_let_in_and_a_missing_claim_is_not(moodle: Lms) -> None:
    lets_in(moodle, roles=[])
    assert refused(moodle, {"roles": None}, {"roles": [7]}) == ["missing_roles", "missing_roles"]


def test_without_cookies_storage_or_the_person_confirms_and_a_new_tab_works(moodle: Lms) -> None:
    start, own = f"{moodle.tool.url}/start", {"Origin": moodle.tool.url}

    def answer_of(driver: LaunchDriver, form: Form, **more: str) -> requests.Response:
        return driver.session.post(form.action, data=form.fields | more, headers=own, timeout=20)

    control(moodle, "settings", storage="post_message_forwarding")
    try:
        with browser(moodle, cookies=False) as driver:
            driver.session.headers["Sec-Fetch-Dest"] = "iframe"
            begun = driver.start()
            stores = driver.session.post(begun.action, data=begun.fields, timeout=20)
            value, onward = (found(stores, rf'{name}="([^"]+)"') for name in ("data-value", 'class="btn main"\\s+href'))
            assert found(stores, 'data-origin="([^"]+)"') == moodle.url
            allowed = driver.session.get(onward, timeout=20)
            page = driver.send(forms_of(allowed.text, allowed.url)[0])
            assert reason_of(page) == "no_cookie"
            (known,) = [form for form in forms_of(page.text, page.url) if "browser" in form.fields]
            assert reason_of(answer_of(driver, known, browser="of-another-browser")) == "other_browser"
            assert "Waymark is ready" in answer_of(driver, known, browser=value).text
    finally:
        moodle.served.campus.storage = None

    with browser(moodle, cookies=False) as driver, browser(moodle) as tab:
        page = driver.launch()
        assert reason_of(page) == "no_cookie"
        assert "Yes, continue as Maple Example" in page.text
        (question,) = forms_of(page.text, page.url)
        elsewhere = driver.session.post(start, data=question.fields, headers={"Origin": moodle.url}, timeout=20)
        assert reason_of(elsewhere) == "cross_site"
        ready = answer_of(driver, question)
        assert "Waymark is ready" in ready.text
        bearer = {BEARER_HEADER: found(ready, 'name="waymark-session" content="([^"]+)"')}
        onward = found(ready, '<a class="btn main" href="([^"]+)"')
        opened = driver.session.get(moodle.tool.url + onward, headers=bearer, timeout=20)
        assert inside(opened)
        assert "Where you stand" in opened.text
        assert driver.session.get(moodle.tool.url + onward, timeout=20).status_code == 401
        (window,) = forms_of(ready.text, ready.url)
        assert inside(answer_of(tab, window))  # a window of its own keeps cookies
        assert inside(tab.session.get(moodle.tool.url + onward, timeout=20))


def test_a_rotated_key_costs_one_fetch_and_an_outage_nothing(moodle: Lms) -> None:
    tool, counts = moodle.tool, moodle.served.campus.counts
    lets_in(moodle)
    tool.later(seconds=5)
    before = counts["jwks"]
    control(moodle, "rotate-keys")
    for person in (MAPLE, ROWAN, TEACHER):
        lets_in(moodle, person)
    assert counts["jwks"] == before + 1
    tool.later(seconds=5)
    with browser(moodle) as driver:
        form = asked(driver)
        for _ in range(5):
            unknown = driver.forged(form, header_patch={"kid": "made-up"})
            assert reason_of(driver.send(unknown)) == "unknown_key"
    assert counts["jwks"] == before + 2
    tool.later(hours=13)  # the set is asked for again
    for kind in ("503", "html"):
        with moodle.fault(jwks=kind):
            lets_in(moodle)
            lets_in(moodle, ROWAN)
            assert moodle.served.campus.faults.active["jwks"].hits == 1
        tool.later(seconds=5)
    control(moodle, "rotate-keys", drop_old=True)
    with moodle.fault(jwks="503"), browser(moodle) as driver:
        answer = driver.launch()
        assert (answer.status_code, reason_of(answer)) == (424, "keys_unavailable")
    tool.later(seconds=5)
    lets_in(moodle)


def test_each_message_opens_its_page_and_a_strange_one_is_a_clear_page(moodle: Lms) -> None:
    (item,) = moodle.served.campus.items.values()
    review = (moodle.url, TEACHER, seeds.COURSE, item.id, MAPLE)
    with (
        browser(moodle) as student,
        LaunchDriver.deep_link(moodle.url, TEACHER, seeds.COURSE) as places,
        LaunchDriver.review(*review) as reviews,
    ):
        assert "Where you stand" in student.launch().text
        assert "What should it open?" in places.launch().text
        assert "/diagnostics/learners/" in reviews.launch().url
        assert student.forge({"message_type": "DataPrivacyLaunchRequest"}).url.endswith("/privacy")
    strange = ({"message_type": name} for name in ("LtiFutureRequest", None, "", 7))
    missing = ["missing_message_type"] * 3
    assert refused(moodle, *strange) == ["unknown_message_type", *missing]
