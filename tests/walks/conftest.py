"""A campus for each module: on SQLite, and on PostgreSQL where a test asks for it."""

from collections.abc import Iterator

import pytest

from tests.walks.campus import Tool
from tests.walks.databases import (
    either_database,
    first_lock_alone,
    pytest_generate_tests,
    sqlite_database,
    stricter_database,
)

__all__ = ["either_database", "first_lock_alone", "pytest_generate_tests", "sqlite_database", "stricter_database"]


@pytest.fixture(scope="module")
def tool(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as running:
        yield running
