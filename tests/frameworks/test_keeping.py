"""Frameworks in the database: kept whole, versioned, read back as they came, scoped to their institution."""

import io

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import exchange, queries, service, starters
from lti_tool.frameworks.domain import competencies, counts
from lti_tool.frameworks.models import FrameworkVersion, Item
from lti_tool.kit.db import scoped, writing
from lti_tool.kit.errors import NotFound
from lti_tool.kit.ids import InstitutionId, PersonId, PlatformId
from lti_tool.web.viewer import Role, Viewer
from tests.factories import NOW, make_institution

pytestmark = pytest.mark.both_databases

PLAIN = b"""id,parent,title,description,kind,precedes,level 1,level 2
A,,Handling information,,category,,,
A1,A,Searching,Finds what is needed,competency,A2,Finds with help,Finds alone
A2,A,Judging,Tells good from bad,competency,,Asks who wrote it,Compares sources
"""
ORIGIN = {"Origin": "http://localhost"}


def institution(session: Session) -> int:
    with writing(session):
        return make_institution(session).id


def keep(session: Session, owner: int, data: bytes = PLAIN, name: str = "plain.csv") -> service.Kept:
    with scoped(session, owner), writing(session):
        return service.keep(session, exchange.read_bytes(data, name), owner, NOW)


def administrator(app: Flask, owner: int) -> None:
    someone = Viewer(
        institution_id=InstitutionId(owner),
        platform_id=PlatformId(1),
        person_id=PersonId(1),
        course_id=None,
        course_title="",
        roles=frozenset({Role.ADMINISTRATOR}),
        session_hash="x",
    )
    app.extensions["waymark.load_viewer"] = lambda: someone


@pytest.mark.parametrize("slug", [starter.slug for starter in starters.list_starters()])
def test_a_starter_comes_back_out_of_the_tables_as_it_went_in(session: Session, slug: str) -> None:
    owner, draft = institution(session), starters.read(slug)
    with scoped(session, owner), writing(session):
        kept = service.keep(session, draft, owner, NOW)
    with scoped(session, owner):
        again = queries.draft(session, kept.version_id)
        assert again.items == draft.items
        assert again.levels == draft.levels
        assert sorted(again.associations, key=str) == sorted(draft.associations, key=str)
        found = queries.competencies(session, kept.version_id)
    assert {c.key for c in found} == {item.key for item in competencies(draft)}
    assert kept.counts == counts(draft)


def test_the_same_file_again_adds_nothing_and_a_changed_one_is_the_next_version(session: Session) -> None:
    owner = institution(session)
    first, second = keep(session, owner), keep(session, owner)
    assert (second.is_new, second.version_id) == (False, first.version_id)
    third = keep(session, owner, PLAIN.replace(b"Finds alone", b"Finds alone and fast"))
    assert third.framework_id == first.framework_id
    assert (third.is_new, third.number) == (True, first.number + 1)
    with scoped(session, owner):
        assert session.scalar(select(func.count()).select_from(FrameworkVersion)) == 2


def test_competencies_know_their_area_their_levels_and_what_comes_before(session: Session) -> None:
    owner = institution(session)
    kept = keep(session, owner)
    with scoped(session, owner):
        framed = queries.framed(session, kept.version_id)
    searching, judging = framed.competencies
    assert (searching.title, searching.area_title, searching.path) == (
        "Searching",
        "Handling information",
        ("Handling information",),
    )
    assert searching.what_shows(2) == "Finds alone"
    assert framed.prerequisites == {judging.id: frozenset({searching.id})}
    assert framed.version.level_count == 2


def test_a_framework_without_levels_is_shown_on_four_plain_ones(session: Session) -> None:
    owner = institution(session)
    kept = keep(session, owner, b"id,parent,title,description\nX,,Listening,Hears people out\n")
    with scoped(session, owner):
        assert [level.name for level in queries.levels(session, kept.version_id)] == [f"Level {n}" for n in range(1, 5)]


def test_another_institution_has_no_such_framework(session: Session) -> None:
    owner, other = institution(session), institution(session)
    kept = keep(session, owner)
    with scoped(session, owner):
        queries.framed(session, kept.version_id)
    with scoped(session, other):
        assert queries.summaries(session) == ()
        assert queries.default_version_id(session) is None
        with pytest.raises(NotFound):
            queries.framed(session, kept.version_id)


def test_the_first_framework_is_the_default_until_another_is_chosen(session: Session) -> None:
    owner = institution(session)
    first = keep(session, owner)
    other = keep(session, owner, b"id,parent,title,description\nX,,Listening,Hears people out\n", "other.csv")
    with scoped(session, owner):
        assert queries.default_version_id(session) == first.version_id
        session.rollback()
        with writing(session):
            service.make_default(session, other.framework_id)
        assert queries.default_version_id(session) == other.version_id


def test_an_administrator_adds_a_starter_looks_at_it_and_makes_another_the_default(
    app: Flask, session: Session
) -> None:
    owner = institution(session)
    administrator(app, owner)
    client = app.test_client()
    assert "No framework yet" in client.get("/frameworks").text
    done = client.post("/frameworks/import", data={"starter": "digcomp-3.0"}, headers=ORIGIN, follow_redirects=True)
    assert done.status_code == 200
    assert "Browsing, searching and filtering information" in done.text
    assert "CC BY 4.0" in done.text
    file = (io.BytesIO(PLAIN), "plain.csv")
    looked = client.post("/frameworks/import", data={"file": file}, headers=ORIGIN)
    assert looked.status_code == 303
    with scoped(session, owner):
        assert len(queries.summaries(session)) == 1, "nothing is kept before somebody says so"
    session.rollback()
    choice = {"do": "import", "becomes": "new", "as": "published"}
    assert client.post(looked.location, data=choice, headers=ORIGIN).status_code == 303
    with scoped(session, owner):
        plain = next(one for one in queries.summaries(session) if not one.is_default)
    session.rollback()
    assert client.post(f"/frameworks/{plain.framework_id}/default", headers=ORIGIN).status_code == 303
    with scoped(session, owner):
        assert queries.summaries(session)[0].framework_id == plain.framework_id


def test_a_faulty_file_is_refused_whole_with_every_fault_and_its_place(app: Flask, session: Session) -> None:
    owner = institution(session)
    administrator(app, owner)
    bad = PLAIN.replace(b"A2,A,Judging", b"A1,nowhere,Judging") + b",,,,,,,\nB,B,,,competency,,,\n"
    answer = app.test_client().post("/frameworks/import", data={"file": (io.BytesIO(bad), "bad.csv")}, headers=ORIGIN)
    assert answer.status_code == 400
    assert "bad.csv" in answer.text
    assert answer.text.count("<li>") >= 3
    with scoped(session, owner):
        assert session.scalar(select(func.count()).select_from(Item)) == 0


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.csv"),
        (b"\x89PNG\r\n\x1a\n0000", "picture.csv"),
        (b"PK\x03\x04rest-of-a-zip", "archive.json"),
        (b"<html><body>Log in</body></html>", "login.json"),
        (b'{"CFDocument": ', "cut-off.json"),
    ],
)
def test_a_file_that_is_not_what_it_claims_gets_words_and_leaves_nothing(
    app: Flask, session: Session, data: bytes, name: str
) -> None:
    owner = institution(session)
    administrator(app, owner)
    answer = app.test_client().post("/frameworks/import", data={"file": (io.BytesIO(data), name)}, headers=ORIGIN)
    assert answer.status_code == 400
    assert "Nothing was kept" in answer.text
    with scoped(session, owner):
        assert queries.summaries(session) == ()


def test_a_file_over_the_limit_is_refused(app: Flask, session: Session) -> None:
    administrator(app, institution(session))
    form = {"content_type": "multipart/form-data; boundary=x", "headers": ORIGIN}
    answer = app.test_client().post("/frameworks/import", data=b"x" * (11 * 1024 * 1024), **form)
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_two_files_of_one_name_are_two_frameworks_unless_they_say_the_same(session: Session) -> None:
    owner = institution(session)
    first = keep(session, owner, name="framework.csv")
    other = b"id,parent,title\nA,,Baking\nA1,A,Kneading\nA2,A,Proving\n"
    second = keep(session, owner, other, "framework.csv")
    assert second.framework_id != first.framework_id, "the same ids, but other words: another framework"
    third = keep(session, owner, other + b"A3,A,Glazing\n", "framework.csv")
    assert (third.framework_id, third.number) == (second.framework_id, 2)
    with scoped(session, owner), writing(session):
        changed = exchange.read_bytes(other + b"A4,A,Selling\n", "framework.csv")
        into = service.keep(session, changed, owner, NOW, into=first.framework_id)
        own = service.keep(session, changed, owner, NOW, as_new=True)
    assert (into.framework_id, into.number) == (first.framework_id, 2)
    assert own.framework_id not in (first.framework_id, second.framework_id)
    with pytest.raises(NotFound), scoped(session, owner), writing(session):
        service.keep(session, changed, owner, NOW, into=999)
