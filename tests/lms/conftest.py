"""Parts that the tests of this room share."""

from collections.abc import Iterator

import pytest

from lti_tool.kit.http import Http


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(allow_private=True)
    yield client
    client.close()
