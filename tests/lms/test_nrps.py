"""The roster service, against every recorded answer of a real Moodle."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Http
from lti_tool.lms import faults
from lti_tool.lms.calls import Calls
from lti_tool.lms.nrps import CUSTOM, Nrps, roster_changes, short_role
from lti_tool.lms.tokens import TokenDoor
from lti_tool.lms.values import Member, MemberStatus
from tests.lms.gradebooks import NOW, Tokens
from tests.lms.replay import PAGE, Asked, Replay, Reply, names, recorded, reply_of, serving

LISTS: dict[str, Any] = {
    "accept-any": 5,
    "course-without-tool": 4,
    "fail-accept-json": faults.RequestRefused,
    "fail-accept-v1": faults.OddAnswer,
    "fail-bad-token": faults.AccessDenied,
    "fail-no-token": faults.AccessDenied,
    "fail-unknown-course": faults.NotThere,
    "fail-wrong-scope": faults.AccessDenied,
    "large-from-100": 25,
    "large-limit-1000": 125,
    "large-limit-50-page-1": 50,
    "large-limit-50-page-2": 50,
    "large-limit-50-page-3": 25,
    "large-rlid-limit-2": 2,
    "large-role-learner-limit-100": 100,
    "large-whole": 125,
    "privacy-email-only": 4,
    "privacy-names-only": 4,
    "small-limit-0": 5,
    "small-limit-1": 1,
    "small-rlid": 5,
    "small-rlid-unknown": faults.NotThere,
    "small-role-full-uri": 4,
    "small-role-instructor": 1,
    "small-role-learner": 4,
    "small-role-unknown": 5,
    "small-whole": 5,
}


@contextmanager
def roster(http: Http, reply: Callable[[Asked], Reply]) -> Iterator[tuple[Nrps, Replay]]:
    with serving(reply) as server:
        yield Nrps(Calls(http, Tokens(http), TokenDoor(1, "client", server.url))), server


def one_page(name: str) -> Callable[[Asked], Reply]:
    def reply(asked: Asked) -> Reply:
        said = reply_of(f"nrps/{name}")
        said.headers.pop("Link", None)
        return said

    return reply


def test_every_recorded_roster_is_in_the_table() -> None:
    assert {name.removeprefix("nrps/") for name in names("nrps")} == set(LISTS)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_recorded_roster_is_read_or_its_refusal_said(http: Http, name: str) -> None:
    with roster(http, one_page(name)) as (nrps, server):
        if isinstance(LISTS[name], int):
            members = nrps.members(server.url + "/memberships", now=NOW)
            assert len(members) == LISTS[name]
            assert all(member.status is MemberStatus.ACTIVE for member in members)
            assert all(member.roles <= {"Learner", "Instructor"} for member in members)
        else:
            with pytest.raises(Fault) as caught:
                nrps.members(server.url + "/memberships", now=NOW)
            assert type(caught.value) is LISTS[name]
    assert server.asked[0].headers["Accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


def large_class(asked: Asked) -> Reply:
    page = {"": 1, "0": 1, "50": 2, "100": 3}[asked.query.get("from", "")]
    reply = reply_of(f"nrps/large-limit-50-page-{page}")
    if "Link" in reply.headers:
        reply.headers["Link"] = reply.headers["Link"].replace(
            "http://moodle.example", f"http://{asked.headers['Host']}"
        )
    return reply


def test_a_large_class_comes_whole_and_the_role_is_never_lost(http: Http) -> None:
    with roster(http, large_class) as (nrps, server):
        url = server.url + "/mod/lti/services.php/CourseSection/5/bindings/3/memberships"
        everybody = nrps.members(url, now=NOW, limit=50)
        learners = nrps.members(url, now=NOW, limit=50, role="Learner")
    whole = recorded("nrps/large-whole")["response"]["body"]["members"]
    assert [member.user_id for member in everybody] == [row["user_id"] for row in whole]
    assert len(learners) == len([row for row in whole if row["roles"] == ["Learner"]])
    assert not any("role" in asked.query for asked in server.asked)


def test_names_that_are_not_shared_are_empty(http: Http) -> None:
    with roster(http, one_page("privacy-email-only")) as (nrps, server):
        members = nrps.members(server.url, now=NOW)
    assert {(member.name, member.given_name) for member in members} == {("", "")}
    assert all("@" in member.email for member in members)


def test_people_are_not_in_what_is_printed(http: Http) -> None:
    with roster(http, one_page("small-whole")) as (nrps, server):
        printed = repr(nrps.members(server.url, now=NOW))
    assert "@" not in printed
    assert "Student" not in printed


def test_a_link_of_another_course_is_said(http: Http) -> None:
    bad_gateway = Reply(502, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})
    with roster(http, lambda asked: bad_gateway) as (nrps, server), pytest.raises(Fault) as caught:
        nrps.members(server.url, now=NOW, rlid="5")
    assert "another course" in caught.value.next_step
    assert server.asked[0].query == {"rlid": "5"}


def member_row(**more: Any) -> dict[str, Any]:
    return {"user_id": "u1", "roles": ["Learner"]} | more


def read_one(http: Http, row: Any) -> Member:
    with roster(http, lambda asked: Reply(body={"id": "x", "members": [row]})) as (nrps, server):
        [member] = nrps.members(server.url, now=NOW)
        return member


def test_canvas_user_ids_come_by_custom_variables(http: Http) -> None:
    known = member_row(message=[{CUSTOM: {"lms_user_id": "10045", "course_id": "7"}}])
    unknown = member_row(message=[{CUSTOM: {"lms_user_id": "$Canvas.user.id"}}])
    assert read_one(http, known).lms_user_id == "10045"
    assert read_one(http, unknown).lms_user_id is None
    assert read_one(http, member_row(message=[{"https://x": 1}, "odd"])).lms_user_id is None


def test_the_test_student_is_known_by_its_role(http: Http) -> None:
    roles = [
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
        "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    ]
    member = read_one(http, member_row(roles=roles))
    assert member.is_test
    assert member.roles == {"Learner", "system:TestUser"}


@pytest.mark.parametrize(
    ("said", "status"),
    [("Active", MemberStatus.ACTIVE), ("inactive", MemberStatus.INACTIVE), ("Deleted", MemberStatus.DELETED),
     (None, MemberStatus.ACTIVE), ("Paused", MemberStatus.INACTIVE)],
)  # fmt: skip
def test_statuses(http: Http, said: str | None, status: MemberStatus) -> None:
    assert read_one(http, member_row(status=said)).status is status


@pytest.mark.parametrize(
    ("role", "short"),
    [
        ("Learner", "Learner"),
        ("urn:lti:role:ims/lis/Instructor", "Instructor"),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor", "Instructor"),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant", "TeachingAssistant"),
        ("http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator", "institution:Administrator"),
        ("http://purl.imsglobal.org/vocab/lis/v2/system/person#User", "system:User"),
    ],
)
def test_role_names_are_short_and_keep_where_they_are_from(role: str, short: str) -> None:
    assert short_role(role) == short


@pytest.mark.parametrize(
    "body",
    [PAGE, b"", b"[]", b"{}", b'{"members": {}}', b'{"members": [{"roles": []}]}', b'{"members": [{"user_id": true}]}'],
)
def test_rosters_of_the_wrong_shape_are_faults_not_empty_classes(http: Http, body: bytes) -> None:
    with roster(http, lambda asked: Reply(200, body)) as (nrps, server), pytest.raises(Fault):
        nrps.members(server.url, now=NOW)


def person(id_: str, **more: Any) -> Member:
    return Member(id_, frozenset({"Learner"}), **more)


def test_a_roster_is_compared_with_what_is_known() -> None:
    known = [person("stays"), person("goes"), person("renamed", name="Maple Example"), person("suspended")]
    known.append(person("returns", status=MemberStatus.DELETED))
    listed = [person("stays"), person("renamed", name="Maple Sample"), person("new"), person("returns")]
    listed.append(person("suspended", status=MemberStatus.DELETED))
    changes = roster_changes(known, listed)
    assert [member.user_id for member in changes.joined] == ["new", "returns"]
    assert [member.name for member in changes.changed] == ["Maple Sample"]
    assert [member.user_id for member in changes.left] == ["goes", "suspended"]
    assert roster_changes(listed, listed) == roster_changes([], [])
