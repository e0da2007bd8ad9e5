"""The CASE 1.1 service: every address, pages of documents, who may read what, and errors as the standard has them.

With LTI_TOOL_CASE_API (the official API description) every answer is held against it.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_tool.frameworks import drafts, exchange, service, tokens
from lti_tool.frameworks.case_api.domain import Query, Refused, listed, pages
from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.life import service as life
from lti_tool.kit.db import scoped, writing
from tests.factories import NOW, make_institution

BASE = "/ims/case/v1p1"
CASE = Path(__file__).parents[2] / "data" / "case"
DESCRIPTION = os.environ.get("LTI_TOOL_CASE_API", "")
LEVELLED = b"""id,parent,title,description,kind,precedes,level 1,level 2
A,,Handling information,,category,,,
A1,A,Searching,Finds what is needed,competency,A2,Finds with help,Finds alone
A2,A,Judging,Tells good from bad,competency,,Asks who wrote it,Compares sources
"""


@cache
def described() -> Any:
    return json.loads(Path(DESCRIPTION).read_text("utf-8"))


def check(address: str, answer: TestResponse) -> None:
    """The answer's shape, by the official description where it is given, by our own reading of it otherwise."""
    assert answer.mimetype == "application/json", address
    value = answer.json
    if answer.status_code >= 400:
        assert set(value) == {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_codeMinor"}
        assert (value["imsx_codeMajor"], value["imsx_severity"]) == ("failure", "error")
    assert "null" not in answer.text.replace('"null', ""), "an emitted null violates the description"
    if not DESCRIPTION:
        return
    from jsonschema import Draft4Validator

    path = next(p for p in described()["paths"] if p.split("/")[1] == address.split("/")[1].split("?")[0])
    if address.count("/") > 1:
        path = f"/{address.split('/')[1]}/{{sourcedId}}"
    responses = described()["paths"].get(path, described()["paths"]["/CFDocuments"])["get"]["responses"]
    schema = responses.get(str(answer.status_code), responses["default"])["content"]["application/json"]["schema"]
    faults = Draft4Validator({**schema, "components": described()["components"]}).iter_errors(value)
    # Some real packages count from zero: an identifier is passed on as it is, whatever version its digits claim.
    told = [f"{list(fault.path)}: {fault.message[:200]}" for fault in faults if "-0000-0000-" not in fault.message]
    assert told == [], address


def package(name: str, number: int) -> FrameworkDraft:
    """A real package; several of them claim the same identifiers, and here each has its own."""
    text = (CASE / name).read_text("utf-8")
    text = text.replace("0000000-0000-", f"{number:07d}-0000-")
    return exchange.read_bytes(text.encode(), name)


def get(client: FlaskClient, address: str, status: int = 200, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.get(f"{BASE}{address}", headers=headers)
    assert answer.status_code == status, (address, answer.text[:300])
    check(address, answer)
    return answer.json


def minor(value: Any) -> str:
    return str(value["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"])


def test_open_frameworks_are_served_to_all_and_the_others_by_token(app: Flask, session: Session) -> None:
    with writing(session):
        session.info["institution"] = "everywhere"
        owner, other = make_institution(session).id, make_institution(session).id
    session.info["institution"] = None
    names = sorted(path.name for path in CASE.glob("*.json"))
    with scoped(session, owner), writing(session):
        kept = [service.keep(session, package(name, n), owner, NOW) for n, name in enumerate(names)]
        closed = service.keep(session, exchange.read_bytes(LEVELLED, "levelled.csv"), owner, NOW)
        drafts.new_draft(session, "Nobody has seen this", owner, NOW)
        token = tokens.make(session, "Data warehouse", owner, NOW)
        for one in kept:
            life.open_to_all(session, one.framework_id, is_open=True)
    with scoped(session, other), writing(session):
        strangers = tokens.make(session, "Elsewhere", other, NOW)
        service.keep(session, package(names[0], 0), other, NOW)
    client = app.test_client()

    # the list, whole and in pages
    everything = get(client, "/CFDocuments")["CFDocuments"]
    assert len(everything) == len(names)
    assert len(get(client, "/CFDocuments", token=strangers)["CFDocuments"]) == len(names)
    mine = get(client, "/CFDocuments", token=token)["CFDocuments"]
    assert {one["title"] for one in mine} - {one["title"] for one in everything} == {"levelled"}
    page = client.get(f"{BASE}/CFDocuments?limit=2&offset=2&sort=title&orderBy=desc")
    assert page.headers["X-Total-Count"] == str(len(names))
    titles = sorted((one["title"] for one in everything), key=str.casefold, reverse=True)
    assert [one["title"] for one in page.json["CFDocuments"]] == titles[2:4]
    links = dict(reversed(link.strip().split("; ")) for link in page.headers["Link"].split(","))
    assert set(links) == {'rel="first"', 'rel="prev"', 'rel="next"', 'rel="last"'}
    assert "limit=2&offset=4" in links['rel="next"']
    assert "sort=title" in links['rel="next"']
    some = client.get(f"{BASE}/CFDocuments?filter=title~'utf'&fields=title,identifier").json["CFDocuments"]
    assert [set(one) for one in some] == [{"title", "identifier"}]
    for bad, code in {
        "limit=0": "invalid_selection_field",
        "offset=-1": "invalid_selection_field",
        "sort=mood": "invalid_sort_field",
        "orderBy=up": "invalid_sort_field",
        "fields=mood": "invalid_selection_field",
        "filter=mood='x'": "invalid_selection_field",
        "filter=title": "invalid_selection_field",
    }.items():
        assert minor(get(client, f"/CFDocuments?{bad}", 400)) == code, bad

    # every record of every package at its own address
    for document in mine:
        whole = get(client, f"/CFPackages/{document['identifier']}", token=token)
        alone = get(client, f"/CFDocuments/{document['identifier']}", token=token)
        assert whole["CFDocument"].items() <= alone.items()
        assert document["CFPackageURI"]["uri"].endswith(f"/CFPackages/{document['identifier']}")
        for kind in ("CFItems", "CFAssociations", "CFRubrics"):
            for record in whole.get(kind, [])[:3]:
                found = get(client, f"/{kind}/{record['identifier']}", token=token)
                assert record.items() <= found.items()
                assert kind == "CFRubrics" or found["CFDocumentURI"]["identifier"] == document["identifier"]
        for item in whole["CFItems"][:3]:
            around = get(client, f"/CFItemAssociations/{item['identifier']}", token=token)
            assert around["CFItem"]["identifier"] == item["identifier"]
            touching = [
                link
                for link in whole["CFAssociations"]
                if item["identifier"] in (link["originNodeURI"]["identifier"], link["destinationNodeURI"]["identifier"])
            ]
            assert around["CFAssociations"] == touching
        for kind, records in whole.get("CFDefinitions", {}).items():
            for record in records if kind.startswith("CF") else ():
                found = get(client, f"/{kind}/{record['identifier']}", token=token)
                assert record in (found.get(kind) or [found])

    # who may not
    hidden = next(one for one in mine if one["title"] == "levelled")["identifier"]
    for address in (f"/CFPackages/{hidden}", f"/CFDocuments/{hidden}"):
        assert minor(get(client, address, 404)) == "unknownobject"
        assert minor(get(client, address, 404, token=strangers)) == "unknownobject"
    assert minor(get(client, "/CFItems/no-uuid", 404)) == "invalid_uuid"
    assert minor(client.get(f"{BASE}/CFNonsense/1").json) == "unknownobject"
    assert minor(get(client, "/CFDocuments", 401, token="wm_made-up")) == "unauthorised_request"
    assert client.post(f"{BASE}/CFDocuments").json["imsx_codeMajor"] == "failure"
    with scoped(session, owner), writing(session):
        listed_token = tokens.listed(session)[0]
        assert (listed_token.ending, listed_token.used_at is not None) == (token[-4:], True)
        tokens.revoke(session, listed_token.id, NOW)
        life.open_to_all(session, kept[0].framework_id, is_open=False)
        changed = LEVELLED.replace(b"Finds alone", b"Finds alone and fast")
        assert service.keep(session, exchange.read_bytes(changed, "levelled.csv"), owner, NOW).number == 2
        fresh = tokens.make(session, "Another", owner, NOW)
    assert minor(get(client, "/CFDocuments", 401, token=token)) == "unauthorised_request"
    assert len(get(client, "/CFDocuments")["CFDocuments"]) == len(names) - 1
    # the newest published version answers, unchanged content costs nothing
    answer = client.get(f"{BASE}/CFPackages/{hidden}", headers={"Authorization": f"Bearer {fresh}"})
    assert "Finds alone and fast" in answer.text
    again = {"Authorization": f"Bearer {fresh}", "If-None-Match": answer.headers["ETag"]}
    assert client.get(f"{BASE}/CFPackages/{hidden}", headers=again).status_code == 304
    # and what was served is the framework that was kept
    assert exchange.read_bytes(answer.data, "again.json").by_key.keys() == {"A", "A1", "A2"}
    assert closed.is_new


def test_filters_are_read_as_the_binding_writes_them() -> None:
    records = [{"title": "Baking", "subject": ["Bread", "Cake"]}, {"title": "O'Brien's"}, {"title": "Zoology"}]
    known = frozenset({"title", "subject"})

    def ask(words: str) -> list[str]:
        return [str(one["title"]) for one in listed(records, Query(10, filter=words), known).records]

    assert ask("title='Baking'") == ["Baking"]
    assert ask("title='O''Brien''s'") == ["O'Brien's"]
    assert ask("subject='Cake'") == ["Baking"]
    assert ask("title>='O' AND title!='Zoology' OR title~'BAK'") == ["Baking", "O'Brien's"]
    for hostile in ("title='", "title='x' XOR title='y'", "title='x'" + " AND title='x'" * 50, "=", "title=x"):
        with pytest.raises(Refused):
            ask(hostile)


def test_pages_lead_to_the_first_and_the_last_and_to_their_neighbours() -> None:
    assert pages(Query(10, 0), 0) == {"first": 0, "last": 0}
    assert pages(Query(10, 0), 30) == {"first": 0, "last": 20, "next": 10}
    assert pages(Query(10, 5), 12) == {"first": 0, "last": 10, "prev": 0}
