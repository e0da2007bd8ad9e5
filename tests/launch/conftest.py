from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.launch.platform import TestPlatform, register, serving


@pytest.fixture
def lms() -> Iterator[TestPlatform]:
    """An LMS whose keys are published, not yet known to the tool."""
    with serving(TestPlatform()) as platform:
        yield platform


@pytest.fixture
def platform(app: Flask, lms: TestPlatform) -> TestPlatform:
    """An LMS that the tool knows, with an approved deployment."""
    register(app, lms)
    return lms


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Not pytest-flask's: its outer context would keep one database session, and one read snapshot, open over all
    requests of a test, which no server does."""
