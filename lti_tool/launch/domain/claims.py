"""What a launch token must say (LTI 1.3 Core 5.3, 1EdTech Security Framework 5.1.3, Deep Linking 2.0 4.4,
Submission Review 1.0). Checked by hand: pydantic would cost more than the signature."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.domain.states import STATE_LIFE

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = LTI + "message_type"
VERSION = LTI + "version"
DEPLOYMENT_ID = LTI + "deployment_id"
TARGET_LINK_URI = LTI + "target_link_uri"
ROLES = LTI + "roles"
CONTEXT = LTI + "context"
RESOURCE_LINK = LTI + "resource_link"
CUSTOM = LTI + "custom"
TOOL_PLATFORM = LTI + "tool_platform"
PRESENTATION = LTI + "launch_presentation"
FOR_USER = LTI + "for_user"
LINE_ITEMS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMES_ROLES = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"

RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW_REQUEST = "LtiSubmissionReviewRequest"
DATA_PRIVACY_REQUEST = "DataPrivacyLaunchRequest"

LEEWAY = 60
"""Seconds that the clocks of two servers may differ."""
LONGEST_ID = 255
_PERSONAL = ("name", "given_name", "family_name", "middle_name", "email", "picture")

Claims = Mapping[str, Any]


def client_of(claims: Claims) -> str:
    """The client id that a token is for, by its own unverified word, to find the registration by. In a list of
    audiences it is the authorized party, which must then be named."""
    audience, party = claims.get("aud"), claims.get("azp")
    if isinstance(audience, list):
        # A list without `azp` does not say which of them the token was made for (Security Framework 5.1.3, 4).
        if not isinstance(party, str) or party not in audience:
            raise Refused("wrong_authorized_party")
        return party
    if not isinstance(audience, str) or not audience:
        raise Refused("wrong_audience")
    if party is not None and party != audience:
        raise Refused("wrong_authorized_party")
    return audience


def check(claims: Claims, now: datetime) -> None:
    """Raises Refused at the first claim that is missing or wrong. Signature, registration and audience are checked
    before; state, nonce and deployment after."""
    check_times(claims, now.timestamp())
    if not isinstance(claims.get("nonce"), str):
        raise Refused("missing_nonce")
    if claims.get(VERSION) != "1.3.0":
        raise Refused("wrong_version")
    if not is_id(claims.get(DEPLOYMENT_ID)):
        raise Refused("missing_deployment")
    roles = claims.get(ROLES)
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Refused("missing_roles")
    # An anonymous launch has no `sub` and nothing else about a person either (LTI 1.3 Core 5.3.6.1).
    if not is_id(claims.get("sub")) and ("sub" in claims or any(claims.get(name) for name in _PERSONAL)):
        raise Refused("missing_subject")
    context = claims.get(CONTEXT)
    if isinstance(context, dict) and context and not is_id(context.get("id")):
        raise Refused("bad_context")
    message_type = claims.get(MESSAGE_TYPE)
    if not isinstance(message_type, str) or not message_type:
        raise Refused("missing_message_type")
    if message_type not in MESSAGES:
        raise Refused("unknown_message_type")
    MESSAGES[message_type](claims)


def check_times(claims: Claims, now: float) -> None:
    """`exp` and `iat` are there and fit the clock within `LEEWAY`; a token is no older than a state can be."""
    expires, issued, not_before = _time(claims.get("exp")), _time(claims.get("iat")), _time(claims.get("nbf", 0))
    if expires <= now - LEEWAY:
        raise Refused("token_expired")
    if issued > now + LEEWAY or not_before > now + LEEWAY:
        raise Refused("token_from_future")
    if issued < now - STATE_LIFE.total_seconds() - LEEWAY:
        raise Refused("token_too_old")


def _resource_link(claims: Claims) -> None:
    if not is_url(claims.get(TARGET_LINK_URI)):
        raise Refused("missing_target")
    link = claims.get(RESOURCE_LINK)
    if not isinstance(link, dict) or not is_id(link.get("id")):
        raise Refused("missing_resource_link")


def _deep_linking(claims: Claims) -> None:
    settings = claims.get(DEEP_LINKING)
    if not isinstance(settings, dict) or not is_url(settings.get("deep_link_return_url")):
        raise Refused("missing_deep_linking_settings")
    accepted = settings.get("accept_types")
    if not isinstance(accepted, list) or "ltiResourceLink" not in accepted:
        raise Refused("no_link_accepted")


def _submission_review(claims: Claims) -> None:
    if not is_url(claims.get(TARGET_LINK_URI)):
        raise Refused("missing_target")
    learner = claims.get(FOR_USER)
    if not isinstance(learner, dict) or not is_id(learner.get("user_id")):
        raise Refused("missing_for_user")


def _data_privacy(claims: Claims) -> None:
    if not is_url(claims.get(TARGET_LINK_URI)):
        raise Refused("missing_target")


MESSAGES: dict[str, Callable[[Claims], None]] = {
    RESOURCE_LINK_REQUEST: _resource_link,
    DEEP_LINKING_REQUEST: _deep_linking,
    SUBMISSION_REVIEW_REQUEST: _submission_review,
    DATA_PRIVACY_REQUEST: _data_privacy,
}
"""What each message must bring; another kind of message is another line."""


def is_id(value: object) -> bool:
    """A usable id: 1 to 255 characters (LTI 1.3 Core asks platforms for at most 255), none of them control
    characters or halves of characters, which no database can hold."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable()


def is_url(value: object) -> bool:
    """An http(s) address of a host, at most 2 000 characters."""
    if not isinstance(value, str) or len(value) > 2000 or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _time(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and -1e11 < value < 1e11:
        return value
    raise Refused("missing_timestamp")
