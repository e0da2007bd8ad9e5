"""Tokens by which other systems of an institution read its frameworks. Shown once; only their hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks.models import ApiToken
from lti_tool.kit.errors import Invalid, NotFound

PREFIX = "wm_"
#: A token's last use is written at most this often: reading stays a read.
NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TokenInfo:
    id: int
    name: str
    ending: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token came with a request."""

    token_id: int
    institution_id: int
    used_at: datetime | None


def make(session: Session, name: str, institution_id: int, now: datetime, by: int | None = None) -> str:
    """A new token, in clear for the only time. Raises Invalid without a name."""
    if not name.strip():
        raise Invalid("The token has no name yet.", "Name the system that will use it.")
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            institution_id=institution_id,
            token_hash=_hash(token),
            name=name.strip()[:120],
            ending=token[-4:],
            created_at=now,
            created_by_id=by,
        )
    )
    session.flush()
    return token


def revoke(session: Session, token_id: int, now: datetime) -> None:
    """From now on this token opens nothing. Raises NotFound."""
    row = session.scalar(select(ApiToken).where(ApiToken.id == token_id))
    if row is None:
        raise NotFound("This token is not here.", "Reload the page.")
    row.revoked_at = row.revoked_at or now
    session.flush()


def listed(session: Session) -> tuple[TokenInfo, ...]:
    """The institution's tokens, those that work first."""
    rows = session.scalars(select(ApiToken).order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc()))
    return tuple(TokenInfo(row.id, row.name, row.ending, row.created_at, row.used_at, row.revoked_at) for row in rows)


def whose(session: Session, token: str) -> Bearer | None:
    """Whom a token belongs to, None when it opens nothing. Run it `everywhere`: the institution is not known yet."""
    if not token.startswith(PREFIX) or len(token) > 200:
        return None
    row = session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(token), ApiToken.revoked_at.is_(None)))
    return Bearer(row.id, row.institution_id, row.used_at) if row else None


def note_use(session: Session, bearer: Bearer, now: datetime) -> None:
    """Remember that a token was used, so that an administrator sees which ones are not."""
    session.execute(update(ApiToken).where(ApiToken.id == bearer.token_id).values(used_at=now))


def use_is_news(bearer: Bearer, now: datetime) -> bool:
    return bearer.used_at is None or now - bearer.used_at > NOTED_EVERY


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
