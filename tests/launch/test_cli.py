"""`lti-tool platform`: JSON out, words about what is wrong."""

import json
import os
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, select

from lti_tool.kit.audit import AuditEntry
from lti_tool.kit.errors import Fault
from lti_tool.kit.row_security import EVERYWHERE, SETTING
from lti_tool.launch.cli import platform
from lti_tool.settings import Settings

WHOLE = {
    "--issuer": "https://moodle.example.edu",
    "--client-id": "abc",
    "--auth-login-url": "https://moodle.example.edu/mod/lti/auth.php",
    "--auth-token-url": "https://moodle.example.edu/mod/lti/token.php",
    "--jwks-url": "https://moodle.example.edu/mod/lti/certs.php",
    "--deployment-id": "3",
}


@pytest.fixture
def lti_tool(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a `platform` command with the settings of this test, as a shell would give them."""
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("LTI_TOOL_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("LTI_TOOL_BASE_URL", settings.base_url)
    monkeypatch.setenv("LTI_TOOL_LOG_LEVEL", "error")

    def run(*words: str, **options: str) -> Result:
        return CliRunner().invoke(platform, [*words, *(part for pair in options.items() for part in pair)])

    return run


def test_a_platform_is_added_with_an_approved_deployment_and_listed(lti_tool: Any) -> None:
    added = lti_tool("add", **WHOLE)
    assert added.exit_code == 0, added.output
    said = json.loads(added.stdout)
    assert said["issuer"] == "https://moodle.example.edu"
    assert said["name"] == "moodle.example.edu"
    assert said["deployments"] == [{"id": 1, "deployment_id": "3", "status": "approved"}]
    again = json.loads(
        lti_tool("add", **WHOLE | {"--deployment-id": "4", "--jwks-url": "https://m.example.edu/k"}).stdout
    )
    assert again["id"] == said["id"]
    (listed,) = json.loads(lti_tool("list").stdout)
    assert listed["jwks_url"] == "https://m.example.edu/k"
    assert [one["deployment_id"] for one in listed["deployments"]] == ["3", "4"]


def test_every_fault_is_told_at_once(lti_tool: Any) -> None:
    wrong = WHOLE | {"--issuer": "moodle", "--auth-token-url": "ftp://x", "--client-id": "x" * 300}
    answer = lti_tool("add", **wrong)
    assert answer.exit_code == 1
    assert isinstance(answer.exception, Fault)
    assert len(answer.exception.details) == 3  # type: ignore[attr-defined]
    assert json.loads(lti_tool("list").stdout) == []


def test_a_deployment_is_refused_and_approved_by_its_id(lti_tool: Any) -> None:
    lti_tool("add", **WHOLE)
    assert json.loads(lti_tool("approve", "1", "--refuse").stdout)["status"] == "refused"
    assert json.loads(lti_tool("approve", "1").stdout)["status"] == "approved"
    assert lti_tool("approve", "99").exit_code == 1
    engine = create_engine(os.environ["LTI_TOOL_DATABASE_URL"])
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET {SETTING} = '{EVERYWHERE}'")
        trail = AuditEntry.__table__
        found = connection.execute(select(trail.c.actor, trail.c.action).order_by(trail.c.id)).all()
    engine.dispose()
    assert [tuple(one) for one in found] == [
        ("Command line", "platform.added"),
        ("Command line", "deployment.refused"),
        ("Command line", "deployment.approved"),
    ]


def test_a_deployment_is_given_to_another_institution(lti_tool: Any) -> None:
    lti_tool("add", **WHOLE)
    given = json.loads(lti_tool("assign", "1", **{"--institution": "South College"}).stdout)
    assert (given["id"], given["institution_id"]) == (1, 2)
    assert lti_tool("assign", "99", **{"--institution": "South College"}).exit_code == 1


def test_with_several_institutions_one_must_be_named(lti_tool: Any) -> None:
    lti_tool("add", **WHOLE | {"--institution": "North College"})
    second = WHOLE | {"--client-id": "second"}
    assert json.loads(lti_tool("add", **second | {"--institution": "South College"}).stdout)["institution_id"] == 2
    unclear = lti_tool("add", **WHOLE | {"--client-id": "third"})
    assert "--institution" in str(unclear.exception)


def test_plain_http_is_for_this_machine_or_where_private_networks_are_allowed(
    lti_tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = WHOLE | {"--jwks-url": "http://lms.campus.example/k"}
    monkeypatch.setenv("LTI_TOOL_BASE_URL", "https://waymark.example.edu")
    assert "begin with https" in str(lti_tool("add", **plain).exception.details)
    assert lti_tool("add", **WHOLE | {"--jwks-url": "http://localhost:9/k"}).exit_code == 0
    monkeypatch.setenv("LTI_TOOL_PRIVATE_NETWORKS", "allow")
    assert lti_tool("add", **plain).exit_code == 0
