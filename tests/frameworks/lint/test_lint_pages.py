"""The page of findings: advice is set aside and taken back, two competencies become one and no evidence is lost."""

import re
from dataclasses import replace

from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.frameworks import drafts, queries, service
from lti_tool.frameworks.domain import AssociationDraft, FrameworkDraft, ItemDraft, ItemKind
from lti_tool.frameworks.life.diff import carried
from lti_tool.frameworks.lint import Rule
from lti_tool.frameworks.lint.queries import judged
from lti_tool.kit.db import everywhere, scoped, writing
from lti_tool.kit.ids import InstitutionId, PlatformId
from lti_tool.web.viewer import Role, Viewer
from tests.factories import NOW, make_institution
from tests.frameworks.lint.ladders import BAKES, competency, framework
from tests.standins.embedders import WordEmbedder

ORIGIN = {"Origin": "http://localhost"}


def bakery() -> FrameworkDraft:
    """Two competencies that overlap, each with its own indicator, and statements to look at."""
    welcome = {1: "Greets guests.", 2: "Seats guests at a table and explains the menu.", 3: "Trains the door team."}
    receive = {**welcome, 2: "Understands the seating plan."}
    about = "Meets visitors at the entrance, takes coats and leads them to their table."
    return replace(
        framework(
            [
                competency("w", "Welcoming guests", {1: welcome[1], 3: welcome[3]} | {2: welcome[2]}, about=about),
                ItemDraft("w1", "Greets each guest within a minute", ("w",), ItemKind.INDICATOR, level=1),
                competency("r", "Receiving visitors", receive, about=f"{about} Waves goodbye."),
                ItemDraft("r1", "Hangs up coats by number", ("r",), ItemKind.INDICATOR, level=2),
                competency("b", "Baking bread", BAKES, about="Makes doughs, proves and bakes loaves."),
            ]
        ),
        associations=(AssociationDraft("precedes", "r", "b"),),
    )


def test_findings_are_set_aside_taken_back_and_merged_without_losing_evidence(app: Flask, session: Session) -> None:
    with everywhere(session), writing(session):
        owner = make_institution(session).id
        stranger = make_institution(session, name="Elsewhere").id
    with scoped(session, owner), writing(session):
        published = service.keep(session, bakery(), owner, NOW)
        version = drafts.open_draft(session, published.framework_id, NOW)
    whose = owner

    def viewer() -> Viewer:
        ids = {"institution_id": InstitutionId(whose), "platform_id": PlatformId(1)}
        roles = frozenset({Role.ADMINISTRATOR})
        return Viewer(person_id=None, course_id=None, course_title="", roles=roles, session_hash="x", **ids)

    app.extensions["waymark.load_viewer"] = viewer
    client, base = app.test_client(), f"/frameworks/{version}/lint"

    page = client.get(base).text
    assert "Worth mending" in page
    assert "Nobody could see this: “Understands the seating plan.”" in page
    assert "Explains the seating plan with an example from their own work." in page
    form = re.search(r'name="rule" value="unobservable">.*?name="hash" value="([0-9a-f]{64})"', page, re.DOTALL)
    assert form

    finding = {"rule": "unobservable", "item": "r", "hash": form[1]}
    without = client.post(f"{base}/dismiss", data={**finding, "note": " "}, headers=ORIGIN)
    assert without.status_code == 400
    assert "A reason is missing" in without.text
    blocked = client.post(f"{base}/dismiss", data={**finding, "rule": "copy", "note": "Fine."}, headers=ORIGIN)
    assert 'data-error="cannot_dismiss"' in blocked.text
    kept = client.post(f"{base}/dismiss", data={**finding, "note": "Our words."}, headers=ORIGIN, follow_redirects=True)
    assert "Set aside, with your reason." in kept.text
    assert form[1] not in kept.text
    assert "Our words." in kept.text
    with scoped(session, owner):  # the published version has the same words
        assert [one.rule for one, _ in judged(session, published.version_id).aside] == [Rule.UNOBSERVABLE]
        assert not judged(session, published.version_id, WordEmbedder().embed, most_texts=100).words_only
        assert judged(session, published.version_id, WordEmbedder().embed, most_texts=10).words_only

    dismissal = re.search(r'name="dismissal" value="(\d+)"', kept.text)
    assert dismissal
    whose = stranger
    assert client.post(f"{base}/undo", data={"dismissal": dismissal[1]}, headers=ORIGIN).status_code == 404
    assert client.get(base).status_code == 404
    assert client.post(f"{base}/rewrites", headers=ORIGIN).status_code == 404
    whose = owner
    back = client.post(f"{base}/undo", data={"dismissal": dismissal[1]}, headers=ORIGIN, follow_redirects=True)
    assert "It is shown again." in back.text
    assert "Our words." not in back.text

    # the published version offers no merge, the draft does
    assert "Merge into" not in client.get(f"/frameworks/{published.version_id}/lint").text
    offered = re.search(r'name="keep" value="(\w)">\s*<input type="hidden" name="drop" value="(\w)"', back.text)
    assert offered
    assert set(offered.groups()) == {"w", "r"}
    refused = client.post(
        f"/frameworks/{published.version_id}/lint/merge", data={"keep": "w", "drop": "r"}, headers=ORIGIN
    )
    assert refused.status_code == 409
    done = client.post(f"{base}/merge", data={"keep": "w", "drop": "r"}, headers=ORIGIN, follow_redirects=True)
    assert "evidence for either counts for the one that stays" in done.text
    with scoped(session, owner):
        before, after = queries.draft(session, published.version_id), queries.draft(session, version)
    assert carried(before, after).merged == {"r": "w"}
    assert "r" not in after.by_key
    assert after.by_key["r1"].parent_keys == ("w",)
    assert AssociationDraft("precedes", "w", "b") in after.associations
    again = client.post(f"{base}/merge", data={"keep": "w", "drop": "r"}, headers=ORIGIN)
    assert again.status_code == 404
    assert "No language model is set up here" in client.post(f"{base}/rewrites", headers=ORIGIN).text
