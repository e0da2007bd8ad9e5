"""The clients against the sandbox LMS in both tempers, nothing in between: real tokens, real paging, real refusals."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti_tool.kit.http import Http
from lti_tool.lms import faults
from lti_tool.lms.ags import Ags
from lti_tool.lms.calls import Calls
from lti_tool.lms.canvas import Canvas
from lti_tool.lms.delivery import Delivered, Refused, TryLater
from lti_tool.lms.moodle import Moodle
from lti_tool.lms.nrps import Nrps
from lti_tool.lms.tokens import SCORES, AccessTokens, MemoryTokens, TokenDoor
from lti_tool.lms.values import Family, NewLineItem, Score
from lti_tool.sandbox import Served
from lti_tool.sandbox.keys import sign
from lti_tool.sandbox.places import lti_user_id
from tests.sandbox.conftest import _honest_again, canvas, either, moodle, seed, toy  # noqa: F401 - fixtures
from tests.sandbox.toy import CLIENT, Toy

LINE_ITEMS = {"moodle": "/mod/lti/services.php/5/lineitems?type_id=3", "canvas": "/api/lti/courses/5/line_items"}
MEMBERS = {
    "moodle": "/mod/lti/services.php/CourseSection/5/bindings/3/memberships",
    "canvas": "/api/lti/courses/5/names_and_roles",
}
TOKEN = "sandbox-teacher-token"


def now() -> datetime:
    return datetime.now(UTC)


def temper(sandbox: Served) -> str:
    return str(sandbox.campus.temper)


def calls(http: Http, sandbox: Served, tool: Toy) -> Calls:
    def signed(claims: Mapping[str, Any]) -> str:
        return sign(dict(claims), tool.key)

    door = TokenDoor(1, CLIENT, sandbox.campus.url(sandbox.campus.places.token))
    return Calls(http, AccessTokens(http, MemoryTokens(), signed), door)


def gradebook(http: Http, sandbox: Served, tool: Toy) -> tuple[Ags, str]:
    return Ags(calls(http, sandbox, tool), Family.of(temper(sandbox))), sandbox.base_url + LINE_ITEMS[temper(sandbox)]


def student_of(sandbox: Served) -> str:
    """The LTI user id of a student (Moodle's list also calls a teaching assistant one, and takes no mark for her)."""
    person = sandbox.campus.seed.person(21)
    assert person is not None
    return lti_user_id(sandbox.campus.temper, person)


def wanted(tag: str) -> NewLineItem:
    return NewLineItem("Planning", 3, "rub-42", tag, launch_url="https://tool.example/lti/launch")


def test_a_column_is_made_once_filled_and_read(http: Http, either: Served, toy: Toy) -> None:  # noqa: F811
    ags, url = gradebook(http, either, toy)
    item = ags.ensure_line_item(url, wanted("C1"), now=now())
    assert ags.ensure_line_item(url, wanted("C1"), now=now()) == item
    stamp = now().replace(microsecond=0) - timedelta(seconds=5)
    student = student_of(either)
    assert student in {member.user_id for member in people(http, either, toy)}
    first = Score(student, 2, 3, stamp, "Sound planning")
    assert ags.post_score(item.url, first, now=now()) == Delivered(stamp)
    again = ags.post_score(item.url, Score(student, 3, 3, stamp - timedelta(seconds=1)), now=now())
    assert isinstance(again, TryLater)
    assert again.later_timestamp
    later = stamp + timedelta(seconds=1)
    assert ags.post_score(item.url, Score(student, 2.5, 3, later, "Better"), now=now()) == Delivered(later)
    [result] = [one for one in ags.results(item.url, now=now()) if one.user_id == student]
    assert (result.score, result.maximum) == (2.5, 3)


def people(http: Http, sandbox: Served, tool: Toy) -> Any:
    return Nrps(calls(http, sandbox, tool)).members(sandbox.base_url + MEMBERS[temper(sandbox)], now=now(), limit=2)


def test_many_columns_come_from_all_pages(http: Http, either: Served, toy: Toy) -> None:  # noqa: F811
    ags, url = gradebook(http, either, toy)
    for number in range(5):
        ags.ensure_line_item(url, wanted(f"C{number}"), now=now())
    items = ags.line_items(url, now=now(), resource_id="rub-42", limit=2)
    assert sorted(item.tag for item in items) == ["C0", "C1", "C2", "C3", "C4"]
    renamed = ags.update(items[0].url, now=now(), label="Renamed")
    assert (renamed.label, ags.line_item(items[0].url, now=now()).tag) == ("Renamed", items[0].tag)
    ags.delete(items[0].url, now=now())
    ags.delete(items[0].url, now=now())
    with pytest.raises(faults.NotThere):
        ags.line_item(items[0].url, now=now())


def test_a_score_for_a_stranger_is_refused_for_good(http: Http, either: Served, toy: Toy) -> None:  # noqa: F811
    ags, url = gradebook(http, either, toy)
    item = ags.ensure_line_item(url, wanted("C1"), now=now())
    stamp = now().replace(microsecond=0)
    outcome = ags.post_score(item.url, Score("nobody-here", 2, 3, stamp), now=now())
    assert isinstance(outcome, Refused)
    assert outcome.reason == "not_a_student"


def test_a_roster_comes_from_all_pages_once_each(http: Http, either: Served, toy: Toy) -> None:  # noqa: F811
    members = people(http, either, toy)
    assert len({member.user_id for member in members}) == len(members) >= 5
    assert {"Instructor", "Learner"} <= {role for member in members for role in member.roles}


def test_a_key_set_that_cannot_be_fetched_is_said(http: Http, moodle: Served, toy: Toy) -> None:  # noqa: F811
    toy.jwks = "<html>nothing here</html>"
    with pytest.raises(faults.KeysUnreachable):
        people(http, moodle, toy)


def test_a_wrong_client_id_is_said(http: Http, either: Served, toy: Toy) -> None:  # noqa: F811
    door = TokenDoor(1, "somebody-else", either.campus.url(either.campus.places.token))
    tokens = AccessTokens(http, MemoryTokens(), lambda claims: sign(dict(claims), toy.key))
    with pytest.raises(faults.TokenRefused):
        tokens.token(door, [SCORES], now=now())


def test_a_moodle_course_is_taken_in(http: Http, moodle: Served) -> None:  # noqa: F811
    site = Moodle(http, moodle.base_url, TOKEN)
    assert site.check().lacks == ()
    snapshot = site.read_course("5")
    assert snapshot.complete, snapshot.warnings
    assert {one.title for one in snapshot.assignments} >= {"Source check", "Explainer", "Case file"}
    assert {mark.released for mark in snapshot.marks} == {True, False}
    assert {member.user_id for member in site.people("5") if "Learner" in member.roles} >= {"21", "22"}
    with pytest.raises(faults.TokenRejected):
        Moodle(http, moodle.base_url, "nonsense").read_course("5")


def test_a_canvas_course_is_taken_in(http: Http, canvas: Served) -> None:  # noqa: F811
    pauses: list[float] = []
    site = Canvas(http, canvas.base_url, TOKEN, pause=pauses.append)
    assert site.check()
    snapshot = site.read_course("5")
    assert snapshot.complete, snapshot.warnings
    assert {one.title for one in snapshot.assignments} >= {"Source check", "Explainer", "Case file"}
    by_student = {(one.user_source_id, one.assignment_source_id): one for one in snapshot.marks}
    first = {row.criterion_source_id: row for row in by_student["21", "31"].criteria}
    assert (first["_2"].points, first["_2"].comment) == (3, "Well argued")
    assert {row.criterion_source_id for row in by_student["22", "31"].criteria} == {"_1", "_2"}
    assert not by_student["21", "33"].released
    with pytest.raises(faults.TokenRejected):
        Canvas(http, canvas.base_url, "nonsense").read_course("5")
