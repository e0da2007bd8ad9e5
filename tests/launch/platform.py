"""The LMS's side of a launch, for tests: real keys, a real key set over loopback HTTP, tokens signed as an LMS does.

It can rotate its keys, be down, answer nonsense, and sign anything one asks it to. All people are fictional.
"""

import hmac
import json
import threading
import time
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch.domain import claims as c
from tests.factories import make_deployment, make_institution, make_platform

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER = f"{MEMBERSHIP}#Learner"
INSTRUCTOR = f"{MEMBERSHIP}#Instructor"
ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
GONE = object()
"""As a claim's value: leave the claim out."""

_ALGORITHMS = JWSRegistry(algorithms=["RS256", "HS256", "RS512", "none"], strict_check_header=False)
_made: dict[tuple[str, int], RSAKey] = {}


def new_key(kid: str, bits: int = 2048) -> RSAKey:
    """Made once a run for each name: making one takes a tenth of a second."""
    if (kid, bits) not in _made:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a short key is not safe
            _made[kid, bits] = RSAKey.generate_key(bits, {"kid": kid}, private=True)
    return _made[kid, bits]


@dataclass
class TestPlatform:
    """One registration of the tool with an LMS at `https://lms.example`, its keys served at `jwks_url`."""

    __test__ = False

    jwks_url: str = ""
    issuer: str = "https://lms.example"
    client_id: str = "waymark-at-lms"
    deployment_id: str = "1"
    auth_login_url: str = "https://lms.example/auth?site=7"
    key: RSAKey = field(default_factory=lambda: new_key("key-a"))
    published: list[RSAKey] = field(default_factory=list)
    answer: bytes | None = None
    """What the key set's address answers instead of the keys."""
    down: bool = False
    fetches: int = 0

    def __post_init__(self) -> None:
        self.published = self.published or [self.key]

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on, and publish it beside the old ones."""
        self.key = new_key(kid)
        self.published.append(self.key)

    def claims(self, nonce: str, /, **given: Any) -> dict[str, Any]:
        """A student's whole resource link launch. Keys are claim names; the LTI ones by their last word
        (`roles=[...]`, `custom={...}`); `GONE` leaves one out."""
        now = int(time.time())
        whole = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "user-1",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "name": "Maple Example",
            "given_name": "Maple",
            "family_name": "Example",
            "email": "maple@example.edu",
            c.MESSAGE_TYPE: c.RESOURCE_LINK_REQUEST,
            c.VERSION: "1.3.0",
            c.DEPLOYMENT_ID: self.deployment_id,
            c.TARGET_LINK_URI: "http://localhost/lti/launch",
            c.ROLES: [LEARNER],
            c.CONTEXT: {"id": "course-1", "title": "Digital practice", "label": "DP1"},
            c.RESOURCE_LINK: {"id": "link-1", "title": "Waymark"},
            c.TOOL_PLATFORM: {"product_family_code": "moodle", "guid": "g"},
            c.PRESENTATION: {"return_url": "https://campus.example/back?id=1"},
        }
        for name, value in given.items():
            full = _FULL.get(name, name)
            if value is GONE:
                whole.pop(full, None)
            else:
                whole[full] = value
        return whole

    def sign(self, claims: Mapping[str, Any], *, key: Any = None, **header: Any) -> str:
        """A compact token; header values of None are left out."""
        signing = key or self.key
        whole = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid, **header}
        whole = {name: value for name, value in whole.items() if value is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that "none" is no algorithm to use
            return jws.serialize_compact(whole, json.dumps(claims), signing, registry=_ALGORITHMS)

    def sign_any(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """RS256 under any header at all, whether a library would write it or not."""
        said = b".".join(_encoded(part) for part in (header, claims))
        private = self.key.private_key
        assert private is not None
        signature = private.sign(said, PKCS1v15(), SHA256())
        return (said + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()

    def sign_with_secret(self, claims: Mapping[str, Any], secret: bytes) -> str:
        """HS256 by hand: the library refuses what an attacker would do, to sign with the public key as a secret."""
        parts = ({"alg": "HS256", "typ": "JWT", "kid": self.key.kid}, claims)
        said = b".".join(_encoded(part) for part in parts)
        mac = urlsafe_b64encode(hmac.digest(secret, said, "sha256")).rstrip(b"=")
        return (said + b"." + mac).decode()

    def keys(self) -> bytes:
        if self.answer is not None:
            return self.answer
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.published]}).encode()


def _encoded(part: Mapping[str, Any]) -> bytes:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")


_FULL = {
    name: getattr(c, name.upper())
    for name in (
        "message_type",
        "version",
        "deployment_id",
        "target_link_uri",
        "roles",
        "context",
        "resource_link",
        "custom",
        "tool_platform",
        "for_user",
        "line_items",
        "names_roles",
        "deep_linking",
    )
} | {"presentation": c.PRESENTATION}


@contextmanager
def serving(platform: TestPlatform) -> Iterator[TestPlatform]:
    """Publish the platform's keys on loopback while the block runs."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            platform.fetches += 1
            if platform.down:
                self.send_error(503)
                return
            body = platform.keys()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    platform.jwks_url = f"http://127.0.0.1:{server.server_port}/jwks"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def register(app: Flask, platform: TestPlatform, *, approved: bool = True) -> int:
    """Make the tool know the platform; the row's id."""
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        institution = make_institution(session)
        row = make_platform(
            session,
            institution,
            issuer=platform.issuer,
            client_id=platform.client_id,
            auth_login_url=platform.auth_login_url,
            jwks_url=platform.jwks_url,
            family="",
        )
        if approved:
            make_deployment(session, row, deployment_id=platform.deployment_id)
        return row.id


@dataclass(frozen=True)
class Started:
    """What the tool asked the LMS for in answer to a login request."""

    url: str
    params: Mapping[str, str]

    @property
    def state(self) -> str:
        return self.params["state"]

    @property
    def nonce(self) -> str:
        return self.params["nonce"]


def start_login(client: FlaskClient, platform: TestPlatform, **given: str | None) -> Started:
    """The LMS's login request, posted by the browser; the authentication request that the tool answers with."""
    form = {
        "iss": platform.issuer,
        "client_id": platform.client_id,
        "login_hint": "user-1",
        "lti_message_hint": '{"cmid":21}',
        "target_link_uri": "http://localhost/lti/launch",
        **given,
    }
    answer = client.post("/lti/login", data={name: value for name, value in form.items() if value is not None})
    assert answer.status_code == 302, answer.text
    url = answer.headers["Location"]
    return Started(url, {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})


def post_launch(client: FlaskClient, platform: TestPlatform, **given: Any) -> TestResponse:
    """A whole launch: login, a token with these claims, the post to the tool."""
    started = start_login(client, platform)
    token = platform.sign(platform.claims(started.nonce, **given))
    return client.post("/lti/launch", data={"state": started.state, "id_token": token})


def enter(client: FlaskClient, platform: TestPlatform, **given: Any) -> TestResponse:
    """A whole launch and its landing; the answer of the landing, a redirect to the first page."""
    answer = post_launch(client, platform, **given)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["Location"])
