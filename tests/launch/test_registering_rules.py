"""What an LMS's configuration and answers must say, and what we say to it: recorded Moodle answers, Canvas's rules."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lti_tool.launch import ourselves
from lti_tool.launch.domain.not_registered import NotRegistered, refusal
from lti_tool.launch.domain.registering import (
    CANVAS,
    PLATFORM,
    TOOL,
    Configuration,
    belongs,
    read_answer,
    read_configuration,
)

RECORDED = Path(__file__).parent.parent / "data" / "moodle" / "registration"
BASE = "https://waymark.example.edu"
MOODLE_AT = "http://moodle.example/mod/lti/openid-configuration.php"
CANVAS_AT = "https://canvas.instructure.com/api/lti/security/openid-configuration?registration_token=x"
CLOUD = {
    # the addresses that Canvas's documentation gives for its cloud; the school has a host name of its own
    "issuer": "https://canvas.instructure.com",
    "authorization_endpoint": "https://sso.canvaslms.com/api/lti/authorize_redirect",
    "registration_endpoint": "https://canvas.school.example/api/lti/registrations",
    "jwks_uri": "https://sso.canvaslms.com/api/lti/security/jwks",
    "token_endpoint": "https://sso.canvaslms.com/login/oauth2/token",
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
    "scopes_supported": [*ourselves.SCOPES, CANVAS + "public_jwk/scope/update"],
    "response_types_supported": ["id_token"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "claims_supported": ["sub", "name"],
    "subject_types_supported": ["public"],
    "authorization_server": "sso.canvaslms.com",
    PLATFORM: {
        "product_family_code": "canvas",
        "version": "vCloud",
        "messages_supported": [
            {"type": "LtiResourceLinkRequest", "placements": ["account_navigation", "course_navigation"]},
            {"type": "LtiDeepLinkingRequest", "placements": ["assignment_selection", "link_selection"]},
        ],
        "variables": ["ResourceLink.id", "Canvas.user.id", "Canvas.course.id"],
        CANVAS + "account_name": "Test\u202e University\n",
    },
}


def recorded(name: str) -> Any:
    return json.loads(next(RECORDED.glob(f"{name}*.json")).read_text())


def refused(said: object, came_from: str = CANVAS_AT, **more: Any) -> NotRegistered:
    with pytest.raises(NotRegistered) as caught:
        read_configuration(said, came_from, **{"allow_http": False} | more)
    return caught.value


def test_moodles_configuration_is_read_as_it_was_recorded() -> None:
    said = recorded("00")["response"]["body"]
    found = read_configuration(said, MOODLE_AT, allow_http=True)
    assert (found.issuer, found.family, found.name) == ("http://moodle.example", "moodle", "moodle.example")
    assert found.token_endpoint == "http://moodle.example/mod/lti/token.php"
    assert found.audience is None
    assert set(ourselves.SCOPES) <= (found.scopes or set())
    wrong = refused(said, MOODLE_AT)
    assert wrong.reason == "configuration_incomplete"
    assert len(wrong.details) == 5  # each address, for want of https


def test_a_school_in_canvass_cloud_is_read_although_its_hosts_differ() -> None:
    found = read_configuration(CLOUD, CANVAS_AT, allow_http=False)
    assert (found.family, found.name) == ("canvas", "Test University")
    assert found.registration_endpoint == "https://canvas.school.example/api/lti/registrations"
    assert found.audience is None  # a bare name is no audience: its token endpoint is
    brightspace = {
        **{name: "https://college.brightspace.com/x" for name in CLOUD if name.endswith(("endpoint", "_uri"))},
        "issuer": "https://college.brightspace.com",
        "token_endpoint": "https://auth.brightspace.com/core/connect/token",
        "authorization_server": "https://api.brightspace.com/auth/token",
        PLATFORM: {},
    }
    found = read_configuration(brightspace, "https://college.brightspace.com/d2l/openid", allow_http=False)
    assert found.audience == "https://api.brightspace.com/auth/token"
    assert found.scopes is None


def test_whatever_is_not_the_issuers_own_is_refused() -> None:
    elsewhere = "https://sso.canvaslms.com.evil.example/login/oauth2/token"
    for name in ("token_endpoint", "jwks_uri", "authorization_endpoint", "authorization_server"):
        fault = refused(CLOUD | {name: elsewhere})
        assert fault.reason == "endpoint_elsewhere"
        assert fault.details[0].startswith(name)
    own = {name: "https://lms.example/x" for name in CLOUD if name.endswith(("endpoint", "_uri"))}
    mine = own | {"issuer": "https://lms.example", PLATFORM: {}}
    assert read_configuration(mine, "https://lms.example/c", allow_http=False).family == ""
    # An LMS of one's own that names Canvas's token endpoint, or Canvas as the audience, would be given tokens that were
    # made for another institution's Canvas.
    for name in ("token_endpoint", "authorization_server", "registration_endpoint", "jwks_uri"):
        assert refused(mine | {name: CLOUD["token_endpoint"]}, "https://lms.example/c").reason == "endpoint_elsewhere"
    assert refused(mine | {"token_endpoint": "https://lms.example:8443/x"}, "https://lms.example/c").details
    for came_from in ("https://evil.example/c", "https://sub.lms.example/c", "https://lms.example:8443/c"):
        assert refused(mine, came_from).reason == "issuer_mismatch"
    assert refused(CLOUD, "https://evil.example/c").reason == "issuer_mismatch"
    assert not belongs("https://instructure.com.evil.example", "https://canvas.instructure.com")
    assert not belongs("https://evilinstructure.com", "https://canvas.instructure.com")
    assert not belongs("http://school.instructure.com", "https://canvas.instructure.com")
    assert not belongs("https://school.instructure.com:8443", "https://canvas.instructure.com")


def test_what_a_configuration_lacks_is_told_at_once() -> None:
    fault = refused({"issuer": "ftp://x", "jwks_uri": "https://user@lms.example/k", "token_endpoint": ["x"]})
    assert fault.reason == "configuration_incomplete"
    assert len(fault.details) == 6
    nonsenses: tuple[object, ...] = (None, [], "x", 7)
    for nonsense in nonsenses:
        assert refused(nonsense).reason == "configuration_unreadable"
    assert refused(CLOUD | {PLATFORM: "x"}).details == (f"{PLATFORM} is missing: this is no LTI platform.",)
    for name, value in (
        ("response_types_supported", ["code"]),
        ("id_token_signing_alg_values_supported", ["HS256", "ES256"]),
        ("token_endpoint_auth_methods_supported", ["client_secret_basic"]),
    ):
        fault = refused(CLOUD | {name: value})
        assert (fault.reason, len(fault.details)) == ("not_supported", 1)
    odd = CLOUD | {"scopes_supported": "x", PLATFORM: {"messages_supported": [7, {"type": []}], "variables": {}}}
    found = read_configuration(odd, CANVAS_AT, allow_http=False)
    assert (found.scopes, found.placements, found.variables) == (None, None, None)


def test_moodles_answers_are_read_as_they_were_recorded() -> None:
    granted = read_answer(recorded("02")["response"]["body"])
    assert (granted.client_id, granted.deployment_id) == ("PwDTnHMI9RUUsly", "3")
    assert set(granted.scopes or ()) == set(ourselves.SCOPES)
    assert read_answer(recorded("22")["response"]["body"]).scopes == ()
    assert read_answer(recorded("27")["response"]["body"]) == granted  # an update keeps both ids
    canvas = {
        "client_id": 10000000000001,
        "scope": [ourselves.SCOPES[0], 7],
        TOOL: {CANVAS + "registration_config_url": "x"},
    }
    granted = read_answer(canvas)
    assert (granted.client_id, granted.deployment_id, granted.page) == ("10000000000001", None, "")
    assert granted.scopes == (ourselves.SCOPES[0],)
    odds: tuple[object, ...] = (
        {},
        [],
        {"client_id": ""},
        {"client_id": True},
        {"client_id": "x" * 256},
        {"client_id": "a\nb"},
    )
    for odd in odds:
        with pytest.raises(NotRegistered) as caught:
            read_answer(odd)
        assert caught.value.reason == "registration_unreadable"
    assert read_answer({"client_id": "x", TOOL: {"deployment_id": "y" * 300}}).deployment_id is None


def test_every_refusal_of_moodles_is_told_in_its_own_words() -> None:
    expected = {
        "04": ("registration_token_refused", "token_already_used"),
        "05": ("registration_refused", "missing required attribute jwks_uri"),
        "10": ("registration_refused", "invalid_response_types"),
        "12": ("registration_refused", "missing_domain"),
        "13": ("registration_refused", "domain_targetlinkuri_mismatch"),
        "16": ("registration_token_refused", "missing_registration_token"),
        "17": ("registration_refused", "Exception - Signature verification failed"),
        "18": ("registration_refused", "Exception - Wrong number of segments"),
        "29": ("registration_refused", "Unsupported operation"),
    }
    for name, (reason, words) in expected.items():
        answer = recorded(name)["response"]  # of its pages of HTML only the words were kept
        page = f'<!DOCTYPE html><div role="main"><p class="errormessage">{words}</p></div>'
        fault = refusal(answer["status"], answer["body"] or page)
        assert (fault.reason, fault.details) == (reason, (f"It says: {words}",)), name
    canvas = {"errors": [{"field": "scopes", "message": "Invalid scopes: x", "error_code": None}]}
    fault = refusal(422, json.dumps(canvas))
    assert (fault.reason, fault.details) == ("registration_refused", ("It says: field: scopes; Invalid scopes: x",))
    assert refusal(400, "<html>no words</html>").details == ("It answered with status 400 and nothing to read.",)
    assert len(refusal(400, "x\u202e" * 5000).details[0]) < 400
    assert refusal(400, "[" * 100_000).reason == "registration_refused"


# What Canvas takes (its schemas OidcRegistration, LtiToolConfiguration, LtiConfiguration and its list of placements).
IN_CANVAS = {
    "LtiResourceLinkRequest": {"account_navigation", "course_navigation", "assignment_selection", "link_selection"},
    "LtiDeepLinkingRequest": {"assignment_selection", "link_selection", "editor_button", "homework_submission"},
}
DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(:[0-9]{1,5})?")


def configured(**more: Any) -> Configuration:
    return read_configuration(CLOUD | more, CANVAS_AT, allow_http=False)


def test_canvas_finds_our_registration_right() -> None:
    said = ourselves.registration(BASE, configured())
    assert said["application_type"] == "web"
    assert {"client_credentials", "implicit"} <= set(said["grant_types"])
    assert said["token_endpoint_auth_method"] == "private_key_jwt"
    assert said["redirect_uris"] == [f"{BASE}/lti/launch"]  # exactly where launches are sent: no query
    assert set(said["scope"].split()) == set(ourselves.SCOPES)
    setup = said[TOOL]
    assert DOMAIN.fullmatch(setup["domain"])
    assert setup[CANVAS + "privacy_level"] in ("public", "name_only", "email_only", "anonymous")
    assert all(isinstance(value, str) for value in setup["custom_parameters"].values())
    placed = {}
    for message in setup["messages"]:
        (placement,) = message["placements"]
        placed[placement] = message["type"]
        assert placement in IN_CANVAS[message["type"]]
        assert message.get(CANVAS + "visibility") in (None, "admins", "members", "public")
    assert placed == {
        "course_navigation": "LtiResourceLinkRequest",
        "account_navigation": "LtiResourceLinkRequest",
        "assignment_selection": "LtiDeepLinkingRequest",
        "link_selection": "LtiDeepLinkingRequest",
    }
    assert [m for m in setup["messages"] if m.get(CANVAS + "course_navigation/default_enabled") is False]
    older = {PLATFORM: {"product_family_code": "canvas"}}
    names = [m["placements"] for m in ourselves.registration(BASE, configured(**older))[TOOL]["messages"]]
    assert [CANVAS + "course_navigation"] in names  # the prefix is good in every Canvas
    few = configured(scopes_supported=[ourselves.SCOPES[3]])
    assert ourselves.registration(BASE, few)["scope"] == ourselves.SCOPES[3]  # Canvas refuses scopes it does not know


def test_canvas_finds_our_developer_key_right() -> None:
    for base in (BASE, "http://localhost:8000"):
        said = ourselves.canvas_key(base)
        assert {"title", "description", "target_link_uri", "oidc_initiation_url"} <= set(said)
        assert set(said["scopes"]) == set(ourselves.SCOPES)
        assert all(said[name].startswith(f"{base}/lti/") for name in ("oidc_initiation_url", "public_jwk_url"))
        (extension,) = said["extensions"]
        assert extension["platform"] == "canvas.instructure.com"
        assert DOMAIN.fullmatch(extension["domain"])
        for placement in extension["settings"]["placements"]:
            assert placement["placement"] in IN_CANVAS[placement["message_type"]]
            assert placement["target_link_uri"] == said["target_link_uri"]
            assert placement.get("default") in (None, "enabled", "disabled")
            assert placement.get("visibility") in (None, "admins", "members", "public")


def test_another_lms_is_told_what_it_supports() -> None:
    moodle = read_configuration(recorded("00")["response"]["body"], MOODLE_AT, allow_http=True)
    setup = ourselves.registration("https://waymark.example.edu:8443", moodle)[TOOL]
    assert setup["domain"] == "waymark.example.edu:8443"  # Moodle compares it with the host and port of the target
    assert [m["type"] for m in setup["messages"]] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    # it would hand Canvas's variables back as they stand
    assert setup["custom_parameters"] == {"course_history": "$Context.id.history"}
    assert not [name for name in setup if "canvas" in name]
    every = {"messages_supported": [{"type": m} for m in ("LtiResourceLinkRequest", "LtiSubmissionReviewRequest")]}
    own = {name: "https://lms.example/x" for name in CLOUD if name.endswith(("endpoint", "_uri"))}
    said = own | {"issuer": "https://lms.example", PLATFORM: every}
    other = read_configuration(said, "https://lms.example/c", allow_http=False)
    messages = ourselves.registration(BASE, other)[TOOL]["messages"]
    assert [m["type"] for m in messages] == ["LtiResourceLinkRequest", "LtiSubmissionReviewRequest"]
