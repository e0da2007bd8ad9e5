"""The door at which an LMS registers itself, by an address that an administrator made.

Its pages stand in a frame or a pop-up of the LMS, whose host nobody knows beforehand: any site may frame them. They
show nothing but what the LMS itself said.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, current_app, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.kit.errors import Fault
from lti_tool.kit.log import get_logger
from lti_tool.kit.urls import host_of
from lti_tool.launch import invitations, parts, registration
from lti_tool.launch.blueprint import bp
from lti_tool.launch.domain.not_registered import NotRegistered
from lti_tool.launch.invitations import Claimed, InvitationInfo, Purpose
from lti_tool.launch.registration import Registered
from lti_tool.launch.views_start import only_from_our_page
from lti_tool.lms import tokens
from lti_tool.web.guard import public
from lti_tool.web.headers import allow_frames_of
from lti_tool.web.pages import Page

log = get_logger(__name__)

LACKING = {
    tokens.LINE_ITEMS: "columns of its own in the gradebook",
    tokens.LINE_ITEMS_READ: "looking at its columns in the gradebook",
    tokens.RESULTS_READ: "reading the marks in its columns",
    tokens.SCORES: "sending grades",
    tokens.MEMBERS_READ: "the class list",
}
NEXT = {
    "moodle": (
        "Waymark now stands among the tools in Moodle as pending. Press Activate on its card.",
        "Under the card’s cog, set Tool configuration usage to “Show in activity chooser”, if teachers shall find it.",
        "In a course: Add an activity or resource, then Waymark.",
    ),
    "canvas": (
        "Canvas now shows what Waymark asked for. Agree to it, and finish with Install (or Enable & Close).",
        "If your Canvas lists Waymark under Developer Keys, switch its state to On, copy the number in the column"
        " Details, and add it under Settings, Apps, View App Configurations, + App, By Client ID.",
        "Open Waymark once from Canvas. It says that this place is not approved yet: approve it in Waymark, under"
        " Connections.",
    ),
}
NEXT_ELSEWHERE = (
    "If your LMS asks you to switch the new tool on, do that there.",
    "Open Waymark once from a course. If it says that this place is not approved yet: approve it in Waymark, under"
    " Connections.",
)


@dataclass(frozen=True, kw_only=True)
class RegisteredPage(Page):
    lms: str
    host: str
    renewed: bool
    steps: tuple[str, ...]
    lacking: tuple[str, ...]
    page: str


@dataclass(frozen=True, kw_only=True)
class UnfinishedPage(Page):
    """The LMS has its half, ours could not be kept."""

    host: str
    packed: str
    reason: str = "registration_unsaved"


@bp.get("/lti/register")
@public("an LMS's registration begins here; nothing is fetched or kept without an open invitation")
def register() -> AnyResponse:
    allow_frames_of("*")
    made, now = parts.parts(), clock.now()
    made.logins.count(request.remote_addr)
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return Response(status=204)  # whoever looks ahead registers nothing
    secret, session = request.args.get("invitation", ""), db.session()
    if not request.args.get("openid_configuration"):
        invitations.look(session, Purpose.REGISTER, secret, now)
        raise NotRegistered("not_from_lms")
    visit = request.args.get("registration_token", "")
    if (used := invitations.used_by(session, secret, visit)) is not None:  # the page was loaded again
        return _again(used)
    with writing(session):
        claimed = invitations.claim(session, Purpose.REGISTER, secret, now, visit)
    try:
        both = _both(claimed)
    except Exception as trouble:
        _release(claimed, trouble)
        raise
    return _keep(both, clock.now())


@bp.post("/lti/register")
@public("tries again to keep a registration that the LMS has made, from our own sealed form")
def finish_registration() -> AnyResponse:
    only_from_our_page()
    allow_frames_of("*")
    now = clock.now()
    both = registration.unpacked(current_app.extensions["waymark.sealer"], request.form.get("registration", ""), now)
    return _keep(both, now)


def _both(claimed: Claimed) -> Registered:
    settings, http = current_app.extensions["waymark.settings"], current_app.extensions["waymark.http"]
    url, token = request.args["openid_configuration"], request.args.get("registration_token", "")
    platform = registration.configuration(http, url, token, allow_http=settings.allow_private)
    granted = registration.ask(http, platform, token, settings.base_url)
    return registration.together(claimed, platform, granted)


def _keep(both: Registered, now: datetime) -> AnyResponse:
    try:
        with writing(db.session()) as session:
            kept = registration.keep(session, both, now)
    except NotRegistered as refused:
        _release(both.claimed, refused)
        raise
    except Exception as trouble:
        log.exception("registration.unsaved", invitation=both.claimed.id, error=type(trouble).__name__)
        packed = registration.packed(current_app.extensions["waymark.sealer"], both, now)
        page = UnfinishedPage(title="Almost connected", host=host_of(both.issuer), packed=packed)
        return current_app.make_response((render_template("launch/unfinished.html", page=page), 503))
    parts.parts().directory.forget()
    log.info("registration.done", platform=kept.platform_id, invitation=both.claimed.id, renewed=kept.renewed)
    page_ = RegisteredPage(
        title="Waymark is registered",
        lms=both.name,
        host=host_of(both.issuer),
        renewed=kept.renewed,
        steps=NEXT.get(both.family, NEXT_ELSEWHERE),
        lacking=tuple(LACKING[scope] for scope in registration.lacking(both)),
        page=both.page,
    )
    return current_app.make_response(render_template("launch/registered.html", page=page_))


def _again(used: InvitationInfo) -> AnyResponse:
    """What stood on the page before: that it is done, and what is left to do."""
    with everywhere(db.session()) as session:
        known = registration.latest(session, used.institution_id, used.used_for)
    page = RegisteredPage(
        title="Waymark is registered",
        lms=known.name if known else host_of(used.used_for),
        host=host_of(used.used_for),
        renewed=False,
        steps=NEXT.get(known.family if known else "", NEXT_ELSEWHERE),
        lacking=(),
        page="",
    )
    return current_app.make_response(render_template("launch/registered.html", page=page))


def _release(claimed: Claimed, trouble: Exception) -> None:
    reason = trouble.reason if isinstance(trouble, Fault) else "our_fault"
    log.info("registration.refused", reason=reason, invitation=claimed.id)
    with writing(db.session()) as session:
        invitations.release(session, claimed, reason, clock.now())
