"""The configuration that a Canvas administrator enters as an LTI developer key (by URL)."""

from typing import Any
from urllib.parse import urlsplit

from lti_tool.launch.domain.facts import LMS_COURSE_ID, LMS_USER_ID
from lti_tool.lms.tokens import LINE_ITEMS, LINE_ITEMS_READ, MEMBERS_READ, RESULTS_READ, SCORES

SCOPES = [LINE_ITEMS, LINE_ITEMS_READ, RESULTS_READ, SCORES, MEMBERS_READ]
CUSTOM = {LMS_USER_ID: "$Canvas.user.id", LMS_COURSE_ID: "$Canvas.course.id"}
"""Canvas's REST API knows people and courses by other ids than a launch does."""


def configuration(base_url: str) -> dict[str, Any]:
    """The developer key's JSON for a tool at `base_url`."""
    launch_url = f"{base_url}/lti/launch"
    icon = f"{base_url}/static/icon.svg"

    def placement(name: str, message: str, text: str) -> dict[str, Any]:
        return {
            "placement": name,
            "message_type": message,
            "target_link_uri": launch_url,
            "text": text,
            "icon_url": icon,
            "enabled": True,
        }

    course = placement("course_navigation", "LtiResourceLinkRequest", "Waymark")
    return {
        "title": "Waymark",
        "description": "Where every learner stands on your competency framework, and the next step.",
        "target_link_uri": launch_url,
        "oidc_initiation_url": f"{base_url}/lti/login",
        "public_jwk_url": f"{base_url}/lti/jwks.json",
        "scopes": SCOPES,
        "custom_fields": CUSTOM,
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": urlsplit(base_url).netloc,
                "tool_id": "waymark",
                "privacy_level": "public",
                "settings": {
                    "text": "Waymark",
                    "icon_url": icon,
                    "placements": [
                        # a new course does not show the link until a teacher switches it on
                        course | {"default": "disabled", "visibility": "public"},
                        placement("assignment_selection", "LtiDeepLinkingRequest", "Waymark assessment"),
                        placement("link_selection", "LtiDeepLinkingRequest", "Waymark"),
                    ],
                },
            }
        ],
    }
