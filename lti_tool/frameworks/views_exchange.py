"""Pages for files: what an import would do before it does it, and what an export cannot carry before it is sent."""

from collections import Counter
from dataclasses import dataclass

from flask import Response as FileResponse
from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.frameworks import drafts, exchange, incoming, queries, service
from lti_tool.frameworks.domain import Finding as FileFinding
from lti_tool.frameworks.domain import Severity, Status
from lti_tool.frameworks.downloads import Tickets, attachment, slug
from lti_tool.frameworks.incoming import Preview
from lti_tool.frameworks.life.diff import CHANGE_WORDS, Change, ChangeKind
from lti_tool.frameworks.queries import VersionInfo
from lti_tool.frameworks.views import bp
from lti_tool.kit import clock
from lti_tool.kit.db import db, scoped, writing
from lti_tool.kit.errors import Invalid
from lti_tool.web.components.forms import Field, FieldKind, Option
from lti_tool.web.guard import needs, public
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

SHOWN_CHANGES = 200
SHOWN_WARNINGS = 100
TICKETS = Tickets("framework-file", 120, "Open the export page again.")
FORMAT_WORDS = {
    "case": ("CASE 1.1 (JSON)", "For other tools that exchange frameworks. Comes back here without loss."),
    "xlsx": (
        "Excel workbook",
        "To read and edit in a spreadsheet. Comes back here with everything but foreign fields.",
    ),
    "csv": ("Plain CSV", "One row an item. Comes back here as competencies with their levels."),
    "moodle": ("Moodle competencies (CSV)", "For Moodle’s “Import competency framework”."),
    "canvas": ("Canvas outcomes (CSV)", "For Canvas’s “Import outcomes”."),
}
ENDINGS = {"case": "case.json", "xlsx": "xlsx", "csv": "csv", "moodle": "moodle.csv", "canvas": "canvas.csv"}


@dataclass(frozen=True)
class ChangeGroup:
    kind: ChangeKind
    words: str
    total: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class PreviewPage(Page):
    pending_id: int
    file_name: str
    preview: Preview
    format_words: str
    groups: tuple[ChangeGroup, ...]
    warnings: tuple[FileFinding, ...]
    notes: tuple[FileFinding, ...]
    becomes: Field
    as_what: Field


@dataclass(frozen=True, kw_only=True)
class ExportPage(Page):
    version: VersionInfo
    formats: tuple[tuple[str, str, str], ...]
    chosen: str = ""
    lost: tuple[FileFinding, ...] = ()
    ticket: str = ""
    file_name: str = ""


def grouped(changes: tuple[Change, ...], most: int = SHOWN_CHANGES) -> tuple[ChangeGroup, ...]:
    """Changes kind by kind, of all kinds together at most so many; the totals count all."""
    totals = Counter(change.kind for change in changes)
    shown: dict[ChangeKind, list[Change]] = {}
    for change in changes[:most]:
        shown.setdefault(change.kind, []).append(change)
    return tuple(
        ChangeGroup(kind, CHANGE_WORDS[kind], totals[kind], tuple(shown.get(kind, ())))
        for kind in ChangeKind
        if totals[kind]
    )


@bp.get("/import/<int:pending_id>")
@needs(May.ADMINISTER)
def preview(viewer: Viewer, pending_id: int) -> str:
    session = db.session()
    name, draft = incoming.held(session, pending_id, clock.now())
    found = incoming.preview(session, draft)
    serious = tuple(each for each in draft.warnings if each.severity is not Severity.NOTE)
    page = PreviewPage(
        title="Before anything is kept",
        tab="frameworks.index",
        pending_id=pending_id,
        file_name=name,
        preview=found,
        format_words=FORMAT_WORDS.get(draft.format, (draft.format.upper(), ""))[0],
        groups=grouped(found.changes),
        warnings=serious,
        notes=tuple(each for each in draft.warnings if each.severity is Severity.NOTE),
        becomes=_becomes(found),
        as_what=_as_what(found),
    )
    return render_template("frameworks/preview.html", page=page)


def _becomes(found: Preview) -> Field:
    options = [Option("new", "A framework of its own", chosen=found.match is None)]
    if found.match is not None:
        words = f"The next version of “{found.match.title}”"
        hint = f"{found.match.alike:.0%} of its entries are here already under the same id and title."
        options.insert(0, Option(str(found.match.framework_id), words, chosen=True, hint=hint))
    return Field("becomes", "What it becomes here", FieldKind.RADIOS, required=True, options=tuple(options))


def _as_what(found: Preview) -> Field:
    is_new = found.match is None
    return Field(
        "as",
        "How it starts",
        FieldKind.RADIOS,
        required=True,
        options=(
            Option("published", "Published at once", chosen=is_new, hint="A framework that others have agreed on."),
            Option(
                "draft", "As a draft", chosen=not is_new, hint="To look at, try in some courses and sign off first."
            ),
        ),
    )


@bp.post("/import/<int:pending_id>")
@needs(May.ADMINISTER)
def decide(viewer: Viewer, pending_id: int) -> Response:
    now = clock.now()
    with writing(db.session()) as session:
        if request.form.get("do") == "cancel":
            incoming.drop(session, pending_id)
            return go(url_for("frameworks.index"), say="Nothing was imported.")
        _, draft = incoming.held(session, pending_id, now)
        becomes = request.form.get("becomes", "new")
        into = int(becomes) if becomes.isascii() and becomes.isdigit() and len(becomes) < 12 else None
        keep = drafts.keep_draft if request.form.get("as") == "draft" else service.keep
        kept = keep(session, draft, viewer.institution_id, now, into=into, as_new=into is None)
        incoming.drop(session, pending_id)
    said = "Imported." if kept.is_new else "This framework is here already, word for word. Nothing was added."
    if kept.is_new and request.form.get("as") == "draft":
        said = "Imported as a draft."
    return go(url_for("frameworks.show", version_id=kept.version_id), say=said)


@bp.get("/<int:version_id>/export")
@needs(May.ADMINISTER)
def export(viewer: Viewer, version_id: int) -> str:
    """Which formats there are; with one chosen, what it cannot carry, and the file."""
    session = db.session()
    version = queries.version(session, version_id)
    chosen = request.args.get("format", "")
    lost: tuple[FileFinding, ...] = ()
    if chosen:
        if chosen not in exchange.WRITES:
            raise Invalid("There is no such format.", "Choose one from the list.")
        _, lost = exchange.write(queries.draft(session, version_id), chosen)
    page = ExportPage(
        title=f"Export {version.title}",
        tab="frameworks.index",
        version=version,
        formats=tuple((name, *FORMAT_WORDS[name]) for name in exchange.WRITES),
        chosen=chosen,
        lost=lost,
        ticket=TICKETS.sign(viewer.institution_id, version_id, chosen) if chosen else "",
        file_name=_file_name(version, chosen) if chosen else "",
    )
    return render_template("frameworks/export.html", page=page)


@bp.get("/files/<ticket>")
@public("a signed address of one file for two minutes: a download leaves the frame and its session behind")
def file(ticket: str) -> FileResponse:
    institution_id, version_id, chosen = TICKETS.read(ticket)
    session = db.session()
    with scoped(session, institution_id):
        version = queries.version(session, version_id)
        data, _ = exchange.write(queries.draft(session, version_id), chosen)
    return attachment(data, exchange.MIME[chosen], _file_name(version, chosen))


def _file_name(version: VersionInfo, chosen: str) -> str:
    plain = slug(version.title, 60, "framework")
    state = "-draft" if version.status == Status.DRAFT else ""
    return f"{plain}-v{version.number}{state}.{ENDINGS[chosen]}"
