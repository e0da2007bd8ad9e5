"""Dynamic registration: the platform's configuration, and a registration that works once, in each LMS's shape.

Moodle refuses in bare text labelled as HTML and breaks with a 404 page on a token or body it cannot read; Canvas
refuses in JSON. Either way the new tool waits until an administrator switches it on.
"""

import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, request

from lti_tool.sandbox import canvas_registration, places
from lti_tool.sandbox.faults import page
from lti_tool.sandbox.keys import NotAToken, unverified, verifies
from lti_tool.sandbox.places import LINEITEM, LINEITEM_READ, PLACES, RESULT_READ, ROSTER, SCORE, Temper
from lti_tool.sandbox.state import Campus, Tool, campus

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
NAMES = {"name", "given_name", "family_name"}
MOODLE_ORDER = (SCORE, RESULT_READ, LINEITEM_READ, LINEITEM, ROSTER)
VARIABLES = (
    "Context.id",
    "Context.title",
    "Context.label",
    "Context.id.history",
    "CourseSection.sourcedId",
    "ResourceLink.id",
    "ResourceLink.title",
    "ResourceLink.description",
    "User.id",
    "User.username",
    "Person.name.full",
    "Person.name.given",
    "Person.name.family",
    "Person.email.primary",
    "Person.sourcedId",
    "Person.address.timezone",
    "Membership.role",
)


class Refused(Exception):
    def __init__(self, status: int, words: str, *, html: bool = False) -> None:
        super().__init__(words)
        self.status, self.words, self.html = status, words, html


def blueprint(temper: Temper) -> Blueprint:
    bp = Blueprint("registration", __name__)
    bp.add_url_rule(PLACES[temper].openid, "openid", openid)
    bp.add_url_rule(PLACES[temper].register, "register", register, methods=["GET", "POST", "PUT"])
    return bp


def openid() -> Response:
    """Canvas shows it to whoever brings the registration token, in the header or (as it once did) in the address."""
    here = campus()
    if here.temper == "canvas":
        token = request.headers.get("Authorization", "").partition(" ")[2] or request.args.get("registration_token", "")
        if token not in here.registrations:
            answer = jsonify({"error": "Access token missing or unknown"})
            answer.status_code = 401
            return answer
    return jsonify(configuration(here))


def configuration(here: Campus) -> dict[str, Any]:
    """The OpenID configuration with the LTI platform's part. Moodle does not own up to submission review."""
    moodle = here.temper == "moodle"
    messages: list[dict[str, Any]] = [{"type": "LtiResourceLinkRequest"}]
    messages.append({"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]})
    if not moodle:
        shown = ("course_navigation", "assignment_selection", "link_selection")
        messages[0]["placements"] = [CANVAS + shown[0]]
        messages[1]["placements"] = [CANVAS + each for each in shown[1:]] + ["ContentArea"]
    return {
        "issuer": here.base_url,
        "token_endpoint": here.url(here.places.token),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": here.url(here.places.certs),
        "authorization_endpoint": here.url(here.places.authorise),
        "registration_endpoint": here.url(here.places.register),
        "scopes_supported": [*places.SCOPES, "openid"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"] if moodle else ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM: {
            "product_family_code": here.temper,
            "version": "4.5.6 (Build: 20250811)" if moodle else "OpenSource",
            "messages_supported": messages,
            "variables": [*VARIABLES, *(["Moodle.Person.userGroupIds"] if moodle else ["Canvas.user.id"])],
        },
    }


def start(here: Campus, tool_url: str) -> str:
    """The tool's registration URL with `openid_configuration` and a new `registration_token`: open it in a frame."""
    client_id = secrets.token_hex(8)
    now = int(time.time())
    token = here.keys.sign({"sub": client_id, "scope": "reg", "iat": now, "exp": now + 3600})
    with here.lock:
        here.registrations[token] = {"client_id": client_id, "used": False}
    query = urlencode({"openid_configuration": here.url(here.places.openid), "registration_token": token})
    return tool_url + ("&" if urlsplit(tool_url).query else "?") + query


def register() -> Response:
    here = campus()
    try:
        if request.method == "PUT":
            raise Refused(400, "Unsupported operation")
        tool, asked = _register(here)
    except Refused as refused:
        here.counts["registrations_refused"] += 1
        if here.temper == "canvas":
            answer = jsonify({"errors": [{"message": refused.words}]})
            answer.status_code = 401 if refused.status == 401 or refused.html else 422
            return answer
        if refused.html:
            return page("404", f"Exception - {refused.words}")
        return Response(refused.words, refused.status, mimetype="text/html")
    here.counts["registrations"] += 1
    return jsonify(_reply(here, tool, asked))


def _register(here: Campus) -> tuple[Tool, dict[str, Any]]:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused(401, "missing_registration_token")
    try:
        told = unverified(token)[1]
    except NotAToken as broken:
        raise Refused(404, str(broken), html=True) from None
    if not verifies(token, here.keys.public()) or token not in here.registrations:
        raise Refused(404, "Signature verification failed", html=True)
    if told.get("exp", 0) <= time.time():
        raise Refused(404, "Expired token", html=True)
    pending = here.registrations[token]
    if pending["used"]:
        raise Refused(401, "token_already_used")
    asked = request.get_json(force=True, silent=True) if request.method == "POST" else None
    if not isinstance(asked, dict):
        raise Refused(404, "Argument #1 ($registrationpayload) must be of type array, null given", html=True)
    setup = _checked(asked)
    if here.temper == "canvas" and (wrong := canvas_registration.faults(asked, setup)):
        raise Refused(422, "; ".join(wrong))
    with here.lock:
        if pending["used"]:
            raise Refused(401, "token_already_used")
        tool = here.add_tool(_tool(here, pending["client_id"], asked, setup))
        pending["used"] = True
    return tool, asked


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    """The tool configuration inside; a failed try does not use the token up."""
    for name in ("response_types", "client_name", "redirect_uris", "initiate_login_uri", "jwks_uri", TOOL):
        if not asked.get(name):
            raise Refused(400, f"missing required attribute {name}")
    if "id_token" not in asked["response_types"]:
        raise Refused(400, "invalid_response_types")
    if asked.get("token_endpoint_auth_method") != "private_key_jwt":
        raise Refused(400, "invalid_token_endpoint_auth_method")
    if asked.get("application_type", "web") != "web":
        raise Refused(400, "invalid_application_type")
    setup = asked[TOOL]
    if not isinstance(setup, dict) or not setup.get("domain"):
        raise Refused(400, "missing_domain")
    target = urlsplit(str(setup.get("target_link_uri", "")))
    if target.netloc != setup["domain"] and target.hostname != setup["domain"]:
        raise Refused(400, "domain_targetlinkuri_mismatch")
    return setup


def _tool(here: Campus, client_id: str, asked: dict[str, Any], setup: dict[str, Any]) -> Tool:
    wanted = {each for each in str(asked.get("scope", "")).split() if each in places.SCOPES}
    if here.temper == "moodle" and SCORE in wanted:
        wanted |= {RESULT_READ, LINEITEM_READ}
    told = set(setup.get("claims", []))
    messages: list[dict[str, Any]] = [each for each in setup.get("messages", []) if isinstance(each, dict)]
    deep = [each for each in messages if each.get("type") == "LtiDeepLinkingRequest"]
    return Tool(
        client_id=client_id,
        name=str(asked["client_name"]),
        login_url=str(asked["initiate_login_uri"]),
        launch_url=str(setup["target_link_uri"]),
        jwks_url=str(asked["jwks_uri"]),
        redirect_uris=tuple(asked["redirect_uris"]),
        deployment_id=deployment(here),
        scopes=tuple(each for each in MOODLE_ORDER if each in wanted),
        custom={name: str(text) for name, text in setup.get("custom_parameters", {}).items()},
        names=bool(told & NAMES) or setup.get(CANVAS + "privacy_level") in ("public", "name_only"),
        email="email" in told or setup.get(CANVAS + "privacy_level") in ("public", "email_only"),
        deep_linking_url=str(deep[0].get("target_link_uri", "")) if deep else "",
        description=str(setup.get("description", "")),
        logo=str(asked.get("logo_uri", "")),
        active=False,
    )


def deployment(here: Campus) -> str:
    """A deployment id of the temper's kind: a number, or Canvas's `number:hash`."""
    number = here.next_id("deployment")
    return str(number + 2) if here.temper == "moodle" else f"{number}:{secrets.token_hex(20)}"


def _reply(here: Campus, tool: Tool, asked: dict[str, Any]) -> dict[str, Any]:
    setup = asked[TOOL]
    reply: dict[str, Any] = {
        "client_id": tool.client_id,
        "response_types": ["id_token"],
        "jwks_uri": tool.jwks_url,
        "initiate_login_uri": tool.login_url,
        "grant_types": ["client_credentials", "implicit"],
        "redirect_uris": list(tool.redirect_uris),
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_name": tool.name,
        "logo_uri": tool.logo,
    }
    if here.temper == "canvas":
        # Canvas says nothing of a deployment: there is none until the tool is installed in an account.
        extra = {CANVAS + "registration_config_url": here.url("/admin")}
        return reply | {"scope": " ".join(tool.scopes), TOOL: setup | extra}
    named = set(tool.scopes) | ({LINEITEM} if SCORE in tool.scopes else set())
    told: dict[str, Any] = {
        "version": "1.3.0",
        "deployment_id": tool.deployment_id,
        "target_link_uri": tool.launch_url,
        "domain": setup["domain"],
        "description": tool.description,
    }
    if tool.deep_linking_url:
        told["messages"] = [{"type": "LtiDeepLinkingRequest", "target_link_uri": tool.deep_linking_url}]
    if tool.custom:
        told["custom_parameters"] = tool.custom
    about = ["name", "family_name", "given_name"] if tool.names else []
    told["claims"] = ["sub", "iss", *about, *(["email"] if tool.email else [])]
    return reply | {
        "scope": " ".join(each for each in MOODLE_ORDER if each in named),
        TOOL: json.loads(json.dumps(told)),
    }
