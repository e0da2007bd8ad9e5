"""A brief on its page: saved as it is written, made into a draft by stages, stopped, read item by item."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.frameworks.generate import service
from lti_tool.frameworks.generate.models import Generation, GenerationStage
from lti_tool.frameworks.life import service as life
from lti_tool.frameworks.models import FrameworkVersion
from lti_tool.kit import jobs
from lti_tool.kit.db import db, everywhere, scoped, writing
from lti_tool.kit.ids import InstitutionId, PersonId, PlatformId
from lti_tool.llm import opening
from lti_tool.settings import Settings
from lti_tool.web.viewer import Role, Viewer
from tests import factories as make
from tests.frameworks.generate import briefs
from tests.standins.cohere import KEY, CohereStandIn, Trouble
from tests.standins.framework_writer import FrameworkWriter

pytestmark = pytest.mark.xdist_group("generate")  # the sources are read by the model once

BRIEF = {
    "organisation": "Example Grid",
    "sector": "electricity utility",
    "families": "incident responders\ndata analysts",
    "goals": "contain attacks quickly\nlearn from incidents\nprotect customer data",
    "stages": "Starting\nWorking\nLeading\nShaping",
    "months": "12",
}
ONE_FAMILY = {**BRIEF, "families": "data analysts"}


class Desk:
    """An administrator at the generator's pages."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context(), everywhere(db.session()) as session:
            with writing(session):
                institution = make.make_institution(session)
                platform = make.make_platform(session, institution)
                person = make.make_person(
                    session, make.make_course(session, make.make_deployment(session, platform)), name="Oak Example"
                )
            self.institution_id = institution.id
            viewer = Viewer(
                InstitutionId(institution.id),
                PlatformId(platform.id),
                PersonId(person.id),
                None,
                "",
                frozenset({Role.ADMINISTRATOR}),
                "x",
            )
        app.extensions["waymark.load_viewer"] = lambda: viewer
        self.client: FlaskClient = app.test_client()

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, data=data or {}, headers={"Origin": "http://localhost", **more})

    def begin(self, **changes: str) -> str:
        here = self.post("/frameworks/generate").headers["Location"]
        assert self.post(f"{here}/save", {**BRIEF, **changes}, **{"HX-Request": "true"}).text == "Saved."
        return here

    def row(self, here: str) -> Generation:
        with self.app.app_context(), scoped(db.session(), self.institution_id) as session:
            found = service.get(session, int(here.rsplit("/", 1)[1]))
            session.expunge_all()
            return found


@pytest.fixture(autouse=True)
def _one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real local model, with what it read in other tests of this process."""
    monkeypatch.setattr(opening, "_local_model", briefs.embedder)


def test_a_brief_is_kept_while_it_is_written_and_becomes_a_draft_to_be_read(app: Flask) -> None:
    desk = Desk(app)
    assert "No brief yet" in desk.get("/frameworks/generate")
    here = desk.begin(goals="")
    assert "Example Grid" in desk.get("/frameworks/generate")

    again = desk.post(f"{here}/start", {**BRIEF, "goals": "", "months": "30"})
    assert again.status_code == 400
    assert "Name at least one goal" in again.text
    assert "12 to 24 months" in again.text
    assert "incident responders" in again.text  # nothing typed is lost

    policy = {**BRIEF, "document": (io.BytesIO(b"We protect customer data in every report."), "policy.txt")}
    assert desk.post(f"{here}/documents", policy).status_code == 303
    assert "policy.txt" in desk.get(here)
    exe = {**BRIEF, "document": (io.BytesIO(b"MZ"), "tool.exe")}
    assert "cannot be read" in desk.post(f"{here}/documents", exe).text
    assert desk.post(f"{here}/documents", BRIEF).status_code == 400
    assert desk.post(f"{here}/save", BRIEF).status_code == 303  # by the button, without script

    assert desk.post(f"{here}/start", BRIEF).status_code == 303
    working = desk.get(here)
    assert "Stage 1 of 5" in working
    assert "Stop it" in working
    assert desk.post(f"{here}/save", BRIEF).status_code == 409
    jobs.sweep(app)
    arrived = desk.client.get(here, headers={"HX-Request": "true"}).text
    assert "See what came of it" in arrived
    assert "Stop it" not in arrived
    assert "Draft one from a brief" in desk.get("/frameworks")

    row = desk.row(here)
    assert (row.status, row.calls) == ("done", 0)
    page = desk.get(here)
    for words in (
        "Where it comes from",
        "Open Government Licence v3.0",
        "policy.txt",
        "Your goal",
        "Open in the editor",
    ):
        assert words in page, words
    keys = re.findall(r'name="read"\s+value="([^"]+)"', page)
    assert len(keys) == len(row.outline["items"])
    with app.app_context(), scoped(db.session(), desk.institution_id) as session:
        version = session.get_one(FrameworkVersion, row.version_id)
        assert version.status == "draft"
        assert "Government Licence" in version.attribution
        assert len(service.unread(session, version.id)) == len(keys)
        assert any("read" in one.words for one in life.lint_obstacles(session, version.id))
    assert desk.post(f"{here}/read", {"read": [keys[0], "nobody's"]}).status_code == 303
    assert f"{len(keys) - 1} to read" in desk.get(here)
    desk.post(f"{here}/read", {"read": keys})
    assert "all read" in desk.get(here)
    with app.app_context(), scoped(db.session(), desk.institution_id) as session:
        assert service.unread(session, row.version_id or 0) == ()
        assert life.lint_obstacles(session, row.version_id or 0) == ()
    assert desk.client.get(f"/frameworks/{row.version_id}/edit").status_code == 200

    fresh = desk.post(f"{here}/again").headers["Location"].split("?")[0]
    assert "policy.txt" in desk.get(fresh)
    document_id = re.search(r"/documents/(\d+)/remove", desk.get(fresh))
    assert document_id is not None
    assert desk.post(f"{fresh}/documents/{document_id[1]}/remove", BRIEF).status_code == 303
    assert "policy.txt" not in desk.get(fresh)


def test_a_brief_that_cannot_be_served_is_told_so_and_one_of_another_institution_is_not_there(app: Flask) -> None:
    desk = Desk(app)
    here = desk.begin(families="dragon tamers", goals="flights without fire")
    desk.post(f"{here}/start")
    jobs.sweep(app)
    page = desk.get(here)
    assert "The open sources cannot serve this brief" in page
    assert "no role near this" in page
    assert desk.row(here).version_id is None
    other = Desk(app)
    assert other.client.get(here).status_code == 404
    assert other.post(f"{here}/cancel").status_code == 404


@contextmanager
def with_cohere(app: Flask, writer: FrameworkWriter) -> Iterator[CohereStandIn]:
    own: Settings = app.extensions["waymark.settings"]
    with CohereStandIn(answer=writer, forbidden=("Example Grid",)) as standin:
        secret = {"cohere_api_key": KEY, "cohere_base_url": standin.url}
        app.extensions["waymark.settings"] = Settings(**{**own.model_dump(), **secret})
        yield standin
        assert standin.complaints == []
    app.extensions["waymark.settings"] = own


def test_with_a_model_each_stage_is_a_job_that_can_be_stopped_before_its_next_question(
    app: Flask,
) -> None:
    desk = Desk(app)
    writer = FrameworkWriter()
    with with_cohere(app, writer) as standin:
        here = desk.begin()
        assert "A language model writes it" in desk.get("/frameworks/generate")
        desk.post(f"{here}/start", BRIEF)
        jobs.sweep(app)
        row = desk.row(here)
        assert row.status == "done"
        assert row.calls == len(standin.received) <= 16
        page = desk.get(here)
        assert "questions to the language model" in page
        with app.app_context(), scoped(db.session(), desk.institution_id) as session:
            stages = session.query(GenerationStage).filter_by(generation_id=row.id).all()
            assert {stage.status for stage in stages} == {"done"}
            assert {stage.prompt_version for stage in stages if stage.engine == "model"} >= {
                "generate-core.1",
                "generate-levels.1",
            }

        stopped = desk.begin()
        desk.post(f"{stopped}/start", ONE_FAMILY)
        writer.worse = lambda task, answer: (
            (desk.post(f"{stopped}/cancel"), answer)[1] if task == "functional" else answer
        )
        asked = len(standin.received)
        jobs.sweep(app)
        assert len(standin.received) == asked + 2  # the core, and the one that was on its way
        row = desk.row(stopped)
        assert (row.status, row.version_id) == ("cancelled", None)
        assert "It was stopped before a draft was made" in desk.get(stopped)
        assert desk.post(f"{stopped}/cancel").status_code == 409

        writer.worse = lambda _task, answer: answer
        fallen = desk.begin()
        desk.post(f"{fallen}/start", ONE_FAMILY)
        standin.misbehave("/v2/chat", Trouble.THROTTLED)
        jobs.sweep(app)
        assert (desk.row(fallen).status, desk.row(fallen).calls) == ("done", 1)
        assert "composed from open sources instead" in desk.get(fallen)
