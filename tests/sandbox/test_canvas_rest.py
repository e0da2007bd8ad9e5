"""Canvas's REST API: read with Canvas's own Python client, and by hand where a client hides what matters."""

from typing import Any

import pytest
import requests
from canvasapi import Canvas
from canvasapi.exceptions import Forbidden, InvalidAccessToken, ResourceDoesNotExist

from lti_tool.sandbox import Served
from tests.sandbox.conftest import control

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")
TEACHER, STUDENT, OUTSIDER = "sandbox-teacher-token", "sandbox-student-token", "sandbox-outsider-token"


def course(canvas: Served, token: str = TEACHER) -> Any:
    return Canvas(canvas.base_url, token).get_course(5)


def get(canvas: Served, path: str, token: str = TEACHER, **headers: str) -> requests.Response:
    return requests.get(
        f"{canvas.base_url}/api/v1{path}", headers={"Authorization": f"Bearer {token}"} | headers, timeout=10
    )


def test_the_usual_client_reads_assignments_with_their_rubrics(canvas: Served) -> None:
    found = {each.name: each for each in course(canvas).get_assignments(include=["rubric"])}
    rubric = found["Source check"].rubric
    assert [row["id"] for row in rubric] == ["_1", "_2", "_3"]
    assert [rating["points"] for rating in rubric[0]["ratings"]] == [3, 2, 1, 0]
    assert found["Explainer"].rubric[0]["id"] == "_1"  # ids are unique only within a rubric
    assert not hasattr(found["Attendance"], "rubric")
    assert found["Case file"].post_manually is True


def test_a_rubric_comes_only_when_asked_for(canvas: Served) -> None:
    assert all("rubric" not in each for each in get(canvas, "/courses/5/assignments").json())


def test_the_usual_client_reads_marks_per_criterion(canvas: Served) -> None:
    assignment = course(canvas).get_assignment(31)
    rows = {each.user_id: each for each in assignment.get_submissions(include=["rubric_assessment"])}
    assert set(rows) == {21, 22, 23, 24, 25}
    assert rows[21].rubric_assessment["_2"] == {"rating_id": "blank", "comments": "Well argued", "points": 3.0}
    assert set(rows[22].rubric_assessment) == {"_1", "_2"}  # not assessed is absent, never 0
    assert (rows[21].score, rows[21].workflow_state) == (6, "graded")
    assert rows[24].workflow_state == "unsubmitted"


def test_a_mark_that_is_not_posted_has_no_date_and_is_hidden_from_its_student(canvas: Served) -> None:
    path = "/courses/5/assignments/33/submissions"
    rows = {each["user_id"]: each for each in get(canvas, path + "?include[]=rubric_assessment").json()}
    assert rows[21]["posted_at"] is None
    assert rows[21]["rubric_assessment"]["_1"]["comments"] == "secret so far"
    assert rows[23]["posted_at"] == "2026-11-10T12:00:00Z"
    own = get(canvas, path + "/21?include[]=rubric_assessment", STUDENT).json()
    assert own["score"] is None
    assert "rubric_assessment" not in own
    control(canvas, "mark", {"assignment": 33, "person": 21, "release": True})
    assert get(canvas, path + "/21", STUDENT).json()["score"] == 3


def test_points_between_ratings_and_a_comment_without_points(canvas: Served) -> None:
    fillings = [{"criterion": 51, "points": 1.5, "level": 511}, {"criterion": 52, "remark": "see me"}]
    control(canvas, "mark", {"assignment": 31, "person": 22, "fillings": fillings})
    row = get(canvas, "/courses/5/assignments/31/submissions/22?include[]=rubric_assessment").json()
    assert row["rubric_assessment"]["_1"]["points"] == 1.5
    assert row["rubric_assessment"]["_2"] == {"rating_id": None, "comments": "see me", "points": None}
    assert row["score"] == 1.5


def test_the_usual_client_reads_people_and_rubrics(canvas: Served) -> None:
    found = course(canvas)
    students = list(found.get_users(enrollment_type=["student"], include=["email", "enrollments"]))
    assert {each.id for each in students} == {21, 22, 23, 25}
    assert students[0].enrollments[0]["type"] == "StudentEnrollment"
    assert 29 not in {each.id for each in found.get_users()}
    assert [each.title for each in found.get_rubrics()] == ["Judging information", "Making and sharing", "Staying safe"]
    assert found.get_rubric(42).data[0]["ratings"][0]["id"] == "blank"


def test_pages_are_opaque(canvas: Served) -> None:
    first = get(canvas, "/courses/5/assignments?per_page=2&include[]=rubric")
    url = first.links["next"]["url"]
    assert "bookmark" in url
    second = requests.get(url, headers={"Authorization": f"Bearer {TEACHER}"}, timeout=10)
    assert [each["id"] for each in first.json() + second.json()] == [31, 32, 33, 34]
    assert "rubric" in second.json()[0]
    assert "next" not in second.links
    assert get(canvas, "/courses/5/assignments?page=bookmark:nonsense").status_code == 400


def test_rights_are_those_of_the_tokens_person(canvas: Served) -> None:
    with pytest.raises(InvalidAccessToken):
        course(canvas, "nonsense")
    with pytest.raises(InvalidAccessToken):
        course(canvas, "sandbox-expired-token")
    with pytest.raises(Forbidden):
        course(canvas, OUTSIDER)
    with pytest.raises(ResourceDoesNotExist):
        course(canvas).get_assignment(99999)
    assert get(canvas, "/courses/5/assignments/31/submissions", STUDENT).status_code == 403
    assert get(canvas, "/courses/5/assignments/31/submissions/22", STUDENT).status_code == 403
    assert (
        requests.get(f"{canvas.base_url}/api/v1/courses/5", timeout=5).headers["WWW-Authenticate"].startswith("Bearer")
    )


def test_ids_come_as_texts_when_asked_for(canvas: Served) -> None:
    rows = get(canvas, "/courses/5/assignments", Accept="application/json+canvas-string-ids, application/json").json()
    assert (rows[0]["id"], rows[0]["course_id"], rows[0]["points_possible"]) == ("31", "5", 9)


def test_a_request_without_a_user_agent_is_refused(canvas: Served) -> None:
    assert get(canvas, "/courses/5", **{"User-Agent": ""}).status_code == 403


def test_what_is_left_in_the_bucket_is_told(canvas: Served) -> None:
    answer = get(canvas, "/courses/5")
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == 700
    control(canvas, "faults", {"rest": {"kind": "throttle", "count": 1}})
    throttled = get(canvas, "/courses/5")
    assert throttled.status_code == 403
    assert "Rate Limit Exceeded" in throttled.text
    assert throttled.headers["X-Rate-Limit-Remaining"] == "0.0"
    assert get(canvas, "/courses/5").status_code == 200
