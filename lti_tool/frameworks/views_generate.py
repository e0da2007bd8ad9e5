"""Pages that make a draft framework from a brief: the brief, saved as it is written; the stages at work; the result,
to be read item by item."""

from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks.generate import report, service
from lti_tool.frameworks.generate.brief import BadBrief
from lti_tool.frameworks.generate.fields import brief_fields
from lti_tool.frameworks.generate.models import Generation, GenerationDocument
from lti_tool.frameworks.generate.office import BadDocument
from lti_tool.frameworks.generate.report import Report, StageRow
from lti_tool.frameworks.generate.service import Status
from lti_tool.frameworks.views import bp
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.web.components.forms import Field
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

STATUS_WORDS = {
    Status.WRITING.value: "Brief being written",
    Status.WORKING.value: "At work",
    Status.DONE.value: "Draft made",
    Status.UNSERVED.value: "No draft: nothing near in the open sources",
    Status.CANCELLED.value: "Stopped",
}


@dataclass(frozen=True)
class Line:
    id: int
    title: str
    status: str
    words: str
    version_id: int | None


@dataclass(frozen=True, kw_only=True)
class ListPage(Page):
    lines: tuple[Line, ...]
    has_model: bool


@dataclass(frozen=True, kw_only=True)
class BriefPage(Page):
    id: int
    fields: dict[str, Field]
    documents: tuple[GenerationDocument, ...]
    has_model: bool

    @property
    def wrong(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields.values() if field.error)


@dataclass(frozen=True, kw_only=True)
class WorkPage(Page):
    id: int
    status: str
    stages: tuple[StageRow, ...]
    calls: int
    version_id: int | None
    with_model: bool
    report: Report | None = None
    editor: str = ""
    arrived: bool = False
    """The open page asked how far it is, and it is over."""

    @property
    def at(self) -> int:
        """The number of the stage at work, counting from 1."""
        return min(len(self.stages), 1 + sum(stage.status == "done" for stage in self.stages))


@bp.get("/generate")
@needs(May.ADMINISTER)
def generations(viewer: Viewer) -> str:
    rows = report.mine(db.session())
    lines = tuple(
        Line(
            row.id,
            str(row.brief.get("organisation") or "Unnamed brief"),
            row.status,
            STATUS_WORDS[row.status],
            row.version_id,
        )
        for row in rows
    )
    page = ListPage(title="Draft a framework from a brief", lines=lines, has_model=_has_model())
    return render_template("frameworks/generate_list.html", page=page)


@bp.post("/generate")
@needs(May.ADMINISTER)
def begin_generation(viewer: Viewer) -> Response:
    with writing(db.session()) as session:
        made = service.begin(session, viewer.institution_id, viewer.person_id, clock.now())
    return go(url_for("frameworks.generation", generation_id=made))


@bp.get("/generate/<int:generation_id>")
@needs(May.ADMINISTER)
def generation(viewer: Viewer, generation_id: int) -> str:
    """The brief while it is written, then the stages, then what came of them."""
    row = service.get(db.session(), generation_id)
    return _brief(row) if row.status == Status.WRITING else _work(row)


@bp.post("/generate/<int:generation_id>/save")
@needs(May.ADMINISTER)
def save_brief(viewer: Viewer, generation_id: int) -> str | Response:
    """Sent while people type, and by the button that keeps the brief for later."""
    _save(generation_id)
    if request.headers.get("HX-Request"):
        return "Saved."
    return go(url_for("frameworks.generations"), say="The brief is kept. Go on whenever you like.")


@bp.post("/generate/<int:generation_id>/documents")
@needs(May.ADMINISTER)
def add_document(viewer: Viewer, generation_id: int) -> tuple[str, int] | Response:
    from lti_tool.frameworks.generate import documents

    _save(generation_id)
    given = request.files.get("document")
    if given is None or not given.filename:
        return _brief_again(generation_id, {"document": "Choose a document first."}), 400
    try:
        read = documents.read(given.read(), given.filename)
        with writing(db.session()) as session:
            service.add_document(session, generation_id, read, clock.now())
    except BadDocument as bad:
        return _brief_again(generation_id, {"document": str(bad)}), 400
    cut = f" Its first {documents.LONGEST_TEXT:,} signs are used." if read.cut else ""
    return go(_here(generation_id), say=f"“{read.name}” was read.{cut}")


@bp.post("/generate/<int:generation_id>/documents/<int:document_id>/remove")
@needs(May.ADMINISTER)
def remove_document(viewer: Viewer, generation_id: int, document_id: int) -> Response:
    _save(generation_id)
    with writing(db.session()) as session:
        service.remove_document(session, generation_id, document_id)
    return go(_here(generation_id), say="The document is taken away.")


@bp.post("/generate/<int:generation_id>/start")
@needs(May.ADMINISTER)
def start_generation(viewer: Viewer, generation_id: int) -> tuple[str, int] | Response:
    """The brief as it was sent; what is missing comes back beside its field."""
    _save(generation_id)
    try:
        with writing(db.session()) as session:
            service.start(session, generation_id, clock.now(), with_model=_has_model())
    except BadBrief as bad:
        return _brief_again(generation_id, bad.faults), 400
    return go(_here(generation_id))


@bp.post("/generate/<int:generation_id>/cancel")
@needs(May.ADMINISTER)
def cancel_generation(viewer: Viewer, generation_id: int) -> Response:
    with writing(db.session()) as session:
        service.cancel(session, generation_id, clock.now())
    return go(_here(generation_id), say="Stopped. Nothing more is asked, and no draft is made.")


@bp.post("/generate/<int:generation_id>/again")
@needs(May.ADMINISTER)
def generate_again(viewer: Viewer, generation_id: int) -> Response:
    with writing(db.session()) as session:
        fresh = service.again(session, generation_id, viewer.person_id, clock.now())
    return go(_here(fresh), say="Here is the same brief. Change what you like, then make another draft.")


@bp.post("/generate/<int:generation_id>/read")
@needs(May.ADMINISTER)
def tick_read(viewer: Viewer, generation_id: int) -> Response:
    keys = request.form.getlist("read")
    with writing(db.session()) as session:
        service.tick(session, generation_id, keys, clock.now())
    return go(_here(generation_id), say="Noted what you have read.")


def _here(generation_id: int) -> str:
    return url_for("frameworks.generation", generation_id=generation_id)


def _has_model() -> bool:
    return bool(current_app.extensions["waymark.settings"].cohere_api_key.get_secret_value())


def _save(generation_id: int) -> None:
    if "organisation" not in request.form:  # sent by a button alone
        service.get(db.session(), generation_id)
        return
    fields: dict[str, Any] = {name: request.form.get(name, "") for name in service.FIELDS}
    fields["learners"] = request.form.get("learners") == "yes"
    with writing(db.session()) as session:
        service.save(session, generation_id, fields, clock.now())


def _brief_again(generation_id: int, faults: dict[str, str]) -> str:
    return _brief(service.get(db.session(), generation_id), faults)


def _brief(row: Generation, faults: dict[str, str] | None = None) -> str:
    typed = row.brief
    fields = {
        field.name: replace(field, error=(faults or {}).get(field.name, ""))
        for field in brief_fields(
            {name: str(typed.get(name, "")) for name in service.FIELDS}, bool(typed.get("learners"))
        )
    }
    page = BriefPage(
        title="Draft a framework from a brief",
        id=row.id,
        fields=fields,
        documents=tuple(service.documents(db.session(), row.id)),
        has_model=_has_model(),
    )
    return render_template("frameworks/generate_brief.html", page=page)


def _work(row: Generation) -> str:
    session = db.session()
    finished = row.status in (Status.DONE.value, Status.UNSERVED.value)
    asked_again = bool(request.headers.get("HX-Request")) and row.status != Status.WORKING.value
    names = {
        Status.WORKING.value: "Your draft is being made",
        Status.DONE.value: "Read the draft",
        Status.UNSERVED.value: "The open sources cannot serve this brief",
        Status.CANCELLED.value: "Stopped",
    }
    has_editor = "frameworks.edit" in current_app.view_functions
    page = WorkPage(
        title=names[row.status],
        id=row.id,
        status=row.status,
        stages=report.stages(session, row.id),
        calls=row.calls,
        version_id=row.version_id,
        with_model=bool(row.brief.get("with_model")),
        report=report.report(session, row) if finished and not asked_again else None,
        arrived=asked_again,
        editor=url_for("frameworks.edit", version_id=row.version_id) if row.version_id and has_editor else "",
    )
    return render_template("frameworks/generate_work.html", page=page)
