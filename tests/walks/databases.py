"""A fresh migrated database for a whole module, of either kind. A conftest takes these in by name."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import kinds


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that asks for `either_database` runs once on each kind."""
    if "either_database" in metafunc.fixturenames:
        chosen = kinds(metafunc.config, metafunc.definition, metafunc.module.__name__)
        metafunc.parametrize("either_database", chosen, indirect=True, scope="module")


@pytest.fixture(scope="module")
def sqlite_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("walk") / "waymark.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def either_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh migrated database of the kind under test, for a whole module."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    with request.getfixturevalue("postgres").one() as url:
        yield url


@pytest.fixture(scope="module")
def first_lock_alone(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite, where nothing but the tool's own conditions keeps institutions apart: row security on PostgreSQL would
    hide a hole in the first lock. PostgreSQL only where asked for."""
    if request.config.getoption("--db") != "postgres":
        yield request.getfixturevalue("sqlite_database")
        return
    with request.getfixturevalue("postgres").one() as url:
        yield url


@pytest.fixture(scope="module")
def stricter_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """PostgreSQL, which refuses texts that are too long and numbers that are too large; SQLite only where asked for."""
    if request.config.getoption("--db") == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    with request.getfixturevalue("postgres").one() as url:
        yield url
