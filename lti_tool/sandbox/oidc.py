"""The launch, platform side: third-party-initiated login, the authorisation endpoint, the key set.

A hint stands for one launch of one person and works once, so a reload or the back button fails here as it does in life.
The person is bound to the hint, not to a cookie: inside a frame on another site no cookie comes along.
"""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.datastructures import MultiDict

from lti_tool.sandbox import claims
from lti_tool.sandbox.deep_linking import open_dialogue
from lti_tool.sandbox.faults import page
from lti_tool.sandbox.places import PLACES, Temper
from lti_tool.sandbox.state import Campus, Launch, Tool, campus

CANVAS_NEEDS = (
    "client_id",
    "login_hint",
    "lti_message_hint",
    "nonce",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
)


def blueprint(temper: Temper) -> Blueprint:
    bp = Blueprint("oidc", __name__)
    bp.add_url_rule(PLACES[temper].authorise, "authorise", authorise, methods=["GET", "POST"])
    bp.add_url_rule(PLACES[temper].certs, "certs", certs, methods=["GET"])
    return bp


def certs() -> Response:
    here = campus()
    here.counts["jwks"] += 1
    answer = jsonify(here.keys.public())
    answer.headers["Cache-Control"] = "max-age=60"
    return answer


def login_fields(here: Campus, launch: Launch, tool: Tool) -> dict[str, str]:
    """What the browser posts to the tool's login URL. Each call makes a new one-time hint."""
    person = here.person(launch.person_id)
    hint = here.hint(launch)
    if here.temper == "moodle":
        hint = json.dumps({"cmid": launch.link_id, "launchid": hint} if launch.link_id else {"launchid": hint})
    fields = {
        "iss": here.base_url,
        "target_link_uri": claims.target(here, launch, tool),
        "login_hint": here.sub(person) if person else "",
        "lti_message_hint": hint,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    if here.storage:
        fields["lti_storage_target"] = "_parent" if here.storage == "silent" else here.storage
    return fields


def begin(launch: Launch, tool: Tool) -> str:
    """A page that posts the login request to the tool by itself."""
    here = campus()
    here.counts["logins"] += 1
    return render_template(
        "sandbox/autopost.html",
        action=tool.login_url,
        fields=login_fields(here, launch, tool),
        title="Opening the tool",
    )


def authorise() -> Response | str:
    """The authorisation request of the tool's login; the answer is a form that posts id_token and state."""
    here, asked = campus(), request.values
    if here.temper == "moodle":
        return _authorise_moodle(here, asked)
    return _authorise_canvas(here, asked)


def _authorise_moodle(here: Campus, asked: MultiDict[str, str]) -> Response | str:
    """Moodle shows most faults as a 404 page of its own and posts only a few to the tool. Beyond Moodle, a missing
    state is refused."""
    needs = ("scope", "response_type", "client_id", "redirect_uri", "nonce", "login_hint", "lti_message_hint", "state")
    if not all(asked.get(name) for name in needs):
        return page("404", "Invalid request")
    if asked["scope"] != "openid" or asked["response_type"] != "id_token":
        return page("404", "Invalid request")
    try:
        hint = str(json.loads(asked["lti_message_hint"])["launchid"])
    except (ValueError, KeyError, TypeError):
        return page("404", "Invalid request")
    launch = here.hints.get(hint)
    tool = here.tools.get(launch.client_id) if launch else None
    if launch is None or tool is None or asked["redirect_uri"] not in tool.redirect_uris:
        return page("404", "Invalid request")
    if asked["client_id"] != tool.client_id or not tool.active:
        return _refuse(asked, "unauthorized_client")
    person = here.person(launch.person_id)
    if person is None or asked["login_hint"] != here.sub(person):
        return _refuse(asked, "access_denied")
    if asked.get("response_mode") != "form_post":
        return _refuse(asked, "invalid_request", "Invalid response_mode")
    if asked.get("prompt") != "none":
        return _refuse(asked, "invalid_request", "Invalid prompt")
    if here.hints.pop(hint, None) is None:
        return page("404", "Invalid request")
    return _answer(here, launch, tool, asked)


def _authorise_canvas(here: Campus, asked: MultiDict[str, str]) -> Response | str:
    """Canvas posts its refusals to the tool, unless the redirect URI or the hint itself is wrong."""
    hint = asked.get("lti_message_hint", "")
    launch = here.hints.get(hint)
    tool = here.tools.get(asked.get("client_id", "")) or (here.tools.get(launch.client_id) if launch else None)
    if tool is None or asked.get("redirect_uri") not in tool.redirect_uris:
        return page("400", "Invalid redirect_uri")
    missing = [name for name in (*CANVAS_NEEDS, "state") if not asked.get(name)]
    if missing:
        words = f"The following parameters are missing: {','.join(missing)}"
        return _refuse(asked, "invalid_request_object", words)
    wanted = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
    for name, value in wanted.items():
        if asked[name] != value:
            return _refuse(asked, "invalid_request_object", f"The '{name}' must be '{value}'")
    if launch is None:
        return _refuse(asked, "launch_no_longer_valid", "The launch has either expired or already been consumed")
    if asked["client_id"] != launch.client_id or not tool.active:
        return _refuse(asked, "unauthorized_client", "Client not authorized in requested context")
    person = here.person(launch.person_id)
    if person is None or asked["login_hint"] != here.sub(person):
        return _refuse(asked, "login_required", "Must have an active user session")
    if here.hints.pop(hint, None) is None:
        return _refuse(asked, "launch_no_longer_valid", "The launch has either expired or already been consumed")
    return _answer(here, launch, tool, asked)


def _answer(here: Campus, launch: Launch, tool: Tool, asked: MultiDict[str, str]) -> str:
    here.counts["launches"] += 1
    told: dict[str, Any] = claims.id_token(here, launch, tool, asked["nonce"])
    if launch.message_type == "LtiDeepLinkingRequest":
        told |= open_dialogue(here, launch, tool)
    fields = {"id_token": here.keys.sign(told), "state": asked["state"]}
    if here.storage:
        fields["lti_storage_target"] = "_parent" if here.storage == "silent" else here.storage
    return _form(asked["redirect_uri"], fields)


def _refuse(asked: MultiDict[str, str], error: str, description: str = "") -> str:
    fields = {"error": error, "error_description": description, "state": asked.get("state", "")}
    return _form(asked["redirect_uri"], {name: text for name, text in fields.items() if text or name == "state"})


def _form(action: str, fields: dict[str, str]) -> str:
    return render_template("sandbox/autopost.html", action=action, fields=fields, title="Opening the tool")
