"""Misbehaviour on request."""

import time
from typing import Any

import pytest
import requests

from lti_tool.sandbox import Served
from lti_tool.sandbox.places import SCORE
from tests.sandbox.conftest import control
from tests.sandbox.toy import Toy

ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
LIST = {"moodle": "/mod/lti/services.php/5/lineitems?type_id=3", "canvas": "/api/lti/courses/5/line_items"}


@pytest.mark.parametrize(
    ("kind", "status"), [("html404", 404), ("html", 200), ("500", 500), ("502", 502), ("503", 503)]
)
def test_a_service_answers_with_a_page(either: Served, toy: Toy, kind: str, status: int) -> None:
    control(either, "faults", {"token": kind})
    answer = toy.ask(either, SCORE)
    assert answer.status_code == status
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_fault_counts_and_begins_late(either: Served, toy: Toy) -> None:
    control(either, "faults", {"token": {"kind": "500", "count": 2, "after": 1}})
    assert [toy.ask(either, SCORE).status_code for _ in range(4)] == [200, 500, 500, 200]
    assert control(either, "faults", method="GET")["token"]["hits"] == 2


def test_one_401_kills_every_token_and_a_fresh_one_works(either: Served, service: Any) -> None:
    call, path = service(either), LIST[either.campus.temper]
    control(either, "faults", {"ags": "401once"})
    assert [call("GET", path, ITEMS).status_code for _ in range(2)] == [401, 401]
    assert service(either)("GET", path, ITEMS).status_code == 200


def test_throttling_says_when_to_come_back(either: Served, service: Any) -> None:
    call, path = service(either), LIST[either.campus.temper]
    control(either, "faults", {"ags": {"kind": "429", "count": 1}})
    answer = call("GET", path, ITEMS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert call("GET", path, ITEMS).status_code == 200


def test_a_lost_answer_leaves_the_work_done(either: Served, service: Any) -> None:
    call, path = service(either), LIST[either.campus.temper]
    control(either, "faults", {"ags": {"kind": "lost", "count": 1}})
    kind = "application/vnd.ims.lis.v2.lineitem+json"
    answer = call("POST", path, kind, kind, json={"label": "Once", "scoreMaximum": 1})
    assert answer.status_code == 502
    assert [each["label"] for each in call("GET", path, ITEMS).json()] == ["Reflection", "Once"]


def test_a_slow_answer_is_the_true_one_and_a_timeout_none(either: Served, service: Any) -> None:
    call, path = service(either), LIST[either.campus.temper]
    control(either, "faults", {"ags": {"kind": "slow", "seconds": 0.3, "count": 1}})
    began = time.monotonic()
    assert call("GET", path, ITEMS).status_code == 200
    assert time.monotonic() - began >= 0.3
    control(either, "faults", {"ags": {"kind": "timeout", "seconds": 1}})
    with pytest.raises(requests.Timeout):
        requests.get(either.base_url + path, timeout=0.2)


def test_broken_json_comes_under_the_right_name(either: Served, service: Any) -> None:
    call, path = service(either), LIST[either.campus.temper]
    control(either, "faults", {"ags": "garbage"})
    with pytest.raises(requests.JSONDecodeError):
        call("GET", path, ITEMS).json()
    control(either, "faults", method="DELETE")
    assert call("GET", path, ITEMS).status_code == 200


def test_other_services_go_on_and_nonsense_is_refused(either: Served, toy: Toy) -> None:
    control(either, "faults", {"ags": "500", "nrps": "500", "rest": "throttle", "jwks": "500"})
    assert toy.ask(either, SCORE).status_code == 200
    assert requests.get(either.campus.url(either.campus.places.certs), timeout=5).status_code == 500
    control(either, "faults", {"jwks": None})
    assert requests.get(either.campus.url(either.campus.places.certs), timeout=5).status_code == 200
    for nonsense in ({"post": "500"}, {"ags": "sing"}, ["ags"]):
        answer = requests.post(f"{either.base_url}/control/faults", json=nonsense, timeout=5)
        assert answer.status_code == 400
