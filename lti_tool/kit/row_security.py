"""The second lock on tenants: PostgreSQL itself shows a transaction the rows of one institution and takes no others.

`kit.db` is the first lock: it adds the condition to every statement. This one holds for the statements that go around
it, too. Each table with an `institution_id` has a policy on the setting `waymark.institution`, which a transaction is
told when it begins and again when its scope changes. Without it no row is seen and none can be written.
"""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

SETTING = "waymark.institution"
EVERYWHERE = "everywhere"
SCOPE_IS_EVERYWHERE = f"(SELECT current_setting('{SETTING}', true) = '{EVERYWHERE}')"
# sub-selects, so that PostgreSQL looks the setting up once a statement instead of once a row
SCOPE = (
    f"(SELECT CASE WHEN current_setting('{SETTING}', true) ~ '^[0-9]+$' "
    f"THEN current_setting('{SETTING}', true)::integer END)"
)
POLICY = "one_institution"
BYPASSES = (
    "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"  # row_security is not asked of these
)

_TOLD, _INFO = "waymark.told", "waymark.session_info"
_NOT_BEGUN = object()


def lock(table: str, *, nullable: bool = False) -> list[str]:
    """The statements that lock a table with `institution_id`, for migrations. With `nullable` a row may belong to
    nobody: the tool's own chores."""
    condition = f"institution_id = {SCOPE} OR {SCOPE_IS_EVERYWHERE}"
    if nullable:
        condition += " OR institution_id IS NULL"
    if table == "platform":  # its owner may let others install it: they read it, only the owner changes it
        installed = "EXISTS (SELECT 1 FROM deployment WHERE deployment.platform_id = platform.id)"
        readable = f"{condition} OR {installed}"
        reading = [f"CREATE POLICY installed_here ON platform FOR SELECT USING ({readable})"]
    else:
        reading = []
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {POLICY} ON {table} USING ({condition}) WITH CHECK ({condition})",
        *reading,
    ]


def unlock(table: str) -> list[str]:
    """The way back."""
    return [
        *(["DROP POLICY IF EXISTS installed_here ON platform"] if table == "platform" else []),
        f"DROP POLICY IF EXISTS {POLICY} ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]


def install(engine: Engine) -> None:
    """Teach an engine on PostgreSQL to tell each transaction its scope: with the BEGIN, on the same journey, and before
    the first statement after a change of scope."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.autocommit = True  # the driver sends no BEGIN of its own: ours comes with the scope

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.info[_TOLD], connection.info[_INFO] = _NOT_BEGUN, {}

    @event.listens_for(engine, "rollback_savepoint")
    def forget(connection: Connection, *_: Any) -> None:
        connection.info[_TOLD] = None  # what was told inside is undone

    @event.listens_for(engine, "before_cursor_execute")
    def tell(connection: Connection, cursor: Any, *_: Any) -> None:
        info = connection.info
        told, scope = info.get(_TOLD), info.get(_INFO, {}).get("institution")
        if told is _NOT_BEGUN:
            _say(connection, cursor, f"BEGIN; {_set(scope)}" if scope is not None else "BEGIN")
        elif told != scope:
            _say(connection, cursor, _set(scope))
        else:
            return
        info[_TOLD] = scope


@event.listens_for(Session, "after_begin")
def _whose(session: Session, _transaction: Any, connection: Connection) -> None:
    """The connection follows this session's scope from now on."""
    connection.info[_INFO] = session.info


def _set(scope: Any) -> str:
    said = "" if scope is None else EVERYWHERE if scope == EVERYWHERE else str(int(scope))
    return f"SET LOCAL {SETTING} = '{said}'"


def _say(connection: Connection, cursor: Any, words: str) -> None:
    """By libpq: no parameters, no rows, a third of a cursor's price. Raises SQLAlchemy's OperationalError when the
    connection is cut, as a statement would."""
    from psycopg import OperationalError, errors, pq

    try:
        answer = cursor.connection.pgconn.exec_(words.encode())
        if answer.status != pq.ExecStatus.COMMAND_OK:
            raise errors.error_from_result(answer)
    except OperationalError as trouble:
        connection.invalidate(trouble)
        raise DBAPIError.instance(words, None, trouble, OperationalError, connection_invalidated=True) from trouble


def is_bypassed(connection: Connection) -> bool:
    """Does this connection's role see every row whatever the policies say (superuser, BYPASSRLS)? False on SQLite,
    which has no such lock."""
    if connection.dialect.name != "postgresql":
        return False
    return bool(connection.exec_driver_sql(BYPASSES).scalar())
