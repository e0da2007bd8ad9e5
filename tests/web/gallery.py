"""The living style sheet: every component with sample values, on one page. People and places in it are fictional."""

from types import SimpleNamespace
from typing import Any

from flask import Flask, abort, g, render_template_string, request

from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.settings import ROOT
from lti_tool.web import components as ui
from lti_tool.web import headers, pages, static_files
from lti_tool.web.viewer import Role, Viewer
from tests.web import samples

PAGE = (ROOT / "tests" / "web" / "gallery.html").read_text()
CELL = """{% from "components/cohort.html" import cohort_panel %}{{ cohort_panel(panel) }}"""
ROW = """{% from "components/map.html" import map_row %}<table>{{ map_row(row, 4) }}</table>"""
BEARER = """{% extends "base.html" %}{% block main %}<p id="came">{{ came }}</p><a id="on" href="/bearer">On</a>
<form method="post" action="/bearer"><button>Go</button></form>{% endblock %}"""
FRAME = '<!doctype html><title>LMS</title><iframe title="Waymark" src="{{ src }}" width="900" height="300"></iframe>'


def application() -> Flask:
    """A Flask application with the templates, the static files, the real headers and nothing else of the tool."""
    app = Flask("gallery", template_folder=str(ROOT / "templates"), static_folder=None)
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    app.extensions["waymark.settings"] = SimpleNamespace(sample_data=True)
    pages.install(app)
    static_files.install(app)
    headers.install(app)

    @app.get("/")
    def gallery() -> str:
        if request.args.get("open", "").startswith("2.4:"):
            return one_row(int(request.args["open"][-1]))
        headers.allow_frames_of("http://localhost:*", "http://127.0.0.1:*")
        return render(PAGE)

    @app.get("/cell")
    def cell() -> str:
        title = f"Learner {request.args['learner']}, competency {request.args['competency']}"
        return render(CELL, panel=samples.evidence(3, title))

    @app.get("/bearer")
    def bearer() -> str:
        """A page of a session without a cookie: each page brings the next bearer, and shows which one came."""
        came = request.headers.get("X-Waymark-Session", "none")
        g.viewer = viewer(bearer=f"after-{came}")
        return render(BEARER, came=came)

    @app.post("/bearer")
    def posted() -> tuple[str, int, dict[str, str]]:
        return "", 303, {"Location": "/bearer"}

    @app.get("/lms")
    def lms() -> tuple[str, dict[str, str]]:
        """A page of another site that frames ours."""
        return render_template_string(FRAME, src=request.args["src"]), {"Content-Security-Policy": "default-src *"}

    return app


def one_row(level: int) -> str:
    """What a cell of the row that carries no panels leads to; its first cell fails, to see what then."""
    if level == 1:
        abort(500)
    states = (samples.SHOWN, samples.SHOWN, samples.HERE, samples.MAYBE)
    return render(ROW, row=samples.map_row("2.4", "Collaborating", states, 3, level))


def viewer(bearer: str | None = None) -> Viewer:
    return Viewer(
        InstitutionId(1), PlatformId(1), PersonId(1), CourseId(1), "Course", frozenset({Role.OTHER}), "x", bearer=bearer
    )


def render(template: str, **values: Any) -> str:
    """A template's text rendered with the samples as `s`; call it inside a request."""
    page = values.pop("page", None) or pages.Page(
        title="Gallery",
        tabs=(pages.Tab("Where I stand", "/", True), pages.Tab("Class", "/class")),
        foot="Competencies from DigComp 3.0, European Commission Joint Research Centre, CC BY 4.0.",
        foot_url="https://publications.jrc.ec.europa.eu/",
    )
    return render_template_string(template, **{"page": page, "s": samples, "ui": ui} | values)
