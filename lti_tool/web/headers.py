"""Response headers. The page may be framed by the viewer's own LMS and by nobody else; scripts are our files only."""

from flask import Flask, Response, g, request

from lti_tool.web.viewer import present_viewer

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # under no-referrer browsers send `Origin: null` with our own forms
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'{forms}; frame-ancestors {frames}"
)


def install(app: Flask) -> None:
    @app.after_request
    def dress(response: Response) -> Response:
        if 300 <= response.status_code < 400:  # no document: nothing to frame, to run or to sniff
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        if request.endpoint == "static":
            return response  # says itself how long it may be kept
        response.headers.setdefault("Cache-Control", "no-store")
        viewer = present_viewer()
        frames = g.get("frame_origins") or (viewer.frame_origins if viewer else ())
        forms = "".join(f" {origin}" for origin in g.get("form_origins", ()))
        response.headers.setdefault(
            "Content-Security-Policy", POLICY.format(forms=forms, frames=" ".join(("'self'", *frames)))
        )
        return response


def allow_forms_to(*origins: str) -> None:
    """This one response may post a form to these origins (deep linking answers go to the LMS)."""
    g.form_origins = origins


def allow_frames_of(*origins: str) -> None:
    """This one response may be framed by these origins, where no viewer says so yet (launch pages)."""
    g.frame_origins = origins
