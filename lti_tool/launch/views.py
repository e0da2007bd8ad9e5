"""The front door: login, launch, our keys, the Canvas configuration. The room's other doors stand beside it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Flask, Request, Response, jsonify, request
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from lti_tool.kit import clock
from lti_tool.kit.db import db
from lti_tool.launch import (  # noqa: F401 - they add routes
    metrics,
    ourselves,
    parts,
    views_deep_linking,
    views_health,
    views_invitations,
    views_privacy,
    views_registration,
    views_start,
    views_storage,
)
from lti_tool.launch.blueprint import bp
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.message import Message
from lti_tool.launch.oidc import Cookies, Login, LtiRequest, ToolConfig
from lti_tool.launch.refusing import refusals_counted
from lti_tool.launch.sessions import COOKIE, cookie_header
from lti_tool.web.guard import OpenAgain, public
from lti_tool.web.headers import allow_frames_of

LONGEST_FORM = 1024 * 1024
MOST_FIELDS = 100


class Onward(Response):
    """A redirect with its headers as they are. Werkzeug's way of looking over them costs as much as the signature."""

    def __init__(self, status: int, location: str, cookie: tuple[str, str]) -> None:
        super().__init__(status=status)
        self.headers = Headers([("Location", location), cookie, ("Cache-Control", "no-store"), ("Content-Length", "0")])

    def get_wsgi_headers(self, environ: object) -> Headers:
        return self.headers


@bp.route("/lti/login", methods=["GET", "POST"])
@public("an LMS starts every launch here; the answer only leads to a registered LMS")
def login() -> AnyResponse:
    made = parts.parts()
    made.logins.count(request.remote_addr)
    asked, cookies = _request(request.args if request.method == "GET" else _form())
    with refusals_counted():
        config = ToolConfig(made.directory, db.session)
        found = Login(asked, config, cookies, made.stamps).answer(made.launch_url, clock.now())
    if not found.remembered and request.headers.get("Sec-Fetch-Dest"):  # by which browsers say that they load a page
        storage = views_storage.storage_of(found.platform, asked.get_param("lti_storage_target"), found.state)
        if storage is not None:
            return views_storage.by_way_of_storage(found, storage)
    return Onward(302, found.url, found.cookie)


@bp.post("/lti/launch")
@public("an LMS posts its signed launch here; whatever does not verify is refused")
def launch() -> AnyResponse:
    made, now = parts.parts(), clock.now()
    made.launches.count(request.remote_addr)
    asked, cookies = _request(_form())
    config = ToolConfig(made.directory, db.session)
    message = Message(
        asked,
        config,
        cookies,
        session=db.session,
        engine=db.engine,
        keys=made.platform_keys,
        stamps=made.stamps,
        now=now,
        life=made.session_life,
    )
    with refusals_counted(lambda: message.platform):
        if not asked.get_param("id_token") and asked.get_param("error"):
            raise Refused("login_refused")  # an OpenID error answer
        message.validate()
    if message.browser is None:
        metrics.REFUSALS.labels("no_cookie").inc()
        return views_start.ask_whether(message, now)
    metrics.LAUNCHES.inc()
    ticket = made.stamps.ticket("start", message.nonce, message.browser, now)
    life = int(made.session_life.total_seconds())
    return Onward(303, f"/start?ticket={ticket}", cookie_header(COOKIE, message.secret, life))


@bp.get("/lti/launch")
@public("shows only words: a reload or the back button ends here")
def launch_again() -> Response:
    allow_frames_of("*")
    raise OpenAgain("Please open this from your course again.", "Go back to your course and choose Waymark there.")


@bp.get("/lti/jwks.json")
@public("public keys")
def jwks() -> Response:
    answer = jsonify(parts.parts().ring.published(clock.now()))
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@bp.get("/lti/config.json")
@public("what a Canvas administrator pastes as a developer key; nothing secret")
def canvas_config() -> Response:
    return jsonify(ourselves.canvas_key(parts.parts().base_url))


def _form() -> Mapping[str, str]:
    """The posted form. Werkzeug's parser is for uploads too, and costs half of what the signature does."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return request.form
    body = request.get_data(cache=False)  # as long as MAX_CONTENT_LENGTH at most
    if len(body) > LONGEST_FORM:
        raise RequestEntityTooLarge
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # more fields than any LMS sends
        raise BadRequest from None
    return dict(reversed(fields))  # of a field that comes twice the first counts


def _request(params: object) -> tuple[LtiRequest, Cookies]:
    asked = LtiRequest(params, request.cookies)
    return asked, Cookies(asked)


class _NoFlaskSession(SessionInterface):
    """Flask's own signed cookie is not used: sessions are rows (`sessions`), and opening it costs every request."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        return self._null

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        pass

    _null = NullSession()


def install(app: Flask) -> None:
    app.session_interface = _NoFlaskSession()
    parts.install(app)
    app.extensions["waymark.load_viewer"] = views_start.load_viewer
    app.register_blueprint(bp)
