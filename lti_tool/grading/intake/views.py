"""Uploading marks as a file: every fault at once, then a preview, then the keeping."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.grading.door import bp, course_of, most_upload_bytes
from lti_tool.grading.intake import uploads
from lti_tool.grading.intake.uploads import Preview
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.lms.csv_text import FileFaults
from lti_tool.web.components.forms import Field, FieldKind
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

MOST_TOLD = 200
EXAMPLE = """learner,assessment,criterion,points,max_points,comment
17,Source check,Judges the reliability of each source,2,3,Two of three sources are dated.
17,Source check,Names who wrote each source,3,3,
23,Source check,Judges the reliability of each source,1,3,
23,Source check,Names who wrote each source,,3,an empty mark is not assessed; it is no zero
"""


@dataclass(frozen=True, kw_only=True)
class UploadPage(Page):
    course: str
    example: str
    file: Field
    faults: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class PreviewPage(Page):
    course: str
    preview: Preview


@bp.get("/marks/upload")
@needs(May.MANAGE_COURSE)
def upload(viewer: Viewer) -> str:
    return _upload_page(viewer)


@bp.post("/marks/upload")
@needs(May.MANAGE_COURSE)
def look_at_upload(viewer: Viewer) -> str | tuple[str, int] | Response:
    course = course_of(viewer)
    given = request.files.get("file")
    data = given.read(most_upload_bytes() + 1) if given and given.filename else b""
    try:
        if not data:
            raise FileFaults("No file was chosen, or it is empty.", "Choose a CSV file, then upload it.")
        if len(data) > most_upload_bytes():
            raise FileFaults("The file is too large.", "Upload it in parts.")
        with writing(db.session()) as session:
            preview = uploads.look_at(session, course, data, clock.now())
    except FileFaults as faults:
        return _upload_page(viewer, faults), faults.status
    return redirect(url_for("grading.preview_upload", intake_id=preview.id), 303)


@bp.get("/marks/upload/<int:intake_id>")
@needs(May.MANAGE_COURSE)
def preview_upload(viewer: Viewer, intake_id: int) -> str:
    page = PreviewPage(
        title="Check before it is kept",
        tab="grading.assessments",
        course=viewer.course_title,
        preview=uploads.held(db.session(), course_of(viewer), intake_id),
    )
    return render_template("grading/preview.html", page=page)


@bp.post("/marks/upload/<int:intake_id>")
@needs(May.MANAGE_COURSE)
def keep_upload(viewer: Viewer, intake_id: int) -> tuple[str, int] | Response:
    course = course_of(viewer)
    try:
        with writing(db.session()) as session:
            counts = uploads.keep(session, course, intake_id, clock.now())
    except FileFaults as faults:
        return _upload_page(viewer, faults), faults.status
    said = f"Kept: {counts.marks_new} new and {counts.marks_changed} changed marks, {counts.marks_same} as before."
    if counts.unknown_learners:
        said += f" {counts.unknown_learners} learners are not in this course; their marks were left out."
    return go(url_for("grading.assessments"), say=said)


def _upload_page(viewer: Viewer, faults: FileFaults | None = None) -> str:
    told = tuple(str(fault) for fault in faults.faults[:MOST_TOLD]) if faults else ()
    more = len(faults.faults) - MOST_TOLD if faults else 0
    page = UploadPage(
        title="Upload marks",
        tab="grading.assessments",
        course=viewer.course_title,
        example=EXAMPLE,
        file=Field(
            "file",
            "A CSV file of marks",
            FieldKind.FILE,
            hint="At most 10 MB. You see what it would change before anything is kept.",
            required=True,
            attributes=(("accept", ".csv,text/csv"),),
        ),
        faults=(*told, f"and {more} more") if more > 0 else told,
        words=f"{faults.words} {faults.next_step}" if faults else "",
    )
    return render_template("grading/upload.html", page=page)
