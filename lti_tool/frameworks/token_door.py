"""Whose token came with a request: for every address by which other systems read."""

from flask import request

from lti_tool.frameworks import tokens
from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere, scoped, writing


def institution_of_token() -> int | None:
    """The institution of the bearer token, its use noted; None where there is none or it opens nothing."""
    given, session = request.authorization, db.session()
    token = given.token if given is not None and given.type == "bearer" else None
    with everywhere(session):
        bearer = tokens.whose(session, token) if token else None
    if bearer is None:
        return None
    if tokens.use_is_news(bearer, clock.now()):
        with scoped(session, bearer.institution_id), writing(session):
            tokens.note_use(session, bearer, clock.now())
    return bearer.institution_id
