"""Dynamic registration from end to end: an administrator makes an address, an LMS in either temper registers with it
over real HTTP, and people come in. Each test is a walk on both databases."""

import re
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import text

from lti_tool.kit import clock
from lti_tool.kit.audit import AuditEntry
from lti_tool.kit.db import Base, db, everywhere, writing
from lti_tool.launch import invitations, ourselves, registration, service
from lti_tool.launch.domain.not_registered import NotRegistered
from lti_tool.launch.invitations import Purpose
from lti_tool.launch.models import Deployment, Institution, Invitation, Platform
from lti_tool.lms import tokens
from lti_tool.sandbox import Served, build_app, serve_in_thread
from lti_tool.sandbox import registration as lms_side
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.places import Temper
from lti_tool.sandbox.registration import TOOL
from tests.walks import seeds
from tests.walks.campus import KEYS, Tool
from tests.walks.databases import either_database, pytest_generate_tests, sqlite_database
from tests.walks.people import Page, Someone
from tests.walks.seeds import ADMIN, COURSE, MAP, TEACHER

__all__ = ["either_database", "pytest_generate_tests", "sqlite_database"]


@pytest.fixture(scope="module")
def tool(either_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with Tool(either_database, tmp_path_factory.mktemp("tool")) as running:
        yield running


@pytest.fixture
def lmss() -> Iterator[Any]:
    """Starts an LMS that nobody has told of the tool."""
    running: list[Served] = []

    def start(temper: Temper) -> Served:
        app = build_app(seeds.seed(seeds.course()), temper=temper, keys=KeyRing(list(KEYS.keys)))
        running.append(serve_in_thread(app))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def institution(tool: Tool, name: str) -> int:
    with tool.app.app_context(), writing(db.session()) as session, everywhere(session):
        return service.the_institution(session, name, clock.now())


def invited(tool: Tool, name: str = "Example College", purpose: Purpose = Purpose.REGISTER) -> str:
    owner = institution(tool, name)
    with tool.app.app_context(), writing(db.session()) as session, everywhere(session):
        return invitations.invite(session, owner, purpose, clock.now(), days=7, made_by="a test")[0]


def address(tool: Tool, lms: Served, secret: str) -> str:
    """Where the LMS sends its administrator's browser, once the address was pasted there."""
    return lms_side.start(lms.campus, f"{tool.url}/lti/register?invitation={secret}")


def come(tool: Tool, lms: Served, secret: str, person: int = ADMIN) -> Page:
    someone = Someone(lms.base_url, person, tool.url)
    return someone.see(address(tool, lms, secret).removeprefix(tool.url))


def activate(lms: Served) -> None:
    (client_id,) = lms.campus.tools
    requests.post(
        f"{lms.base_url}/control/tools/{client_id}/activate", json={"adopt": True}, timeout=5
    ).raise_for_status()


def rows(tool: Tool, model: type[Base], **by: Any) -> list[Any]:
    """Rows as they are now, apart from any session."""

    def found(session: Any) -> list[Any]:
        return [
            SimpleNamespace(**{column.key: getattr(row, column.key) for column in model.__table__.columns})
            for row in session.query(model).filter_by(**by)
        ]

    return tool.read(found)


def platform_of(tool: Tool, lms: Served) -> Any:
    return next(iter(rows(tool, Platform, issuer=lms.base_url)), None)


def state_of(tool: Tool, secret: str) -> tuple[bool, str]:
    """Whether an invitation is used up, and why its last attempt failed."""
    (row,) = rows(tool, Invitation, token_hash=invitations._hash(Purpose.REGISTER, secret))
    return row.used_at is not None, row.failure


def test_an_administrator_without_an_lms_connects_a_moodle(tool: Tool, lmss: Any) -> None:
    moodle = lmss("moodle")
    admin = Someone(moodle.base_url, ADMIN, tool.url)
    page = admin.see(f"/invitation?token={invited(tool, 'College One', Purpose.ADMINISTRATOR)}")
    assert page.says("Look after Waymark for College One", "works once")
    page = admin.press(page, "/invitation")
    assert page.title == "Connections"
    page = admin.see("/admin/invitations")
    assert page.says("No address has been made yet.")
    page = admin.press(page, "/admin/invitations", days="1")
    assert page.says("Here is a new address.", "Paste this into your LMS", "No LMS has come with it yet.")
    url = re.search(r'value="(http[^"]+/lti/register\?invitation=[\w-]{43})"', page.text)
    assert url is not None
    # the LMS's administrator pastes it; the LMS opens it with a token
    page = admin.see(lms_side.start(moodle.campus, url[1]).removeprefix(tool.url))
    assert page.says("Waymark is registered", "Press Activate on its card.")
    assert "data-registered" in page.text
    assert "registered.js" in page.text
    known = platform_of(tool, moodle)
    (registered,) = moodle.campus.tools.values()
    assert (known.client_id, known.family) == (registered.client_id, "moodle")
    assert set(known.scopes) == set(ourselves.SCOPES)
    assert known.jwks_url == moodle.campus.url(moodle.campus.places.certs)
    assert registered.launch_url == f"{tool.url}/lti/launch"
    assert registered.deep_linking_url == f"{tool.url}/lti/launch"
    assert registered.names
    assert registered.email
    # Moodle's deployment came with it, and an administrator's address vouches for it
    activate(moodle)
    assert Someone(moodle.base_url, TEACHER, tool.url).enter(COURSE, MAP).error == "no_framework"
    page = admin.see("/admin/invitations")
    assert page.says("Used", f"{moodle.base_url} registered with it on")
    assert url[1] not in page.text
    trail = [(one.actor, one.action) for one in sorted(rows(tool, AuditEntry), key=lambda one: one.id)]
    who = "Administrator by invitation"
    assert trail[-3:] == [(who, "invitation.used"), (who, "invitation.made"), (who, "platform.added")]


def test_a_canvas_gets_its_placements_and_its_first_deployment_waits(tool: Tool, lmss: Any) -> None:
    canvas, secret = lmss("canvas"), invited(tool)
    page = come(tool, canvas, secret)
    assert page.says("Waymark is registered", "Canvas now shows what Waymark asked for.", "See the tool in the LMS")
    again = Someone(canvas.base_url, ADMIN, tool.url).see(page.url.removeprefix(tool.url))  # loaded again
    assert again.says("Waymark is registered", "Canvas now shows what Waymark asked for.")
    assert come(tool, canvas, secret).error == "invitation_used"  # another visit
    known = platform_of(tool, canvas)
    (registered,) = canvas.campus.tools.values()
    assert (known.client_id, known.family) == (registered.client_id, "canvas")
    assert registered.custom == dict(ourselves.CUSTOM)
    assert rows(tool, Deployment, platform_id=known.id) == []
    activate(canvas)
    teacher = Someone(canvas.base_url, TEACHER, tool.url)
    page = teacher.enter(COURSE, MAP)
    assert page.error == "deployment_pending", page.words
    (pending,) = rows(tool, Deployment, platform_id=known.id)
    assert pending.status == "pending"
    admin = Someone(canvas.base_url, ADMIN, tool.url)
    admin.press(admin.see(f"/invitation?token={invited(tool, purpose=Purpose.ADMINISTRATOR)}"), "/invitation")
    assert admin.do(f"/admin/deployments/{pending.id}", {"decision": "approve"}).ok
    assert teacher.enter(COURSE, MAP).error == "no_framework"


def test_one_address_lets_one_lms_in_however_many_come_at_once(tool: Tool, lmss: Any) -> None:
    secret, served = invited(tool), [lmss("moodle"), lmss("canvas")]
    urls = [address(tool, each, secret) for each in served for _ in range(3)]
    answers: list[requests.Response] = []
    gate = threading.Barrier(len(urls))

    def go(url: str) -> None:
        gate.wait()
        answers.append(requests.get(url, timeout=20))

    threads = [threading.Thread(target=go, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 409, 410}
    assert sum(len(each.campus.tools) for each in served) == 1  # nobody else even asked its LMS
    assert sum(platform_of(tool, each) is not None for each in served) == 1
    late = come(tool, served[0], secret)
    assert (late.status, late.error) == (410, "invitation_used")
    assert late.says("each works once", "Make a new one in Waymark, under Connections")


def test_a_failed_attempt_leaves_the_address_as_good_as_before(tool: Tool, lmss: Any) -> None:
    moodle, secret = lmss("moodle"), invited(tool)
    someone = Someone(moodle.base_url, ADMIN, tool.url)
    page = someone.see(f"/lti/register?invitation={secret}")
    assert (page.status, page.error) == (400, "not_from_lms")
    assert page.says("This address is for your LMS, not for a browser.")
    url = address(tool, moodle, secret)
    assert requests.head(url, timeout=5).status_code == 204
    assert requests.get(url, headers={"Sec-Purpose": "prefetch;prerender"}, timeout=5).status_code == 204
    moodle.campus.faults.set({"registration": "503"})
    assert come(tool, moodle, secret).error in ("configuration_refused", "registration_unanswered")
    moodle.campus.faults.clear()
    token = parse_qs(urlsplit(url).query)["registration_token"][0]
    moodle.campus.registrations[token]["used"] = True
    page = someone.see(url.removeprefix(tool.url))
    assert (page.status, page.error) == (424, "registration_token_refused")
    assert page.says("It says: token_already_used", "Start the registration in the LMS again")
    assert state_of(tool, secret) == (False, "registration_token_refused")
    assert not moodle.campus.tools
    assert platform_of(tool, moodle) is None
    assert come(tool, moodle, secret).title == "Waymark is registered"
    assert state_of(tool, secret) == (True, "")


def test_what_the_lms_made_is_kept_by_a_second_try_when_ours_failed(tool: Tool, lmss: Any) -> None:
    moodle, secret = lmss("moodle"), invited(tool)
    broken = {
        "sqlite": (
            "CREATE TRIGGER no_platform BEFORE INSERT ON platform BEGIN SELECT RAISE(ABORT, 'disk full'); END",
            "DROP TRIGGER no_platform",
        ),
        "postgresql": (
            "ALTER TABLE platform ADD CONSTRAINT no_platform CHECK (false) NOT VALID",
            "ALTER TABLE platform DROP CONSTRAINT no_platform",
        ),
    }
    with tool.app.app_context():
        break_it, mend_it = broken[db.engine.dialect.name]
        run_as_owner(tool, break_it)
    someone = Someone(moodle.base_url, ADMIN, tool.url)
    page = someone.see(address(tool, moodle, secret).removeprefix(tool.url))
    assert (page.status, page.error) == (503, "registration_unsaved")
    assert page.says("has registered Waymark, but Waymark could not write that down")
    assert len(moodle.campus.tools) == 1
    assert moodle.campus.tools.copy().popitem()[0] not in page.text  # what it granted is sealed
    assert state_of(tool, secret) == (False, "")
    run_as_owner(tool, mend_it)
    again = requests.post(f"{tool.url}/lti/register", data={"registration": "x"}, timeout=5)
    assert again.status_code == 403  # not from our page
    assert someone.do("/lti/register", {"registration": "x"}).error == "registration_too_late"
    done = someone.press(page, "/lti/register")
    assert done.title == "Waymark is registered"
    assert platform_of(tool, moodle).client_id in moodle.campus.tools
    assert someone.press(page, "/lti/register").error == "registration_too_late"  # once
    activate(moodle)
    assert Someone(moodle.base_url, TEACHER, tool.url).enter(COURSE, MAP).error == "no_framework"


def run_as_owner(tool: Tool, statement: str) -> None:
    with tool.app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_registration_that_stands_is_renewed_and_stays_with_its_institution(tool: Tool, lmss: Any) -> None:
    moodle = lmss("moodle")
    assert come(tool, moodle, invited(tool)).says("know each other now")
    before = platform_of(tool, moodle)
    client_id, deployment_id = before.client_id, moodle.campus.tools[before.client_id].deployment_id
    with tool.app.app_context(), writing(db.session()) as session, everywhere(session):
        session.query(Platform).filter(Platform.id == before.id).update(
            {"scopes": [], "jwks_url": "https://old.example"}
        )

    def come_again(name: str) -> Page:
        secret = invited(tool, name)
        url = address(tool, moodle, secret)
        token = parse_qs(urlsplit(url).query)["registration_token"][0]
        moodle.campus.registrations[token]["client_id"] = client_id  # as Moodle's update does
        return Someone(moodle.base_url, ADMIN, tool.url).see(url.removeprefix(tool.url))

    page = come_again("Somebody else’s college")
    assert (page.status, page.error) == (409, "registered_elsewhere")
    assert platform_of(tool, moodle).jwks_url == "https://old.example"
    page = come_again("Example College")
    assert page.says("The connection to", "is up to date.")
    after = platform_of(tool, moodle)
    assert (after.id, after.client_id) == (before.id, client_id)
    assert after.jwks_url == moodle.campus.url(moodle.campus.places.certs)
    assert set(after.scopes) == set(ourselves.SCOPES)
    known = rows(tool, Deployment, platform_id=before.id)
    assert deployment_id in {row.deployment_id for row in known}
    assert {row.status for row in known} == {"approved"}
    (owner,) = rows(tool, Institution, id=after.institution_id)
    assert owner.name == "Example College"


def test_nobody_registers_as_a_client_that_another_institution_is_in_the_same_cloud(tool: Tool) -> None:
    """Else the tokens that the tool is given for the one would go to the line items of the other."""
    secrets = [invited(tool, "Victim College"), invited(tool, "Evil College"), invited(tool, "Victim College")]
    kept: list[str] = []
    with tool.app.app_context():
        for secret, issuer in zip(secrets, ("victim", "evil", "victim-two"), strict=True):
            session, now = db.session(), clock.now()
            with writing(session):
                claimed = invitations.claim(session, Purpose.REGISTER, secret, now)
            made = registration.Registered(
                claimed=claimed,
                issuer=f"https://{issuer}.brightspace.com",
                name=issuer,
                family="brightspace",
                auth_login_url=f"https://{issuer}.brightspace.com/auth",
                auth_token_url="https://auth.brightspace.com/core/connect/token",
                auth_audience="https://api.brightspace.com/auth/token",
                jwks_url=f"https://{issuer}.brightspace.com/keys",
                client_id="client-of-the-victim",
                scopes=None,
                deployment_id=None,
                page="",
            )
            try:
                with writing(session):
                    registration.keep(session, made, now)
                kept.append(issuer)
            except NotRegistered as refused:
                kept.append(refused.reason)
    assert kept == ["victim", "registered_elsewhere", "victim-two"]
    assert state_of(tool, secrets[1]) == (False, "")  # rolled back as a whole


def test_what_the_lms_does_not_grant_is_said(tool: Tool, lmss: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    moodle, made = lmss("moodle"), lms_side._reply
    told = f"{tokens.SCORES} {tokens.LINE_ITEMS}"
    monkeypatch.setattr(lms_side, "_reply", lambda *given: made(*given) | {"scope": told})  # the LMS's own answer
    page = come(tool, moodle, invited(tool))
    assert page.says("The LMS did not allow everything.", "reading the marks in its columns, the class list")
    assert platform_of(tool, moodle).scopes == [tokens.SCORES, tokens.LINE_ITEMS]
    assert TOOL.startswith("https://purl.imsglobal.org")
