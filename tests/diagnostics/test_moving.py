"""A course moves to a new framework version: unchanged competencies show the same evidence, the others say so."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.diagnostics import queries as diagnostics
from lti_tool.diagnostics.models import Resource, Target
from lti_tool.frameworks import drafts, queries, service
from lti_tool.frameworks.domain import AssociationDraft
from lti_tool.frameworks.life import service as life
from lti_tool.frameworks.models import Framework, FrameworkVersion, Item
from lti_tool.grading import queries as grading
from lti_tool.grading.models import Criterion, Evidence
from lti_tool.grading.moving import service as moving
from lti_tool.kit.db import scoped, writing
from lti_tool.launch.models import Course
from lti_tool.web.viewer import Role
from tests.diagnostics.course import SmallCourse, classmates, deliver, mark, small_course
from tests.factories import NOW

pytestmark = pytest.mark.both_databases

ORIGIN = {"Origin": "http://localhost"}


def next_version(session: Session, course: SmallCourse, **levels: str) -> int:
    """One competency as it was, one merged away into it, one reworded, one new."""
    with scoped(session, course.institution_id), writing(session):
        old = queries.draft(session, course.version_id)
        area, first, second, third = old.items
        merged = AssociationDraft("replacedBy", second.key, first.key)
        reworded = replace(third, descriptors={**third.descriptors, 2: "Does it with others"})
        new = replace(first, key="brand-new", code="1.9", title="Something new", position=9)
        content = replace(old, items=(area, first, reworded, new), associations=(merged,))
        framework = session.get_one(Framework, session.get_one(FrameworkVersion, course.version_id).framework_id)
        return service.insert_version(session, framework, content, service.Status.PUBLISHED, NOW)


def evidence_on(session: Session, course: SmallCourse, version_id: int) -> dict[str, int]:
    with scoped(session, course.institution_id):
        keys = {one.id: one.title for one in queries.competencies(session, version_id)}
        rows = session.execute(
            select(Evidence.item_id, func.count())
            .where(Evidence.version_id == version_id, Evidence.superseded_at.is_(None))
            .group_by(Evidence.item_id)
        ).all()
    session.rollback()
    return {keys[item]: number for item, number in rows}


def test_evidence_goes_along_where_the_item_is_the_same_and_is_looked_at_before(app: Flask, session: Session) -> None:
    course = small_course(session, learners=13)
    for place in range(3):
        mark(session, course, place, classmates(0, 13, place))
    deliver(app)
    with scoped(session, course.institution_id), writing(session):
        own = {"course_id": course.course_id, "version_id": course.version_id}
        session.add(Target(**own, item_id=None, level=2))
        session.add(Target(**own, item_id=course.competencies[0], level=4))
        session.add(Resource(**own, item_id=course.competencies[0], title="Read this", url="https://example.org/r"))
    before = evidence_on(session, course, course.version_id)
    assert before == {f"Competency {n}": 39 for n in (1, 2, 3)}
    with scoped(session, course.institution_id):
        cells = {who: diagnostics.learner_cells(session, who, course.version_id) for who in course.learners}
    session.rollback()
    version = next_version(session, course)

    # the page says what would go along, and changes nothing
    app.extensions["waymark.load_viewer"] = lambda: course.viewer(Role.INSTRUCTOR, course.teacher)
    client = app.test_client()
    assert "Other published versions" in client.get("/grading/course-framework").text
    page = client.get(f"/grading/course-framework?to={version}").text
    assert "2 competencies go along with 78 pieces of evidence. 39 pieces stand on" in page
    assert "its evidence goes to <b>1.1 Competency 1</b>" in page
    assert "does it mean the same?" in page
    assert evidence_on(session, course, version) == {}
    with scoped(session, course.institution_id):
        third = queries.framed(session, course.version_id).competencies[2].key
    session.rollback()

    done = client.post("/grading/course-framework", data={"to": version}, headers=ORIGIN, follow_redirects=True)
    assert "6 mapped criteria went along, 3 wait for a decision." in done.text
    deliver(app)
    # two merged into one: both criteria of each of three tasks give evidence for it
    assert evidence_on(session, course, version) == {"Competency 1": 78}
    assert evidence_on(session, course, course.version_id) == before, "what was made on the old version stays on it"
    with scoped(session, course.institution_id):
        first = next(one for one in queries.competencies(session, version) if one.code == "1.1")
        open_again = session.scalars(select(Criterion.review).where(Criterion.review != "accepted")).all()
        assert len(open_again) == 3
        for who in course.learners:
            assert set(diagnostics.learner_cells(session, who, version)) == {first.id}
            assert set(cells[who]) == set(course.competencies)
        targets = diagnostics.targets(session, course.course_id, version, 4)
        assert (targets.default, targets.of(first.id)) == (2, 4)
        assert [r.title for r in diagnostics.resources(session, course.course_id, version)[first.id]] == ["Read this"]
        pieces = grading.evidence_of(session, course.learners[0], version, released_only=True)
        assert len(pieces) == 6
    session.rollback()

    # moved again nothing changes; moved back everything is as it was
    assert client.post("/grading/course-framework", data={"to": version}, headers=ORIGIN).status_code == 303
    assert evidence_on(session, course, version) == {"Competency 1": 78}
    assert client.post("/grading/course-framework", data={"to": course.version_id}, headers=ORIGIN).status_code == 303
    assert evidence_on(session, course, course.version_id) == before
    # a reworded one goes along where somebody says that it means the same
    other = next_version(session, course)
    address = f"/grading/courses/{course.course_id}/framework"
    app.extensions["waymark.load_viewer"] = lambda: course.viewer(Role.ADMINISTRATOR, course.teacher)
    assert "Competency 3" in client.get(f"{address}?to={other}").text
    data = {"to": other, "same": [third]}
    assert (
        "9 mapped criteria went along." in client.post(address, data=data, headers=ORIGIN, follow_redirects=True).text
    )
    assert evidence_on(session, course, other) == {"Competency 1": 78, "Competency 3": 39}
    assert client.post(address, data={"to": "x"}, headers=ORIGIN).status_code == 400


def test_a_pilot_takes_its_courses_along(app: Flask, session: Session) -> None:
    course = small_course(session, learners=3)
    mark(session, course, 0, classmates(0, 3, 0))
    owner = course.institution_id
    with scoped(session, owner), writing(session):
        framework = queries.version(session, course.version_id).framework_id
        acts = ("Names", "Uses", "Explains", "Designs")  # a version with gaps or copies could not be published
        for item in session.scalars(select(Item).where(Item.assessed)):
            item.descriptors = {str(n): f"{act} {item.title.lower()} in a task" for n, act in enumerate(acts, 1)}
        session.flush()
        draft = drafts.open_draft(session, framework, NOW)
        with pytest.raises(moving.CannotMove):
            moving.move(session, course.course_id, draft, NOW)
        life.start_pilot(session, draft, [course.course_id], NOW)
    deliver(app)
    with scoped(session, owner):
        assert session.get_one(Course, course.course_id).framework_version_id == draft
    session.rollback()
    assert evidence_on(session, course, draft) == evidence_on(session, course, course.version_id)

    # the people of the course say what they think of it
    client = app.test_client()
    app.extensions["waymark.load_viewer"] = lambda: course.viewer(Role.LEARNER, course.learners[0])
    page = client.get("/frameworks/feedback").text
    assert "being tried in your course" in page
    item = page.split('<option value="')[2].split('"')[0]
    sent = {"item": item, "mark": "unclear", "words": "Which <i>others</i>?"}
    thanks = client.post("/frameworks/feedback", data=sent, headers=ORIGIN, follow_redirects=True)
    assert "Thank you" in thanks.text
    assert client.post("/frameworks/feedback", data={**sent, "mark": "rubbish"}, headers=ORIGIN).status_code == 400
    assert client.post("/frameworks/feedback", data={**sent, "words": " "}, headers=ORIGIN).status_code == 400

    # and the administrator takes the version through its gates, all by page
    app.extensions["waymark.load_viewer"] = lambda: course.viewer(Role.ADMINISTRATOR, course.teacher)
    life_page = f"/frameworks/life/{framework}"
    step = f"/frameworks/{draft}/step"

    def do(address: str, **form: str) -> str:
        answer = client.post(address, data=form, headers=ORIGIN, follow_redirects=True)
        assert answer.status_code == 200, answer.text[-900:]
        return answer.text

    page = client.get(life_page).text
    assert "Which &lt;i&gt;others&lt;/i&gt;?" in page
    assert "1 piece of pilot feedback" in page
    assert client.post(step, data={"do": "publish"}, headers=ORIGIN).status_code == 409
    for side in ("leadership", "employees"):
        do(step, do="sign", side=side, who="Council", agreed="yes", note="As discussed")
    assert (
        client.post(step, data={"do": "waive-lint", "reason": "because it is late"}, headers=ORIGIN).status_code == 400
    )
    waived = do(step, do="waive-feedback", reason="It goes into the next version.")
    assert "by Rowan Example:</b> It goes into the next version." in waived
    feedback = page.split('name="feedback"')[1].split('value="')[1].split('"')[0]
    assert "Answer: Said in level 2" in do(life_page, do="settle", feedback=feedback, answer="Said in level 2")
    assert "Published." in do(step, do="publish")
    assert "Recorded" in do(life_page, do="review", kind="overhaul", note="All new")
    assert "Saved" in do(life_page, do="rhythm", review_months="6", overhaul_months="24")
    assert "Anybody may read" in do(life_page, do="open")
    assert "Nothing is different" in client.get(f"/frameworks/{draft}/changes/{course.version_id}").text
    assert client.post(life_page, data={"do": "dance"}, headers=ORIGIN).status_code == 400
    assert client.post(step, data={"do": "dance"}, headers=ORIGIN).status_code == 400
    assert "Retired" in do(f"/frameworks/{course.version_id}/step", do="retire")
    new = drafts_of(session, owner, framework)
    assert "The draft is gone" in do(f"/frameworks/{new}/step", do="discard")
    # a token is shown once
    page = do("/frameworks/api-access", name="Warehouse")
    token = page.split("wm_")[1].split("<")[0]
    assert f"…{token[-4:]}" in page
    assert token not in client.get("/frameworks/api-access").text
    revoke = page.split('name="revoke"')[1].split('value="')[1].split('"')[0]
    assert "opens nothing any more" in do("/frameworks/api-access", revoke=revoke)


def drafts_of(session: Session, owner: int, framework_id: int) -> int:
    with scoped(session, owner), writing(session):
        return drafts.open_draft(session, framework_id, NOW)
