"""The framework editor: its page, and the small requests by which its script reads and changes a draft."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import drafts, queries, starters
from lti_tool.frameworks.domain import ItemKind, Status
from lti_tool.frameworks.editing import advice, starting, wire
from lti_tool.frameworks.editing import queries as reading
from lti_tool.frameworks.editing import service as editing
from lti_tool.frameworks.editing.applying import Cycle
from lti_tool.frameworks.editing.board import Gone
from lti_tool.frameworks.editing.queries import Change
from lti_tool.frameworks.editing.service import Conflict, From
from lti_tool.frameworks.queries import VersionInfo
from lti_tool.frameworks.views import bp
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Fault
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

KIND_WORDS = {
    ItemKind.CATEGORY: "Category",
    ItemKind.COMPETENCY: "Competency",
    ItemKind.SKILL: "Skill",
    ItemKind.KNOWLEDGE: "Knowledge",
    ItemKind.TASK: "Task",
    ItemKind.INDICATOR: "Indicator",
    ItemKind.OUTCOME: "Outcome",
    ItemKind.STATEMENT: "Statement",
    ItemKind.ITEM: "Item",
}


@dataclass(frozen=True, kw_only=True)
class EditorPage(Page):
    version: VersionInfo
    can_edit: bool
    kinds: tuple[tuple[str, str], ...] = tuple((kind.value, words) for kind, words in KIND_WORDS.items())


@dataclass(frozen=True, kw_only=True)
class NewPage(Page):
    name: Field
    preset: Field
    area: Field
    copy: Field
    copy_name: Field


@bp.get("/<int:version_id>/edit")
@needs(May.ADMINISTER)
def edit(viewer: Viewer, version_id: int) -> str:
    """A draft in the editor; of a version that is in use, the offer to open its draft."""
    version = queries.version(db.session(), version_id)
    page = EditorPage(
        title=version.title,
        version=version,
        can_edit=version.status == Status.DRAFT,
        levels=min(8, max(2, version.level_count)),
        foot=version.attribution,
        foot_url=version.source_url,
    )
    return render_template("frameworks/editor.html", page=page)


@bp.post("/<int:framework_id>/draft")
@needs(May.ADMINISTER)
def open_draft(viewer: Viewer, framework_id: int) -> Response:
    with writing(db.session()) as session:
        version_id = drafts.open_draft(session, framework_id, clock.now())
    return go(url_for("frameworks.edit", version_id=version_id))


@bp.get("/new")
@needs(May.ADMINISTER)
def new(viewer: Viewer) -> str:
    here = queries.summaries(db.session())
    page = NewPage(
        title="A framework of your own",
        name=Field("title", "Name", required=True, attributes=(("maxlength", "500"),)),
        preset=Field(
            "levels",
            "Levels",
            FieldKind.SELECT,
            value="four",
            options=tuple(
                Option(one.name, f"{one.label}: {', '.join(name for name, _ in one.levels)}")
                for one in starting.PRESETS
            ),
            hint="Their names can be changed later, and levels added or taken away.",
        ),
        area=Field("area", "First area", hint="Such as “Working with data”. Competencies stand in it."),
        copy=Field(
            "copy",
            "Copy of",
            FieldKind.SELECT,
            options=(
                *(Option(str(one.version_id), f"{one.title}, version {one.number}") for one in here),
                *(Option(one.slug, f"{one.title} (open framework)") for one in starters.list_starters()),
            ),
        ),
        copy_name=Field("copy_title", "Name of your edition", required=True, attributes=(("maxlength", "500"),)),
    )
    return render_template("frameworks/editor_new.html", page=page)


@bp.post("/new")
@needs(May.ADMINISTER)
def make_new(viewer: Viewer) -> Response:
    """A name, levels and an area; or a copy of a starter or of a version that is here."""
    title, source = request.form.get("title", ""), request.form.get("copy", "")
    if source:
        starters_here = {one.slug for one in starters.list_starters()}
        if source in starters_here:
            content = starters.read(source)
        else:
            content = queries.draft(db.session(), int(source) if source.isdecimal() else 0)
        content = drafts.a_copy_of(content, request.form.get("copy_title", "").strip()[:500] or content.title)
    else:
        content = starting.blank(title, request.form.get("levels", "four"), request.form.get("area", ""))
    with writing(db.session()) as session:
        kept = drafts.keep_draft(session, content, viewer.institution_id, clock.now())
    return go(url_for("frameworks.edit", version_id=kept.version_id))


@bp.get("/<int:version_id>/edit/content.json")
@needs(May.ADMINISTER)
def edit_content(viewer: Viewer, version_id: int) -> Response:
    return jsonify(reading.content(db.session(), version_id))


@bp.get("/<int:version_id>/edit/changes.json")
@needs(May.ADMINISTER)
def edit_changes(viewer: Viewer, version_id: int) -> Response:
    """What others did since `since`: pages ask every few seconds."""
    found = reading.changes(db.session(), version_id, max(0, request.args.get("since", 0, type=int)))
    edits = [_told(one, found.names, viewer) for one in found.edits]
    return jsonify(seq=found.seq, status=found.status, edits=edits, reload=found.reload)


@bp.get("/<int:version_id>/edit/history.json")
@needs(May.ADMINISTER)
def edit_history(viewer: Viewer, version_id: int) -> Response:
    """The latest edits, newest first, with what each was before."""
    queries.version(db.session(), version_id)
    edits = reading.history(db.session(), version_id)
    names = reading.names(db.session(), (one.person_id for one in edits))
    return jsonify(edits=[_told(one, names, viewer) for one in edits])


@bp.get("/<int:version_id>/edit/findings.json")
@needs(May.ADMINISTER)
def edit_findings(viewer: Viewer, version_id: int) -> Response:
    """What the linter would look at again, by item; what a person set aside is not repeated."""
    return jsonify(findings=advice.findings(db.session(), version_id))


@bp.post("/<int:version_id>/edit/change")
@needs(May.ADMINISTER)
def edit_change(viewer: Viewer, version_id: int) -> Response | tuple[Response, int]:
    """One change, or the taking back of one. 409 with the other's value when somebody changed the same thing, with
    the path when it would close a circle, with the removal when the thing is gone."""
    queries.version(db.session(), version_id)
    try:
        asked = wire.change(request.get_json(silent=True))
        sender = From(asked.client, asked.sent, viewer.person_id)
        with writing(db.session()) as session:
            if asked.op is None:
                done = editing.undo(session, version_id, asked.undo or 0, sender, clock.now(), keep=asked.keep)
            else:
                done = editing.change(
                    session, version_id, asked.op, sender, clock.now(), base=asked.base, keep=asked.keep
                )
    except Fault as fault:
        return _refused(fault, version_id, viewer)
    return jsonify(seq=done.seq, op=done.op, undoes=done.undoes)


@bp.post("/<int:version_id>/edit/places")
@needs(May.ADMINISTER)
def edit_places(viewer: Viewer, version_id: int) -> Response | tuple[Response, int]:
    """Where items were put in the drawing."""
    queries.version(db.session(), version_id)
    try:
        places = wire.places(request.get_json(silent=True))
        with writing(db.session()) as session:
            editing.put_places(session, version_id, places)
    except Fault as fault:
        return _refused(fault, version_id, viewer)
    return jsonify(kept=len(places))


def _told(change: Change, names: dict[int, str], viewer: Viewer) -> dict[str, Any]:
    return {
        "seq": change.seq,
        "op": change.op,
        "undoes": change.undoes,
        "client": change.client,
        "who": _name(change.person_id, names, viewer),
        "at": change.at.isoformat(),
    }


def _name(person_id: int | None, names: dict[int, str], viewer: Viewer) -> str:
    if person_id is not None and person_id == viewer.person_id:
        return "You"
    return names.get(person_id or 0, "") or "Somebody"


def _refused(fault: Fault, version_id: int, viewer: Viewer) -> tuple[Response, int]:
    more: dict[str, Any] = {}
    session = db.session()
    if isinstance(fault, Cycle):
        more = {"path": list(fault.path)}
    elif isinstance(fault, Conflict):
        names = reading.names(session, [fault.person_id])
        more = {"seq": fault.seq, "theirs": fault.theirs, **_by(fault.person_id, fault.at, names, viewer)}
    elif isinstance(fault, Gone):
        more = {"key": fault.key}
        if (removal := reading.removal_of(session, version_id, fault.key)) is not None:
            names = reading.names(session, [removal.person_id])
            more |= {"seq": removal.seq, **_by(removal.person_id, removal.at, names, viewer)}
    answer = jsonify(error=fault.reason, message=fault.words, next_step=fault.next_step, **more)
    return answer, fault.status


def _by(person_id: int | None, at: datetime, names: dict[int, str], viewer: Viewer) -> dict[str, str]:
    return {"who": _name(person_id, names, viewer), "at": at.isoformat()}
