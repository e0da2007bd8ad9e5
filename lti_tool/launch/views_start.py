"""From a launch to the first page: the landing, sessions without a cookie, and who the viewer of a request is.

No session id ever stands in an address. The ticket in `/start?ticket=` is good for a minute, once, and only in the
browser that brought the launch.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.kit import clock
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.log import get_logger
from lti_tool.launch import landing, metrics, parts, queries, sessions
from lti_tool.launch.blueprint import bp
from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import origins, read
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.domain.states import CONFIRM_LIFE, TICKET_LIFE
from lti_tool.launch.landing import Landed
from lti_tool.launch.message import Message
from lti_tool.launch.oidc import frames_of, known_browser
from lti_tool.launch.refusing import refusals_counted
from lti_tool.launch.views_storage import Storage, confirmed_by_storage, storage_of
from lti_tool.web.guard import CrossSite, needs, public
from lti_tool.web.headers import allow_forms_to, allow_frames_of
from lti_tool.web.pages import Page
from lti_tool.web.viewer import May, Role, Viewer

log = get_logger(__name__)

WINDOW_LIFE = CONFIRM_LIFE


@dataclass(frozen=True, kw_only=True)
class ConfirmPage(Page):
    """Is it you? Asked where a browser sends no cookie, so that nobody is put into another's session unseen."""

    who: str
    where: str
    ticket: str
    reason: str = "no_cookie"
    storage: Storage | None = None
    """Where the LMS may have kept what answers the question by itself."""
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class BearerPage(Page):
    """The session lives in this page alone."""

    bearer: str
    onward: str
    ticket: str


@dataclass(frozen=True, kw_only=True)
class WelcomePage(Page):
    who: str
    course: str
    anonymous: bool


def load_viewer() -> Viewer | None:
    """Whose session came with this request: in the cookie, or in the header where the browser keeps none."""
    now = clock.now()
    bearer = request.headers.get(sessions.BEARER_HEADER)
    if bearer:
        found = sessions.viewer_by(db.session(), sessions.bearer_hash(bearer), now, bearer)
    elif cookie := request.cookies.get(sessions.COOKIE):
        found = sessions.viewer_by(db.session(), sessions.cookie_hash(cookie), now)
    else:
        found = None
    if found is None:
        # What follows is a page of plain words that must be readable inside a frame, whichever LMS that is.
        allow_frames_of("*")
    return found


@bp.get("/start")
@public("opens one launch that was checked just before, by a ticket bound to this browser")
def start() -> AnyResponse:
    now = clock.now()
    browser = known_browser(request.cookies.get(sessions.BROWSER_COOKIE))
    ticket = request.args.get("ticket", "")
    nonce = browser and parts.parts().stamps.read_ticket("start", ticket, browser, now, TICKET_LIFE)
    with refusals_counted():
        landed = _land(nonce, now) if nonce else None
        if landed is None or not nonce:
            if load_viewer() is None:
                raise Refused("ticket_expired")
            return redirect(url_for("launch.home"), 303)  # the back button, in a session that stands
        cookie = request.cookies.get(sessions.COOKIE)
        if cookie and sessions.cookie_hash(cookie) == landed.viewer.session_hash:
            return redirect(page_for(landed), 303)
        return _bearer_page(landed, nonce, now)


@bp.post("/start")
@public("continues a launch that a person confirmed on our own page, or opens their session in a window of its own")
def start_confirmed() -> AnyResponse:
    only_from_our_page()
    now, made = clock.now(), parts.parts()
    ticket = request.form.get("ticket", "")
    with refusals_counted():
        nonce = _confirmed(ticket, now)
        if nonce:
            landed = _land(nonce, now)
            if landed is None:
                raise Refused("already_used")
            metrics.LAUNCHES.inc()
            return _bearer_page(landed, nonce, now)
        if session_hash := made.stamps.read_ticket("window", ticket, "", now, WINDOW_LIFE):
            with writing(db.session()) as session:
                secret = sessions.fork(session, session_hash, ticket, now)
            if secret is not None:
                answer = redirect(url_for("launch.home"), 303)
                life = int(made.session_life.total_seconds())
                answer.headers.add(*sessions.cookie_header(sessions.COOKIE, secret, life))
                return answer
        raise Refused("ticket_expired")


def _confirmed(ticket: str, now: datetime) -> str | None:
    """The launch row that the LMS's storage, or else the person, says is of this browser. Raises Refused."""
    browser = request.form.get("browser")
    if browser is None:
        return parts.parts().stamps.read_ticket("confirm", ticket, "", now, CONFIRM_LIFE)
    nonce = confirmed_by_storage(ticket, request.form.get("state", ""), browser, now)
    if nonce is None:
        raise Refused("other_browser")
    return nonce


@bp.get("/")
@needs(May.OPEN)
def home(viewer: Viewer) -> AnyResponse:
    """The viewer's own first page."""
    return redirect(home_of(viewer), 303)


@bp.get("/welcome")
@needs(May.OPEN)
def welcome(viewer: Viewer) -> str:
    """Who and where, for those that no other page is for: anonymous visitors, observers, launches with no course."""
    page = WelcomePage(
        title="Welcome to Waymark",
        who=viewer.name,
        course=viewer.course_title,
        anonymous=Role.ANONYMOUS in viewer.roles,
    )
    return render_template("launch/welcome.html", page=page)


def ask_whether(message: Message, now: datetime) -> AnyResponse:
    """A launch that is right in everything but came without a cookie of ours: the browser keeps none, or the launch
    was started elsewhere and slipped to this person. Only they can tell: the page names whose session it is."""
    facts = read(message.claims)
    assert message.platform is not None
    log.info("launch.to_confirm", reason="no_cookie", platform=message.platform.id)
    allow_frames_of(*dict.fromkeys((*frames_of(message.platform), *facts.frame_origins)))
    state = message.state
    page = ConfirmPage(
        title="Is this you?",
        storage=storage_of(message.platform, message.storage_target, state),
        state=state,
        who=facts.person.name if facts.person else "",
        where=facts.course.title if facts.course else "",
        ticket=parts.parts().stamps.ticket("confirm", message.nonce, "", now),
    )
    return current_app.make_response((render_template("launch/confirm.html", page=page), 401))


def page_for(landed: Landed) -> str:
    """Where this launch leads, by its message. Raises Refused."""
    return _DESTINATIONS[landed.facts.message](landed)


def home_of(viewer: Viewer) -> str:
    """The page that fits the role, or what the link opens; our own plain page where nothing else is for them."""
    in_course = viewer.roles & {Role.LEARNER, Role.INSTRUCTOR, Role.ASSISTANT}
    if viewer.opens == "assessment" and viewer.assessment_ref and in_course and _exists("grading.open_assessment"):
        return url_for("grading.open_assessment", ref=viewer.assessment_ref)
    for may, endpoint in _HOMES:
        if viewer.may(may) and _exists(endpoint):
            return url_for(endpoint)
    return url_for("launch.welcome")


_HOMES = (
    (May.ADMINISTER, "admin.connections"),
    (May.SEE_COURSE, "diagnostics.cohort"),
    (May.SEE_OWN_MAP, "diagnostics.own_map"),
)


def _to_home(landed: Landed) -> str:
    return home_of(landed.viewer)


def _to_choices(landed: Landed) -> str:
    if not landed.viewer.may(May.MANAGE_COURSE):
        raise Refused("only_teachers")
    return url_for("launch.choose")


def _to_review(landed: Landed) -> str:
    """Somebody's work, asked for from the gradebook. Moodle lets a student ask for anybody's: who launched decides."""
    viewer, asked_for = landed.viewer, landed.facts.for_user
    own = landed.facts.person is not None and landed.facts.person.subject == asked_for
    if not viewer.may(May.SEE_COURSE):
        if not own:
            raise Refused("not_your_work")
        return home_of(viewer)
    session = db.session()
    with scoped(session, viewer.institution_id):
        person_id = queries.learner_by_subject(session, viewer.platform_id, int(viewer.course_id or 0), asked_for or "")
    if person_id is None:
        raise Refused("learner_unknown")
    return url_for("diagnostics.learner", person_id=person_id) if _exists("diagnostics.learner") else home_of(viewer)


def _to_privacy(_landed: Landed) -> str:
    return url_for("launch.privacy")


_DESTINATIONS = {
    c.RESOURCE_LINK_REQUEST: _to_home,
    c.DEEP_LINKING_REQUEST: _to_choices,
    c.SUBMISSION_REVIEW_REQUEST: _to_review,
    c.DATA_PRIVACY_REQUEST: _to_privacy,
}


def _land(nonce: str, now: datetime) -> Landed | None:
    with writing(db.session()) as session:
        claimed = sessions.claim_landing(session, nonce, now)
        return landing.land(session, claimed, now) if claimed is not None else None


def _bearer_page(landed: Landed, nonce: str, now: datetime) -> AnyResponse:
    """The session for a browser that keeps no cookie: a secret in the page, which a script moves out of reach and
    sends along. A reload ends it."""
    allow_frames_of(*landed.viewer.frame_origins)
    if landed.facts.return_url:  # every later page is swapped into this one, under this one's policy
        allow_forms_to(*origins((landed.facts.return_url,)))
    onward = page_for(landed)
    with writing(db.session()) as session:
        secret = sessions.make_bearer(session, nonce)
    page = BearerPage(
        title="Waymark is ready",
        bearer=secret,
        onward=onward,
        ticket=parts.parts().stamps.ticket("window", sessions.bearer_hash(secret), "", now),
        tabs=(),
    )
    return current_app.make_response(render_template("launch/bearer.html", page=page))


def only_from_our_page() -> None:
    """A login started elsewhere must not be finished here: the form must come from a page of ours."""
    origin = request.headers.get("Origin")
    if origin != parts.parts().own_origin and request.headers.get("Sec-Fetch-Site") != "same-origin":
        allow_frames_of("*")
        raise CrossSite("This form was sent from another site.", "Go back to your course and open Waymark again.")


def _exists(endpoint: str) -> bool:
    return endpoint in current_app.view_functions
