"""Calls to the line items and scores of Moodle's temper, and how its answers are held against the recorded ones."""

import re
from typing import Any

import requests

from tests.sandbox.conftest import Call
from tests.sandbox.recorded import recorded, shape

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORES = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
LIST = "/mod/lti/services.php/5/lineitems?type_id=3"


def create(call: Call, **body: Any) -> dict[str, Any]:
    answer = call("POST", LIST, ITEM, ITEM, json={"label": "Planning", "scoreMaximum": 3} | body)
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json()
    return item


def within(item: dict[str, Any], part: str) -> str:
    """A URL below a line item: its path grows, its query stays."""
    return str(item["id"]).replace("/lineitem?", f"/lineitem/{part}?")


def score(call: Call, item: dict[str, Any], at: str = "2026-11-22T01:27:05.000Z", **body: Any) -> requests.Response:
    sent = {
        "userId": "21",
        "scoreGiven": 2,
        "scoreMaximum": 3,
        "comment": "Sound planning",
        "timestamp": at,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    } | body
    sent = {name: value for name, value in sent.items() if value is not None}
    return call("POST", within(item, "scores"), "*/*", SCORES, json=sent)


def results(call: Call, item: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = call("GET", within(item, "results"), RESULTS).json()
    return rows


def like(answer: requests.Response, file: str) -> None:
    """Same status, words in the status line, media type and body shape as the recorded answer."""
    real = recorded(file)["response"]
    assert answer.status_code == real["status"]
    assert blank(answer.reason) == blank(real["reason"])
    assert answer.headers["Content-Type"] == real["headers"]["Content-Type"]
    if isinstance(real["body"], str):
        assert answer.text == real["body"]
    else:
        assert shape(answer.json()) == shape(real["body"])


def blank(reason: str) -> str:
    """Without the ids that differ from run to run, and without an echoed body."""
    return re.sub(r"\d+", "N", reason.split("{")[0]).strip()
