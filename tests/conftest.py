"""Real parts: each test that asks for `app` runs on a migrated database with nothing in it. Half of the tests take
SQLite, half PostgreSQL, and the modules that are about what databases do differently (locks, transactions, bulk writes)
are marked `both_databases`. `--db both` runs everything on both, `--db sqlite` or `--db postgres` keeps to one."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis.configuration import set_hypothesis_home_dir
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from sqlalchemy.orm import Session

from lti_tool import create_app
from lti_tool.kit import schema
from lti_tool.kit.db import db
from lti_tool.kit.seal import new_key
from lti_tool.settings import ROOT, Settings, load
from tests.kept import compiled_once, now_in, put_away
from tests.looking import SHELL, blocking
from tests.postgres import Databases, kinds, running_server

for name in [name for name in os.environ if name.startswith(("LTI_TOOL_", "COHERE_")) and name != "LTI_TOOL_CHROMIUM"]:
    if name not in ("LTI_TOOL_CASE_SCHEMA", "LTI_TOOL_CASE_API"):
        del os.environ[name]  # the suite decides its own settings
if "PYTEST_XDIST_WORKER" in os.environ:  # two that write their first files at the same time get in each other's way
    set_hypothesis_home_dir(ROOT / ".hypothesis" / os.environ["PYTEST_XDIST_WORKER"])
SECRETS = {"secret_key": "s" * 48, "seal_key": new_key()}
BASE_URL = "http://localhost"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db", choices=["usual", "both", "sqlite", "postgres"], default="usual", help="see tests/conftest.py"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", kinds(metafunc.config, metafunc.definition), indirect=True)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a module makes for all its tests is made once: they stay on one worker, those of each database apart."""
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
        shared = sorted(name for name, made in fixtures.items() if made[-1].scope == "module")
        if shared and item.get_closest_marker("xdist_group") is None:
            given = item.callspec.params if hasattr(item, "callspec") else {}
            kinds = [str(given[name]) for name in shared if name in given]
            item.add_marker(pytest.mark.xdist_group("-".join([item.path.stem, *kinds])))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    now_in("setup")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    now_in("call")


class _LongestFirst:
    """What takes longest begins first, or one worker would still be at it when the other is done."""

    @pytest.hookimpl(trylast=True)  # after they are shuffled
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        def turn(item: pytest.Item) -> int:
            names = [str(name) for mark in item.iter_markers("xdist_group") for name in mark.args]
            if "browser" in names:
                return 0  # the demo is lived first
            return 1 if item.get_closest_marker("slow") else 2 if names else 3

        items.sort(key=turn)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_LongestFirst())


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches past this machine fails."""
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
            ("127.", "::1", "localhost")
        ):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of every browser test of this process: it holds an event loop, so there can be only one."""
    expect.set_options(timeout=20_000)  # two busy cores need longer than a person's patience
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium a process; each test opens windows of its own in it."""
    args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    found = playwright.chromium.launch(executable_path=SHELL, args=args)
    yield found
    found.close()


@pytest.fixture
def without_third_parties(browser: Browser) -> Iterator[Page]:
    """A window of its own that blocks third-party cookies, for the tool in the frame of an LMS."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield blocking(context.new_page())
    context.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.db"
    schema.upgrade(f"sqlite:///{file}")
    with_wal_folded_in(file)
    return file


def with_wal_folded_in(file: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """Databases of a real PostgreSQL."""
    with running_server() as url:
        yield Databases(url)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database of the kind under test."""
    if request.param == "sqlite":
        file = tmp_path / "waymark.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    with request.getfixturevalue("postgres").one() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, for the migrations themselves."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with request.getfixturevalue("postgres").one(migrated=False) as url:
        yield url


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return load(
        base_url=BASE_URL,
        database_url=database,
        jobs_url=f"sqlite:///{tmp_path}/jobs.db",
        data_dir=tmp_path,
        log_level="error",
        **SECRETS,
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = compiled_once(create_app(settings))
    app.extensions["waymark.bell"] = lambda: None  # tests deliver by `jobs.sweep(app)` when they mean to
    yield app
    with app.app_context():
        put_away()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session in an app context, with no scope yet: wrap in `scoped(session, institution_id)`."""
    with app.app_context():
        yield db.session()
