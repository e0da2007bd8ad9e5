"""How a refused launch must look from outside, for every test that provokes one."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_tool.kit.db import db, everywhere
from lti_tool.launch.models import Launch
from lti_tool.launch.sessions import COOKIE
from tests.launch.platform import TestPlatform, post_launch


def reason_of(answer: TestResponse) -> str:
    """The reason code on the page of a launch that was refused as it must be: a 4xx page with words, no session."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert COOKIE + "=" not in ",".join(answer.headers.getlist("Set-Cookie"))
    found = re.search(r'data-error="([a-z_0-9]+)"', answer.text)
    assert found is not None, answer.text
    assert "<h1" in answer.text
    return found.group(1)


def refused(app: Flask, client: FlaskClient, platform: TestPlatform, **given: Any) -> str:
    """Launch with these claims and say why it was refused; nothing is left in the database."""
    reason = reason_of(post_launch(client, platform, **given))
    assert rows(app) == 0
    assert client.get("/welcome").status_code == 401
    return reason


def rows(app: Flask) -> int:
    with app.app_context(), everywhere(db.session()):
        return db.session().scalar(select(func.count()).select_from(Launch)) or 0
