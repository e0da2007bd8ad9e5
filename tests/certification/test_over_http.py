"""The 1EdTech sequences over real HTTP, between the tool as a server and an LMS as a server: bad and good launches by
name, deep linking, names and roles, assignment and grade services. What each refusal says stands beside, in-process."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch import service as launch
from lti_tool.launch.models import Deployment, Launch
from lti_tool.sandbox import LaunchDriver
from lti_tool.sandbox.control import platform_facts
from lti_tool.sandbox.driver import Signer
from tests.certification.visits import asked, browser, control, inside, lets_in, reason_of, refused
from tests.launch.platform import INSTRUCTOR, LEARNER
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.databases import sqlite_database
from tests.walks.seeds import ADMIN, MAPLE, ROWAN, TEACHER

__all__ = ["sqlite_database"]
NOBODY = dict.fromkeys(("name", "given_name", "family_name", "email"))


@pytest.fixture(scope="module")
def moodle(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as tool:
        lms = tool.add_lms(seeds.seed(seeds.course()), "moodle")
        steps.enter_all(lms, ADMIN)
        steps.bring_framework(lms.be(ADMIN))
        tool.later(seconds=5)  # the LMS's keys were fetched just now: another fetch would wait for so long
        yield lms


def test_bad_launches_by_name(moodle: Lms) -> None:
    now = int(time.time())
    required = dict.fromkeys(("message_type", "version", "deployment_id", "roles", "resource_link"))
    bad: dict[str, tuple[dict[str, Any], dict[str, Any], Signer, str]] = {
        "no kid": ({}, {"kid": ""}, "platform", "missing_kid"),
        "wrong kid": ({}, {"kid": "nobody-has-this"}, "platform", "unknown_key"),
        "wrong LTI version": ({"version": "1.1"}, {}, "platform", "wrong_version"),
        "no LTI version": ({"version": None}, {}, "platform", "wrong_version"),
        "invalid LTI message": ({"message_type": "LtiNonsense"}, {}, "platform", "unknown_message_type"),
        "missing LTI claims": (required, {}, "platform", "wrong_version"),
        "timestamps incorrect": ({"iat": 11_111, "exp": 22_222}, {}, "platform", "token_expired"),
        "message type missing": ({"message_type": None}, {}, "platform", "missing_message_type"),
        "roles missing": ({"roles": None}, {}, "platform", "missing_roles"),
        "deployment id missing": ({"deployment_id": None}, {}, "platform", "missing_deployment"),
        "resource link id missing": ({"resource_link": {"title": "x"}}, {}, "platform", "missing_resource_link"),
        "resource link missing": ({"resource_link": None}, {}, "platform", "missing_resource_link"),
        "sub missing, and not anonymous": ({"sub": None}, {}, "platform", "missing_subject"),
        "sub empty": ({"sub": ""}, {}, "platform", "missing_subject"),
        "no target link": ({"target_link_uri": None}, {}, "platform", "missing_target"),
        "iat of a month ago": ({"iat": now - 30 * 86_400, "exp": now + 60}, {}, "platform", "token_too_old"),
        "no algorithm": ({}, {}, "none", "wrong_algorithm"),
        "the public key as a secret": ({}, {}, "hmac", "wrong_algorithm"),
        "somebody else's key": ({}, {}, "foreign", "bad_signature"),
        "a broken signature": ({}, {}, "broken", "bad_signature"),
    }
    with browser(moodle) as driver:
        form = asked(driver)
        for name, (claims, header, key, reason) in bad.items():
            assert reason_of(driver.send(driver.forged(form, claims, header, key))) == reason, name
            assert driver.session.get(f"{moodle.tool.url}/welcome", timeout=20).status_code == 401, name
        assert inside(driver.send(form))  # none of them used it up
        assert driver.replay().status_code == 409


def test_good_launches_of_a_teacher_and_a_student_by_name(moodle: Lms) -> None:
    for person, role, short in ((TEACHER, INSTRUCTOR, "Instructor"), (MAPLE, LEARNER, "Learner")):
        good: dict[str, dict[str, Any]] = {
            "full": {},
            "short role": {"roles": [short]},
            "unknown role": {"roles": ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"]},
            "no role": {"roles": []},
            "e-mail only": {**NOBODY, "email": "only@example.org"},
            "names only": {"email": None},
            "no personal data": NOBODY,
            "anonymous": {**NOBODY, "sub": None},
            "no context": {"context": None, "roles": [role]},
        }
        for name, claims in good.items():
            with LaunchDriver(moodle.url, person=person, link=seeds.MAP) as driver:
                answer = driver.forge(claims)
                assert (answer.status_code, "/start" in answer.url) == (200, False), (person, name, answer.url)
                assert "data-error" not in answer.text, (person, name)


def test_deep_linking_names_and_roles_and_grades_in_sequence(moodle: Lms) -> None:
    """A teacher places a graded link; the class list is read; a mark reaches the LMS's gradebook and is read there."""
    tool = moodle.tool
    own = steps.place(moodle, "Certified task", ["Makes a plan"], points=10)
    assert moodle.column("Certified task") == {}  # the line item came with the link
    tool.later(minutes=70)
    assert moodle.be(TEACHER).enter(seeds.COURSE, seeds.MAP).ok
    tool.sweep()
    names = moodle.be(TEACHER).see(f"/grading/assessments/{own.ref}/marking").words
    assert "Rowan Example" in names  # who never launched: from names and roles
    assert steps.mark_own(moodle, own, ROWAN, 3, comment="Well made").ok
    tool.sweep()
    (result,) = moodle.column("Certified task").values()
    assert (result.score, result.maximum) == (10, 10)
    assert tool.dead() == []


def test_two_registrations_of_one_issuer_are_told_apart(moodle: Lms) -> None:
    """Every school in Canvas's cloud shares one issuer."""
    tool, url = moodle.tool, moodle.tool.url
    places = {"login_url": f"{url}/lti/login", "launch_url": f"{url}/lti/launch", "jwks_url": f"{url}/lti/jwks.json"}
    other = control(moodle, "tools", **places, redirect_uris=[places["launch_url"]])
    facts = platform_facts(moodle.served.campus)
    with tool.app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        new = launch.NewPlatform(
            issuer=facts["issuer"],
            client_id=other["client_id"],
            auth_login_url=facts["auth_login_url"],
            auth_token_url=facts["auth_token_url"],
            jwks_url=facts["jwks_url"],
        )
        platform_id = launch.add_platform(session, new, clock.now(), allow_http=True)
        launch.add_deployment(session, platform_id, other["deployment_id"], clock.now())
    link = control(moodle, "links", course=seeds.COURSE, title="Of the other", client_id=other["client_id"])["id"]
    with browser(moodle, link=link) as driver:
        own = asked(driver)
        mixed = driver.forged(own, {"aud": moodle.registered.client_id})  # one's state, the other's token
        assert reason_of(driver.send(mixed)) == "wrong_state"
        assert inside(driver.send(own))
    assert tool.read(lambda s: s.query(Launch).filter_by(platform_id=platform_id).count()) == 1


def test_an_unknown_deployment_waits_for_an_administrator_and_then_opens(moodle: Lms) -> None:
    part: dict[str, Any] = {"deployment_id": "another-part"}
    assert refused(moodle, part, part) == ["deployment_pending", "deployment_pending"]
    row = moodle.tool.read(lambda s: s.query(Deployment.id).filter_by(**part).one()[0])
    admin = moodle.be(ADMIN)
    admin.enter(seeds.COURSE, seeds.MAP)
    waiting = admin.see("/admin/connections")
    assert waiting.says("another-part")
    admin.press(waiting, f"/admin/deployments/{row}", decision="approve")
    lets_in(moodle, **part)
