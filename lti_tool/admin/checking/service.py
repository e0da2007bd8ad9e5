"""Use cases of the connection check: ask for one, do it, keep and read what it found."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from lti_tool.admin.checking.domain import Finding, State, Step
from lti_tool.admin.checking.hurry import HurriedHttp
from lti_tool.admin.checking.probe import Facts, Probe, Sign
from lti_tool.admin.models import ConnectionCheck
from lti_tool.grading.intake import connections
from lti_tool.kit import outbox
from lti_tool.kit.db import Session
from lti_tool.kit.errors import Fault
from lti_tool.kit.seal import SealBroken, Sealer
from lti_tool.launch import queries as launch
from lti_tool.launch.queries import CourseInfo, PlatformUnknown

KEPT = 20
"""Checks of one platform that are kept."""
GIVEN_UP = timedelta(minutes=3)
"""A check that has not ended by then never will: another may be asked for."""


@dataclass(frozen=True, slots=True)
class CheckDue:
    """Somebody wants a connection to be checked."""

    check_id: int


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """A check. `findings` is empty until it has ended."""

    id: int
    platform_id: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    findings: tuple[Finding, ...]

    @property
    def running(self) -> bool:
        return self.finished_at is None

    @property
    def bad(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state is State.BAD)


def ask(session: Session, platform_id: int, by: str, now: datetime) -> int:
    """Ask for a check of a platform of the institution in scope; one that is under way is not doubled. Its id. Raises
    PlatformUnknown."""
    institution_id = owner(session, platform_id)
    under_way = select(ConnectionCheck.id).where(
        ConnectionCheck.platform_id == platform_id,
        ConnectionCheck.finished_at.is_(None),
        ConnectionCheck.asked_at > now - GIVEN_UP,
    )
    if found := session.scalar(under_way.limit(1)):
        return found
    row = ConnectionCheck(institution_id=institution_id, platform_id=platform_id, asked_by=by[:255], asked_at=now)
    session.add(row)
    session.flush()
    outbox.post(session, CheckDue(row.id), institution_id=institution_id)
    old = select(ConnectionCheck.id).where(ConnectionCheck.platform_id == platform_id)
    kept = session.scalars(old.order_by(ConnectionCheck.id.desc()).limit(KEPT)).all()
    session.execute(
        delete(ConnectionCheck).where(ConnectionCheck.platform_id == platform_id, ConnectionCheck.id < min(kept)),
        execution_options={"synchronize_session": False},
    )
    return row.id


def owner(session: Session, platform_id: int) -> int:
    """The institution of a platform, when it is the one in scope. Raises PlatformUnknown."""
    platform = launch.platform(session, platform_id)
    if session.info.get("institution") not in (platform.institution_id, "everywhere"):
        raise PlatformUnknown("There is no such connection to an LMS.", "Reload the list of connections.")
    return platform.institution_id


def facts_of(session: Session, platform_id: int, *, base_url: str, published: Collection[str], sealer: Sealer) -> Facts:
    """What the tables say; the caller ends the transaction before anybody is asked."""
    platform = launch.platform(session, platform_id)
    courses = [one for one in launch.courses(session) if one.platform_id == platform_id]
    rest, token = None, ""
    if connections.connection_of(session, platform_id) is not None:
        rest = connections.key_of(session, platform_id)
        try:
            token = sealer.unseal(rest.token_sealed)
        except SealBroken:
            token = "unreadable"  # noqa: S105  the LMS refuses it, and a new one is asked for
    return Facts(
        platform=platform,
        deployments=tuple(d for d in launch.deployments(session) if d.platform_id == platform_id),
        roster_of=_newest([one for one in courses if one.roster_url]),
        gradebook_of=_newest([one for one in courses if one.line_items_url]),
        base_url=base_url,
        published=frozenset(published),
        rest=rest,
        rest_token=token,
    )


def _newest(courses: list[CourseInfo]) -> CourseInfo | None:
    return max(courses, key=lambda one: one.id, default=None)


def look(facts: Facts, sign: Sign, clock: Callable[[], datetime], *, allow_private: bool) -> tuple[Finding, ...]:
    """Ask everybody, within about a minute. Outside any transaction, and not in a request."""
    http = HurriedHttp(clock, allow_private=allow_private)
    try:
        return Probe(http, facts, sign, clock).run()
    finally:
        http.close()


def keep(session: Session, check_id: int, platform_id: int, found: tuple[Finding, ...], now: datetime) -> None:
    """Keep what a check found, and what it means for the second connection."""
    values = {"finished_at": now, "findings": [one.as_json() for one in found]}
    session.execute(update(ConnectionCheck).where(ConnectionCheck.id == check_id).values(**values))
    rest = next((one for one in found if one.step is Step.REST), None)
    if rest is not None and rest.state is not State.UNCHECKED:
        trouble = Fault(rest.words, rest.fix[0] if rest.fix else "") if rest.state is State.BAD else None
        connections.keep_check(session, platform_id, trouble, now)


def keep_now(session: Session, platform_id: int, by: str, found: tuple[Finding, ...], now: datetime) -> None:
    """Keep a check that was done without being asked for: from the command line."""
    row = ConnectionCheck(
        institution_id=owner(session, platform_id), platform_id=platform_id, asked_by=by, asked_at=now
    )
    session.add(row)
    session.flush()
    keep(session, row.id, platform_id, found, now)


def check(session: Session, check_id: int) -> CheckInfo | None:
    row = session.scalar(select(ConnectionCheck).where(ConnectionCheck.id == check_id))
    return _info(row) if row else None


def checks(session: Session, platform_id: int, limit: int = KEPT) -> tuple[CheckInfo, ...]:
    """Of one platform, the newest first."""
    rows = select(ConnectionCheck).where(ConnectionCheck.platform_id == platform_id)
    return tuple(_info(row) for row in session.scalars(rows.order_by(ConnectionCheck.id.desc()).limit(limit)))


def latest(session: Session) -> dict[int, CheckInfo]:
    """The last finished check of each platform of the institution in scope."""
    newest = (
        select(func.max(ConnectionCheck.id))
        .where(ConnectionCheck.finished_at.is_not(None))
        .group_by(ConnectionCheck.platform_id)
    )
    rows = session.scalars(select(ConnectionCheck).where(ConnectionCheck.id.in_(newest)))
    return {row.platform_id: _info(row) for row in rows}


def _info(row: ConnectionCheck) -> CheckInfo:
    found = tuple(Finding.of(one) for one in row.findings or ())
    return CheckInfo(row.id, row.platform_id, row.asked_by, row.asked_at, row.finished_at, found)
