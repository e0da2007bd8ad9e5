"""Invitations: made by the command or an administrator, good once and for a while, whoever comes at the same time."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from lti_tool.cli import cli
from lti_tool.kit import clock
from lti_tool.kit.audit import AuditEntry
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.kit.errors import Invalid
from lti_tool.launch import invitations, service
from lti_tool.launch.invitations import InvitationRefused, Purpose
from lti_tool.launch.models import Invitation
from lti_tool.launch.sessions import COOKIE
from tests.walks import seeds
from tests.walks.campus import Tool
from tests.walks.databases import either_database, pytest_generate_tests, sqlite_database
from tests.walks.people import Page, Someone
from tests.walks.seeds import ADMIN, COURSE, MAP, TEACHER

__all__ = ["either_database", "pytest_generate_tests", "sqlite_database"]
ADDRESS = re.compile(r'value="(http[^"]+/lti/register\?invitation=([\w-]{43}))"')


@pytest.fixture(scope="module")
def tool(either_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with Tool(either_database, tmp_path_factory.mktemp("tool")) as running:
        yield running


def guest(tool: Tool) -> Someone:
    """Somebody at a browser of their own, who comes from no LMS."""
    return Someone(tool.url, 0, tool.url)


def administrator(tool: Tool, name: str = "Example College") -> Someone:
    someone = guest(tool)
    someone.press(someone.see(f"/invitation?token={invite(tool, name=name)}"), "/invitation")
    return someone


def invite(tool: Tool, purpose: Purpose = Purpose.ADMINISTRATOR, name: str = "Example College", **more: Any) -> str:
    with tool.app.app_context(), writing(db.session()) as session, everywhere(session):
        owner = service.the_institution(session, name, clock.now())
        given: dict[str, Any] = {"days": 7, "made_by": "a test"} | more
        return invitations.invite(session, owner, purpose, clock.now(), **given)[0]


def found(tool: Tool, token_hash: str) -> dict[str, Any]:
    def read(session: Any) -> dict[str, Any]:
        row = session.query(Invitation).filter_by(token_hash=token_hash).one()
        return {column.key: getattr(row, column.key) for column in Invitation.__table__.columns}

    return tool.read(read)


def test_an_invitation_opens_one_session_and_no_look_at_it_uses_it_up(tool: Tool) -> None:
    token = invite(tool, name="College One")
    someone, late = guest(tool), guest(tool)
    for _ in range(3):  # mail programs and chats look at links
        assert someone.see(f"/invitation?token={token}").says("Look after Waymark for College One")
        requests.get(f"{tool.url}/invitation", params={"token": token}, timeout=5)
    page = late.see(f"/invitation?token={token}")
    cookie = someone.session.cookies.get(COOKIE)
    assert someone.press(page, "/invitation").title == "Connections"
    assert (cookie, someone.session.cookies.get(COOKIE) is not None) == (None, True)
    again = late.press(page, "/invitation")
    assert (again.status, again.error) == (410, "invitation_used")
    assert again.says("Ask whoever runs Waymark for a new one.")
    assert late.see(f"/invitation?token={token}").error == "invitation_used"
    assert late.see("/admin/connections").error == "open_again"
    # no course, no LMS, and still an administrator's pages, but nobody else's
    assert someone.see("/").title == "Connections"
    assert someone.see("/frameworks").ok
    for path in ("/diagnostics/class", "/map", "/grading/review"):
        assert someone.see(path).status in (403, 404), path
    tool.later(hours=9)
    assert someone.see("/admin/connections").error == "open_again"


def test_of_twenty_who_press_at_once_one_comes_in(tool: Tool) -> None:
    token = invite(tool)
    came: list[int] = []
    gate = threading.Barrier(20)

    def press() -> None:
        cookies = {"__Host-waymark-browser": "b" * 43}
        gate.wait()
        answer = requests.post(
            f"{tool.url}/invitation",
            data={"token": token},
            headers={"Origin": tool.url, "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())},
            allow_redirects=False,
            timeout=30,
        )
        came.append(answer.status_code)

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == [303, *[410] * 19]


def test_what_is_not_an_open_invitation_opens_nothing(tool: Tool) -> None:
    someone = guest(tool)
    expired = invite(tool, days=1)
    register = invite(tool, Purpose.REGISTER)
    good = invite(tool)
    someone.see(f"/invitation?token={good}")
    for token, expected in (
        ("", "invitation_missing"),
        ("x" * 43, "invitation_unknown"),
        (register, "invitation_unknown"),
    ):
        assert someone.see(f"/invitation?token={token}").error == expected
        assert someone.do("/invitation", {"token": token}).error == expected
        assert someone.do("/invitation", {"token": f"{token}\x00"}).error == "invitation_unknown"
    assert guest(tool).see(f"/lti/register?invitation={good}").error == "invitation_unknown"
    foreign = requests.post(
        f"{tool.url}/invitation", data={"token": good}, headers={"Origin": "https://evil.example"}, timeout=5
    )
    assert (foreign.status_code, "cross_site" in foreign.text) == (403, True)
    blocked = requests.post(f"{tool.url}/invitation", data={"token": good}, headers={"Origin": tool.url}, timeout=5)
    assert (blocked.status_code, "cookies_blocked" in blocked.text) == (403, True)
    assert someone.do("/invitation", {"token": good}).title == "Connections"  # none of it used it up
    tool.later(hours=25)
    assert someone.see(f"/invitation?token={expired}").error == "invitation_expired"
    assert someone.do("/invitation", {"token": expired}).error == "invitation_expired"


def test_a_planted_session_is_never_taken_over(tool: Tool) -> None:
    token = invite(tool)
    planted = "p" * 43
    cookies = f"{COOKIE}={planted}; __Host-waymark-browser={'b' * 43}"
    answer = requests.post(
        f"{tool.url}/invitation",
        data={"token": token},
        headers={"Origin": tool.url, "Cookie": cookies},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 303
    given = re.search(rf"{COOKIE}=([\w-]+); Secure; HttpOnly; Path=/; SameSite=None", answer.headers["Set-Cookie"])
    assert given is not None
    assert given[1] != planted
    page = requests.get(f"{tool.url}/admin/connections", headers={"Cookie": f"{COOKIE}={planted}"}, timeout=5)
    assert page.status_code == 401


def test_an_administrator_makes_looks_at_and_withdraws_addresses(tool: Tool) -> None:
    admin = administrator(tool, "College Two")
    page = admin.see("/admin/invitations")
    assert page.says("No address has been made yet.")
    assert ADDRESS.search(page.text) is None
    page = admin.press(page, "/admin/invitations", days="30")
    first = ADDRESS.search(page.text)
    assert first is not None
    assert first[1].startswith(f"{tool.url}/lti/register?invitation=")
    row = found(tool, invitations._hash(Purpose.REGISTER, first[2]))
    assert first[2] not in json.dumps(row, default=str)  # hashed and sealed
    assert row["expires_at"] - row["created_at"] == timedelta(days=30)
    assert ADDRESS.search(admin.see("/admin/invitations").text)  # still there tomorrow
    page = admin.press(admin.see("/admin/invitations"), "/admin/invitations", days="1")
    second = ADDRESS.search(page.text)
    assert second is not None
    assert second[2] != first[2]
    newest = invitations._hash(Purpose.REGISTER, second[2])
    stranger = administrator(tool, "College Three")
    assert stranger.see("/admin/invitations").says("No address has been made yet.")
    assert stranger.do(f"/admin/invitations/{found(tool, newest)['id']}/revoke").status == 404
    page = admin.do(f"/admin/invitations/{found(tool, newest)['id']}/revoke")
    assert page.says("Withdrawn. No LMS can register with it any more.", "Withdrawn", "Open")
    shown = ADDRESS.search(page.text)
    assert shown is not None
    assert shown[2] == first[2]
    assert found(tool, newest)["token_sealed"] == ""
    assert admin.see(f"/lti/register?invitation={second[2]}").error == "invitation_revoked"
    assert admin.do(f"/admin/invitations/{found(tool, newest)['id']}/revoke").status == 404  # once
    trail = tool.read(lambda s: [one.action for one in s.query(AuditEntry).order_by(AuditEntry.id)])
    assert trail.count("invitation.withdrawn") == 1
    for days in ("0", "8", "9999", "x"):
        assert admin.do("/admin/invitations", {"days": days}).status == 400
    tool.later(days=31)
    assert administrator(tool, "College Two").see("/admin/invitations").says("Expired", "Make an address")


def test_only_administrators_make_addresses(tool: Tool) -> None:
    moodle = tool.add_lms(seeds.seed(seeds.course()), "moodle")
    for person in (TEACHER, seeds.MAPLE):
        someone = moodle.be(person)
        someone.enter(COURSE, MAP)
        assert someone.see("/admin/invitations").error == "wrong_role"
        assert someone.do("/admin/invitations", {"days": "7"}).error == "wrong_role"
        assert someone.do("/admin/invitations/1/revoke").error == "wrong_role"
    admin = moodle.be(ADMIN)  # inside the LMS
    admin.enter(COURSE, MAP)
    page: Page = admin.press(admin.see("/admin/invitations"), "/admin/invitations", days="7")
    assert page.says("Paste this into your LMS", "Quince Sample")


def test_an_attempt_has_an_invitation_for_itself_for_three_minutes(tool: Tool) -> None:
    token = invite(tool, Purpose.REGISTER)
    with tool.app.app_context():
        session, now = db.session(), clock.now()
        with writing(session):
            mine = invitations.claim(session, Purpose.REGISTER, token, now)
        for later, reason in ((timedelta(minutes=2), "invitation_busy"),):
            with pytest.raises(InvitationRefused) as caught, writing(session):
                invitations.claim(session, Purpose.REGISTER, token, now + later)
            assert caught.value.reason == reason
        with writing(session):
            next_one = invitations.claim(session, Purpose.REGISTER, token, now + timedelta(minutes=4))
        with writing(session):
            invitations.release(session, mine, "too_late", now)  # not its own any more
            assert not invitations.complete(session, mine, now, used_for="a")
            assert invitations.complete(session, next_one, now, used_for="b")
            assert not invitations.complete(session, next_one, now, used_for="c")
        with pytest.raises(InvitationRefused) as caught:
            invitations.look(session, Purpose.REGISTER, token, now)
        assert caught.value.details == ("It was used for b.",)
        with pytest.raises(Invalid), writing(session):
            invitations.invite(session, mine.institution_id, Purpose.REGISTER, now, days=91, made_by="x")


def test_the_command_invites_on_an_empty_database(tool: Tool, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    monkeypatch.setenv("LTI_TOOL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LTI_TOOL_BASE_URL", "https://waymark.example.edu")
    monkeypatch.setenv("LTI_TOOL_LOG_LEVEL", "error")
    run = CliRunner()
    said = json.loads(run.invoke(cli, ["admin", "invite", "--institution", "Example College"]).stdout)
    assert re.fullmatch(r"https://waymark\.example\.edu/invitation\?token=[\w-]{43}", said["url"])
    assert said["institution"] == "Example College"
    again = json.loads(run.invoke(cli, ["admin", "invite", "--days", "1"]).stdout)  # the only institution there is
    assert again["institution"] == "Example College"
    assert again["url"] != said["url"]
    run.invoke(cli, ["admin", "invite", "--institution", "Another"])
    newest, *others = json.loads(run.invoke(cli, ["admin", "list"]).stdout)
    assert newest["institution"] == "Another"
    assert len(others) == 2
    assert json.loads(run.invoke(cli, ["admin", "withdraw", str(newest["id"])]).stdout)["state"] == "withdrawn"
    assert [one["id"] for one in json.loads(run.invoke(cli, ["admin", "list"]).stdout)] == [one["id"] for one in others]
    assert run.invoke(cli, ["admin", "withdraw", str(newest["id"])]).exit_code == 1
    unclear = run.invoke(cli, ["admin", "invite"])
    assert unclear.exit_code == 1
    assert getattr(unclear.exception, "reason", "") == "institution_unclear"
    assert run.invoke(cli, ["admin", "invite", "--institution", "X", "--days", "0"]).exit_code == 1
