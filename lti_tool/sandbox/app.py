"""The sandbox put together: one Flask application for one temper."""

from typing import Any

from flask import Flask

from lti_tool.sandbox import (
    ags,
    canvas_rest,
    control,
    deep_linking,
    faults,
    moodle_ws,
    nrps,
    oidc,
    pages,
    pages_tool,
    registration,
    tokens,
)
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.places import PLACES, Temper
from lti_tool.sandbox.seed import Seed
from lti_tool.sandbox.seed_json import check
from lti_tool.sandbox.state import Campus, Tool


def build_app(seed: Seed, base_url: str = "", temper: Temper = "moodle", keys: KeyRing | None = None) -> Flask:
    """The LMS as a Flask application. `base_url` is its own address without a slash at the end and its issuer too;
    left empty, `serve_in_thread` fills it in. `keys` saves making new ones (a fifth of a second) for every test."""
    app = Flask("lti_tool.sandbox", static_url_path="/sandbox-static")
    storage = "post_message_forwarding" if temper == "canvas" else None
    campus = Campus(check(seed), temper, base_url.rstrip("/"), storage=storage, keys=keys or KeyRing())
    app.extensions["sandbox"] = campus
    faults.install(app, campus.faults, lambda path: service_of(temper, path), campus.grants.clear)
    app.register_blueprint(oidc.blueprint(temper))
    app.register_blueprint(tokens.blueprint(temper))
    app.register_blueprint(ags.blueprint(temper))
    app.register_blueprint(nrps.blueprint(temper))
    app.register_blueprint(deep_linking.blueprint(temper))
    app.register_blueprint(registration.blueprint(temper))
    app.register_blueprint(canvas_rest.blueprint() if temper == "canvas" else moodle_ws.bp)
    app.register_blueprint(pages.bp)
    app.register_blueprint(pages_tool.bp)
    app.register_blueprint(control.bp)
    return app


def service_of(temper: Temper, path: str) -> str | None:
    """The service (of `faults.SERVICES`) that a path belongs to."""
    places = PLACES[temper]
    for name, at in (("token", places.token), ("jwks", places.certs), ("auth", places.authorise)):
        if path == at:
            return name
    if path in (places.openid, places.register):
        return "registration"
    if path.startswith(("/api/v1/", "/webservice/")):
        return "rest"
    if path.endswith(("/memberships", "/names_and_roles")):
        return "nrps"
    if "/lineitems" in path or "/line_items" in path:
        return "ags"
    return None


def campus_of(app: Flask) -> Campus:
    """The live state of an application, for tests in the same process."""
    found: Campus = app.extensions["sandbox"]
    return found


def register_tool(
    app: Flask,
    *,
    login_url: str,
    launch_url: str,
    jwks_url: str,
    redirect_uris: tuple[str, ...] = (),
    client_id: str = "",
    deployment_id: str = "",
    **more: Any,
) -> Tool:
    """Makes a tool known, as an administrator does by hand. Empty ids are made up in the temper's kind; `more` may
    hold `name`, `custom`, `scopes`, `names`, `email` and `deep_linking_url`. Without `redirect_uris` the launch URL
    is the only one."""
    given = {
        "login_url": login_url,
        "launch_url": launch_url,
        "jwks_url": jwks_url,
        "redirect_uris": redirect_uris or (launch_url,),
        "client_id": client_id,
        "deployment_id": deployment_id,
    }
    return control.add_tool(campus_of(app), given | more)
