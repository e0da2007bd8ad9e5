"""Calls to Moodle's web services over REST, and what its errors mean.

Errors come with status 200 and an `exception`, and several causes share one code, so the words name each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, Http, NotJson
from lti_tool.kit.urls import clean_url, host_of
from lti_tool.lms import moodle_wire as shapes
from lti_tool.lms import wire
from lti_tool.lms.calls import accepted
from lti_tool.lms.faults import AccessDenied, LmsDown, NotThere, OddAnswer, RequestRefused, TokenRejected

SERVER = "/webservice/rest/server.php"
# Submissions carry the learners' texts; a large course passes the usual cap.
MAX_BYTES = 48 * 1024 * 1024
READ_SECONDS = 60.0

Shape = TypeVar("Shape", bound=BaseModel)


class NoAdvancedGrading(NotThere):
    """The activity has neither a rubric nor a marking guide."""

    reason = "lms_no_rubric"


class MoodleCalls:
    """One Moodle site and the token of its service account, which travels in the body, never in a URL."""

    def __init__(self, http: Http, base_url: str, token: str) -> None:
        self._http, self._token = http, token
        base = (clean_url(base_url) or base_url).split("?", 1)[0].rstrip("/").removesuffix(SERVER)
        self._url, self.base_url = base + SERVER, base

    def call(self, function: str, shape: type[Shape], **arguments: Any) -> Shape:
        """Call a function and read its answer as `shape`. Raises a `Fault` in words."""
        return wire.parse(shape, self.raw(function, **arguments), self._url)

    def raw(self, function: str, **arguments: Any) -> Any:
        """Call a function; its answer as it came."""
        form = {"wstoken": self._token, "wsfunction": function, "moodlewsrestformat": "json"}
        answer = self._http.send(
            "POST",
            self._url,
            data=form | dict(_flat(arguments)),
            timeout=READ_SECONDS,
            max_bytes=MAX_BYTES,
        )
        return said(answer, function)


def _flat(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """PHP's way of lists and maps in a form: `cmids[0]`, `options[0][name]`."""
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            yield from _flat({f"{name}[{key}]": inner for key, inner in value.items()})
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from _flat({f"{name}[{index}]": inner for index, inner in enumerate(value)})
        else:
            yield name, str(int(value)) if isinstance(value, bool) else str(value)


def said(answer: Answer, function: str) -> Any:
    """The data in an answer, or the `Fault` that it means."""
    if not answer.ok:
        raise accepted_or_down(answer)
    try:
        data = answer.json()
    except NotJson as fault:
        if not answer.body.strip():
            raise OddAnswer(f"{host_of(answer.url)} sent an empty answer.", "Try again later.") from fault
        raise OddAnswer(
            f"{host_of(answer.url)} answered {function} with something that is no JSON, most likely a web page.",
            "Check the site's address, that web services and their REST protocol are switched on there, and that "
            "the site is not in maintenance.",
        ) from fault
    if isinstance(data, dict) and ("exception" in data or "errorcode" in data):
        raise fault_of(wire.parse(shapes.ErrorWire, data, answer.url), function, host_of(answer.url))
    return data


def accepted_or_down(answer: Answer) -> Fault:
    """The fault for a status that Moodle's web services never send of themselves."""
    try:
        accepted(answer, "its web services")
    except Fault as fault:
        return fault
    return LmsDown(f"{host_of(answer.url)} failed.", "Try again later.")


def fault_of(error: shapes.ErrorWire, function: str, host: str) -> Fault:
    """A Moodle exception in words, with what to change there."""
    code = error.errorcode
    if code == "invalidtoken":
        return TokenRejected(
            f"{host} does not know the token of this connection.",
            "Make a new token for the service account (Site administration, Server, Web services, Manage tokens) "
            "and enter it here.",
        )
    if code == "accessexception":
        return TokenRejected(
            f"{host} refused {function}. It gives one answer for three causes: the token has expired, the function "
            "is not in the external service, or the account may not use REST.",
            f"Check the token's end date, add {function} to the service's functions, and give the account the "
            "right webservice/rest:use.",
        )
    if code == "nopermissions":
        lacking = re.search(r"\(([^()]{1,100})\)", error.message)
        return AccessDenied(
            f"The account of this connection may not use {function} on {host}"
            f"{f' (it lacks: {lacking.group(1)})' if lacking else ''}.",
            "Give the account's role that right: rubric marks need moodle/grade:managegradingforms, grades need "
            "mod/assign:viewgrades.",
        )
    if code in ("errorcoursecontextnotvalid", "requireloginerror"):
        return AccessDenied(
            f"The account of this connection has no access to the course on {host}.",
            "Enrol it in the course as a teacher, or give it moodle/course:view for the whole site.",
        )
    if code == "invalid_method_name":
        return NoAdvancedGrading("The activity has no rubric or marking guide.", "Nothing is to be done.")
    if code in ("invalidrecord", "invalidcoursemodule", "invalidrecordunknown"):
        if "external_functions" in error.message:
            return RequestRefused(
                f"{host} does not know the function {function}.", "Moodle 4.1 or later is needed there."
            )
        return NotThere(
            f"{host} does not have what was asked of {function} (any more).",
            "The course or activity may have been deleted.",
        )
    if code in ("sitemaintenance", "upgraderunning", "dbconnectionfailed"):
        return LmsDown(f"{host} is in maintenance.", "Try again later.")
    if code == "invalidparameter":
        return RequestRefused(
            f"{host} does not accept what was asked of {function}.",
            "Its version may differ from those this tool knows: tell whoever looks after this tool.",
        )
    return RequestRefused(
        f"{host} reports a failure of {function} ({code or 'no code'}).",
        "Look for the code in Moodle's documentation, or ask the site's administrator.",
    )
