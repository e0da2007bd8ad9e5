"""The LMS misbehaves while its assignments, rubrics and marks are read: the page says so, nothing is half-kept, and
after the trouble everything is there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lti_tool.sandbox.seed import Assignment, Course
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.people import Page
from tests.walks.seeds import CREDIT, FRAME, JUDGE, MAKE, MAPLE, ROWAN, TEACHER, level

SOURCE_CHECK = Assignment(
    seeds.SOURCES,
    "Source check",
    6,
    rubric=seeds.SOURCE_RUBRIC,
    work=(
        seeds.work(MAPLE, 1, level(FRAME, 1), level(JUDGE, 1)),
        seeds.work(ROWAN, 1, level(FRAME, 2), level(JUDGE, 2)),
    ),
)
POSTER = Assignment(
    seeds.MEDIA,
    "Poster",
    6,
    rubric=seeds.MEDIA_RUBRIC,
    work=(seeds.work(MAPLE, 2, level(MAKE, 2), level(CREDIT, 2)),),
)
TROUBLE = ("html404", "html", "500", "401", "429", "garbage")
MIDWAY = ("503", "403")
STAYS = {"401", "403"}
"""Somebody has to change something; after the others the tool looks again without being asked."""


@pytest.fixture(scope="module", params=["moodle", "canvas"])
def lms(request: pytest.FixtureRequest, tool: Tool) -> Iterator[Lms]:
    names = {"moodle": "Moodle College", "canvas": "Canvas College"}
    made = tool.add_lms(seeds.seed(seeds.course(SOURCE_CHECK, POSTER)), request.param, names[request.param])
    yield steps.ready(made)
    made.served.campus.faults.clear()


def change_everything(lms: Lms) -> str:
    """New marks and a new title, first and last in the course: what a half-kept reading would show in pieces."""
    turn = lms.served.campus.next_id("turn")
    lms.mark(seeds.SOURCES, MAPLE, level(FRAME, turn % 4), level(JUDGE, (turn + 1) % 4))
    lms.mark(seeds.MEDIA, ROWAN, level(MAKE, turn % 4), level(CREDIT, (turn + 2) % 4))
    title = f"Source check, version {turn}"

    def change(course: Course) -> Course:
        first, *others = course.assignments
        return replace(course, assignments=(replace(first, name=title), *others))

    lms.change_course(seeds.COURSE, change)
    return title


def is_up_to_date(lms: Lms, page: Page) -> None:
    """The page says that all is well, and every mark is here as the LMS has it."""
    source, poster = lms.seed.courses[0].assignments
    assert page.says("Last read on", source.name, poster.name)
    for assignment, person in ((source, MAPLE), (poster, ROWAN)):
        now = lms.served.campus.work[assignment.id, person].fillings
        points = [float((one.level or 0) % 10) for one in now]
        assert list(steps.marks(lms, assignment.name, person).values()) == points


def look_in_trouble(lms: Lms, fault: dict[str, Any]) -> Page:
    with lms.fault(rest=fault):
        return steps.look_again(lms)


@pytest.mark.parametrize(("kind", "after"), [*((kind, 0) for kind in TROUBLE), *((kind, 3) for kind in MIDWAY)])
def test_trouble_is_told_and_nothing_is_half_kept(lms: Lms, kind: str, after: int) -> None:
    """At once, and in the middle of the reading."""
    title = change_everything(lms)
    before = steps.counts(lms.tool)
    page = look_in_trouble(lms, {"kind": kind, "after": after, "seconds": 0.2})
    if after and "to know about the last reading" in page.words:
        # one list failed: it is left out and said so, the rest is whole, and nothing counts as gone
        assert page.says(title, "could not be read")
        assert "No longer in the LMS" not in page.words
        after_all = steps.counts(lms.tool)
        assert all(after_all[name] >= before[name] for name in before)
    else:
        assert steps.counts(lms.tool) == before
        assert title not in page.words
        note = page.words.split("could not be read on")[1].split("Assessment From")[0]
        words, _, next_step = note.split("UTC. ")[1].partition(". ")
        assert "127.0.0.1" in words or "Moodle" in words  # who it was
        assert next_step.strip().endswith(".")  # and what to do, or what happens next
        shown = lms.be(seeds.ADMIN).enter(seeds.COURSE, seeds.MAP)
        assert shown.says("1 thing does not work", words)
    if after or kind in STAYS:
        page = steps.look_again(lms)
    else:
        lms.tool.later(minutes=2)
        page = lms.be(TEACHER).see("/grading/assessments")
    is_up_to_date(lms, page)


def test_a_slow_lms_needs_no_word(lms: Lms) -> None:
    change_everything(lms)
    is_up_to_date(lms, look_in_trouble(lms, {"kind": "slow", "seconds": 0.2, "count": 3}))


def test_a_throttled_reading_waits_and_goes_on(lms: Lms) -> None:
    change_everything(lms)
    page = look_in_trouble(lms, {"kind": "throttle", "after": 2, "count": 1})
    if lms.temper == "moodle":  # which has no such limit of its own: something before it asks to slow down
        assert page.says("asks to slow down")
        lms.tool.later(minutes=2)
        page = lms.be(TEACHER).see("/grading/assessments")
    is_up_to_date(lms, page)


def test_a_token_that_ends_is_told_to_teacher_and_administrator_and_a_new_one_mends_it(lms: Lms) -> None:
    change_everything(lms)
    campus = lms.served.campus
    good = campus.seed
    campus.seed = replace(good, tokens=tuple(replace(one, token="another-token") for one in good.tokens))
    page = steps.look_again(lms)
    assert page.says("could not be read on")
    admin = lms.be(seeds.ADMIN)
    shown = admin.enter(seeds.COURSE, seeds.MAP)
    assert shown.says("1 thing does not work", "token")
    number = lms.platform_id
    assert admin.do(f"/admin/platforms/{number}/check").says("does not work yet")
    assert steps.connect(lms, admin, "another-token").says("Works")
    is_up_to_date(lms, steps.look_again(lms))
    campus.seed = replace(campus.seed, tokens=good.tokens)
    assert steps.connect(lms, admin).says("Works")
