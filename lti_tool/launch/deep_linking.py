"""The answer to a deep linking request: what the instructor chose, as claims for the LMS (Deep Linking 2.0)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from lti_tool.kit.db import Session
from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import OPENS, REF
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.links import Made
from lti_tool.launch.models import Deployment, Launch, Platform
from lti_tool.launch.sessions import claims_of
from lti_tool.web.viewer import Viewer

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
TAG = "waymark"
ANSWER = "answer"
LIFE = timedelta(minutes=5)
CLOCK_BACK = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What the LMS asked for: where the answer goes, what it wants echoed, and what was chosen already."""

    return_url: str
    settings: Mapping[str, Any]
    answer: Sequence[Mapping[str, Any]]

    @property
    def several(self) -> bool:
        """Does the LMS take more than one link at a time? It has to say so."""
        return self.settings.get("accept_multiple") is True

    @property
    def takes_line_items(self) -> bool:
        """An LMS that does not say takes them (Moodle); one that says no would lose them without a word."""
        return self.settings.get("accept_lineitem") is not False


def request_of(session: Session, viewer: Viewer) -> LinkRequest:
    """The deep linking request that this session came with. Raises Refused for another kind of session."""
    claims = claims_of(session, viewer)
    settings = claims.get(c.DEEP_LINKING)
    if not isinstance(settings, dict):
        raise Refused("missing_deep_linking_settings")
    return LinkRequest(settings["deep_link_return_url"], settings, claims.get(ANSWER) or ())


def content_item(made: Made, opens: str, launch_url: str, *, graded: bool = True) -> dict[str, Any]:
    """An `ltiResourceLink`. Our own id is in `custom`, which is what survives when a course is copied; the line item
    carries it too, with submission review, which Moodle takes from here and nowhere else."""
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": made.title,
        "url": launch_url,
        "custom": {OPENS: opens, REF: made.ref},
    }
    if made.points is not None and graded:
        item["lineItem"] = {
            "label": made.title,
            "scoreMaximum": int(made.points) if made.points.is_integer() else made.points,
            "resourceId": made.ref,
            "tag": TAG,
            "submissionReview": {
                "reviewableStatus": ["InProgress", "Submitted", "Completed"],
                "label": "Open in Waymark",
                "url": launch_url,
            },
        }
    return item


def answer_claims(session: Session, viewer: Viewer, request: LinkRequest, now: datetime) -> dict[str, Any]:
    """The claims of the signed answer. `data` is echoed as it came, and left out when it did not come."""
    where = session.execute(
        select(Platform.issuer, Platform.client_id, Deployment.deployment_id)
        .select_from(Launch)
        .join(Platform, Platform.id == Launch.platform_id)
        .join(Deployment, Deployment.id == Launch.deployment_id)
        .where(Launch.session_hash == viewer.session_hash)
    ).one()
    issued = now - CLOCK_BACK  # Moodle allows no leeway
    claims = {
        "iss": where.client_id,
        "aud": [where.issuer],
        "iat": int(issued.timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "nonce": secrets.token_urlsafe(24),
        c.DEPLOYMENT_ID: where.deployment_id,
        c.MESSAGE_TYPE: "LtiDeepLinkingResponse",
        c.VERSION: "1.3.0",
        DL + "content_items": list(request.answer),
    }
    if "data" in request.settings:
        claims[DL + "data"] = request.settings["data"]
    return claims
