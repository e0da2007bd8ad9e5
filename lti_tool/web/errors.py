"""One handler, one template: what happened, what it means, what to do next; a reason code in `data-error`."""

from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from lti_tool.kit.errors import Fault
from lti_tool.kit.log import get_logger
from lti_tool.web.headers import allow_frames_of
from lti_tool.web.pages import Page
from lti_tool.web.viewer import present_viewer

log = get_logger(__name__)

WORDS = {
    400: ("The request could not be read.", "Go back and try again."),
    404: ("There is no page here.", "Go back to your course and open Waymark again."),
    405: ("This address does not do that.", "Go back to your course and open Waymark again."),
    413: ("The file is too large.", "Send a file of at most 10 MB, or several smaller ones."),
    429: ("Too many requests came from here in a short time.", "Wait a minute and try again."),
}
OWN_FAULT = ("Something went wrong on our side. Nothing you did is lost.", "Try again in a minute.")


def install(app: Flask) -> None:
    app.register_error_handler(Fault, show_fault)
    app.register_error_handler(HTTPException, show_http)
    app.register_error_handler(Exception, show_crash)


def show_fault(fault: Fault) -> Response:
    level = log.error if fault.status >= 500 else log.info
    level("page.refused", reason=fault.reason, status=fault.status, endpoint=request.endpoint)
    return _answer(fault.reason, fault.status, fault.words, fault.next_step, getattr(fault, "details", ()))


def show_http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    words, next_step = WORDS.get(status, OWN_FAULT if status >= 500 else WORDS[400])
    log.info("page.refused", reason=f"http_{status}", status=status, endpoint=request.endpoint)
    answer = _answer(f"http_{status}", status, words, next_step)
    if retry := getattr(error, "retry_after", None):
        answer.headers["Retry-After"] = str(retry)
    return answer


def show_crash(crash: Exception) -> Response:
    log.exception("page.crashed", error=type(crash).__name__, endpoint=request.endpoint)
    return _answer("our_fault", 500, *OWN_FAULT)


def _answer(reason: str, status: int, words: str, next_step: str, details: Any = ()) -> Response:
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(error=reason, message=words, next_step=next_step), status)
    if present_viewer() is None:
        allow_frames_of("*")  # nobody's data is on it, and inside the LMS's frame it has to be seen
    page = Page(title=words)
    html = render_template(
        "web/error.html",
        page=page,
        reason=reason,
        status=status,
        words=words,
        next_step=next_step,
        details=tuple(details),
    )
    return make_response(html, status)
