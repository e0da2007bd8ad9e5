"""Access tokens of LMS services, shared by all processes and sealed at rest."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.kit.db import Session, upsert, writing
from lti_tool.kit.seal import SealBroken, Sealer
from lti_tool.launch.models import AccessToken
from lti_tool.lms.tokens import Token, TokenKey

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class DbTokens:
    """A `lms.tokens.TokenStore` in the database. Each call is a short transaction of its own."""

    def __init__(self, sealer: Sealer, engine: Callable[[], Engine]) -> None:
        self._sealer, self._engine = sealer, engine

    def get(self, key: TokenKey) -> Token | None:
        with Session(self._engine()) as session:
            row = session.execute(
                select(AccessToken.token_sealed, AccessToken.expires_at).filter_by(**key._asdict())
            ).one_or_none()
        value = self._opened(row.token_sealed) if row is not None else None
        return None if row is None or value is None else Token(value, row.expires_at)

    def put(self, key: TokenKey, token: Token) -> None:
        sealed = self._sealer.seal(token.value)
        values = {"token_sealed": sealed, "expires_at": token.expires_at, "asking_until": None}
        with Session(self._engine()) as session, writing(session):
            upsert(session, AccessToken, key._asdict(), values)

    def drop(self, key: TokenKey, refused: str) -> None:
        with Session(self._engine()) as session, writing(session):
            row = session.scalar(select(AccessToken).filter_by(**key._asdict()).with_for_update())
            if row is not None and self._opened(row.token_sealed) == refused:
                row.token_sealed, row.expires_at = "", _NEVER

    def claim(self, key: TokenKey, now: datetime, until: datetime) -> bool:
        """One statement, so that of many processes one gets it."""
        table: Any = AccessToken.__table__
        first = {**key._asdict(), "token_sealed": "", "expires_at": _NEVER, "asking_until": until}
        free = or_(table.c.asking_until.is_(None), table.c.asking_until <= now)
        with Session(self._engine()) as session, writing(session):
            dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            claim = (
                dialect.insert(table)
                .values(first)
                .on_conflict_do_update(index_elements=list(key._fields), set_={"asking_until": until}, where=free)
                .returning(table.c.id)
            )
            return session.execute(claim).first() is not None

    def release(self, key: TokenKey) -> None:
        with Session(self._engine()) as session, writing(session):
            session.execute(update(AccessToken).filter_by(**key._asdict()).values(asking_until=None))

    def _opened(self, sealed: str) -> str | None:
        """None where there is none, or one sealed with a key that is gone: a new token costs one request."""
        try:
            return self._sealer.unseal(sealed) if sealed else None
        except SealBroken:
            return None
