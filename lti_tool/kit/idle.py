"""A connection that lay idle is asked whether it is still there before it is used again; one used a moment ago is not.

SQLAlchemy's own `pool_pre_ping` asks every time, which is a journey to the database more in each launch.
"""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

LONGEST = 10.0
"""Seconds after which a firewall or a restart may have cut a connection unseen."""


def ping_after_idling(engine: Engine) -> None:
    """Teach an engine of a database server. A connection that is gone is replaced before anybody notices."""

    @event.listens_for(engine, "checkin")
    def remember(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", time.monotonic()) < LONGEST:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as gone:
            raise DisconnectionError from gone
