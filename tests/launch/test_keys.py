"""Our own keys: one signs, one is ready, one is leaving; on schedule and on command, and never so that an LMS is
surprised."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import select

from lti_tool.kit import jobs
from lti_tool.kit.db import db, writing
from lti_tool.launch import keys
from lti_tool.launch.cli_keys import keys_group
from lti_tool.launch.keys import LEAD, OVERLAP, KeyRing
from lti_tool.launch.models import ToolKey
from lti_tool.settings import Settings

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_our_keys_are_made_once_published_and_sealed(app: Flask) -> None:
    client = app.test_client()
    first = client.get("/lti/jwks.json")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    (key,) = first.get_json()["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()
    assert client.get("/lti/jwks.json").get_json() == first.get_json()
    with app.app_context():
        row = db.session().scalars(select(ToolKey)).one()
        assert "{" not in row.private_sealed
        assert app.extensions["waymark.sealer"].unseal(row.private_sealed).startswith("{")


class Ring:
    """A process that signs, and an LMS that looks at our key set."""

    def __init__(self, app: Flask) -> None:
        self.app, self.sealer = app, app.extensions["waymark.sealer"]

    def signs_with(self, now: datetime) -> str:
        with self.app.app_context():
            ring = KeyRing(self.sealer, lambda: db.engine)  # a process that keeps nothing in memory yet
            token = ring.sign({"n": 1}, now)
            published = KeySet.import_key_set(cast(Any, ring.published(now)))
        jws.deserialize_compact(token, published, algorithms=["RS256"])
        return str(jws.extract_compact(token.encode()).headers()["kid"])

    def states(self, now: datetime) -> list[str]:
        with self.app.app_context():
            return [key.state for key in keys.keys(db.session(), now)]

    def rotate(self, now: datetime, **how: bool) -> keys.KeyInfo:
        with self.app.app_context(), writing(db.session()) as session:
            return keys.rotate(session, self.sealer, now, **how)

    def day(self, now: datetime, longest: timedelta | None = None) -> keys.KeyInfo | None:
        with self.app.app_context(), writing(db.session()) as session:
            return keys.look_after(session, self.sealer, now, longest)


def test_a_key_is_published_an_hour_before_it_signs_and_a_day_after(app: Flask) -> None:
    ring = Ring(app)
    assert ring.day(NOW) is None  # nothing was ever signed: no keys yet
    first = ring.signs_with(NOW)
    turned = ring.rotate(NOW + MINUTE)
    assert (turned.state, turned.signs_from) == ("next", NOW + MINUTE + LEAD)
    assert ring.states(NOW + 2 * MINUTE) == ["next", "next", "signs"]
    assert ring.signs_with(NOW + LEAD) == first
    later = NOW + 2 * MINUTE + LEAD
    assert ring.signs_with(later) == turned.kid
    assert ring.states(later) == ["next", "signs", "leaving"]
    gone = later + OVERLAP
    assert ring.states(gone) == ["next", "signs"]
    ring.day(gone)
    with app.app_context():
        assert len(db.session().scalars(select(ToolKey)).all()) == 2  # and its private half is gone
    # the key in reserve has been published long enough: on command it signs at once
    again = ring.rotate(gone)
    assert (again.state, ring.signs_with(gone)) == ("signs", again.kid)
    assert ring.states(gone) == ["next", "signs", "leaving"]


def test_keys_change_by_their_age_and_always_have_a_successor_ready(app: Flask) -> None:
    ring = Ring(app)
    first = ring.signs_with(NOW)
    assert ring.day(NOW + DAY, 90 * DAY) is None
    assert ring.states(NOW + DAY) == ["next", "signs"]
    assert ring.day(NOW + 89 * DAY, 90 * DAY) is None
    assert ring.day(NOW + 91 * DAY, None) is None
    turned = ring.day(NOW + 91 * DAY, 90 * DAY)
    assert turned is not None
    assert turned.kid != first
    assert ring.signs_with(NOW + 91 * DAY) == turned.kid
    assert ring.day(NOW + 91 * DAY + MINUTE, 90 * DAY) is None
    assert ring.states(NOW + 92 * DAY + MINUTE) == ["next", "signs"]


def test_compromised_keys_are_withdrawn_at_once(app: Flask) -> None:
    ring = Ring(app)
    first = ring.signs_with(NOW)
    ring.day(NOW)
    turned = ring.rotate(NOW + DAY, compromised=True)
    assert ring.signs_with(NOW + DAY) == turned.kid != first
    assert ring.states(NOW + DAY) == ["next", "signs"]


def test_a_worker_looks_after_the_keys_once_a_day(app: Flask) -> None:
    ring = Ring(app)
    with time_machine.travel(NOW, tick=False) as clock:
        ring.signs_with(NOW)
        jobs.begin_day(app)
        jobs.sweep(app)
        assert ring.states(NOW) == ["next", "signs"]
        clock.shift(91 * DAY)
        jobs.begin_day(app)
        jobs.begin_day(app)
        jobs.sweep(app)
        assert ring.states(NOW + 91 * DAY) == ["next", "signs", "leaving"]


def test_the_command_rotates_and_lists(app: Flask, settings: Settings, monkeypatch: Any) -> None:
    for name in ("database_url", "data_dir", "base_url", "secret_key", "seal_key"):
        value = getattr(settings, name)
        plain = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        monkeypatch.setenv(f"LTI_TOOL_{name.upper()}", plain)
    first = CliRunner().invoke(keys_group, ["rotate"])
    assert first.exit_code == 0, first.output
    turned = json.loads(first.stdout)
    assert turned["state"] == "signs"
    listed = json.loads(CliRunner().invoke(keys_group, ["list"]).stdout)
    assert [(one["kid"], one["state"]) for one in listed][1] == (turned["kid"], "signs")
    assert "private" not in first.output
