"""One database, SQLite or PostgreSQL: the base of all tables, the one place that commits, and tenant scope.

Rows that belong to an institution inherit `Owned`. A session sees only the rows of the institution it is
`scoped` to; a query on an owned table with no scope is a programming error and raises. On PostgreSQL the database
holds the same line itself (`kit.row_security`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, ForeignKey, MetaData, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.types import TypeDecorator

from lti_tool.kit import row_security
from lti_tool.kit.row_security import EVERYWHERE

__all__ = [
    "Base",
    "Owned",
    "Session",
    "Utc",
    "db",
    "everywhere",
    "insert_once",
    "scoped",
    "upsert",
    "upsert_all",
    "writing",
]


class Utc(TypeDecorator[datetime]):
    """Aware UTC datetimes in, aware UTC datetimes out, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Base.registry.update_type_annotation_map({datetime: Utc, dict[str, Any]: JSON, list[Any]: JSON})


class Owned:
    """A row of one institution. The column is filled from the session's scope when it is left out."""

    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id", ondelete="CASCADE"), index=True)


db = SQLAlchemy(model_class=Base)


def install(engine: Engine) -> None:
    """Teach an engine this project's manners. SQLite: WAL, foreign keys, writers that begin immediate
    (a plain BEGIN that later writes fails with "database is locked" however long the time-out). PostgreSQL: row
    security."""
    if engine.dialect.name == "postgresql":
        row_security.install(engine)
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """The one place that commits. Opened by the outermost caller; services take the session and never commit."""
    if session.in_transaction():  # a guard's read began it: end that snapshot before taking the write lock
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("rows were changed outside writing()")
        session.rollback()
    session.connection(execution_options={"write": True})
    try:
        yield session
    except BaseException:
        session.rollback()
        raise
    session.commit()


@contextmanager
def scoped(session: Session, institution_id: int) -> Iterator[Session]:
    """Everything in the block sees and writes this institution's rows only."""
    before = session.info.get("institution")
    session.info["institution"] = int(institution_id)
    try:
        yield session
    finally:
        session.info["institution"] = before


@contextmanager
def everywhere(session: Session) -> Iterator[Session]:
    """For the few walks that run before the institution is known: login, launch, the sweep, commands."""
    before = session.info.get("institution")
    session.info["institution"] = EVERYWHERE
    try:
        yield session
    finally:
        session.info["institution"] = before


@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    if not (state.is_select or state.is_update or state.is_delete) or state.is_column_load:
        return
    scope = state.session.info.get("institution")
    if scope == EVERYWHERE:
        return
    if scope is None:
        for mapper in state.all_mappers:
            if "institution_id" in mapper.columns:
                raise RuntimeError(f"{mapper.class_.__name__} was queried outside any institution's scope")
        return
    state.statement = state.statement.options(_rows_of(scope))


@lru_cache(maxsize=1024)
def _rows_of(institution_id: int) -> ExecutableOption:
    """For every mention of an owned table in a statement, joins and aliases too. To make it takes a third of the time
    of a short query, so each is kept."""
    return with_loader_criteria(Owned, lambda cls: cls.institution_id == institution_id, include_aliases=True)


@event.listens_for(Session, "before_flush")
def _stamp_new_rows(session: Session, _context: Any, _instances: Any) -> None:
    scope = session.info.get("institution")
    for row in session.new:
        if not isinstance(row, Owned):
            continue
        if row.institution_id is None and isinstance(scope, int):
            row.institution_id = scope
        elif scope != EVERYWHERE and row.institution_id != scope:
            raise RuntimeError(f"a {type(row).__name__} of another institution was about to be written")


def _insert(session: Session, table: Any) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)


def upsert(session: Session, model: type[Base], keys: dict[str, Any], values: dict[str, Any]) -> int:
    """Insert or update by a unique key, in one statement; returns the row's id. Both databases."""
    table: Any = model.__table__
    statement = _insert(session, table).values({**keys, **values})
    update = values or {next(iter(keys)): next(iter(keys.values()))}
    statement = statement.on_conflict_do_update(index_elements=list(keys), set_=update).returning(table.c.id)
    return int(session.execute(statement).scalar_one())


def upsert_all(session: Session, model: type[Base], keys: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """`upsert` for many rows with the same columns, in one statement; no row may be there twice. Both databases."""
    if not rows:
        return
    statement = _insert(session, model.__table__)
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=fresh), list(rows))


def insert_once(session: Session, model: type[Base], conflict: Sequence[str], values: dict[str, Any]) -> int | None:
    """Insert unless a row with the same unique key stands; the new row's id, or None when it stood already."""
    table: Any = model.__table__
    statement = _insert(session, table).values(values)
    statement = statement.on_conflict_do_nothing(index_elements=list(conflict)).returning(table.c.id)
    found = session.execute(statement).scalar_one_or_none()
    return None if found is None else int(found)
