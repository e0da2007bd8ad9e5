"""Files by page: looked at before anything is kept, imported again with the difference, exported with what is lost."""

import io
import json

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import exchange, queries
from lti_tool.frameworks.cli import framework as command
from lti_tool.frameworks.models import FrameworkVersion, PendingImport
from lti_tool.kit.db import scoped
from lti_tool.settings import Settings
from tests.frameworks.test_keeping import ORIGIN, PLAIN, administrator, institution, keep


def test_a_file_is_looked_at_decided_on_and_imported_again_with_its_difference(app: Flask, session: Session) -> None:
    owner = institution(session)
    administrator(app, owner)
    client = app.test_client()

    def upload(data: bytes, name: str = "care.csv") -> str:
        answer = client.post("/frameworks/import", data={"file": (io.BytesIO(data), name)}, headers=ORIGIN)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def versions() -> list[tuple[int, str]]:
        with scoped(session, owner):
            found = session.execute(
                select(FrameworkVersion.number, FrameworkVersion.status).order_by(FrameworkVersion.id)
            ).all()
        session.rollback()
        return [(row.number, row.status) for row in found]

    # every warning and the file's content are told, and nothing is kept
    where = upload(PLAIN.replace(b",competency,A2", b",wizardry,A2"))
    page = client.get(where).text
    assert "The kind “wizardry” is not known" in page
    assert "A framework of its own" in page
    assert versions() == []
    done = client.post(where, data={"do": "cancel"}, headers=ORIGIN, follow_redirects=True)
    assert "Nothing was imported" in done.text
    assert client.get(where).status_code == 404

    first = {"do": "import", "becomes": "new", "as": "published"}
    assert client.post(upload(PLAIN), data=first, headers=ORIGIN).status_code == 303
    assert versions() == [(1, "published")]
    where = upload(PLAIN)
    assert "word for word what is here already" in client.get(where).text

    # another wording: told word by word, and taken as a draft of the next version
    where = upload(PLAIN.replace(b"Finds alone", b"Finds <b>all</b> alone"))
    page = client.get(where).text
    assert "Level description" in page
    assert "&lt;b&gt;all&lt;/b&gt;" in page or "all" in page
    assert "<b>all</b>" not in page
    assert "The next version of “care”" in page
    with scoped(session, owner):
        framework_id = queries.summaries(session)[0].framework_id
    session.rollback()
    again = {"do": "import", "becomes": str(framework_id), "as": "draft"}
    assert client.post(where, data=again, headers=ORIGIN).status_code == 303
    assert versions() == [(1, "published"), (2, "draft")]
    # a second draft takes the place of the first; one's own framework stands beside
    assert client.post(upload(PLAIN + b"A9,A,New,,,,,\n"), data=again, headers=ORIGIN).status_code == 303
    assert client.post(upload(PLAIN), data=first, headers=ORIGIN).status_code == 303
    assert versions() == [(1, "published"), (3, "draft"), (1, "published")]
    assert client.post(upload(PLAIN), data={**again, "becomes": "999"}, headers=ORIGIN).status_code == 404
    with scoped(session, owner):
        assert len(session.scalars(select(PendingImport.id)).all()) == 2, "held until decided"

    # what a format cannot carry is said before the file is sent
    show = client.get("/frameworks/1").text
    assert "/frameworks/1/export" in show
    page = client.get("/frameworks/1/export?format=canvas").text
    assert "associations of the type precedes are lost" in page
    ticket = page.split('href="/frameworks/files/')[1].split('"')[0]
    for loaded in (app.test_client(),):
        app.extensions["waymark.load_viewer"] = lambda: None
        answer = loaded.get(f"/frameworks/files/{ticket}")
        assert answer.headers["Content-Disposition"] == "attachment; filename=care-v1.canvas.csv"
        assert exchange.read_bytes(answer.data, "care.csv").format == "canvas"
        assert loaded.get(f"/frameworks/files/{ticket}x").status_code == 404
    administrator(app, owner)
    assert client.get("/frameworks/1/export?format=docx").status_code == 400
    book = client.get("/frameworks/1/export?format=xlsx").text
    assert "Nothing is lost" in book


def test_the_command_tells_warnings_whole_previews_and_asks_nothing_twice(
    settings: Settings, session: Session, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    owner = institution(session)
    kept = keep(session, owner)
    monkeypatch.setattr("lti_tool.create_app", lambda: session_app(session))
    file = tmp_path / "plain.csv"
    file.write_bytes(PLAIN.replace(b"Finds alone", b"Finds all").replace(b",competency,A2", b",wizardry,A2"))

    def run(*words: str) -> tuple[dict[str, object], str]:
        done = CliRunner().invoke(command, list(words))
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout), done.stderr

    told, aside = run("import", str(file), "--preview")
    assert told["continues"] == {"id": kept.framework_id, "title": "plain", "version": 1}
    assert "Use category, competency" in aside
    warning = told["warnings"][0]  # type: ignore[index]
    assert set(warning) == {"place", "words", "severity", "next_step"}
    told, _ = run("import", str(file), "--draft")
    assert (told["id"], told["version"]) == (kept.framework_id, 2)
    told, _ = run("import", str(file), "--as-new")
    assert told["id"] != kept.framework_id
    out = tmp_path / "out.xlsx"
    done = CliRunner().invoke(command, ["export", str(kept.framework_id), "--format", "xlsx", "--out", str(out)])
    assert done.exit_code == 0
    assert exchange.read_file(out).by_key["A1"].descriptors[2] == "Finds alone", "the published version, not the draft"


def session_app(session: Session) -> Flask:
    from flask import current_app

    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
