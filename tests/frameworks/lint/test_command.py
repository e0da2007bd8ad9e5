"""`lti-tool framework lint`: JSON out, words beside it, 1 when something blocks."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.frameworks import service
from lti_tool.frameworks.cli import framework as command
from lti_tool.frameworks.lint import Rule, lint
from lti_tool.frameworks.lint.service import dismiss
from lti_tool.kit.db import everywhere, scoped, writing
from lti_tool.settings import Settings
from tests.factories import NOW, make_institution
from tests.frameworks.lint.ladders import BAKES, competency, framework

CSV = """id,parent,title,description,kind,scope,level 1,level 2
a,,Baking bread,Makes loaves.,competency,core,Weighs flour for a recipe.,Knows yeast
b,,Python,,competency,functional,TBC,Repairs scripts of others.
"""


def test_a_file_is_linted_without_any_database(tmp_path: Path) -> None:
    file = tmp_path / "bakery.csv"
    file.write_text(CSV)
    done = CliRunner().invoke(command, ["lint", str(file)])
    assert done.exit_code == 1, done.output
    said = json.loads(done.stdout)
    assert said["counts"]["blocking"] == 1
    by_rule = {one["rule"]: one for one in said["findings"]}
    assert said["findings"][0]["rule"] == "placeholder"
    assert by_rule["unobservable"]["place"] == {"item": "a", "title": "Baking bread", "level": 2, "bullet": 0}
    assert by_rule["unobservable"]["rewrite"] == "Explains yeast with an example from their own work."
    assert by_rule["skill"]["place"]["item"] == "b"
    assert "error: Level 1 of “Python” still says “TBC”." in done.stderr
    quiet = CliRunner().invoke(command, ["lint", "--json", str(file)])
    assert (quiet.stderr, json.loads(quiet.stdout)) == ("", said)
    file.write_text(CSV.replace("TBC", "Reads scripts line by line."))
    assert CliRunner().invoke(command, ["lint", str(file)]).exit_code == 0
    assert CliRunner().invoke(command, ["lint", str(tmp_path / "nothing.csv")]).exit_code == 2


def test_a_kept_framework_is_linted_without_what_was_set_aside(
    app: Flask, session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = framework([competency("a", "Baking bread", BAKES | {2: "Knows yeast"})])
    with everywhere(session), writing(session):
        owner = make_institution(session).id
    with scoped(session, owner), writing(session):
        kept = service.keep(session, draft, owner, NOW)
        one = next(one for one in lint(draft) if one.rule is Rule.UNOBSERVABLE)
        dismiss(session, kept.version_id, one.rule, one.place.item_key, one.text_hash, "House style.", NOW)
    monkeypatch.setenv("LTI_TOOL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("LTI_TOOL_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("LTI_TOOL_BASE_URL", settings.base_url)
    monkeypatch.setenv("LTI_TOOL_LOG_LEVEL", "error")
    done = CliRunner().invoke(command, ["lint", str(kept.framework_id)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert "unobservable" not in said["counts"]["by_rule"]
    assert [(each["rule"], each["note"]) for each in said["dismissed"]] == [("unobservable", "House style.")]
