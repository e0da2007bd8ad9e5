"""The session of a launch: one row, found by the hash of a secret that the browser holds, in a cookie or, where it
keeps none, in the page. Whose it is, is not known before it is found: the functions that look for one do so everywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.kit.db import Session, everywhere
from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.launch.domain.states import digest, new_secret
from lti_tool.launch.models import Launch
from lti_tool.web.viewer import Role, Viewer

COOKIE = "__Host-waymark"
BROWSER_COOKIE = "__Host-waymark-browser"
BEARER_HEADER = "X-Waymark-Session"
INVITED = "Administrator by invitation"
"""The name of whoever came by an invitation: no LMS has told another."""

_TABLE: Table = Launch.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Landing:
    """A launch row that was just claimed for its landing."""

    nonce: str
    session_hash: str
    platform_id: int
    deployment_id: int
    institution_id: int
    claims: dict[str, Any]
    expires_at: datetime


def cookie_hash(secret: str) -> str:
    return digest(f"cookie {secret}")


def bearer_hash(secret: str) -> str:
    return digest(f"bearer {secret}")


def cookie_header(name: str, value: str, seconds: int) -> tuple[str, str]:
    """A Set-Cookie header: for this host alone, for secure contexts, and partitioned, so that it also lives in a frame
    of another site where browsers block other third-party cookies. Written by hand, since werkzeug's way is slow."""
    return "Set-Cookie", f"{name}={value}; Secure; HttpOnly; Path=/; SameSite=None; Partitioned; Max-Age={seconds}"


def claim_landing(session: Session, nonce: str, now: datetime) -> Landing | None:
    """Take a launch for its landing; None when it has landed before, has expired, or is not there."""
    claim = (
        update(_TABLE)
        .where(_TABLE.c.nonce == nonce, _TABLE.c.landed_at.is_(None), _TABLE.c.expires_at > now)
        .values(landed_at=now)
        .returning(*(_TABLE.c[name] for name in Landing.__dataclass_fields__))
    )
    with everywhere(session):
        row = session.execute(claim).one_or_none()
    return None if row is None else Landing(**row._mapping)


def keep_viewer(session: Session, nonce: str, viewer: Viewer, claims: dict[str, Any]) -> None:
    """Write down who this session is; of the claims only what the message still needs is kept."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.c.nonce == nonce)
        .values(person_id=viewer.person_id, course_id=viewer.course_id, viewer=_packed(viewer), claims=claims)
    )


def end_others(session: Session, nonce: str, person_id: int, course_id: int, now: datetime) -> None:
    """End this person's other sessions in this course."""
    same = (_TABLE.c.person_id == person_id, _TABLE.c.course_id == course_id, _TABLE.c.nonce != nonce)
    session.execute(update(_TABLE).where(*same, _TABLE.c.expires_at > now).values(expires_at=now))


def make_bearer(session: Session, nonce: str) -> str:
    """Turn the session into one that lives in the page alone: a new secret, and the cookie's is good no more."""
    secret = new_secret()
    with everywhere(session):
        session.execute(update(_TABLE).where(_TABLE.c.nonce == nonce).values(session_hash=bearer_hash(secret)))
    return secret


def fork(session: Session, session_hash: str, key: str, now: datetime) -> str | None:
    """A second session for the same visit, in a window of its own; its secret, for a cookie. None when `key` has been
    used already or the session is gone."""
    with everywhere(session):
        return _forked(session, session_hash, key, now)


def _forked(session: Session, session_hash: str, key: str, now: datetime) -> str | None:
    row = session.execute(
        select(_TABLE).where(_TABLE.c.session_hash == session_hash, _TABLE.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    secret = new_secret()
    again = {**row._mapping, "nonce": digest(key), "session_hash": cookie_hash(secret), "created_at": now}
    own = postgresql.insert(_TABLE) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(_TABLE)
    statement = own.values(again).on_conflict_do_nothing(index_elements=["nonce"]).returning(_TABLE.c.nonce)
    return secret if session.execute(statement).first() is not None else None


def viewer_by(session: Session, session_hash: str, now: datetime, bearer: str | None = None) -> Viewer | None:
    """The viewer of a landed session that has not expired."""
    found = select(
        _TABLE.c.institution_id, _TABLE.c.platform_id, _TABLE.c.person_id, _TABLE.c.course_id, _TABLE.c.viewer
    ).where(_TABLE.c.session_hash == session_hash, _TABLE.c.expires_at > now, _TABLE.c.landed_at.is_not(None))
    with everywhere(session):
        row = session.execute(found).one_or_none()
    if row is None or row.viewer is None:
        return None
    packed = row.viewer
    return Viewer(
        institution_id=InstitutionId(row.institution_id),
        platform_id=PlatformId(row.platform_id or 0),  # none for who came by an invitation
        person_id=None if row.person_id is None else PersonId(row.person_id),
        course_id=None if row.course_id is None else CourseId(row.course_id),
        course_title=packed["course_title"],
        roles=frozenset(Role(role) for role in packed["roles"]),
        session_hash=session_hash,
        name=packed["name"],
        is_test=packed["is_test"],
        opens=packed["opens"],
        assessment_ref=packed["assessment_ref"],
        frame_origins=tuple(packed["frame_origins"]),
        bearer=bearer,
    )


def open_administrator(session: Session, institution_id: int, now: datetime, life: timedelta) -> str:
    """A landed session of an administrator who came by an invitation, from no LMS and no course; its secret, for a
    cookie."""
    secret = new_secret()
    viewer = Viewer(
        institution_id=InstitutionId(institution_id),
        platform_id=PlatformId(0),
        person_id=None,
        course_id=None,
        course_title="",
        roles=frozenset({Role.ADMINISTRATOR}),
        session_hash=cookie_hash(secret),
        name=INVITED,
    )
    row = {
        "nonce": digest(f"invited {secret}"),
        "session_hash": viewer.session_hash,
        "institution_id": institution_id,
        "claims": {},
        "created_at": now,
        "expires_at": now + life,
        "landed_at": now,
        "viewer": _packed(viewer),
    }
    session.execute(insert(_TABLE).values(row))
    return secret


def claims_of(session: Session, viewer: Viewer) -> dict[str, Any]:
    """What was kept of the launch's claims for its message (deep linking)."""
    found: dict[str, Any] | None = session.scalar(
        select(_TABLE.c.claims).where(_TABLE.c.session_hash == viewer.session_hash)
    )
    return found or {}


def keep_claims(session: Session, viewer: Viewer, claims: dict[str, Any]) -> None:
    session.execute(update(_TABLE).where(_TABLE.c.session_hash == viewer.session_hash).values(claims=claims))


def forget_expired(session: Session, now: datetime) -> int:
    """Delete launches that have expired; how many. Their tokens expired hours before."""
    gone: Any = session.execute(delete(_TABLE).where(_TABLE.c.expires_at < now))
    return int(gone.rowcount)


def _packed(viewer: Viewer) -> dict[str, Any]:
    return {
        "course_title": viewer.course_title,
        "roles": sorted(viewer.roles),
        "name": viewer.name,
        "is_test": viewer.is_test,
        "opens": viewer.opens,
        "assessment_ref": viewer.assessment_ref,
        "frame_origins": list(viewer.frame_origins),
    }
