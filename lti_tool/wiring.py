"""Wiring only: settings in, application out. Nothing here decides anything."""

import importlib
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from lti_tool import settings as settings_module
from lti_tool.kit import jobs, log
from lti_tool.kit.db import db, install
from lti_tool.kit.http import Http
from lti_tool.kit.idle import ping_after_idling
from lti_tool.kit.seal import Sealer
from lti_tool.settings import ROOT, Settings
from lti_tool.web import errors, guard, headers, pages, static_files

ROOMS = ("launch", "frameworks", "grading", "diagnostics", "admin")
DOORS = ("models", "views", "jobs")


class Waymark(Flask):
    """Flask without its look at each function, at each call, whether it is asynchronous: none of ours is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def build(settings: Settings | None = None) -> Flask:
    settings = settings or settings_module.load()
    log.configure(settings.log_level, settings.log_json)
    app = Waymark("lti_tool", template_folder=str(ROOT / "templates"), static_folder=None)
    if settings.trusted_proxies:  # the address alone: our own host and scheme are a setting
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.trusted_proxies, 0, 0, 0, 0)  # type: ignore[method-assign]
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024 + 64 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    app.extensions["waymark.settings"] = settings
    app.extensions["waymark.sealer"] = Sealer(settings.seal_key.get_secret_value())
    app.extensions["waymark.http"] = Http(allow_private=settings.allow_private)
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    db.init_app(app)
    with app.app_context():
        install(db.engine)
        if db.engine.dialect.name != "sqlite":
            ping_after_idling(db.engine)
    jobs.install(app, settings.jobs_url)
    headers.install(app)
    errors.install(app)
    pages.install(app)
    static_files.install(app)
    guard.install(app)
    for room in ROOMS:
        for door in DOORS:
            module = _door(f"lti_tool.{room}", door)
            if module is not None and hasattr(module, "install"):
                module.install(app)
    guard.check_every_route_is_guarded(app)
    return app


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.database_url.startswith("sqlite"):
        own: dict[str, object] = {"connect_args": {"check_same_thread": False}}
    else:
        own = {"pool_size": 5, "max_overflow": 10}  # `kit.idle` asks after a connection that lay idle
    return {**own, "hide_parameters": True}  # they are people's names and marks: no error message repeats them


def _door(room: str, door: str) -> object | None:
    """A room's module if the room has that door."""
    if importlib.util.find_spec(f"{room}.{door}") is None:
        return None
    return importlib.import_module(f"{room}.{door}")
