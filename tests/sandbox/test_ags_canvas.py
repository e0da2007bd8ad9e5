"""Line items, scores and results in Canvas's temper."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from lti_tool.sandbox import Served
from lti_tool.sandbox.places import SCORE, lti_user_id
from tests.sandbox.conftest import Call, control

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
SCORES = "application/vnd.ims.lis.v1.score+json"
LIST = "/api/lti/courses/5/line_items"
SUBMISSION = "https://canvas.instructure.com/lti/submission"


@pytest.fixture
def call(canvas: Served, service: Any) -> Call:
    made: Call = service(canvas)
    return made


def sub(canvas: Served, person_id: int) -> str:
    person = canvas.campus.seed.person(person_id)
    assert person is not None
    return lti_user_id("canvas", person)


def create(call: Call, **body: Any) -> dict[str, Any]:
    answer = call("POST", LIST, kind=ITEM, json={"label": "Planning", "scoreMaximum": 3} | body)
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json()
    return item


def score(call: Call, item: dict[str, Any], user: str, at: str = "2026-11-22T01:27:05.000Z", **body: Any) -> Any:
    sent = {
        "userId": user,
        "scoreGiven": 2,
        "scoreMaximum": 3,
        "timestamp": at,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    } | body
    return call("POST", f"{item['id']}/scores", kind=SCORES, json={n: v for n, v in sent.items() if v is not None})


def gradebook(canvas: Served, item: dict[str, Any]) -> dict[str, Any]:
    columns = control(canvas, "state", method="GET")["gradebook"]
    scores: dict[str, Any] = next(each["scores"] for each in columns if each["url"] == item["id"])
    return scores


def test_a_line_item_is_made_changed_and_deleted(call: Call) -> None:
    item = create(call, resourceId="rub-42", tag="C1")
    assert item["scoreMaximum"] == 3.0
    changed = call("PUT", item["id"], kind=ITEM, json={"label": "Renamed"}).json()
    assert (changed["label"], changed["tag"], changed["resourceId"]) == ("Renamed", "C1", "rub-42")
    assert call("DELETE", item["id"]).status_code == 204
    assert call("GET", item["id"]).status_code == 404


def test_the_line_item_of_a_graded_link_cannot_be_deleted(call: Call) -> None:
    own = call("GET", LIST).json()[0]
    assert call("DELETE", own["id"]).status_code == 401


def test_refusals_are_json_with_a_type(call: Call, canvas: Served, service: Any) -> None:
    assert requests.get(canvas.base_url + LIST, timeout=5).json()["errors"]["type"] == "unauthorized"
    scorer = service(canvas, SCORE)
    assert scorer("GET", LIST).json()["errors"]["message"] == "Insufficient permissions"
    assert call("POST", LIST, kind="text/plain", data="{}").status_code == 400


def test_pages_are_opaque_and_kept_letter_by_letter(call: Call) -> None:
    for number in range(24):
        create(call, label=f"Item {number}", tag="many")
    url, seen = f"{LIST}?tag=many", []
    while url:
        answer = call("GET", url)
        seen += [each["label"] for each in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
        if url:
            lowered = url.replace("http://", "").lower()
            assert call("GET", "http://" + lowered).status_code == 400
    assert seen == [f"Item {number}" for number in range(24)]
    assert len(call("GET", f"{LIST}?limit=5").json()) == 5


def test_a_score_answers_with_its_result(call: Call, canvas: Served) -> None:
    item = create(call)
    answer = score(call, item, sub(canvas, 21), comment="Well argued")
    assert answer.status_code == 200
    row = call("GET", answer.json()["resultUrl"]).json()
    assert (row["resultScore"], row["comment"], row["scoreOf"]) == (2, "Well argued", item["id"])
    assert row["userId"] == sub(canvas, 21)


def test_an_older_timestamp_is_400(call: Call, canvas: Served) -> None:
    item = create(call)
    score(call, item, sub(canvas, 21))
    refused = score(call, item, sub(canvas, 21), "2026-11-22T01:27:04.999Z")
    assert refused.status_code == 400
    assert "before last updated timestamp" in refused.json()["errors"]["message"]
    assert score(call, item, sub(canvas, 21), "2026-11-22T01:27:05.001Z").status_code == 200


def test_the_same_score_sent_again_is_taken_and_counted_as_doubled(call: Call, canvas: Served) -> None:
    item = create(call)
    for _ in range(2):
        assert score(call, item, sub(canvas, 21)).status_code == 200
    told = gradebook(canvas, item)[sub(canvas, 21)]
    assert (told["accepted"], told["doubled"]) == (2, 1)
    score(call, item, sub(canvas, 21), "2026-11-22T02:00:00Z")
    assert gradebook(canvas, item)[sub(canvas, 21)]["repeated"] == 1


@pytest.mark.parametrize("person", [11, 12, 29, 31, 24])
def test_who_is_no_active_student_gets_422(call: Call, canvas: Served, person: int) -> None:
    refused = score(call, create(call), sub(canvas, person))
    assert refused.status_code == 422
    assert refused.json()["errors"]["type"] == "unprocessable_entity"


def test_every_score_is_a_new_submission_unless_it_says_not(call: Call, canvas: Served) -> None:
    item, maple = create(call), sub(canvas, 21)
    score(call, item, maple, **{SUBMISSION: {"new_submission": False}})
    assert gradebook(canvas, item)[maple]["submissions"] == 0
    score(call, item, maple, "2026-11-22T01:27:06Z")
    assert gradebook(canvas, item)[maple]["submissions"] == 1
    score(call, item, maple, "2026-11-22T01:27:07Z", scoreGiven=None, gradingProgress="Pending")
    assert gradebook(canvas, item)[maple]["needs_grading"] is True
    assert gradebook(canvas, item)[maple]["score"] is None


def test_points_over_the_maximum_are_kept_and_other_scales_stretched(call: Call, canvas: Served) -> None:
    item = create(call)
    score(call, item, sub(canvas, 21), scoreGiven=5)
    score(call, item, sub(canvas, 22), scoreGiven=50, scoreMaximum=100)
    told = gradebook(canvas, item)
    assert (told[sub(canvas, 21)]["score"], told[sub(canvas, 22)]["score"]) == (5, 1.5)


@pytest.mark.parametrize("missing", ["timestamp", "activityProgress", "gradingProgress"])
def test_a_score_without_its_parts_is_400(call: Call, canvas: Served, missing: str) -> None:
    more = {} if missing == "timestamp" else {missing: None}
    at = None if missing == "timestamp" else "2026-11-22T01:27:05Z"
    assert score(call, create(call), sub(canvas, 21), at, **more).status_code == 400  # type: ignore[arg-type]


def test_a_score_needs_its_maximum(call: Call, canvas: Served) -> None:
    assert score(call, create(call), sub(canvas, 21), scoreMaximum=None).status_code == 422


def test_many_scores_at_once_are_each_kept_once(call: Call, canvas: Served) -> None:
    item = create(call, scoreMaximum=1000)
    moments = [f"2026-11-22T01:{minute:02d}:{second:02d}Z" for minute in range(3) for second in range(40)]

    def send(at: str) -> int:
        return int(score(call, item, sub(canvas, 21), at, scoreGiven=moments.index(at), scoreMaximum=1000).status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, moments))
    told = gradebook(canvas, item)[sub(canvas, 21)]
    assert told["score"] == 119
    assert told["accepted"] == answers.count(200)
    assert told["accepted"] + told["rejected"] == 120
    assert told["doubled"] == 0
