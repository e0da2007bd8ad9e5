"""Launches recorded from a real Moodle 4.5. Four are whole, with their signatures; of the others the claims are."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from lti_tool.kit.db import db
from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import read
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.domain.roles import CourseRole
from lti_tool.launch.message import Message
from lti_tool.launch.oidc import Cookies, LtiRequest, ToolConfig
from tests.launch.platform import TestPlatform, register

RECORDED = Path(__file__).parent.parent / "data" / "moodle"
SIGNED = [*sorted((RECORDED / "launches").glob("signed-*.json")), RECORDED / "deep-linking" / "signed-request.json"]
CLAIMS = sorted((RECORDED / "launches").glob("*.2-auth.json"))


def check(app: Flask, token: str, now: datetime) -> Message:
    made = app.extensions["waymark.launch"]
    request = LtiRequest({"id_token": token}, {})
    with app.app_context():
        return Message(
            request,
            ToolConfig(made.directory, db.session),
            Cookies(request),
            session=db.session,
            engine=db.engine,
            keys=made.platform_keys,
            stamps=made.stamps,
            now=now,
            life=timedelta(hours=1),
        ).check_token()


def test_every_signed_launch_verifies(app: Flask, lms: TestPlatform) -> None:
    for file in SIGNED:
        said = json.loads(file.read_text())
        whole = said["id_token"]["payload"]
        if whole["aud"] != lms.client_id:
            lms.issuer, lms.client_id = whole["iss"], whole["aud"]
            lms.answer = json.dumps(said["jwks"]).encode()
            register(app, lms)
        token, now = said["request"]["body"]["id_token"], datetime.fromtimestamp(said["clock"]["freeze_at"], UTC)
        assert check(app, token, now).claims == whole
        with pytest.raises(Refused) as late:
            check(app, token, now + timedelta(minutes=3))
        assert late.value.reason == "token_expired"
        head, body, signature = token.split(".")
        with pytest.raises(Refused) as forged:
            check(app, f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}", now)
        assert forged.value.reason == "bad_signature"
    assert len(SIGNED) == 5


def payload(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text()).get("id_token", {}).get("payload", {})
    return found


@pytest.mark.parametrize("file", [file for file in CLAIMS if payload(file)], ids=lambda file: file.stem)
def test_the_claims_of_every_recorded_launch_are_in_order(file: Path) -> None:
    claims = payload(file)
    c.check(claims, datetime.fromtimestamp(claims["iat"] + 5, UTC))
    facts = read(claims)
    assert facts.family == "moodle"
    assert facts.course is not None
    assert facts.course.context_id == claims[c.CONTEXT]["id"]
    assert facts.course.line_items_url is None or "?type_id=" in facts.course.line_items_url
    assert facts.person is not None
    assert facts.person.subject == claims["sub"]


def test_what_moodle_says_about_people_is_read_as_it_means_it() -> None:
    roles = {
        name: read(payload(RECORDED / "launches" / f"{name}.2-auth.json"))
        for name in ("teacher", "student", "admin", "ta-non-editing-teacher", "privacy-anonymous")
    }
    assert roles["teacher"].course_role is CourseRole.INSTRUCTOR
    assert roles["student"].course_role is CourseRole.LEARNER
    assert roles["ta-non-editing-teacher"].course_role is CourseRole.INSTRUCTOR  # Moodle tells them not apart
    assert roles["admin"].administers
    assert not roles["teacher"].administers
    anonymous = roles["privacy-anonymous"].person
    assert anonymous is not None
    assert (anonymous.name, anonymous.email) == ("", "")


def test_the_line_item_is_named_only_while_the_link_has_its_own() -> None:
    named = {}
    for name in ("student", "one-coupled-lineitem", "two-coupled-lineitems"):
        link = read(payload(RECORDED / "launches" / f"{name}.2-auth.json")).link
        assert link is not None
        named[name] = link.line_item_url
    assert named["student"] == "http://moodle.example/mod/lti/services.php/3/lineitems/20/lineitem?type_id=3"
    assert named["one-coupled-lineitem"] is named["two-coupled-lineitems"] is None
