"""Two thousand mutated logins, tokens and forms, the same ones each time: no crash, and no session for any that is not
valid in everything. What counts as valid is said here once more, apart from the code that decides it."""

import random
import time
from collections import Counter
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lti_tool.launch.domain import claims as c
from lti_tool.launch.sessions import COOKIE
from tests.certification.refusing import rows
from tests.launch.platform import INSTRUCTOR, LEARNER, Started, TestPlatform, start_login

SEED = 20261122
NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**20, 10**400, float("inf"), "", " ", "\x00", "\ud800", "$Name", "x" * 256),
    *("x" * 70_000, "javascript:x", "//evil.example", "https://evil.example", "../..", "1.3.0", "1.1", "1", "user-1"),
    *(
        [],
        [[]],
        [None],
        ["x"],
        [LEARNER],
        [INSTRUCTOR, 7],
        {},
        {"id": ""},
        {"id": 7},
        {"id": "x" * 300},
        {"id": "course-1"},
    ),
    *({"id": "link-1", "title": ["x"]}, {"errors": {}}, {"return_url": "javascript:x"}, [{"id": "1"}]),
)
CLAIMS = (
    *("iss", "aud", "azp", "sub", "exp", "iat", "nbf", "nonce", "name", "email", c.MESSAGE_TYPE, c.VERSION, c.ROLES),
    *(c.DEPLOYMENT_ID, c.TARGET_LINK_URI, c.CONTEXT, c.RESOURCE_LINK, c.CUSTOM, c.TOOL_PLATFORM, c.PRESENTATION),
    *(c.FOR_USER, c.LINE_ITEMS, c.NAMES_ROLES, c.DEEP_LINKING),
)
FIELDS = ("id_token", "state", "error", "lti_storage_target", "iss", "client_id", "login_hint", "target_link_uri")


def is_text(value: object, longest: int = 255) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


def is_valid(said: dict[str, Any], platform: TestPlatform, nonce: str) -> bool:
    """LTI 1.3 core 5.3 and 1EdTech Security Framework 5.1.3, as far as every message has them in common."""
    now = time.time()
    moments = [said.get("exp"), said.get("iat")]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in moments):
        return False
    audience = said.get("aud")
    ours = audience == platform.client_id or (
        isinstance(audience, list) and platform.client_id in audience and said.get("azp") == platform.client_id
    )
    ours = ours or audience == [platform.client_id]
    return (
        said.get("iss") == platform.issuer
        and ours
        and ("azp" not in said or said["azp"] in (platform.client_id, None))
        and said.get("nonce") == nonce
        and said["exp"] > now - 61
        and said["iat"] < now + 61
        and said.get(c.VERSION) == "1.3.0"
        and said.get(c.DEPLOYMENT_ID) == platform.deployment_id
        and said.get(c.MESSAGE_TYPE) in (c.RESOURCE_LINK_REQUEST, c.DEEP_LINKING_REQUEST, c.SUBMISSION_REVIEW_REQUEST)
        and isinstance(said.get(c.ROLES), list)
        and all(isinstance(role, str) for role in said[c.ROLES])
        and is_text(said.get(c.TARGET_LINK_URI), 100_000)
        and ("sub" not in said or said["sub"] is None or is_text(said["sub"]))
        and isinstance(said.get(c.RESOURCE_LINK), dict)
        and is_text(said[c.RESOURCE_LINK].get("id"))
    )


class Thrower:
    """Throws things at the doors, and keeps count of what came of it."""

    def __init__(self, app: Flask, platform: TestPlatform) -> None:
        self.app, self.platform, self.chance = app, platform, random.Random(SEED)
        made = app.extensions["waymark.launch"]
        made.logins.most = made.launches.most = 10**9  # how often is another test's business
        self.client: FlaskClient = app.test_client()
        self.started: Started = start_login(self.client, platform)
        self.came: Counter[str] = Counter()

    def claims(self) -> dict[str, Any]:
        said = self.platform.claims(self.started.nonce)
        for _ in range(self.chance.randint(1, 3)):
            name = self.chance.choice(CLAIMS)
            if self.chance.random() < 0.2:
                said.pop(name, None)
            else:
                said[name] = self.chance.choice(NASTY)
        return said

    def launch(self, form: Any, *, valid: bool) -> None:
        """Post it. A good answer to what is not valid is the failure that this file looks for."""
        answer = self.client.post("/lti/launch", data=form)
        assert answer.status_code < 500, answer.text
        self.came[str(answer.status_code)] += 1
        if answer.status_code != 303:
            assert answer.status_code >= 400
            assert COOKIE + "=" not in ",".join(answer.headers.getlist("Set-Cookie"))
            return
        assert valid, form
        landed = self.client.get(answer.headers["Location"])
        assert landed.status_code < 500, landed.text
        self.client = self.app.test_client()
        self.started = start_login(self.client, self.platform)

    def changed(self, text: str) -> str:
        """With a character taken out, put in or exchanged, cut off, or twice as long."""
        place = self.chance.randrange(max(1, len(text) - 1))
        other = self.chance.choice("AZaz09-_.=%+ \x00é")
        return self.chance.choice(
            (text[:place] + text[place + 1 :], text[:place] + other + text[place + 1 :], text[:place], text + text)
        )


@pytest.fixture
def thrower(app: Flask, platform: TestPlatform) -> Thrower:
    return Thrower(app, platform)


def test_of_two_thousand_mutations_none_crashes_and_none_that_is_not_valid_gets_in(
    app: Flask, platform: TestPlatform, thrower: Thrower
) -> None:
    # what is decided before the database is asked is the same on both kinds: PostgreSQL gets a tenth
    share = 1 if "sqlite" in app.config["SQLALCHEMY_DATABASE_URI"] else 10
    chance = thrower.chance
    for _ in range(900 // share):
        said = thrower.claims()
        try:
            token = platform.sign(said)
        except (ValueError, UnicodeError):  # no LMS could write that down
            continue
        valid = is_valid(said, platform, thrower.started.nonce)
        thrower.launch({"state": thrower.started.state, "id_token": token}, valid=valid)
    good = platform.sign(platform.claims(thrower.started.nonce))
    for _ in range(500 // share):
        token = thrower.changed(good)
        if token.rstrip("=")[:-1] != good[:-1]:  # the last character has bits that mean nothing
            thrower.launch({"state": thrower.started.state, "id_token": token}, valid=False)
    for _ in range(400 // share):
        state = thrower.changed(thrower.started.state)
        if state == thrower.started.state:  # a character was exchanged for itself
            continue
        form: dict[str, Any] = {"state": state, "id_token": good}
        form[chance.choice(FIELDS)] = str(chance.choice(NASTY)).encode("utf-8", "replace")
        if chance.random() < 0.3:
            form.pop(chance.choice(list(form)))
        thrower.launch(form, valid=False)
    assert thrower.came["303"] > 10 // share
    assert sum(thrower.came.values()) > 1600 // share
    assert rows(app) == thrower.came["303"]
    for _ in range(300 // share):
        asked: dict[str, Any] = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": "7"}
        for name in chance.sample(FIELDS, 2):
            asked[name] = str(chance.choice(NASTY)).encode("utf-8", "replace")
        method = chance.choice(("get", "post"))
        given = {"query_string" if method == "get" else "data": asked}
        answer = getattr(app.test_client(), method)("/lti/login", **given)
        assert answer.status_code in (302, 400, 404, 413, 414), answer.status_code
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("https://lms.example/auth?site=7&")
    assert rows(app) == thrower.came["303"]
