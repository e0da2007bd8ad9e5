"""The editor's addresses: what its page sends and is told, by two people at once over real HTTP too."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lti_tool.frameworks import drafts, queries, service
from lti_tool.frameworks.models import FrameworkVersion
from lti_tool.kit.db import scoped, writing
from lti_tool.kit.ids import InstitutionId, PersonId, PlatformId
from lti_tool.web.viewer import Role, Viewer
from tests.factories import NOW, make_course, make_deployment, make_institution, make_person, make_platform
from tests.frameworks.test_editing import sample

ORIGIN = {"Origin": "http://localhost"}


class Office:
    """Two administrators, by cookie, with a draft of the sample."""

    def __init__(self, app: Flask, session: Session) -> None:
        with writing(session):
            session.info["institution"] = "everywhere"
            institution = make_institution(session)
            platform = make_platform(session, institution)
            course = make_course(session, make_deployment(session, platform))
            people = [make_person(session, course, name=name).id for name in ("Maple Example", "Rowan Example")]
            owner, platform_id = institution.id, platform.id
        session.info["institution"] = None
        with scoped(session, owner), writing(session):
            kept = service.keep(session, sample(), owner, NOW)
            self.framework, self.published = kept.framework_id, kept.version_id
            self.version = drafts.open_draft(session, kept.framework_id, NOW)
        self.owner, self.app, self.session = owner, app, session

        def viewer() -> Viewer:
            return Viewer(
                institution_id=InstitutionId(owner),
                platform_id=PlatformId(platform_id),
                person_id=PersonId(people[request.cookies.get("who") == "rowan"]),
                course_id=None,
                course_title="",
                roles=frozenset({Role.ADMINISTRATOR}),
                session_hash="x",
            )

        app.extensions["waymark.load_viewer"] = viewer
        self.sent = 0

    def client(self, who: str = "maple") -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie("who", who)
        return client

    def send(self, client: FlaskClient, body: dict[str, Any], page: str = "page-of-maple") -> tuple[int, Any]:
        self.sent += 1
        answer = client.post(
            f"/frameworks/{self.version}/edit/change",
            json={"client": page, "sent": self.sent, "base": 0, **body},
            headers=ORIGIN,
        )
        return answer.status_code, answer.get_json()


@pytest.fixture
def office(app: Flask, session: Session) -> Office:
    return Office(app, session)


def test_a_draft_is_opened_changed_and_taken_back_by_its_addresses(office: Office) -> None:
    maple, rowan = office.client(), office.client("rowan")
    base = f"/frameworks/{office.version}/edit"
    assert 'data-state="in-use"' in maple.get(f"/frameworks/{office.published}/edit").text
    opened = maple.post(f"/frameworks/{office.framework}/draft", headers=ORIGIN)
    assert (opened.status_code, opened.location) == (303, base)
    assert f'data-editor="{base}"' in maple.get(base).text
    content = maple.get(f"{base}/content.json").get_json()
    assert [row[0] for row in content["items"]] == ["A", "A1", "A2", "A2a", "B", "B1"]

    status, done = office.send(maple, {"op": {"do": "set", "item": "A1", "fields": {"title": "Hers"}}})
    assert (status, done["seq"], done["undoes"]) == (200, 1, None)
    status, said = office.send(rowan, {"op": {"do": "set", "item": "A1", "fields": {"title": "His"}}}, "page-of-rowan")
    assert (status, said["error"], said["theirs"], said["who"]) == (409, "conflict", {"title": "Hers"}, "Maple Example")
    status, said = office.send(rowan, {"op": {"do": "relate", "type": "precedes", "origin": "B1", "destination": "A1"}})
    assert (status, said["error"], said["path"]) == (409, "cycle", ["B1", "A1", "A2", "B1"])
    office.send(maple, {"op": {"do": "remove", "item": "A1"}, "base": 1})
    status, said = office.send(rowan, {"op": {"do": "set", "item": "A1", "fields": {"title": "His"}}}, "page-of-rowan")
    assert (status, said["error"], said["who"], said["seq"]) == (409, "gone", "Maple Example", 2)
    status, done = office.send(rowan, {"undo": 2}, "page-of-rowan")
    assert (status, done["undoes"]) == (200, 2)
    changes = rowan.get(f"{base}/changes.json?since=1").get_json()
    assert [(one["op"]["do"], one["who"]) for one in changes["edits"]] == [
        ("remove", "Maple Example"),
        ("restore", "You"),
    ]
    history = maple.get(f"{base}/history.json").get_json()["edits"]
    assert [one["seq"] for one in history] == [3, 2, 1]
    findings = maple.get(f"{base}/findings.json").get_json()["findings"]
    assert {"key", "rule", "words", "reason"} <= set(findings[0])

    places = {"places": [{"key": "A", "x": 10, "y": -2.5}]}
    assert maple.post(f"{base}/places", json=places, headers=ORIGIN).get_json() == {"kept": 1}
    assert maple.get(f"{base}/content.json").get_json()["places"] == {"A": [10, -2.5]}

    for body in (
        {},
        {"op": {"do": "restore", "items": [], "links": []}},
        {"op": {"do": "set", "item": "A1"}},
        {"op": {"do": "set", "item": "A1", "fields": {"title": ["x"]}}},
        {"undo": 1, "op": {"do": "remove", "item": "A1"}},
        {"undo": 1, "client": "short"},
    ):
        status, said = office.send(maple, body)
        assert (status, said["error"]) == (400, "not_understood"), body
    bad = {"places": [{"key": "A", "x": 1e9, "y": 0}]}
    assert maple.post(f"{base}/places", json=bad, headers=ORIGIN).status_code == 400
    assert maple.post(f"{base}/places", data="nothing", headers=ORIGIN).status_code == 400
    assert maple.get("/frameworks/999999/edit/content.json").status_code == 404
    assert maple.get("/frameworks/999999/edit/changes.json").status_code == 404
    assert maple.get("/frameworks/999999/edit/findings.json").status_code == 404
    other = office.version
    office.version = office.published
    status, said = office.send(maple, {"op": {"do": "remove", "item": "A1"}})
    assert (status, said["error"]) == (409, "not_a_draft")
    assert maple.post(f"/frameworks/{office.published}/edit/places", json=places, headers=ORIGIN).status_code == 409
    office.version = other


def test_a_framework_is_started_from_nothing_or_as_a_copy(office: Office) -> None:
    maple = office.client()
    page = maple.get("/frameworks/new").text
    assert "Sample, version" in page
    assert "DigComp 3.0 (open framework)" in page
    form = {"title": "Our own", "levels": "five", "area": "Working with data"}
    made = maple.post("/frameworks/new", data=form, headers=ORIGIN)
    assert made.status_code == 303
    content = maple.get(f"{made.location}/content.json").get_json()
    assert [(row[5], row[2]) for row in content["items"]] == [("Working with data", "category")]
    assert [(row[1], row[3]) for row in content["levels"]][:2] == [("Starting", None), ("Working", 12)]
    copied = maple.post(
        "/frameworks/new", data={"copy": str(office.published), "copy_title": "Our edition"}, headers=ORIGIN
    )
    version_id = int(copied.location.split("/")[2])
    with scoped(office.session, office.owner):
        draft = queries.draft(office.session, version_id)
        row = office.session.get_one(FrameworkVersion, version_id)
        assert (draft.title, row.status, row.number) == ("Our edition", "draft", 1)
        assert draft.identifier != "sample"
        assert [item.key for item in draft.items] == [item.key for item in sample().items]
    assert maple.post("/frameworks/new", data={"title": " ", "levels": "four"}, headers=ORIGIN).status_code == 400
    assert maple.post("/frameworks/new", data={"title": "x", "levels": "none"}, headers=ORIGIN).status_code == 400
    assert maple.post("/frameworks/new", data={"copy": "999999"}, headers=ORIGIN).status_code == 404
    assert "Our edition" in maple.get("/frameworks").text


def test_two_people_work_at_once_over_http_and_nobodys_work_is_lost(office: Office) -> None:
    """Each adds items and renames one that both want; what is refused is told, what is kept is all there."""
    turns = 8
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{server.port}/frameworks/{office.version}/edit"

    def work(who: str) -> tuple[list[str], list[str], int]:
        added, won, refused = [], [], 0
        with requests.Session() as page:
            page.cookies.set("who", who)
            page.headers.update(ORIGIN)
            seen = 0

            def post(op: dict[str, Any], number: int) -> requests.Response:
                body = {"op": op, "base": seen, "client": f"page-of-{who}", "sent": number}
                return page.post(f"{base}/change", json=body, timeout=60)

            for turn in range(turns):
                item = {"key": "", "title": f"{who} {turn}", "kind": "competency", "parent": "A"}
                made = post({"do": "add", "item": item, "after": "A1"}, 2 * turn + 1)
                assert made.status_code == 200, made.text
                added.append(made.json()["op"]["item"]["title"])
                named = post({"do": "set", "item": "A2", "fields": {"title": f"{who} {turn}"}}, 2 * turn + 2)
                if named.status_code == 409:
                    assert named.json()["error"] == "conflict"
                    refused += 1
                else:
                    assert named.status_code == 200, named.text
                    won.append(f"{who} {turn}")
                seen = page.get(f"{base}/changes.json?since={seen}", timeout=60).json()["seq"]
        return added, won, refused

    try:
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(work, ("maple", "rowan")))
        content = requests.get(f"{base}/content.json", timeout=60).json()
        edits = requests.get(f"{base}/changes.json?since=0", timeout=60).json()["edits"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    titles = [row[5] for row in content["items"]]
    for added, _, _ in results:
        assert set(added) <= set(titles)
    assert [one["seq"] for one in edits] == list(range(1, len(edits) + 1))
    won = [name for _, names, _ in results for name in names]
    assert len(edits) == 2 * turns + len(won)
    assert sum(refused for _, _, refused in results) == 2 * turns - len(won)
    renames = [one["op"]["fields"]["title"] for one in edits if one["op"]["do"] == "set"]
    assert sorted(renames) == sorted(won)
    assert titles[2] == renames[-1]
    positions = sorted(row[10] for row in content["items"] if row[1] == 0)
    assert positions == list(range(len(positions))), "no two stand on one place"
