"""Tests about the house itself: what is true of every route, setting, command, table and file."""

import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, UniqueConstraint, create_engine, inspect
from werkzeug.routing import Rule

from lti_tool.cli import COMMANDS, cli
from lti_tool.kit import schema
from lti_tool.kit.db import Base, Owned
from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.settings import ROOT, Settings
from lti_tool.web.viewer import May, Role, Viewer
from lti_tool.wiring import ROOMS

HEAVY = {
    "pandas",
    "altair",
    "vl_convert",
    "networkx",
    "onnxruntime",
    "tokenizers",
    "cohere",
    "canvasapi",
    "alembic",
    "numpy",
}
HEAVY_NOW = "from lti_tool import create_app; create_app(); import sys; print(*sorted(set(sys.modules) & {heavy}))"


def viewer(role: Role) -> Viewer:
    return Viewer(
        institution_id=InstitutionId(1),
        platform_id=PlatformId(1),
        person_id=PersonId(1),
        course_id=CourseId(1),
        course_title="Course",
        roles=frozenset({role}),
        session_hash="x",
    )


def guarded(app: Flask) -> list[tuple[Rule, May]]:
    found = []
    for rule in app.url_map.iter_rules():
        need = getattr(app.view_functions[rule.endpoint], "__waymark_needs__", None)
        if need is not None:
            found.append((rule, need))
    assert len(found) > 10
    return found


def ask(client: FlaskClient, rule: Rule, origin: str = "http://localhost") -> tuple[int, str]:
    """The status and reason code of a request with made-up ids."""
    address = re.sub(r"<(?:int:)?[^>]+>", "1", rule.rule)
    method = "POST" if "POST" in (rule.methods or set()) else "GET"
    answer = client.open(address, method=method, headers={"Origin": origin})
    found = re.search(r'data-error="([a-z_0-9]+)"', answer.text)
    return answer.status_code, found.group(1) if found else ""


def test_no_guarded_route_opens_without_a_session(app: Flask) -> None:
    client = app.test_client()
    for rule, _ in guarded(app):
        assert ask(client, rule) == (401, "open_again"), rule.rule


def test_every_guarded_route_refuses_every_role_that_may_not(app: Flask) -> None:
    client = app.test_client()
    asked = 0
    for role in Role:
        someone = viewer(role)
        app.extensions["waymark.load_viewer"] = lambda someone=someone: someone
        for rule, need in guarded(app):
            if not someone.may(need):
                assert ask(client, rule) == (403, "wrong_role"), (role, rule.rule)
                asked += 1
    assert asked > 30


def test_every_write_from_another_site_is_refused(app: Flask) -> None:
    client = app.test_client()
    for role in Role:
        someone = viewer(role)
        app.extensions["waymark.load_viewer"] = lambda someone=someone: someone
        for rule, need in guarded(app):
            if "POST" in (rule.methods or set()) and someone.may(need):
                for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
                    assert ask(client, rule, origin) == (403, "cross_site"), rule.rule


def test_every_route_is_named_in_a_test(app: Flask) -> None:
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "house")
    unnamed = []
    for rule in app.url_map.iter_rules():
        address = re.split(r"<", rule.rule)[0].rstrip("/") or rule.rule
        if rule.endpoint not in written and address not in written:
            unnamed.append(f"{rule.endpoint} {rule.rule}")
    assert unnamed == []


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "settings.md").read_text()
    for name in Settings.model_fields:
        variable = name.upper() if name in ("cohere_api_key", "cohere_base_url") else f"LTI_TOOL_{name.upper()}"
        assert f"`{variable}`" in documented, variable


def test_every_command_is_documented() -> None:
    import click

    documented = (ROOT / "docs" / "commands.md").read_text()
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        parts = [f"{name} {sub}" for sub in command.commands] if isinstance(command, click.Group) else [name]
        for part in parts:
            assert f"`lti-tool {part}" in documented, part


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Table]:
    """All tables of the tool, whichever test comes first."""
    for room in ROOMS:
        if importlib.util.find_spec(f"lti_tool.{room}.models"):
            importlib.import_module(f"lti_tool.{room}.models")
    importlib.import_module("lti_tool.kit.outbox")
    return Base.metadata.tables


@pytest.mark.usefixtures("tables")
def test_migrations_go_up_and_down_and_leave_no_drift(fresh_database: str) -> None:
    schema.upgrade(fresh_database)
    assert schema.drift(fresh_database) == []
    schema.downgrade(fresh_database)
    engine = create_engine(fresh_database)
    left = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    assert left == set()
    schema.upgrade(fresh_database)
    assert schema.drift(fresh_database) == []


def test_every_table_that_holds_people_or_work_belongs_to_an_institution(tables: Mapping[str, Table]) -> None:
    assert len(tables) > 50
    outside = {
        mapper.local_table.name
        for mapper in Base.registry.mappers
        if not issubclass(mapper.class_, Owned) and "institution_id" not in mapper.local_table.c
    }
    # the platform they hang on belongs to one; keys of ours are the tool's own
    assert outside <= {"institution", "tool_key", "access_token", "vector"}


def test_what_must_happen_once_has_a_unique_constraint(tables: Mapping[str, Table]) -> None:
    for name, columns in {
        "score": {"assessment_id", "person_id"},
        "delivery": {"assessment_id", "person_id"},
        "person": {"institution_id", "platform_id", "subject"},
        "assessment": {"course_id", "source", "source_id"},
    }.items():
        unique = [set(c.columns.keys()) for c in tables[name].constraints if isinstance(c, UniqueConstraint)]
        unique += [set(index.columns.keys()) for index in tables[name].indexes if index.unique]
        assert columns in unique, name


def test_the_web_process_stays_small(tmp_path: Path) -> None:
    """Models, data frames and charts are loaded by the jobs and pages that need them, not at start."""
    done = subprocess.run(
        [sys.executable, "-c", HEAVY_NOW.format(heavy=HEAVY)],
        env={"LTI_TOOL_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("law", ["FINISHED", "PATHS"])
def test_the_project_speaks_of_itself_alone(law: str) -> None:
    """No path of somebody's machine and no unfinished mark in what is shipped."""
    pattern = {"FINISHED": r"\bTODO\b|\bFIXME\b|\bXXX\b", "PATHS": r"/home/[a-z]+/|/Users/|/work/(?:main|shared)"}[law]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in shipped_files()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(pattern, line) and path.name != "test_house.py"
    ]
    assert found == []


def shipped_files() -> list[Path]:
    folders = ("lti_tool", "templates", "tests", "docs", "configs", "scripts", "bench")
    found = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html", ".md", ".toml", ".js", ".css")
    ]
    found = [path for path in found if "vendor" not in path.parts and "node_modules" not in path.parts]
    assert len(found) > 50
    return found


def test_files_stay_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "lti_tool").rglob("*.py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
