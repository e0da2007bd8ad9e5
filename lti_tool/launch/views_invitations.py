"""The door for an institution's first administrator, who has no LMS to come from yet.

A look at the link uses nothing up, since mail programs and chats look at links too: a button does.
"""

from dataclasses import dataclass

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.kit import audit, clock
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.kit.errors import Forbidden
from lti_tool.kit.log import get_logger
from lti_tool.launch import invitations, parts, sessions
from lti_tool.launch.blueprint import bp
from lti_tool.launch.domain.states import new_secret
from lti_tool.launch.invitations import Purpose
from lti_tool.launch.oidc import known_browser
from lti_tool.launch.views_start import only_from_our_page
from lti_tool.web.guard import public
from lti_tool.web.pages import Page

log = get_logger(__name__)

PROBE_LIFE = 24 * 3600
"""Seconds for which the page may stand open before its button is pressed. A browser that sends no cookie back would
lose the session, and the invitation with it."""


class CookiesBlocked(Forbidden):
    reason = "cookies_blocked"


@dataclass(frozen=True, kw_only=True)
class InvitedPage(Page):
    institution: str
    token: str
    until: str


@bp.get("/invitation")
@public("shows what an administrator's invitation is for; a look at it uses nothing up")
def invitation() -> AnyResponse:
    token, session = request.args.get("token", ""), db.session()
    info = invitations.look(session, Purpose.ADMINISTRATOR, token, clock.now())
    with everywhere(session):
        name = invitations.institution_name(session, info.institution_id)
    until = f"{info.expires_at.day} {info.expires_at:%B %Y, %H:%M} UTC"
    page = InvitedPage(title=f"Look after Waymark for {name}", institution=name, token=token, until=until)
    answer = current_app.make_response(render_template("launch/invited.html", page=page))
    if known_browser(request.cookies.get(sessions.BROWSER_COOKIE)) is None:
        answer.headers.add(*sessions.cookie_header(sessions.BROWSER_COOKIE, new_secret(), PROBE_LIFE))
    return answer


@bp.post("/invitation")
@public("opens one administrator's session by an invitation that works once, from our own page")
def accept_invitation() -> AnyResponse:
    only_from_our_page()
    made, now, token = parts.parts(), clock.now(), request.form.get("token", "")
    invitations.look(db.session(), Purpose.ADMINISTRATOR, token, now)
    if known_browser(request.cookies.get(sessions.BROWSER_COOKIE)) is None:
        raise CookiesBlocked(
            "Your browser keeps no cookies for Waymark, so nothing was opened. Your invitation is as good as before.",
            "Allow cookies for this address, or use another browser, and open the link again.",
        )
    with writing(db.session()) as session:
        info = invitations.use(session, Purpose.ADMINISTRATOR, token, now)
        with everywhere(session):
            secret = sessions.open_administrator(session, info.institution_id, now, made.session_life)
            subject, who = f"The administrator’s invitation of {info.created_at:%Y-%m-%d}", sessions.INVITED
            audit.record(session, who, "invitation.used", subject, now=now, institution_id=info.institution_id)
            session.flush()
    log.info("invitation.used", invitation=info.id, institution=info.institution_id)
    answer = redirect(url_for("launch.home"), 303)
    life = int(made.session_life.total_seconds())
    answer.headers.add(*sessions.cookie_header(sessions.COOKIE, secret, life))
    return answer
