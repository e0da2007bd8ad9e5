"""Roles on a framework: what they ask for, the papers that follow, the same as files and as JSON with a token."""

import io
import re
import zipfile

from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.frameworks import tokens
from lti_tool.frameworks.roles import queries
from lti_tool.frameworks.roles import service as roles
from lti_tool.frameworks.roles.domain import Asked, Kind, Role, Rung, acts_of, next_step, paper, questions
from lti_tool.frameworks.roles.service import RoleDraft
from lti_tool.kit.db import scoped, writing
from tests.factories import NOW
from tests.frameworks.test_keeping import ORIGIN, administrator, institution, keep

CSV = (
    "id,parent,title,description,level 1,level 2,level 3\n"
    "A,,Evidence,,,,\n"
    "A1,A,Weighing sources,Judges where a claim comes from,Names the author,"
    '"Compares two sources; says which is stronger",Advises others on sources\n'
    "A2,A,Writing <b>together</b>,,Comments,Edits,\n"
)
RUNGS = (
    Rung(1, "Guided", ("Names the author.",)),
    Rung(2, "Alone", ("Compares two sources", "Says which is stronger"), 18),
    Rung(3, "Leads", ()),
)


def asked(target: int) -> Asked:
    return Asked("A1", "1.2 Weighing sources", "", RUNGS, target)


def role(*asks: Asked) -> Role:
    return Role(1, "Analyst", "", "Skills", 1, "Made for a test.", asks)


def test_every_act_of_the_level_asked_for_is_looked_for_and_asked_about() -> None:
    made = paper(role(asked(2)), Kind.HIRING)
    look, ask, below = made.sections[0].parts
    assert look.lines == ("Compares two sources", "Says which is stronger")
    assert all(any(act in question for question in ask.lines) for act in look.lines)
    assert below.lines == ("Names the author.",)
    assert "level 2" not in made.sections[0].words.lower()
    assert made.sections[0].words == "Asked for: 2 Alone"


def test_a_level_without_words_is_said_and_still_asked_about() -> None:
    assert questions(asked(3), 3) == (
        "Tell me about a piece of your work that shows your Weighing sources. What did you do yourself, and what came "
        "of it?",
    )
    look = paper(role(asked(3)), Kind.HIRING).sections[0].parts[0]
    assert look.words == "The framework has no words for 3 Leads of this competency yet."


def test_a_plan_names_what_to_demonstrate_and_never_more_experience() -> None:
    made = paper(role(asked(2)), Kind.DEVELOPMENT)
    (step,) = made.sections[0].parts
    assert step.title == "From 1 Guided to 2 Alone"
    assert step.words == "Usually 18 months. Demonstrate:"
    assert step.lines == RUNGS[1].acts
    assert "experience" not in str(made)
    first = next_step(asked(2), 0)
    assert first is not None
    assert first.lines == ("Names the author.",)
    assert next_step(asked(2), 3) is None


def test_the_rubric_marks_the_level_asked_for_among_all() -> None:
    (section,) = paper(role(asked(2)), Kind.REVIEW).sections
    assert section.parts[0].rungs == RUNGS
    assert section.parts[0].target == 2


def test_descriptors_are_read_as_acts() -> None:
    assert acts_of("- one\n• two\n\n3) three") == ("one", "two", "three")
    assert acts_of("Compares; decides") == ("Compares", "decides")
    assert acts_of("One sentence, with a comma.") == ("One sentence, with a comma.",)
    assert acts_of("  ") == ()


def test_a_role_lives_through_pages_files_and_the_address_for_other_systems(app: Flask, session: Session) -> None:
    owner = institution(session)
    kept = keep(session, owner, CSV.encode(), "skills.csv")
    administrator(app, owner)
    client = app.test_client()
    refused = client.post("/frameworks/roles", data={"framework": str(kept.framework_id), "title": " "}, headers=ORIGIN)
    assert (refused.status_code, "Name the role" in refused.text) == (400, True)
    made = client.post(
        "/frameworks/roles", data={"framework": str(kept.framework_id), "title": "Analyst <1>"}, headers=ORIGIN
    )
    page = made.location.split("?")[0].removeprefix("http://localhost")
    assert client.get(f"{page}/hiring-guide").status_code == 400  # it asks for nothing yet
    saved = {"title": "Analyst <1>", "description": "Reads & weighs", "level:A1": "2", "level:A2": "3", "level:X": "1"}
    assert client.post(page, data=saved, headers=ORIGIN).status_code == 303
    shown = client.get(page).text
    assert shown.count("selected") >= 2
    for kind in Kind:
        read = client.get(f"{page}/{kind.value}")
        assert read.status_code == 200
        assert "Analyst &lt;1&gt;" in read.text
        assert "Writing &lt;b&gt;together&lt;/b&gt;" in read.text
    for address in re.findall(r'href="(/frameworks/roles/files/[^"]+)"', read.text):
        someone_else = app.test_client()  # a download opens a window of its own, without the session
        file = someone_else.get(address)
        assert file.status_code == 200
        if file.mimetype == "application/pdf":
            assert file.data.startswith(b"%PDF-")
        else:
            document = zipfile.ZipFile(io.BytesIO(file.data)).read("word/document.xml").decode()
            assert "Reads &amp; weighs" in document
    assert client.get("/frameworks/roles/files/forged").status_code == 404
    role_id = int(page.rsplit("/", 1)[1])
    with scoped(session, owner), writing(session):
        token = tokens.make(session, "Staff system", owner, NOW)
    bearer = {"Authorization": f"Bearer {token}"}
    listed = client.get("/api/v1/roles", headers=bearer).get_json()["roles"]
    assert [one["title"] for one in listed] == ["Analyst <1>"]
    told = client.get(f"/api/v1/roles/{role_id}", headers=bearer).get_json()
    assert [(one["id"], one["level"]) for one in told["competencies"]] == [("A1", 2), ("A2", 3)]
    guide = client.get(f"/api/v1/roles/{role_id}/hiring-guide", headers=bearer).get_json()
    assert guide["sections"][0]["parts"][0]["lines"] == ["Compares two sources", "says which is stronger"]
    assert client.get("/api/v1/roles").get_json()["error"] == "no_token"
    assert client.get(f"/api/v1/roles/{role_id}").status_code == 401
    other = institution(session)
    with scoped(session, other), writing(session):
        strange = tokens.make(session, "Another's system", other, NOW)
    not_theirs = {"Authorization": f"Bearer {strange}"}
    assert client.get(f"/api/v1/roles/{role_id}", headers=not_theirs).status_code == 404
    assert client.get("/api/v1/roles", headers=not_theirs).get_json()["roles"] == []
    administrator(app, other)
    for address in (page, f"{page}/hiring-guide"):
        assert client.get(address).status_code == 404
    for address in (page, f"{page}/remove"):
        assert client.post(address, data=saved, headers=ORIGIN).status_code == 404
    administrator(app, owner)
    assert client.post(f"{page}/remove", headers=ORIGIN).status_code == 303
    assert client.get(page).status_code == 404


def test_a_role_outlives_a_version_and_says_what_is_gone(session: Session) -> None:
    owner = institution(session)
    kept = keep(session, owner, CSV.encode(), "skills.csv")
    with scoped(session, owner), writing(session):
        made = roles.create(session, kept.framework_id, RoleDraft("Analyst"), NOW)
        roles.change(session, made, RoleDraft("Analyst"), {"A1": 2, "A2": 3}, {"A1", "A2"}, NOW)
    fewer = "\n".join(line for line in CSV.splitlines() if not line.startswith("A2"))
    again = keep(session, owner, fewer.encode(), "skills.csv")
    assert again.framework_id == kept.framework_id
    with scoped(session, owner):
        found = queries.role(session, made)
    assert [one.key for one in found.asks] == ["A1"]
    assert found.gone == ("A2",)
