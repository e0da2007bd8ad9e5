"""A Canvas on loopback, for the tests of its client."""

import json
from collections.abc import Callable
from typing import Any

from lti_tool.kit.http import Http
from lti_tool.lms.canvas import Canvas
from lti_tool.lms.values import CourseSnapshot, LearnerMark
from tests.lms.replay import DATA, Asked, Replay, Reply

FIRST = "10000000000000501"
NEXT = "page=bookmark:WyJ2Il0%2c%5B%3D&per_page=100"


def data(name: str) -> Any:
    return json.loads((DATA / "canvas" / f"{name}.json").read_text(encoding="utf-8"))


class CanvasReplay:
    """A course in two pages of assignments. `before` may answer instead."""

    def __init__(self) -> None:
        self.before: Callable[[Asked], Reply | None] = lambda asked: None

    def __call__(self, asked: Asked) -> Reply:
        assert asked.headers["Authorization"] == "Bearer tok"
        assert asked.headers["User-Agent"].startswith("Waymark/")
        if said := self.before(asked):
            return said
        here = f"http://{asked.headers['Host']}{asked.path}"
        if asked.path == "/api/v1/courses/7/assignments":
            assert asked.query.get("per_page") == "100"
            if asked.target.endswith("?" + NEXT):
                return Reply(body=data("assignments-page-2"))
            return Reply(body=data("assignments-page-1"), headers={"Link": f'<{here}?{NEXT}>; rel="next"'})
        if asked.path == "/api/v1/courses/7/users":
            assert asked.query["enrollment_type[]"] == "student_view"
            return Reply(body=data("users-student-view"))
        if asked.path.endswith("/submissions"):
            assert asked.query["include[]"] == "rubric_assessment"
            return Reply(body=data(f"submissions-{asked.path.split('/')[-2].removeprefix('10000000000000')}"))
        return Reply(404, {"errors": [{"message": "The specified resource does not exist."}]})


class Pauses(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def read(http: Http, server: Replay, pauses: Pauses | None = None) -> CourseSnapshot:
    waits: Pauses = Pauses() if pauses is None else pauses
    return Canvas(http, server.url, "tok", pause=waits).read_course("7")


def of(snapshot: CourseSnapshot, user: str, assignment: str = FIRST) -> LearnerMark:
    [mark] = [mark for mark in snapshot.marks if (mark.user_source_id, mark.assignment_source_id) == (user, assignment)]
    return mark
