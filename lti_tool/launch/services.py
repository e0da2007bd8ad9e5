"""The LMS's services of a course, ready to call: `parts().services.ags_for(session, course)`.

Call them outside a transaction: they ask the network, and write what they learn (tokens) in transactions of their own.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lti_tool.kit.db import Session
from lti_tool.kit.http import Http
from lti_tool.launch import queries
from lti_tool.launch.keys import KeyRing
from lti_tool.launch.queries import CourseInfo
from lti_tool.launch.tokens import DbTokens
from lti_tool.lms.ags import Ags
from lti_tool.lms.calls import Calls
from lti_tool.lms.nrps import Nrps
from lti_tool.lms.pace import Pace
from lti_tool.lms.tokens import MEMBERS_READ, AccessTokens, TokenDoor
from lti_tool.lms.values import Family


class Services:
    """Shared by the threads of a process."""

    def __init__(self, http: Http, ring: KeyRing, store: DbTokens, clock: Callable[[], datetime]) -> None:
        def sign(claims: Mapping[str, Any]) -> str:
            return ring.sign(claims, clock())

        self._http = http
        self._tokens, self._pace = AccessTokens(http, store, sign), Pace()

    def ags_for(self, session: Session, course: CourseInfo) -> Ags:
        """The gradebook of the course's LMS, with the scopes that its launches name."""
        return Ags(self._calls(session, course, course.ags_scopes or None), Family.of(course.family))

    def nrps_for(self, session: Session, course: CourseInfo) -> Nrps:
        """The roster service of the course's LMS."""
        return Nrps(self._calls(session, course, frozenset({MEMBERS_READ})))

    def _calls(self, session: Session, course: CourseInfo, granted: frozenset[str] | None) -> Calls:
        platform = queries.platform(session, course.platform_id)
        session.rollback()  # a read snapshot must not stay open while the LMS is being asked
        door = TokenDoor(platform.id, platform.client_id, platform.auth_token_url, platform.auth_audience, granted)
        return Calls(self._http, self._tokens, door, self._pace)
