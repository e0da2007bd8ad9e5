"""An institution with a Moodle and a Canvas, a new one for each test, on both databases."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lti_tool.sandbox.seed import ServiceToken
from tests.walks import seeds
from tests.walks.campus import Lms, Tool
from tests.walks.databases import either_database, pytest_generate_tests, sqlite_database

__all__ = ["either_database", "pytest_generate_tests", "sqlite_database"]
FEW = "token-with-few-functions"
EXPIRED = "token-of-last-year"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def tool(either_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with Tool(either_database, tmp_path_factory.mktemp("tool")) as running:
        yield running


@pytest.fixture
def college(tool: Tool) -> Iterator[str]:
    """The name of an institution that no other test has."""
    yield f"Example College {next(_numbers)}"
    while tool.lmss:
        tool.lmss.pop().stop()


@pytest.fixture
def moodle(tool: Tool, college: str) -> Lms:
    seed = seeds.seed(seeds.course())
    few = ServiceToken(FEW, seeds.ADMIN, functions=("core_webservice_get_site_info", "mod_assign_get_assignments"))
    tokens = (*seed.tokens, few, ServiceToken(EXPIRED, seeds.ADMIN, expired=True))
    return tool.add_lms(replace(seed, tokens=tokens), "moodle", college)


@pytest.fixture
def canvas(tool: Tool, college: str) -> Lms:
    return tool.add_lms(seeds.seed(seeds.course()), "canvas", college)
