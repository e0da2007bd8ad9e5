"""The token endpoint: client credentials with a signed assertion (RFC 7523), in the words of each LMS.

Moodle itself checks neither `aud`, `iss`, `jti` nor the presence of `exp`. The sandbox does while `Campus.strict` is
set, so that a tool's carelessness shows; with `strict` off it is as lax as Moodle. The tool's key set is fetched while
the tool waits for its token: a tool with one thread deadlocks here, as it does with a real LMS.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Blueprint, Response, jsonify, request

from lti_tool.sandbox.faults import page
from lti_tool.sandbox.keys import NotAToken, unverified, verifies
from lti_tool.sandbox.places import PLACES, Temper
from lti_tool.sandbox.state import Campus, Tool, campus

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NO_KEYS = (
    "Exception - mod_lti\\local\\ltiopenid\\jwks_helper::fix_jwks_alg(): Argument #1 ($jwks) must be of type array"
)


class Refused(Exception):
    """`error` and `words` go into the answer; `html` is Moodle's habit of failing with a page."""

    def __init__(self, error: str, words: str = "", status: int = 400, *, html: bool = False) -> None:
        super().__init__(error)
        self.error, self.words, self.status, self.html = error, words, status, html


def blueprint(temper: Temper) -> Blueprint:
    bp = Blueprint("tokens", __name__)
    bp.add_url_rule(PLACES[temper].token, "token", token, methods=["GET", "POST"])
    return bp


def token() -> Response:
    here = campus()
    try:
        tool, scopes = _asked(here)
    except Refused as refused:
        return _refusal(here, refused)
    answer = {
        "access_token": here.grant(tool.client_id, scopes),
        "token_type": "Bearer",
        "expires_in": here.token_seconds,
        "scope": " ".join(scopes),
    }
    response = jsonify(answer)
    if here.temper == "moodle":
        response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


def _refusal(here: Campus, refused: Refused) -> Response:
    if refused.html:
        return page("404", refused.words)
    if here.temper == "canvas":
        response = jsonify({"error": refused.error, "error_description": refused.words})
        response.status_code = refused.status
        return response
    # Moodle glues the text in unescaped: the error about a kid, which has quotes, is not valid JSON.
    return Response(f'{{\n  "error" : "{refused.error}"\n}}', 400, mimetype="text/html")


def _asked(here: Campus) -> tuple[Tool, tuple[str, ...]]:
    form = request.form
    needed = ("grant_type", "client_assertion", "client_assertion_type", "scope")
    if not all(form.get(name) for name in needed) or form["client_assertion_type"] != ASSERTION:
        raise Refused("invalid_request", "grant_type, client_assertion, client_assertion_type and scope are needed")
    if form["grant_type"] != "client_credentials":
        raise Refused("unsupported_grant_type", "The grant_type must be client_credentials")
    try:
        header, told = unverified(form["client_assertion"])
    except NotAToken:
        raise Refused("invalid_request", "Invalid JWT") from None
    tool = here.tools.get(str(told.get("sub", "")))
    if tool is None or not tool.active:
        raise Refused("invalid_client", "unknown client", 401)
    check_signature(here, tool, form["client_assertion"], header)
    _check_times(told, here.now().timestamp())
    if here.strict or here.temper == "canvas":
        _check_claims(here, tool, told)
    return tool, _scopes(here, tool, form["scope"])


def check_signature(here: Campus, tool: Tool, token: str, header: dict[str, Any]) -> None:
    """`Refused` unless one of the tool's keys signed it. The key set is fetched anew for a kid that is not known
    yet, and once more when the cached key does not fit (a key replaced under its old kid)."""
    if header.get("alg") != "RS256":
        raise Refused("Incorrect key for this algorithm", "JWS signature invalid.")
    kid = header.get("kid")
    if not kid:
        raise Refused("error/Error: kid must be provided in JWT header.", "JWS signature invalid.")
    if kid not in _kids(tool):
        fetch_keys(here, tool)
    if kid not in _kids(tool):
        if not tool.keys["keys"]:
            raise Refused("JWK Set did not contain any keys", "JWS signature invalid.")
        raise Refused('"kid" invalid, unable to lookup correct key', "JWS signature invalid.")
    if not verifies(token, tool.keys):
        fetch_keys(here, tool)
        if not verifies(token, tool.keys):
            raise Refused("Signature verification failed", "JWS signature invalid.")


def _kids(tool: Tool) -> set[str]:
    return {str(key.get("kid")) for key in tool.keys.get("keys", []) if isinstance(key, dict)}


def fetch_keys(here: Campus, tool: Tool) -> None:
    """Reads the tool's key set into `tool.keys`."""
    here.counts["tool_jwks"] += 1
    try:
        if urlsplit(tool.jwks_url).hostname in here.blocked_hosts:
            raise requests.ConnectionError("The URL is blocked.")
        answer = requests.get(tool.jwks_url, timeout=10, headers={"Accept": "application/json"})
        keys = answer.json()
        found = keys["keys"]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise Refused("invalid_client", NO_KEYS, html=here.temper == "moodle") from None
    tool.keys = {"keys": [each for each in found if isinstance(each, dict)]}


def _check_times(told: dict[str, Any], now: float) -> None:
    issued, expires = told.get("iat"), told.get("exp")
    if isinstance(issued, int | float) and issued > now:
        # No leeway, not a second.
        moment = datetime.fromtimestamp(issued, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        raise Refused(f"Cannot handle token with iat prior to {moment}", "The 'iat' must not be in the future")
    if isinstance(expires, int | float) and expires <= now:
        raise Refused("Expired token", "Token expired")


def _check_claims(here: Campus, tool: Tool, told: dict[str, Any]) -> None:
    """What Moodle forgets and Canvas checks; a used `jti` is refused by the sandbox alone."""
    audience = told.get("aud")
    accepted = {here.url(here.places.token), here.base_url}
    if not accepted & set(audience if isinstance(audience, list) else [audience]):
        raise Refused("invalid_request", "the 'aud' is invalid")
    if told.get("iss") != tool.client_id:
        raise Refused("invalid_request", "the 'iss' must be the client id")
    if not isinstance(told.get("exp"), int | float) or not isinstance(told.get("iat"), int | float):
        raise Refused("invalid_request", "the 'exp' and 'iat' are needed")
    if told["exp"] - told["iat"] > 3600:
        raise Refused("invalid_request", "the assertion lives too long")
    if not told.get("jti") or not here.once(f"jti {tool.client_id} {told['jti']}"):
        raise Refused("invalid_request", "the 'jti' is missing or was used before")


def _scopes(here: Campus, tool: Tool, asked: str) -> tuple[str, ...]:
    """Moodle grants what it may and drops the rest without a word; Canvas refuses the whole request."""
    wanted = list(dict.fromkeys(asked.split()))
    granted = tuple(each for each in wanted if each in tool.scopes)
    if here.temper == "canvas" and len(granted) < len(wanted):
        raise Refused(
            "invalid_scope", "A requested scope exceeds the scopes granted: " + " ".join(set(wanted) - set(granted))
        )
    if not granted:
        raise Refused("invalid_scope", "no scope can be granted")
    return granted
