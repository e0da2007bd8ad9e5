"""Whatever is thrown at the launch: no crash, and no session for anything that is not fully valid."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lti_tool.launch.domain import claims as c
from tests.certification.refusing import rows
from tests.launch.platform import INSTRUCTOR, LEARNER, TestPlatform, start_login

text = st.text(max_size=40)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | text
values = st.recursive(
    scalars | st.sampled_from(["", "\x00", "\ud800", "$Name", "x" * 300, "javascript:x", [LEARNER], [INSTRUCTOR]]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *("iss", "aud", "azp", "sub", "exp", "iat", "nbf", "nonce", "name", "given_name", "email"),
    *(c.MESSAGE_TYPE, c.VERSION, c.DEPLOYMENT_ID, c.TARGET_LINK_URI, c.ROLES, c.CONTEXT, c.RESOURCE_LINK, c.CUSTOM),
    *(c.TOOL_PLATFORM, c.PRESENTATION, c.FOR_USER, c.LINE_ITEMS, c.NAMES_ROLES, c.DEEP_LINKING),
]
PARTS = ["id", "title", "label", "user_id", "lineitem", "lineitems", "scope", "context_memberships_url", "return_url"]
PARTS += ["url", "product_family_code", "waymark_opens", "waymark_ref", "lms_user_id", "deep_link_return_url"]
changes = st.dictionaries(
    st.sampled_from(NAMES), values | st.dictionaries(st.sampled_from(PARTS), values, max_size=3), min_size=1, max_size=3
)
QUIET = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate, Phase.shrink],
)


@pytest.fixture
def post(app: Flask, platform: TestPlatform) -> Any:
    client = app.test_client()

    def post(form: dict[str, str]) -> int:
        before = rows(app)
        answer = client.post("/lti/launch", data=form)
        assert answer.status_code < 500, answer.text
        if answer.status_code != 303:
            assert rows(app) == before
            return answer.status_code
        landed = client.get(answer.headers["Location"])
        assert landed.status_code < 500, landed.text
        assert client.get("/welcome").status_code < 500
        return 303

    return post


@QUIET
@given(changed=changes, gone=st.lists(st.sampled_from(NAMES), max_size=2))
def test_mutated_claims_never_crash_the_launch_or_the_landing(
    app: Flask, platform: TestPlatform, changed: dict[str, Any], gone: list[str]
) -> None:
    client = app.test_client()
    started = start_login(client, platform)
    claims = {**platform.claims(started.nonce), **changed}
    for name in gone:
        claims.pop(name, None)
    before = rows(app)
    answer = client.post("/lti/launch", data={"state": started.state, "id_token": platform.sign(claims)})
    assert answer.status_code < 500, answer.text
    if answer.status_code == 303:
        must = (("iss", platform.issuer), ("nonce", started.nonce), (c.VERSION, "1.3.0"), (c.DEPLOYMENT_ID, "1"))
        assert all(claims.get(name) == value for name, value in must)
        landed = client.get(answer.headers["Location"])
        assert landed.status_code < 500, landed.text
        assert client.get("/welcome").status_code < 500
    else:
        assert rows(app) == before


@QUIET
@given(place=st.integers(0, 3000), byte=st.characters(max_codepoint=127))
def test_a_token_with_any_character_changed_is_refused(
    app: Flask, platform: TestPlatform, place: int, byte: str
) -> None:
    client = app.test_client()
    started = start_login(client, platform)
    token = platform.sign(platform.claims(started.nonce))
    place %= len(token) - 1  # the last character of base64 has bits that mean nothing
    changed = token[:place] + byte + token[place + 1 :]
    before = rows(app)
    answer = client.post("/lti/launch", data={"state": started.state, "id_token": changed})
    assert answer.status_code < 500
    if changed != token:
        assert answer.status_code >= 400
        assert rows(app) == before


@QUIET
@given(token=text | st.builds(lambda *parts: ".".join(parts), text, text, text), state=text)
def test_forms_of_garbage_are_refused(post: Any, token: str, state: str) -> None:
    assert 400 <= post({"id_token": token.encode("utf-8", "replace").decode(), "state": state}) < 500


@QUIET
@given(
    header=st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "jwk", "x5c"]), values, max_size=4
    )
)
def test_headers_of_any_kind_never_crash(app: Flask, platform: TestPlatform, header: dict[str, Any]) -> None:
    client = app.test_client()
    started = start_login(client, platform)
    token = platform.sign_any({"alg": "RS256", "kid": platform.key.kid, **header}, platform.claims(started.nonce))
    answer = client.post("/lti/launch", data={"state": started.state, "id_token": token})
    assert answer.status_code < 500, answer.text
    if {"alg", "kid", "crit", "b64"} & header.keys():
        assert answer.status_code >= 400
