"""Being somebody: the real application, asked by a client who is a viewer of the place's course."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.web.viewer import Role, Viewer
from tests.conftest import BASE_URL
from tests.grading.conftest import Place


class Browser:
    """Asks as one person, sends forms from our own pages, and follows redirects when told to."""

    def __init__(self, app: Flask, place: Place, role: Role, person_id: int | None, **given: Any) -> None:
        facts: dict[str, Any] = {
            "institution_id": InstitutionId(place.institution_id),
            "platform_id": PlatformId(place.course.platform_id),
            "person_id": None if person_id is None else PersonId(person_id),
            "course_id": CourseId(place.course.id),
            "course_title": "Digital Practice",
            "roles": frozenset({role}),
            "session_hash": "hash",
        }
        self.viewer = Viewer(**{**facts, **given})
        self._app, self._client = app, FlaskClient(app, app.response_class, use_cookies=True)

    def get(self, address: str) -> TestResponse:
        return self._ask("GET", address)

    def post(self, address: str, data: Any = None, *, follow: bool = True) -> TestResponse:
        options: dict[str, Any] = {"data": data}
        if data and any(isinstance(value, tuple) for value in data.values()):
            files = {
                name: FileStorage(value[0], value[1], name) if isinstance(value, tuple) else value
                for name, value in data.items()
            }
            boundary, body = encode_multipart(files)  # in memory: the client would leave a temporary file open
            options = {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}
        answer = self._ask("POST", address, headers={"Origin": BASE_URL}, **options)
        if follow and answer.status_code == 303:
            return self.get(answer.headers["Location"])
        return answer

    def _ask(self, method: str, address: str, **options: Any) -> TestResponse:
        self._app.extensions["waymark.load_viewer"] = lambda: self.viewer
        return self._client.open(address, method=method, **options)


def teacher(app: Flask, place: Place, **given: Any) -> Browser:
    return Browser(app, place, Role.INSTRUCTOR, place.teacher.id, **given)


def learner(app: Flask, place: Place, number: int = 0, **given: Any) -> Browser:
    return Browser(app, place, Role.LEARNER, place.learners[number].id, **given)
