"""Access tokens of LMS services, shared by all processes and sealed at rest."""

from collections.abc import Callable

from sqlalchemy import Engine, delete, select

from lti_tool.kit.db import Session, upsert, writing
from lti_tool.kit.seal import SealBroken, Sealer
from lti_tool.launch.models import AccessToken
from lti_tool.lms.tokens import Token, TokenKey


class DbTokens:
    """A `lms.tokens.TokenStore` in the database. Each call is a short transaction of its own."""

    def __init__(self, sealer: Sealer, engine: Callable[[], Engine]) -> None:
        self._sealer, self._engine = sealer, engine

    def get(self, key: TokenKey) -> Token | None:
        with Session(self._engine()) as session:
            row = session.execute(
                select(AccessToken.token_sealed, AccessToken.expires_at).filter_by(**key._asdict())
            ).one_or_none()
        try:
            return None if row is None else Token(self._sealer.unseal(row.token_sealed), row.expires_at)
        except SealBroken:  # sealed with a key that is gone: a new token costs one request
            return None

    def put(self, key: TokenKey, token: Token) -> None:
        values = {"token_sealed": self._sealer.seal(token.value), "expires_at": token.expires_at}
        with Session(self._engine()) as session, writing(session):
            upsert(session, AccessToken, key._asdict(), values)

    def drop(self, key: TokenKey) -> None:
        with Session(self._engine()) as session, writing(session):
            session.execute(delete(AccessToken).filter_by(**key._asdict()))
