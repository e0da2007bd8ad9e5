"""Launches and class lists while the LMS's keys, its door or its services fail, and after."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from lti_tool.sandbox.seed import Enrolment, Person
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import ADMIN, HAZEL, LINDEN, MAPLE, ROWAN, TEACHER

OUTAGES = ("html404", "503", "timeout", "garbage")


@pytest.fixture(scope="module")
def moodle(tool: Tool) -> Lms:
    lms = tool.add_lms(seeds.seed(seeds.course()), "moodle")
    steps.enter_all(lms, ADMIN)
    steps.bring_framework(lms.be(ADMIN))
    tool.sweep()
    return lms


@pytest.fixture
def stranger(tool: Tool) -> Iterator[Lms]:
    """An LMS that nobody has launched from yet."""
    lms = tool.add_lms(seeds.seed(seeds.course()), "canvas", "A college of its own")
    yield lms
    lms.stop()
    tool.lmss.remove(lms)


def rotate(lms: Lms, **how: Any) -> None:
    assert requests.post(f"{lms.url}/control/rotate-keys", json=how, timeout=10).ok


def enters(lms: Lms, person: int) -> bool:
    return lms.be(person).enter(seeds.COURSE, seeds.MAP).title == "Where you stand"


def test_a_new_key_of_the_lms_is_fetched_when_it_first_signs(moodle: Lms) -> None:
    assert enters(moodle, MAPLE)
    moodle.tool.later(seconds=5)
    rotate(moodle)
    assert enters(moodle, ROWAN)
    moodle.tool.later(seconds=5)
    rotate(moodle, drop_old=True)
    assert enters(moodle, LINDEN)


def test_known_keys_carry_launches_through_an_outage(moodle: Lms) -> None:
    assert enters(moodle, MAPLE)
    with moodle.fault(jwks="503"):
        assert enters(moodle, MAPLE)
        assert enters(moodle, HAZEL)


@pytest.mark.parametrize("kind", OUTAGES)
def test_keys_that_were_never_had_stop_the_launch_with_words_and_come_later(stranger: Lms, kind: str) -> None:
    someone = stranger.be(MAPLE)
    with stranger.fault(jwks={"kind": kind, "seconds": 0.2}):
        page = someone.enter(seeds.COURSE, seeds.MAP)
        assert (page.status, page.error) == (424, "keys_unavailable")
        assert page.says("could not be fetched", "Try again in a minute.")
    stranger.tool.later(seconds=5)
    assert someone.enter(seeds.COURSE, seeds.MAP).error == "no_framework"  # in, at an institution that has none


@pytest.mark.parametrize("kind", ["503", "html"])
def test_a_new_key_that_cannot_be_fetched_works_as_soon_as_it_can(moodle: Lms, kind: str) -> None:
    assert enters(moodle, MAPLE)
    moodle.tool.later(seconds=5)
    rotate(moodle, drop_old=True)
    with moodle.fault(jwks=kind):
        page = moodle.be(MAPLE).enter(seeds.COURSE, seeds.MAP)
        assert (page.status, page.error) == (424, "keys_unavailable")
    moodle.tool.later(seconds=5)
    assert enters(moodle, MAPLE)


def test_a_slow_key_set_only_takes_longer(stranger: Lms) -> None:
    with stranger.fault(jwks={"kind": "slow", "seconds": 0.5}):
        assert stranger.be(MAPLE).enter(seeds.COURSE, seeds.MAP).error == "no_framework"


@pytest.mark.parametrize("kind", ["500", "lost"])
def test_a_door_of_the_lms_that_fails_leaves_no_trace_here(moodle: Lms, kind: str) -> None:
    """The launch never reaches the tool; the next one does."""
    someone = moodle.be(ROWAN)
    with moodle.fault(auth=kind):
        page = someone.enter(seeds.COURSE, seeds.MAP)
        assert page.url.startswith(moodle.url)
    assert enters(moodle, ROWAN)


def test_an_lms_that_says_no_at_its_door_is_told_in_words(moodle: Lms) -> None:
    someone = moodle.be(MAPLE)
    answer = someone.ask("POST", "/lti/launch", data={"error": "access_denied", "state": "none"})
    assert answer.status_code == 403
    assert 'data-error="login_refused"' in answer.text
    assert "Go back to your course" in answer.text


def join(lms: Lms, number: int, given: str) -> None:
    lms.add_person(Person(number, given, "Example"))
    lms.change_course(seeds.COURSE, lambda course: replace(course, enrolments=(*course.enrolments, Enrolment(number))))


CLASS_TROUBLE = ("html404", "500", "throttle", "garbage", "401", "403")


@pytest.mark.parametrize(("number", "service", "kind"), [
    *((300 + at, "nrps", kind) for at, kind in enumerate(CLASS_TROUBLE)),
    *((350 + at, "token", kind) for at, kind in enumerate(("html404", "403"))),
])  # fmt: skip
def test_a_class_list_that_cannot_be_read_is_told_and_read_later(
    moodle: Lms, number: int, service: str, kind: str
) -> None:
    name = f"Tree{number}"
    moodle.tool.later(minutes=70)
    join(moodle, number, name)
    teacher, admin = moodle.be(TEACHER), moodle.be(ADMIN)
    admin.enter(seeds.COURSE, seeds.MAP)
    if service == "token":
        moodle.served.campus.grants.clear()
    with moodle.fault(**{service: {"kind": kind, "seconds": 0.2}}):
        assert teacher.enter(seeds.COURSE, seeds.MAP).ok
        moodle.tool.sweep()
        page = teacher.see("/diagnostics/class")
        assert name not in page.words
        assert page.says("Maple Example")  # those who were there stay
        told = admin.see("/admin/deliveries")
        assert told.says("Reading the class list", "Digital practice", "127.0.0.1")
    stays = kind in ("401", "403")
    if stays:
        assert told.says("Stopped")
        admin.press(told, "/admin/work/").says("It is tried again now.")
        moodle.tool.sweep()
    else:
        assert told.says("Trying again")
        moodle.tool.later(minutes=2)
    assert name in teacher.see("/diagnostics/class").words
    assert "Reading the class list" not in admin.see("/admin/deliveries").words
