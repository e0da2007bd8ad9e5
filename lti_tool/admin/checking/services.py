"""The steps that need a token: class list, gradebook, and the second connection."""

from lti_tool.admin.checking.domain import Finding, State, Step, skipped, works
from lti_tool.admin.checking.hurry import HurriedHttp
from lti_tool.admin.checking.telling import silent, tell
from lti_tool.grading.intake import connections
from lti_tool.grading.intake.connections import Key
from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, NotJson, Unreachable
from lti_tool.kit.urls import host_of, with_params
from lti_tool.launch.queries import CourseInfo
from lti_tool.lms import faults
from lti_tool.lms.ags import LINE_ITEM_LIST
from lti_tool.lms.calls import is_page
from lti_tool.lms.faults import is_throttled
from lti_tool.lms.nrps import MEMBER_LIST

NO_TOKEN = "Not checked: it needs the permission above."  # noqa: S105
NO_COURSE = "Not checked yet: nobody has opened Waymark from a course of this LMS."


def check_roster(http: HurriedHttp, course: CourseInfo | None, token: str, family: str) -> Finding:
    if course is None or not course.roster_url:
        return skipped(Step.ROSTER, NO_COURSE)
    if not token:
        return skipped(Step.ROSTER, NO_TOKEN)
    url = with_params(course.roster_url, {"limit": 1})  # one person is enough to see that it works
    return _list(http, Step.ROSTER, url, token, MEMBER_LIST, "the class list", course, family)


def check_gradebook(http: HurriedHttp, course: CourseInfo | None, token: str, family: str) -> Finding:
    if course is None or not course.line_items_url:
        return skipped(Step.GRADEBOOK, NO_COURSE)
    if not token:
        return skipped(Step.GRADEBOOK, NO_TOKEN)
    url = course.line_items_url
    return _list(http, Step.GRADEBOOK, url, token, LINE_ITEM_LIST, "the gradebook’s columns", course, family)


def _list(
    http: HurriedHttp, step: Step, url: str, token: str, accept: str, what: str, course: CourseInfo, family: str
) -> Finding:
    try:
        answer = http.send("GET", url, headers={"Accept": accept, "Authorization": f"Bearer {token}"})
    except Unreachable as trouble:
        return silent(step, trouble, family)
    found = _refused(step, answer, what, course, family)
    if found:
        return found
    try:
        said = answer.json()
    except NotJson:
        said = None
    listed = said.get("members") if isinstance(said, dict) and step is Step.ROSTER else said
    if not isinstance(listed, list):
        words = f"{host_of(answer.url)} sends something else than {what}."
        return _finding(step, "page", words, family, answer)
    return works(step, f"Works, tried in “{course.title or course.context_id}”.")


def _refused(step: Step, answer: Answer, what: str, course: CourseInfo, family: str) -> Finding | None:
    host, where = host_of(answer.url), f"of “{course.title or course.context_id}”"
    if is_throttled(answer):
        return _finding(step, "throttled", f"{host} asks to slow down.", family, answer, State.WARN)
    if answer.status >= 500:
        return _finding(step, "down", f"{host} fails when it is asked for {what} {where}.", family, answer)
    if answer.status in (401, 403):
        return _finding(step, "refused", f"{host} does not let Waymark see {what} {where}.", family, answer)
    if answer.status in (400, 406, 415):
        words = f"{host} does not accept the media type in which Waymark asks for {what}."
        return _finding(step, "media_type", words, family, answer)
    if is_page(answer):
        return _finding(step, "page", f"{host} answers with a web page instead of {what}.", family, answer)
    if answer.status in (404, 410):
        return _finding(step, "gone", f"{host} has no {what.removeprefix('the ')} {where}.", family, answer, State.WARN)
    if not answer.ok:
        return _finding(step, "refused", f"{host} refuses {what} {where}.", family, answer)
    return None


def check_rest(http: HurriedHttp, key: Key | None, token: str, family: str) -> Finding:
    """The second connection, where there is one."""
    step = Step.REST
    if key is None:
        return skipped(step, "Not connected: rubrics and marks have to come as a file.")
    try:
        site = connections.check_connection(http, key, token)
    except Unreachable as trouble:
        return silent(step, trouble, family)
    except Fault as fault:
        codes = {
            faults.TokenRejected: "token_dead",
            faults.AccessDenied: "rights",
            faults.LmsDown: "down",
            faults.Throttled: "throttled",
            faults.OddAnswer: "page",
        }
        kind = next((kind for known, kind in codes.items() if isinstance(fault, known)), "odd")
        return _finding(step, kind, fault.words, key.kind.value)
    if site.lacks:
        words = f"{site.site} answers, but the account lacks: {', '.join(site.lacks)}."
        return _finding(step, "rights", words, key.kind.value, state=State.WARN)
    return works(step, f"{site.site} answers.")


def _finding(
    step: Step, kind: str, words: str, family: str, answer: Answer | None = None, state: State = State.BAD
) -> Finding:
    return tell(step, f"{step.value}_{kind}", words, family, answer, state)
