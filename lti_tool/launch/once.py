"""The one INSERT of a launch: the nonce's replay check, the session and its claims in one row, in one journey.

It goes to the driver directly, as a transaction of its own. Through the session it costs ten times as much on SQLite
and three times as much on PostgreSQL, which is most of what a launch may cost (docs/adr has the figures).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect

from lti_tool.kit.row_security import SETTING
from lti_tool.launch.models import Launch

ROW = (
    "nonce",
    "session_hash",
    "platform_id",
    "deployment_id",
    "institution_id",
    "claims",
    "created_at",
    "expires_at",
)

Converter = tuple[str, Callable[[Any], Any] | None]


@dataclass(frozen=True, slots=True)
class _Insert:
    """The statement for a kind of database, with its parameters in order and how each is written."""

    sql: str
    parameters: tuple[Converter, ...]


def open_once(engine: Engine, values: Mapping[str, Any]) -> bool:
    """Write the row (`ROW`). False when its nonce was used before, also at this very moment elsewhere."""
    insert = _inserts.get(engine.dialect.name) or _compiled(engine.dialect)
    said = [process(values[name]) if process else values[name] for name, process in insert.parameters]
    try:
        return _written(engine, insert.sql, said)
    except _Cut:
        engine.dispose()  # the server went away and came back: the pool's other connections are cut too
        return _written(engine, insert.sql, said)


class _Cut(Exception):
    """The connection was cut, as a restart of the server does. The row was not written, or its nonce refuses it now."""


def _written(engine: Engine, sql: str, said: list[Any]) -> bool:
    pooled = engine.raw_connection()
    connection: Any = pooled.driver_connection
    try:
        write = _on_postgres if engine.dialect.name == "postgresql" else _on_sqlite
        return write(connection, sql, said)
    except Exception as trouble:
        cut = bool(getattr(connection, "closed", False) or getattr(connection, "broken", False))
        pooled.invalidate()  # whatever state it is in, nobody else gets this connection
        if cut:
            raise _Cut from trouble
        raise
    finally:
        pooled.close()


def _on_sqlite(connection: Any, sql: str, said: list[Any]) -> bool:
    """The driver opens no transaction by itself (`kit.db`), so the statement is one."""
    return connection.execute(sql, said).fetchone() is not None


def _on_postgres(connection: Any, sql: str, said: list[Any]) -> bool:
    """By libpq, below psycopg's transactions. Nothing is prepared, so that a pooler may stand between."""
    from psycopg import errors, pq

    answer = connection.pgconn.exec_params(sql.encode(), [_as_text(value) for value in said])
    if answer.status != pq.ExecStatus.TUPLES_OK:
        raise errors.error_from_result(answer)
    return bool(answer.ntuples)


def _as_text(value: Any) -> bytes:
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()


_inserts: dict[str, _Insert] = {}


def _compiled(dialect: Dialect) -> _Insert:
    table: Table = Launch.__table__  # type: ignore[assignment]
    # `$1` is how libpq itself counts; its values are text, which the plain dialect's converters give
    plain = PGDialect(paramstyle="numeric_dollar") if dialect.name == "postgresql" else dialect  # type: ignore[no-untyped-call]
    insert = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    statement = insert.on_conflict_do_nothing(index_elements=["nonce"]).returning(table.c.nonce)
    compiled = statement.compile(dialect=plain, column_keys=list(ROW))
    names, sql = list(compiled.positiontup or ()), str(compiled)
    if dialect.name == "postgresql":
        names, sql = [*names, "institution_id"], _told_whose(sql, len(names) + 1)
    parameters = tuple((name, table.c[name].type.dialect_impl(plain).bind_processor(plain)) for name in names)
    return _inserts.setdefault(dialect.name, _Insert(sql, parameters))


def _told_whose(sql: str, place: int) -> str:
    """The same insert with the row's institution told to row security in one journey: its policy is asked when the row
    comes, which is after the setting. `place` is the parameter that holds the institution."""
    before, values = sql.split(" VALUES (", 1)
    row, after = values.split(")", 1)
    told = f"WITH told AS MATERIALIZED (SELECT set_config('{SETTING}', ${place}::text, true))"
    return f"{told} {before} SELECT {row} FROM told{after}"  # noqa: S608 - made of our own statement alone
