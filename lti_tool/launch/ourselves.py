"""How the tool introduces itself: to any LMS by dynamic registration, to Canvas as a developer key's JSON.

Canvas takes only its own two messages, its own placements and known scopes (its schemas OidcRegistration,
LtiToolConfiguration and LtiConfiguration), and drops or refuses the rest; Moodle drops in silence what it does not
know. So an LMS is offered what it says it supports.
"""

from typing import Any
from urllib.parse import urlsplit

from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import COURSE_HISTORY, LINK_HISTORY, LMS_COURSE_ID, LMS_USER_ID
from lti_tool.launch.domain.registering import CANVAS, TOOL, Configuration
from lti_tool.lms.tokens import LINE_ITEMS, LINE_ITEMS_READ, MEMBERS_READ, RESULTS_READ, SCORES

NAME = "Waymark"
ABOUT = "Where every learner stands on your competency framework, and the next step."
TOOL_ID = "waymark"
PRIVACY = "public"
"""Canvas's word for names and e-mail addresses."""
SCOPES = (LINE_ITEMS, LINE_ITEMS_READ, RESULTS_READ, SCORES, MEMBERS_READ)
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
CUSTOM = {
    LMS_USER_ID: "$Canvas.user.id",
    LMS_COURSE_ID: "$Canvas.course.id",
    COURSE_HISTORY: "$Context.id.history",
    LINK_HISTORY: "$ResourceLink.id.history",
}
"""Canvas's REST API knows people and courses by other ids than a launch does; the histories say what was copied."""
PLACES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    # a new course does not show the link until a teacher switches it on
    ("course_navigation", c.RESOURCE_LINK_REQUEST, NAME, {"default": "disabled", "visibility": "members"}),
    ("account_navigation", c.RESOURCE_LINK_REQUEST, NAME, {"default": "enabled", "visibility": "admins"}),
    ("assignment_selection", c.DEEP_LINKING_REQUEST, f"{NAME} assessment", {}),
    ("link_selection", c.DEEP_LINKING_REQUEST, NAME, {}),
)
"""Where in Canvas: placement, message, label, and how the link is shown."""


def registration(base_url: str, platform: Configuration) -> dict[str, Any]:
    """Our metadata as this LMS is asked to register it (LTI Dynamic Registration 1.0, 3.5.2)."""
    launch_url, icon = f"{base_url}/lti/launch", f"{base_url}/static/icon.svg"
    scopes = [scope for scope in SCOPES if platform.scopes is None or scope in platform.scopes]
    setup: dict[str, Any] = {
        "domain": urlsplit(base_url).netloc,
        "target_link_uri": launch_url,
        "description": ABOUT,
        "claims": list(CLAIMS),
        "custom_parameters": _custom(platform),
        "messages": _messages(platform, launch_url, icon),
    }
    if platform.family == "canvas":
        setup |= {CANVAS + "privacy_level": PRIVACY, CANVAS + "tool_id": TOOL_ID}
    return {
        "application_type": "web",
        "client_name": NAME,
        "client_uri": base_url,
        "logo_uri": icon,
        "grant_types": ["implicit", "client_credentials"],
        "response_types": ["id_token"],
        "redirect_uris": [launch_url],
        "initiate_login_uri": f"{base_url}/lti/login",
        "jwks_uri": f"{base_url}/lti/jwks.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL: setup,
    }


def _custom(platform: Configuration) -> dict[str, str]:
    """An LMS hands a variable that it does not know back as it stands, so another than Canvas is spared its own."""
    if platform.family == "canvas":
        return dict(CUSTOM)
    return {name: variable for name, variable in CUSTOM.items() if variable[1:] in (platform.variables or ())}


def _messages(platform: Configuration, launch_url: str, icon: str) -> list[dict[str, Any]]:
    supported = platform.placements
    if platform.family == "canvas":
        return [_in_canvas(platform, place, launch_url, icon) for place in PLACES if _has(platform, place[1])]
    messages = [
        {"type": c.RESOURCE_LINK_REQUEST, "target_link_uri": launch_url, "label": NAME, "icon_uri": icon},
        {"type": c.DEEP_LINKING_REQUEST, "target_link_uri": launch_url, "label": NAME, "icon_uri": icon},
    ]
    offered = (supported or {}).get(c.DEEP_LINKING_REQUEST, frozenset())
    if content := [place for place in ("ContentArea",) if place in offered]:
        messages[1]["placements"] = content  # type: ignore[assignment]
    if c.SUBMISSION_REVIEW_REQUEST in (supported or {}):
        messages.append({"type": c.SUBMISSION_REVIEW_REQUEST, "target_link_uri": launch_url})
    return [message for message in messages if _has(platform, str(message["type"]))]


def _has(platform: Configuration, message: str) -> bool:
    return platform.placements is None or message in platform.placements


def _in_canvas(
    platform: Configuration, place: tuple[str, str, str, dict[str, Any]], launch_url: str, icon: str
) -> dict[str, Any]:
    """One message for each placement, since label and visibility are the message's. Older Canvases know placements by
    their bare names as well, all of them under the prefix."""
    name, message, label, shown = place
    bare = name in (platform.placements or {}).get(message, frozenset())
    said: dict[str, Any] = {
        "type": message,
        "target_link_uri": launch_url,
        "label": label,
        "icon_uri": icon,
        "placements": [name if bare else CANVAS + name],
    }
    if "visibility" in shown:
        said[CANVAS + "visibility"] = shown["visibility"]
    if name == "course_navigation":
        said[CANVAS + "course_navigation/default_enabled"] = shown["default"] != "disabled"
    return said


def canvas_key(base_url: str) -> dict[str, Any]:
    """What a Canvas administrator enters as an LTI developer key, by its address."""
    launch_url, icon = f"{base_url}/lti/launch", f"{base_url}/static/icon.svg"
    placements = [
        {
            "placement": name,
            "message_type": message,
            "target_link_uri": launch_url,
            "text": label,
            "icon_url": icon,
            "enabled": True,
            **shown,
        }
        for name, message, label, shown in PLACES
    ]
    return {
        "title": NAME,
        "description": ABOUT,
        "target_link_uri": launch_url,
        "oidc_initiation_url": f"{base_url}/lti/login",
        "public_jwk_url": f"{base_url}/lti/jwks.json",
        "scopes": list(SCOPES),
        "custom_fields": dict(CUSTOM),
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": urlsplit(base_url).netloc,
                "tool_id": TOOL_ID,
                "privacy_level": PRIVACY,
                "settings": {"text": NAME, "icon_url": icon, "placements": placements},
            }
        ],
    }
