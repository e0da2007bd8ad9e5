"""Which LMS registrations and deployments there are, looked up once and kept for half a minute in each process.

Only what exists is kept: a registration just added is found at once, one just changed within the half minute.
"""

import time
from collections.abc import Callable

from sqlalchemy import select

from lti_tool.kit.db import Session, everywhere
from lti_tool.launch import queries
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.models import Deployment, Platform
from lti_tool.launch.queries import DeploymentInfo, PlatformInfo

KEPT_SECONDS = 30.0


OpenSession = Callable[[], Session]
"""Gives the request's session; not called as long as memory answers, so that a launch often opens none."""


class Directory:
    """Shared by the threads of a process."""

    def __init__(self) -> None:
        self._platforms: dict[tuple[str, str | None], tuple[float, PlatformInfo]] = {}
        self._deployments: dict[tuple[int, str], tuple[float, DeploymentInfo]] = {}

    def platform(self, session: OpenSession, issuer: str, client_id: str | None) -> PlatformInfo:
        """The registration with this issuer **and** client id; every Canvas cloud tenant shares one issuer. Without a
        client id (a login request may leave it out) the issuer's only one. Raises Refused."""
        kept = self._platforms.get((issuer, client_id))
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        if not f"{issuer}{client_id or ''}".isprintable():  # no database can even look for that
            raise Refused("platform_unknown")
        query = select(Platform.id).where(Platform.issuer == issuer).limit(2)
        if client_id is not None:
            query = query.where(Platform.client_id == client_id)
        with everywhere(session()) as opened:
            found = opened.scalars(query).all()
            if len(found) != 1:
                raise Refused("platform_ambiguous" if found else "platform_unknown")
            info = queries.platform(opened, found[0])
        self._platforms[issuer, client_id] = (time.monotonic() + KEPT_SECONDS, info)
        return info

    def deployment(self, session: OpenSession, platform_id: int, deployment_id: str) -> DeploymentInfo | None:
        """The deployment with the LMS's own id; only approved ones are kept in memory."""
        key = (platform_id, deployment_id)
        kept = self._deployments.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        wanted = {"platform_id": platform_id, "deployment_id": deployment_id}
        with everywhere(session()) as opened:
            row = opened.scalar(select(Deployment).filter_by(**wanted))
            if row is None:
                return None
            info = queries.deployment_info(row)
        if info.status == "approved":
            self._deployments[key] = (time.monotonic() + KEPT_SECONDS, info)
        return info

    def forget(self) -> None:
        """Look everything up again."""
        self._platforms.clear()
        self._deployments.clear()
