"""The connection check names what is wrong: each fault is planted in a sandbox LMS, and nothing else is found."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.admin.checking.domain import Finding, State, Step
from lti_tool.admin.jobs import look_at
from lti_tool.grading.models import LmsConnection
from lti_tool.kit.db import db, everywhere, scoped
from lti_tool.launch.models import Deployment, Platform
from lti_tool.sandbox import places
from lti_tool.sandbox.seed import ServiceToken
from tests.admin.conftest import EXPIRED, FEW
from tests.walks import seeds
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import ADMIN, TEACHER

Planted = AbstractContextManager[None]
NOWHERE = "http://127.0.0.1:9"
"""A port where nobody listens."""


@dataclass(frozen=True)
class Campus:
    tool: Tool
    lmss: dict[str, Lms]


@pytest.fixture(scope="module")
def campus(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A Moodle and a Canvas of one institution, both opened once from a course and read by REST."""
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as tool:
        seed = seeds.seed(seeds.course())
        few = ServiceToken(FEW, ADMIN, functions=("core_webservice_get_site_info",))
        seed = type(seed)(seed.people, seed.courses, (*seed.tokens, few, ServiceToken(EXPIRED, ADMIN, expired=True)))
        lmss = {name: tool.add_lms(seed, name) for name in ("moodle", "canvas")}
        for lms in lmss.values():
            lms.be(TEACHER).enter(seeds.COURSE, seeds.MAP)
            admin = lms.be(ADMIN)
            admin.enter(seeds.COURSE, seeds.MAP)
            number = lms.platform_id
            fields = {"kind": lms.temper, "base_url": lms.url, "token": seeds.TOKEN}
            form = {f"{name}-{number}": value for name, value in fields.items()}
            assert admin.do(f"/admin/platforms/{number}/connection", form).ok
        yield Campus(tool, lmss)


def look(lms: Lms) -> dict[Step, Finding]:
    """What the check finds now."""
    with lms.tool.app.app_context():
        session = db.session()
        with everywhere(session):
            institution_id = session.scalars(select(Platform.institution_id).limit(1)).one()
        with scoped(session, institution_id):
            found = look_at(session, lms.platform_id)
            session.rollback()
    assert [one.step for one in found] == list(Step)
    return {one.step: one for one in found}


@contextmanager
def row(lms: Lms, **values: Any) -> Iterator[None]:
    """The registration as this tool keeps it is wrong."""
    with changed(lms, Platform, Platform.id == lms.platform_id, values):
        yield


@contextmanager
def changed(lms: Lms, model: Any, which: Any, values: dict[str, Any]) -> Iterator[None]:
    with lms.tool.app.app_context():
        with db.engine.begin() as connection:
            table = model.__table__
            before = connection.execute(select(*(table.c[name] for name in values)).where(which)).one()
            connection.execute(update(table).where(which).values(**values))
        db.session.remove()
    try:
        yield
    finally:
        with lms.tool.app.app_context(), db.engine.begin() as connection:
            connection.execute(update(model.__table__).where(which).values(**dict(zip(values, before, strict=True))))


@contextmanager
def lever(lms: Lms, path: str, given: dict[str, Any], back: dict[str, Any]) -> Iterator[None]:
    """A lever of the sandbox, put back afterwards."""
    client = lms.served.campus
    app = lms.served.server.app
    assert client is not None
    with app.test_client() as hand:  # type: ignore[attr-defined]
        assert hand.post(f"/control/{path}", json=given).status_code == 200
        yield
        assert hand.post(f"/control/{path}", json=back).status_code == 200


def clock(lms: Lms, seconds: float) -> Planted:
    return lever(lms, "settings", {"clock_seconds": seconds}, {"clock_seconds": 0})


def registered(lms: Lms, **given: Any) -> Planted:
    tool = lms.registered
    back = {"scopes": list(tool.scopes), "redirect_uris": list(tool.redirect_uris), "jwks_url": tool.jwks_url}
    return lever(lms, f"tools/{tool.client_id}", given, back)


def without(*scopes: str) -> list[str]:
    return [one for one in places.SCOPES if one not in scopes]


def connection(lms: Lms, token: str) -> Planted:
    sealed = lms.tool.app.extensions["waymark.sealer"].seal(token)
    return changed(lms, LmsConnection, LmsConnection.platform_id == lms.platform_id, {"token_sealed": sealed})


def deployment(lms: Lms, status: str) -> Planted:
    return changed(lms, Deployment, Deployment.platform_id == lms.platform_id, {"status": status})


@contextmanager
def new_key(lms: Lms) -> Iterator[None]:
    """The LMS forgets our keys, so that it must ask for them."""
    lms.registered.keys = {"keys": []}
    yield
    lms.registered.keys = {"keys": []}


@contextmanager
def blocked(lms: Lms) -> Iterator[None]:
    with new_key(lms), lever(lms, "settings", {"blocked_hosts": ["localhost"]}, {"blocked_hosts": []}):
        yield


FAULTS: dict[str, tuple[str, Callable[[Lms], Planted], str, tuple[str, ...]]] = {
    # name: LMS, how to plant it, the code that names it, words that the administrator reads
    "wrong JWKS URL": (
        "moodle",
        lambda lms: row(lms, jwks_url=f"{lms.url}/mod/lti/certificates.php"),
        "keys_missing",
        ("There is nothing at", "certificates.php", "View configuration details"),
    ),
    "keys of somebody else's page": (
        "canvas",
        lambda lms: row(lms, jwks_url=f"{lms.url}/"),
        "keys_page",
        ("web page",),
    ),
    "LMS keys are down": ("moodle", lambda lms: lms.fault(jwks="503"), "keys_down", ("maintenance",)),
    "clock 10 minutes ahead": ("moodle", lambda lms: clock(lms, 600), "clock_off", ("10 minutes ahead of", "NTP")),
    "clock 10 minutes behind": ("canvas", lambda lms: clock(lms, -600), "clock_off", ("10 minutes behind", "NTP")),
    "missing scope, Moodle": (
        "moodle",
        lambda lms: registered(lms, scopes=without(places.ROSTER)),
        "scope_missing",
        ("may not: read class lists (contextmembership.readonly)", "retrieve members’ information"),
    ),
    "missing scope, Canvas": (
        "canvas",
        lambda lms: registered(lms, scopes=without(places.SCORE, places.RESULT_READ)),
        "scope_missing",
        ("send scores (score)", "No score reaches the gradebook.", "result.readonly", "Developer keys"),
    ),
    "HTML instead of a token": ("canvas", lambda lms: lms.fault(token="html"), "token_page", ("web page", "proxy")),
    "blocked host": ("moodle", blocked, "token_our_keys_blocked", ("cannot fetch this tool’s keys", "cURL blocked")),
    "wrong client id": (
        "moodle",
        lambda lms: row(lms, client_id="somebody-else"),
        "token_client_unknown",
        ("does not know this tool's client id", "choose Activate"),
    ),
    "our key unknown to the LMS": (
        "canvas",
        lambda lms: registered(lms, jwks_url=f"{lms.url}/api/lti/security/jwks"),
        "token_our_key_unknown",
        ("could not check this tool's signature", "Public JWK URL"),
    ),
    "wrong token URL": (
        "moodle",
        lambda lms: row(lms, auth_token_url=f"{lms.url}/mod/lti/tokens.php"),
        "token_missing",
        ("There is nothing at", "tokens.php"),
    ),
    "connection refused": (
        "canvas",
        lambda lms: row(lms, auth_token_url=f"{NOWHERE}/login/oauth2/token"),
        "token_unreachable",
        ("could not be reached", "firewall"),
    ),
    "no certificate": (
        "canvas",
        lambda lms: row(lms, jwks_url=f"https{lms.url[4:]}/api/lti/security/jwks"),
        "keys_certificate",
        ("secure connection", "renew"),
    ),
    "roster refused": ("moodle", lambda lms: lms.fault(nrps="403"), "roster_refused", ("does not let", "Services")),
    "line items refused by media type": (
        "canvas",
        lambda lms: lms.fault(ags="406"),
        "gradebook_media_type",
        ("media type", "Accept header"),
    ),
    "deployment not approved": ("moodle", lambda lms: deployment(lms, "pending"), "deployment_pending", ("approve",)),
    "no deployment left": ("canvas", lambda lms: deployment(lms, "refused"), "deployment_none", ("nobody gets in",)),
    "REST token unknown": ("moodle", lambda lms: connection(lms, "not-one"), "rest_token_dead", ("Manage tokens",)),
    "REST token dead": ("canvas", lambda lms: connection(lms, EXPIRED), "rest_token_dead", ("New access token",)),
    "login address wrong": (
        "moodle",
        lambda lms: row(lms, auth_login_url=f"{lms.url}/mod/lti/authorise.php"),
        "login_missing",
        ("nothing at the login address",),
    ),
    "redirect address not registered": (
        "canvas",
        lambda lms: registered(lms, redirect_uris=["https://elsewhere.example/launch"]),
        "login_redirect_unknown",
        ("redirect URIs",),
    ),
}


@pytest.mark.parametrize("temper", ["moodle", "canvas"])
def test_a_healthy_lms_has_nothing_wrong(campus: Campus, temper: str) -> None:
    found = look(campus.lmss[temper])
    assert {step: one.state for step, one in found.items()} == dict.fromkeys(Step, State.WORKS)
    assert not [one for one in found.values() if one.code or one.fix]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named_and_nothing_else(campus: Campus, name: str) -> None:
    temper, plant, code, words = FAULTS[name]
    lms = campus.lmss[temper]
    with plant(lms):
        found = look(lms)
    (bad,) = [one for one in found.values() if one.state is State.BAD]
    assert bad.code == code
    told = " ".join((bad.words, *bad.fix))
    for word in words:
        assert word in told
    assert bad.fix
    # what could not be tried says so, instead of seeming to work
    for one in found.values():
        assert one.state is not State.UNCHECKED or any(why in one.words for why in ("above", "below", "not say"))
    assert seeds.TOKEN not in json.dumps([one.as_json() for one in found.values()])
