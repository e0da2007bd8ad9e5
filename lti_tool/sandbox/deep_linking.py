"""Deep linking: the dialogue that a launch opens, and the tool's signed answer, which becomes links and line items.

Moodle itself checks neither deployment, audience, message type, version nor nonce. The sandbox checks all of them in
both tempers while `Campus.strict` is set, for a platform that is easier to please hides a tool's faults.
"""

import secrets
import time
from typing import Any

from flask import Blueprint, Response, render_template, request

from lti_tool.sandbox import claims
from lti_tool.sandbox.keys import NotAToken, unverified
from lti_tool.sandbox.places import CLAIM, DEEP, Temper
from lti_tool.sandbox.seed import Link
from lti_tool.sandbox.state import Campus, Launch, PlacedLink, Tool, campus
from lti_tool.sandbox.tokens import Refused, check_signature

RETURNS: dict[Temper, str] = {
    "canvas": "/courses/<int:course_id>/deep_linking_response",
    "moodle": "/mod/lti/contentitem_return.php",
}


class NotTaken(Exception):
    """Why an answer is refused, in words."""


def blueprint(temper: Temper) -> Blueprint:
    bp = Blueprint("deep_linking", __name__)
    bp.add_url_rule(RETURNS[temper], "answer", answer, methods=["POST"])
    return bp


def open_dialogue(here: Campus, launch: Launch, tool: Tool) -> dict[str, Any]:
    """The settings claim of a new dialogue; its return URL carries a key that works once."""
    key, data = secrets.token_urlsafe(9), secrets.token_urlsafe(24) + "/+=é"
    with here.lock:
        here.returns[key] = {
            "course": launch.course_id,
            "client_id": tool.client_id,
            "data": data if here.temper == "canvas" else None,
        }
    query = f"course={launch.course_id}&id={tool.deployment_id}&sesskey={key}"
    path = RETURNS[here.temper].replace("<int:course_id>", str(launch.course_id))
    return claims.deep_linking_settings(here, tool, here.url(f"{path}?{query}"), data)


def answer(course_id: int | None = None) -> Response:
    """The tool's form post. 200 and what was made; 400, or Moodle's 404, with the reason otherwise."""
    here = campus()
    dialogue = here.returns.get(request.args.get("sesskey", ""))
    try:
        if dialogue is None:
            raise NotTaken(
                "Your session has most likely timed out: this dialogue was answered before, or never opened."
            )
        told = _check(here, dialogue, request.form.get("JWT", ""))
        here.returns.pop(request.args["sesskey"], None)
        made, left_out = _take(here, dialogue, told)
    except NotTaken as refused:
        here.counts["deep_links_refused"] += 1
        status = 404 if here.temper == "moodle" else 400
        return Response(
            render_template("sandbox/deep_link_done.html", refused=str(refused), made=[], course=None), status
        )
    words = told.get(DEEP + "errormsg") or told.get(DEEP + "msg") or ""
    return Response(
        render_template(
            "sandbox/deep_link_done.html",
            refused="",
            made=made,
            left_out=left_out,
            words=words,
            failed=bool(told.get(DEEP + "errormsg")),
            course=here.seed.course(dialogue["course"]),
        )
    )


def _check(here: Campus, dialogue: dict[str, Any], token: str) -> dict[str, Any]:
    tool = here.tools[dialogue["client_id"]]
    try:
        header, told = unverified(token)
        check_signature(here, tool, token, header)
    except NotAToken:
        raise NotTaken("The answer is not a JWT.") from None
    except Refused as refused:
        raise NotTaken(f"Exception - {refused.error}") from None
    now = time.time()
    if told.get("iss") != tool.client_id:
        raise NotTaken("Consumer key is incorrect.")
    for name in ("iat", "exp"):
        if not isinstance(told.get(name), int | float):
            raise NotTaken(f"The answer has no {name}.")
    if told["exp"] <= now:
        raise NotTaken("Exception - Expired token")
    if told["iat"] > now:
        raise NotTaken("Exception - Cannot handle token with a later iat")
    if here.strict:
        _check_more(here, dialogue, tool, told)
    return told


def _check_more(here: Campus, dialogue: dict[str, Any], tool: Tool, told: dict[str, Any]) -> None:
    audience = told.get("aud")
    wanted = {
        "message_type": "LtiDeepLinkingResponse",
        "version": "1.3.0",
        "deployment_id": tool.deployment_id,
    }
    for name, value in wanted.items():
        if told.get(CLAIM + name) != value:
            raise NotTaken(f"The claim {name} must be {value!r}, not {told.get(CLAIM + name)!r}.")
    if here.base_url not in (audience if isinstance(audience, list) else [audience]):
        raise NotTaken("The audience is not this platform.")
    if not told.get("nonce") or not here.once(f"nonce {tool.client_id} {told['nonce']}"):
        raise NotTaken("The nonce is missing or was used before.")
    if told.get(DEEP + "data") != dialogue["data"]:
        raise NotTaken("The data must come back byte for byte, and must be left out when none was sent.")


def _take(here: Campus, dialogue: dict[str, Any], told: dict[str, Any]) -> tuple[list[PlacedLink], list[str]]:
    items = told.get(DEEP + "content_items", [])
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise NotTaken("content_items is not a list of objects.")
    # Everything is read before anything is made.
    read = [_read(item) for item in items if item.get("type") == "ltiResourceLink"]
    left_out = [str(item.get("type")) for item in items if item.get("type") != "ltiResourceLink"]
    tool = here.tools[dialogue["client_id"]]
    made = []
    with here.lock:
        for fields, line in read:
            link = Link(id=here.next_id("link"), title=fields.pop("title") or tool.name, **fields)
            placed = here.add_link(PlacedLink(link, dialogue["course"], tool.client_id))
            made.append(placed)
            item = next((each for each in here.items.values() if each.link_id == link.id), None)
            if item is not None:
                item.label = str(line.get("label") or link.title)
                item.review = line.get("submissionReview")
        here.counts["deep_links"] += len(made)
    return made, left_out


def _read(item: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    custom, line = item.get("custom", {}), item.get("lineItem", {})
    if not isinstance(custom, dict) or not all(isinstance(each, str) for each in custom.values()):
        raise NotTaken("custom must be an object of texts.")
    if not isinstance(line, dict):
        raise NotTaken("lineItem must be an object.")
    maximum = line.get("scoreMaximum")
    if line and (not isinstance(maximum, int | float) or isinstance(maximum, bool) or maximum <= 0):
        raise NotTaken("lineItem needs a scoreMaximum above 0.")
    window = item.get("window") or {}
    fields = {
        "title": str(item.get("title") or ""),
        "description": str(item.get("text") or ""),
        "custom": dict(custom),
        "score_maximum": float(maximum) if line and maximum is not None else None,
        "url": str(item.get("url") or ""),
        "new_window": isinstance(window, dict) and window.get("targetName") == "_blank",
        "resource_id": str(line.get("resourceId") or ""),
        "tag": str(line.get("tag") or ""),
    }
    return fields, line
