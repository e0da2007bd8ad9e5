"""The second connection to an LMS, for rubrics and marks that LTI does not carry: its web services or REST."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.grading.models import LmsConnection
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import Fault, Invalid, NotFound
from lti_tool.kit.http import Http
from lti_tool.kit.urls import clean_url
from lti_tool.launch import queries as launch
from lti_tool.lms.values import CourseSnapshot, Member


class ConnectionWrong(Invalid):
    reason = "connection_wrong"


class NotConnected(NotFound):
    reason = "lms_not_connected"


class Kind(StrEnum):
    MOODLE = "moodle"
    CANVAS = "canvas"


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """`worked_at` is when it last read something; `trouble` says in words why it does not work, empty when it does."""

    id: int
    platform_id: int
    kind: Kind
    base_url: str
    worked_at: datetime | None
    trouble: str


@dataclass(frozen=True, slots=True)
class Key:
    """What it takes to open a connection; the token is still sealed."""

    kind: Kind
    base_url: str
    token_sealed: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the site's name, and what its account lacks (empty when nothing)."""

    site: str
    lacks: tuple[str, ...] = ()


class Reader(Protocol):
    """An LMS's REST client, opened."""

    def read_course(self, course_id: str) -> CourseSnapshot: ...


def connect_lms(session: Session, platform_id: int, kind: str, base_url: str, token_sealed: str, now: datetime) -> int:
    """Keep the connection of a platform, in place of the one it had. Raises ConnectionWrong."""
    address = clean_url(base_url)
    if kind not in list(Kind):
        raise ConnectionWrong("This kind of LMS has no second connection.", "Choose Moodle or Canvas.")
    if address is None:
        raise ConnectionWrong("This is no web address.", "Give the LMS's own, such as https://learn.example.edu.")
    platform = launch.platform(session, platform_id)
    if platform.institution_id != session.info.get("institution"):
        raise NotConnected("There is no such connection to an LMS.", "Reload the list of connections.")
    parts = urlsplit(address)
    return upsert(
        session,
        LmsConnection,
        {"platform_id": platform_id},
        {
            "institution_id": platform.institution_id,
            "kind": kind,
            "base_url": f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}",
            "token_sealed": token_sealed,
            "created_at": now,
            "worked_at": None,
            "trouble": None,
        },
    )


def connections(session: Session) -> tuple[ConnectionInfo, ...]:
    """All of the institution in scope."""
    return tuple(_info(row) for row in session.scalars(select(LmsConnection).order_by(LmsConnection.id)))


def connection_of(session: Session, platform_id: int) -> ConnectionInfo | None:
    row = session.scalar(select(LmsConnection).where(LmsConnection.platform_id == platform_id))
    return _info(row) if row else None


def key_of(session: Session, platform_id: int) -> Key:
    """Raises NotConnected."""
    row = session.scalar(select(LmsConnection).where(LmsConnection.platform_id == platform_id))
    if row is None:
        raise NotConnected(
            "Waymark may not read rubrics and marks from this LMS yet.",
            "An administrator can allow it under Connections; or upload the marks as a file.",
        )
    return Key(Kind(row.kind), row.base_url, row.token_sealed)


def open_reader(http: Http, key: Key, token: str) -> Reader:
    """The client of the connection's LMS; `token` is the unsealed one."""
    if key.kind is Kind.MOODLE:
        from lti_tool.lms.moodle import Moodle

        return Moodle(http, key.base_url, token)
    from lti_tool.lms.canvas import Canvas

    return Canvas(http, key.base_url, token)


def read_people(reader: Reader, course_id: str) -> tuple[Member, ...]:
    """Everybody in the course, where the LMS tells by the ids that launches use. Moodle does; Canvas has other ids, so
    its learners are known from launches and names and roles only. Empty where the account may not see it."""
    from lti_tool.lms.moodle import Moodle

    if not isinstance(reader, Moodle):
        return ()
    try:
        return reader.people(course_id)
    except Fault:
        return ()


def check_connection(http: Http, key: Key, token: str) -> Checked:
    """Try it, outside any transaction. Raises the `Fault` that says what to change; keep either by `keep_check`."""
    if key.kind is Kind.MOODLE:
        from lti_tool.lms.moodle import Moodle

        site = Moodle(http, key.base_url, token).check()
        return Checked(f"{site.name}, Moodle {site.release}".strip(", "), site.lacks)
    from lti_tool.lms.canvas import Canvas

    Canvas(http, key.base_url, token).check()
    return Checked("Canvas")


def keep_check(session: Session, platform_id: int, trouble: Fault | None, now: datetime) -> None:
    """Remember whether the connection works."""
    row = update(LmsConnection).where(LmsConnection.platform_id == platform_id)
    session.execute(row.values(trouble=str(trouble)) if trouble else row.values(worked_at=now, trouble=None))


def _info(row: LmsConnection) -> ConnectionInfo:
    return ConnectionInfo(row.id, row.platform_id, Kind(row.kind), row.base_url, row.worked_at, row.trouble or "")
