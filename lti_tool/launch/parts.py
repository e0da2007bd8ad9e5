"""What the doors of this room share in one process, made once for an application."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, current_app
from sqlalchemy import Engine

from lti_tool.kit import clock
from lti_tool.kit.db import db
from lti_tool.kit.http import Http
from lti_tool.kit.seal import Sealer
from lti_tool.launch.directory import Directory
from lti_tool.launch.domain.states import Stamps
from lti_tool.launch.keys import KeyRing
from lti_tool.launch.platform_keys import PlatformKeys
from lti_tool.launch.rates import Rate
from lti_tool.launch.services import Services
from lti_tool.launch.tokens import DbTokens
from lti_tool.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    stamps: Stamps
    directory: Directory
    platform_keys: PlatformKeys
    ring: KeyRing
    services: Services
    logins: Rate
    launches: Rate
    base_url: str
    session_life: timedelta

    @property
    def own_origin(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def launch_url(self) -> str:
        """The one redirect URI: Canvas and Moodle refuse one with a query string."""
        return f"{self.base_url}/lti/launch"


def install(app: Flask) -> Parts:
    settings: Settings = app.extensions["waymark.settings"]

    def engine() -> Engine:
        return db.engine

    http: Http = app.extensions["waymark.http"]
    sealer: Sealer = app.extensions["waymark.sealer"]
    ring = KeyRing(sealer, engine)
    made = Parts(
        stamps=Stamps(settings.secret_key.get_secret_value()),
        directory=Directory(),
        platform_keys=PlatformKeys(http),
        ring=ring,
        services=Services(http, ring, DbTokens(sealer, engine), clock.now),
        logins=Rate(settings.login_rate),
        launches=Rate(settings.login_rate),
        base_url=settings.base_url,
        session_life=timedelta(hours=settings.session_hours),
    )
    app.extensions["waymark.launch"] = made
    return made


def parts() -> Parts:
    """This application's parts; `parts().services` gives the LMS's services of a course."""
    found: Parts = current_app.extensions["waymark.launch"]
    return found
