"""The guard: every route declares who may, or the application does not start.

@bp.get("/map")
@needs(May.SEE_OWN_MAP)
def own_map(viewer: Viewer) -> str: ...

@bp.get("/healthz")
@public("answers load balancers, no data")
def healthz() -> str: ...
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from lti_tool.kit.db import db, scoped
from lti_tool.kit.errors import Fault, Forbidden
from lti_tool.web.viewer import May, Viewer

View = Callable[..., Any]
LoadViewer = Callable[[], Viewer | None]
SAFE = {"GET", "HEAD", "OPTIONS"}


class OpenAgain(Fault):
    """No session came with the request: expired, another browser, or cookies and storage are blocked."""

    reason = "open_again"
    status = 401


class WrongRole(Forbidden):
    reason = "wrong_role"


class CrossSite(Forbidden):
    reason = "cross_site"


def needs(may: May) -> Callable[[View], View]:
    """The view is for viewers who may; it receives the `viewer` as its first argument."""

    def mark(view: View) -> View:
        view.__waymark_needs__ = may  # type: ignore[attr-defined]
        return view

    return mark


def public(why: str) -> Callable[[View], View]:
    """The view is for anybody, and `why` says what makes that right."""

    def mark(view: View) -> View:
        view.__waymark_public__ = why  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    app.extensions.setdefault("waymark.load_viewer", lambda: None)

    @app.before_request
    def let_in() -> None:
        view = app.view_functions.get(request.endpoint or "")
        need: May | None = getattr(view, "__waymark_needs__", None)
        if need is None:
            return
        if request.method not in SAFE:
            _refuse_cross_site()
        load: LoadViewer = app.extensions["waymark.load_viewer"]
        viewer = load()
        if viewer is None:
            raise OpenAgain(
                "Please open this from your course again.",
                "Go back to your course in the LMS and choose the Waymark link there.",
            )
        if not viewer.may(need):
            raise WrongRole(
                "This page is for another role in the course.",
                "If you should be able to see it, ask whoever runs the course to check your role there.",
            )
        g.viewer = viewer
        g.scope = ExitStack()
        g.scope.enter_context(scoped(db.session(), viewer.institution_id))
        if request.view_args is not None:
            request.view_args = {"viewer": viewer, **request.view_args}

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        scope = g.pop("scope", None)
        if scope is not None:
            scope.close()


def _refuse_cross_site() -> None:
    """The session cookie works in frames of other sites, so a write must come from a page of ours: browsers say
    so in Origin, which a script cannot forge. `null` (sandboxed frames) and nothing at all are refused."""
    own = urlsplit(current_app.extensions["waymark.settings"].base_url)
    if request.headers.get("Origin") != f"{own.scheme}://{own.netloc}":
        raise CrossSite(
            "This form was sent from another site, so nothing was changed.",
            "Open the page from your course and try again.",
        )


def check_every_route_is_guarded(app: Flask) -> None:
    """Raises RuntimeError naming each route that declares neither `needs` nor `public`."""
    bare = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and not hasattr(app.view_functions[rule.endpoint], "__waymark_needs__")
        and not hasattr(app.view_functions[rule.endpoint], "__waymark_public__")
    ]
    if bare:
        raise RuntimeError(f"routes without a guard: {', '.join(sorted(bare))}")
