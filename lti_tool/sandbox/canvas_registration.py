"""What Canvas asks of a registration besides what Moodle does, as its source has it: required lists, known scopes and
placements, texts where texts belong. Every fault is told at once."""

import re
from typing import Any
from urllib.parse import urlsplit

from lti_tool.sandbox.places import SCOPES

CANVAS = "https://canvas.instructure.com/lti/"
RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
BOTH = {"assignment_selection", "link_selection", "homework_submission", "collaboration", "migration_selection"}
PLACEMENTS = {
    RESOURCE_LINK: BOTH
    | {
        "account_navigation",
        "course_navigation",
        "global_navigation",
        "user_navigation",
        "course_settings_sub_navigation",
    }
    | {"assignment_edit", "assignment_view", "course_home_sub_navigation", "post_grades", "similarity_detection"},
    DEEP_LINKING: BOTH
    | {"editor_button", "course_assignments_menu", "module_index_menu_modal", "ContentArea", "RichTextEditor"},
}
VISIBLE = (None, "admins", "members", "public")
LEVELS = (None, "public", "name_only", "email_only", "anonymous")
DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(:[0-9]{1,5})?")


def faults(asked: dict[str, Any], setup: dict[str, Any]) -> list[str]:
    """What Canvas finds wrong with a registration and its tool configuration; empty when it is right."""
    said = []
    if not {"client_credentials", "implicit"} <= set(asked.get("grant_types") or []):
        said.append("grant_types must include client_credentials, implicit")
    if asked.get("application_type") != "web":
        said.append("application_type must be web")
    said += [
        f"{name} is not a URI" for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri") if not _uri(asked, name)
    ]
    unknown = [each for each in str(asked.get("scope") or "").split() if each not in (*SCOPES, "openid")]
    if unknown:
        said.append(f"Invalid scopes: {', '.join(unknown)}")
    if not DOMAIN.fullmatch(str(setup.get("domain", ""))):
        said.append("domain does not match the pattern")
    if not isinstance(setup.get("claims"), list):
        said.append("claims is missing")
    if not _texts(setup.get("custom_parameters", {})):
        said.append("custom_parameters must be texts")
    if setup.get(CANVAS + "privacy_level") not in LEVELS:
        said.append("privacy_level is unknown")
    messages = setup.get("messages")
    if not isinstance(messages, list):
        return [*said, "messages is missing"]
    return said + [fault for message in messages for fault in _message(message)]


def _message(message: Any) -> list[str]:
    if not isinstance(message, dict) or message.get("type") not in PLACEMENTS:
        return ["a message of an unknown type"]
    known = PLACEMENTS[message["type"]]
    said = [
        f"unknown placement {each}" for each in message.get("placements", []) if each.removeprefix(CANVAS) not in known
    ]
    if message.get(CANVAS + "visibility") not in VISIBLE:
        said.append("visibility is unknown")
    if not isinstance(message.get(CANVAS + "course_navigation/default_enabled", True), bool):
        said.append("default_enabled must be true or false")
    if not _texts(message.get("custom_parameters", {})):
        said.append("custom_parameters must be texts")
    return said


def _texts(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(each, str) for each in given.values())


def _uri(asked: dict[str, Any], name: str) -> bool:
    return not asked.get(name) or urlsplit(str(asked[name])).scheme in ("http", "https")
