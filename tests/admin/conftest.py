"""One institution with a Moodle and a Canvas, on both databases, each time afresh."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_tool.sandbox.seed import ServiceToken
from tests.walks import seeds
from tests.walks.campus import Lms, Tool

FEW = "token-with-few-functions"
EXPIRED = "token-of-last-year"


@pytest.fixture
def tool(database: str, tmp_path: Path) -> Iterator[Tool]:
    with Tool(database, tmp_path) as running:
        yield running


@pytest.fixture
def moodle(tool: Tool) -> Lms:
    seed = seeds.seed(seeds.course())
    few = ServiceToken(FEW, seeds.ADMIN, functions=("core_webservice_get_site_info", "mod_assign_get_assignments"))
    tokens = (*seed.tokens, few, ServiceToken(EXPIRED, seeds.ADMIN, expired=True))
    return tool.add_lms(type(seed)(seed.people, seed.courses, tokens), "moodle")


@pytest.fixture
def canvas(tool: Tool) -> Lms:
    return tool.add_lms(seeds.seed(seeds.course()), "canvas")
