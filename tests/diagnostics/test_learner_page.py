"""A learner's page: position, next steps, map, reasons; and who may see it."""

import json
import re
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.diagnostics import learner_page, reading, service
from lti_tool.diagnostics.evidence_panel import panel
from lti_tool.diagnostics.learner_page import Opened
from lti_tool.diagnostics.subject import Address
from lti_tool.frameworks import queries as frameworks
from lti_tool.grading import queries as grading
from lti_tool.kit.db import scoped, writing
from lti_tool.kit.ids import CourseId, PersonId
from lti_tool.launch import queries as launch
from lti_tool.web.viewer import Role
from tests.diagnostics.course import classmates, deliver, mark, small_course
from tests.diagnostics.pages import Ordered, Visitor, in_order, shape
from tests.factories import NOW

COMMENT = "The licence is named <b>twice</b> & the source is not."


def test_a_learner_reads_where_they_stand_and_what_comes_next(app: Flask, session: Session) -> None:
    """Four tasks: high on the first competency, low on the second, two results on the third, a fourth never mapped."""
    course = small_course(session, competencies=4, learners=1, assessments=5)
    for place in range(4):
        mark(session, course, place, {0: [3, 0, 2 if place < 2 else None, None]})
    deliver(app)
    first, second, third, fourth = course.competencies
    with scoped(session, course.institution_id), writing(session):
        framed = frameworks.framed(session, course.version_id)
        service.add_resource(
            session, course.course_id, framed, item=str(second), title="Ten minutes of it",
            url="https://example.org/ten", minutes="10",
        )  # fmt: skip
    visitor = Visitor.of(app).learner(course, 0)
    page = visitor.open("/diagnostics/map")
    assert page.status == 200
    assert "at or above your programme’s target in 1 of 4 competencies and on the way in 1" in page.text
    assert "For the other 2 there is not enough evidence yet, so we leave them open." in page.text
    assert "10 pieces of evidence" in page.text

    tiles = [tile.attributes["aria-label"] for tile in page.tree.all("a", class_="tile")]
    assert tiles[1] == "1.2 Competency 2: level 1"
    assert tiles[2:] == ["1.3 Competency 3: not enough evidence yet", "1.4 Competency 4: not enough evidence yet"]

    rows = {item: page.tree.one("tr", id=f"c-{item}") for item in course.competencies}
    states = {item: [e.attributes["data-state"] for e in row.all("a", class_="cell")] for item, row in rows.items()}
    assert states[second][0] == "here"
    assert states[first].count("here") == 1
    assert states[third] == states[fourth] == ["none"]
    assert [e.attributes["data-level"] for e in rows[first].all("a", class_="cell")] == ["1", "2", "3", "4"]
    assert "target" in in_order(rows[first].all("a", class_="cell")[1])  # the middle of four levels
    assert "2 of 3 pieces" in in_order(rows[third])
    assert "No result yet" in in_order(rows[fourth])
    assert "4 pieces of evidence" in in_order(rows[second])

    cards = page.tree.one("ol", class_="steps").all("li", class_="card")
    assert [in_order(card.one("h3")) for card in cards] == ["Competency 2", "Competency 3"]
    assert "below the target" in in_order(cards[0]) or "Close: level 2 is possible" in in_order(cards[0])
    assert "Does 2 (1.2, level 2)" in in_order(cards[0])
    assert "about 10 minutes" in in_order(cards[0])
    main = cards[0].one("a", class_="main")
    assert main.attributes["href"] == "https://example.org/ten"
    assert main.attributes["target"] == "_blank"
    assert "There are 2 of the 3 pieces we need. One more and there is a place on the map." in in_order(cards[1])
    assert "Assessment" in in_order(cards[1])  # the fifth task, not marked yet, is where it can be shown
    assert "See the results behind it" in in_order(cards[1])
    assert "Competency 1" in page.part("strong")
    assert "Competency 2" in page.part("weak")

    drawn = json.loads(visitor.open("/diagnostics/map/over-time.json").data)
    assert {row["Competency"] for row in drawn["data"]["values"]} == {"1.1 Competency 1", "1.2 Competency 2"}
    assert len(drawn["data"]["values"]) == 8
    assert all(row["Low"] <= row["Estimate"] <= row["High"] for row in drawn["data"]["values"])


def test_an_opened_cell_leads_back_to_criterion_mark_comment_and_mapping(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1, assessments=3)
    for place in range(3):
        mark(session, course, place, {0: [2, 1, None]}, comment=COMMENT if place == 1 else "")
    deliver(app)
    visitor, (first, _, third) = Visitor.of(app).learner(course, 0), course.competencies
    page = visitor.open("/diagnostics/map")
    row = page.tree.one("tr", id=f"c-{first}")
    assert not page.tree.all("div", class_="evidence")
    here = next(cell for cell in row.all("a", class_="cell") if cell.attributes["data-state"] == "here")
    address = here.attributes["href"]
    assert address.endswith(f"#c-{first}")

    for opened in (visitor.open(address), visitor.open(address, part=True)):
        panel = opened.tree.one("div", class_="evidence")
        pieces = panel.all("li", class_="piece")
        assert len(pieces) == 3
        said = in_order(pieces[1])  # newest first: the second task
        assert "Criterion 1" in said
        assert "rated 3 of 4" in said
        assert COMMENT in said
        assert "2 of 3 points" in said
        assert "counts towards 1.1 because your teacher accepted this link on 2 Nov 2026" in said
        assert "Rowan" not in opened.text
        assert "Only results your teacher has released are shown and counted." in opened.text
        assert "Estimate on the scale of levels" in opened.text
    assert visitor.open(address, part=True).tree.all("html") == []
    whole = visitor.open(address).tree
    assert whole.one("tr", id=f"e-{first}").attributes.get("hidden") is None
    assert whole.one("a", aria_expanded="true").attributes["href"] == address

    empty = visitor.open(f"/diagnostics/map?open={third}&level=3", part=True)
    assert "No results yet." in empty.text
    assert "3 pieces of evidence are needed to place anyone" in empty.text
    for nothing in ("open=999999", "open=x", f"open={first}&level=99", f"open={first}&level=-4", "open=" + "9" * 30):
        assert visitor.open(f"/diagnostics/map?{nothing}").status == 200


def test_the_rows_of_the_map_are_what_the_component_makes_of_them(app: Flask, session: Session) -> None:
    """They are written by hand because they are most of the page; the markup is the component's."""
    course = small_course(session, learners=7, competencies=4, assessments=3, item_facts={"title": "<i>{n}</i> & more"})
    for place in range(3):
        mark(session, course, place, {0: [3, 1, 2 if place else None, None], **classmates(1, 7, place, criteria=4)})
    deliver(app)
    opened = course.competencies[1]
    page = Visitor.of(app).learner(course, 0).open(f"/diagnostics/map?open={opened}&level=2")
    with app.test_request_context(), scoped(session, course.institution_id):
        info, address = launch.course(session, course.course_id), Address("/diagnostics/map")
        subject = reading.subject_of(session, info, course.learners[0], address, own=True, now=NOW)
        evidence = grading.evidence_cell(session, course.learners[0], opened)
        shown = panel(subject, subject.framed.by_id[opened], 2, evidence, {})
        whole = learner_page.heat_map(subject, Opened(opened, 2, shown))
        component = app.jinja_env.get_template("components/map.html").module
        made = component.learner_map(whole, "map")  # type: ignore[attr-defined]
        squares = component.strip(learner_page.strip(subject))  # type: ignore[attr-defined]
    table = page.tree.one("table", data_map="")
    assert shape(Ordered(made).root.one("table")) == shape(table)
    assert shape(Ordered(squares).root.one("div", class_="strip")) == shape(page.tree.one("div", class_="strip"))
    states = {cell.attributes["data-state"] for cell in table.all("a", class_="cell")}
    assert states >= {"here", "none", "ahead", "shown"}
    assert len(table.all("div", class_="evidence")) == 1


def test_a_page_without_results_says_so(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    visitor = Visitor.of(app)
    own = visitor.learner(course, 0).open("/diagnostics/map")
    assert "Your map starts with your first result" in own.text
    assert "For all 3 there is not enough evidence yet" in own.text
    assert not own.tree.all("ol", class_="steps")
    assert not own.tree.all(data_chart="")
    assert len(own.tree.all("a", data_state="none")) == 3
    theirs = visitor.teacher(course).open(f"/diagnostics/learners/{course.learners[0]}")
    assert "No released result yet" in theirs.text


def test_what_changed_since_some_weeks_ago_is_told_with_the_task_that_changed_it(app: Flask, session: Session) -> None:
    course = small_course(session, learners=7, assessments=5)
    mine = [[0, 2, 2], [0, 2, 2], [0, 2, None], [3, 2, 2], [3, 2, None]]
    for place, days in enumerate((0, 7, 14, 40, 41)):
        mark(session, course, place, {0: mine[place], **classmates(1, 7, place)}, at=NOW + timedelta(days=days))
        deliver(app)
    page = Visitor.of(app).learner(course, 0).open("/diagnostics/map")
    since = page.part("since")
    assert since.startswith("Since 16 November")
    assert "Competency 1 moved from level 2 to 3" in since
    assert "Competency 3 is on the map now, at level " in since
    (first, *_) = page.tree.one("section", aria_labelledby="since").all("li")
    assert re.search(r"Assessment \d+, Assessment \d+", in_order(first))


def test_the_instructor_reads_the_same_map_in_other_words(app: Flask, session: Session) -> None:
    course = small_course(session, learners=2, assessments=3)
    for place in range(3):
        mark(session, course, place, {0: [0, 3, 3]})
    deliver(app)
    visitor, address = Visitor.of(app), f"/diagnostics/learners/{course.learners[0]}"
    visitor.learner(course, 0).send("/diagnostics/checks", words="Is 1.1 right?")
    visitor.send("/diagnostics/steps/decline", item=course.competencies[0])
    page = visitor.teacher(course).open(address)
    assert page.status == 200
    assert in_order(page.tree.one("h1")) == "Tree00 Example"
    assert re.search(r"At or above the target in \d of 3 competencies", page.text)
    assert "You are" not in page.text.replace("How sure is this?", "")
    assert "Your map" not in page.text
    assert "Is 1.1 right?" in page.text
    assert "1 step is put aside." in page.text
    assert "Not for me" not in page.text
    assert "Does something look wrong?" not in page.text
    posts = {form.attributes["action"] for form in page.tree.all("form", method="post")}
    assert all("/settle" in action for action in posts)
    opened = visitor.open(f"{address}?open={course.competencies[0]}&level=1").text
    assert "mapped by hand by Rowan Example" in opened
    assert "your teacher" not in opened
    assert json.loads(visitor.open(f"{address}/over-time.json").data)["data"]["values"]


def test_nobody_opens_a_map_that_is_not_theirs_to_see(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=2), small_course(session, learners=1)
    visitor = Visitor.of(app)
    mine, theirs = course.learners
    both = (f"/diagnostics/learners/{theirs}", f"/diagnostics/learners/{theirs}/over-time.json")
    for address in (*both, "/diagnostics/class", "/diagnostics/class.csv", "/diagnostics/class/cells"):
        refused = visitor.be(course.viewer(Role.LEARNER, mine)).open(address)
        assert (refused.status, refused.reason) == (403, "wrong_role"), address
        refused = visitor.be(course.viewer(Role.ANONYMOUS)).open(address)
        assert (refused.status, refused.reason) == (403, "wrong_role"), address
    for address in both:  # an instructor, of another institution's course
        refused = visitor.teacher(other).open(address)
        assert (refused.status, refused.reason) == (404, "not_in_course")
    elsewhere = replace(course.viewer(Role.INSTRUCTOR), course_id=None)
    for address in ("/diagnostics/class", f"/diagnostics/learners/{theirs}"):
        assert visitor.be(elsewhere).open(address).reason == "no_course"
    nameless = replace(course.viewer(Role.LEARNER), person_id=None)
    for address in ("/diagnostics/map", "/diagnostics/map/over-time.json"):
        assert visitor.be(nameless).open(address).reason == "not_known"
    visitor.teacher(course)
    for who in (course.teacher, 10**9, 10**30):  # not a learner; nobody; a number no database takes
        assert visitor.open(f"/diagnostics/learners/{who}").status == 404


def test_an_instructor_sees_that_results_of_another_course_count_and_no_more_of_them(
    app: Flask, session: Session
) -> None:
    """The framework is the institution's, so a learner has one map in all courses; comments stay in theirs."""
    from tests.factories import make_course, make_person

    course = small_course(session, learners=1, assessments=3)
    for place in range(3):
        mark(session, course, place, {0: [2, 2, 2]}, comment="For my course only")
    deliver(app)
    with writing(session):
        session.info["institution"] = "everywhere"
        from lti_tool.launch.models import Course, Deployment, Membership

        deployment = session.get_one(Deployment, session.get_one(Course, course.course_id).deployment_id)
        second = make_course(session, deployment, framework_version_id=course.version_id)
        colleague = make_person(session, second, role="instructor").id
        session.add(
            Membership(
                institution_id=course.institution_id, course_id=second.id, person_id=course.learners[0],
                role="learner", role_from="launch",
            )
        )  # fmt: skip
        second_id = second.id
    session.info["institution"] = None
    here = replace(course.viewer(Role.INSTRUCTOR, colleague), course_id=CourseId(second_id))
    item, visitor = course.competencies[0], Visitor.of(app)
    address = f"/diagnostics/learners/{course.learners[0]}?open={item}&level=3"
    there = visitor.be(here).open(address)
    assert there.status == 200
    assert there.text.count("A result of another course") == 3
    for hidden in ("For my course only", "Criterion 1", "Assessment "):
        assert hidden not in there.text
    assert "For my course only" in visitor.teacher(course).open(address).text
    own = replace(course.viewer(Role.LEARNER, course.learners[0]), course_id=CourseId(second_id))
    assert "For my course only" in visitor.be(own).open(f"/diagnostics/map?open={item}&level=3").text


def test_a_mark_that_is_not_released_is_in_nothing_that_a_learner_can_open(app: Flask, session: Session) -> None:
    """Before and after it was marked every page of theirs is the same, but for the task no longer being offered."""
    course = small_course(session, learners=2, assessments=4)
    for place in range(3):
        mark(session, course, place, {0: [1, 1, 2 if place else None], 1: [3, 3, 3]})
    deliver(app)
    visitor, (first, _, third) = Visitor.of(app).learner(course, 0), course.competencies
    queries = ("", f"?open={first}&level=1", f"?open={first}&level=4", f"?open={third}&level=0", "/over-time.json")
    addresses = [f"/diagnostics/map{query}" for query in queries]
    before = [visitor.open(address).text for address in addresses]
    mark(session, course, 3, {0: [3, 3, 3], 1: [0, 0, 0]}, released=False, comment="Not for their eyes yet")
    deliver(app)
    after = [visitor.open(address).text for address in addresses]
    assert all("Not for their eyes yet" not in text for text in after)
    assert [_without_chances(text) for text in after] == [_without_chances(text) for text in before]
    mark(session, course, 3, {0: [3, 3, 3], 1: [0, 0, 0]}, released=True, comment="Not for their eyes yet")
    deliver(app)
    assert "Not for their eyes yet" in visitor.open(addresses[2]).text
    assert visitor.open(addresses[0]).text != after[0]


def _without_chances(text: str) -> str:
    text = re.sub(r"Show it in Assessment \d+, criterion “Criterion \d” ?", "", text)
    return re.sub(r"Next chance: Assessment \d+, criterion “Criterion \d”\. ?", "", text)


def test_a_step_that_is_not_for_me_goes_and_can_be_had_back(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=2), small_course(session, learners=1)
    for place in range(3):
        mark(session, course, place, {0: [0, 0, 3]})
    deliver(app)
    visitor, item = Visitor.of(app).learner(course, 0), course.competencies[0]
    for _ in range(2):  # twice is once
        answer = visitor.send("/diagnostics/steps/decline", item=item)
        assert (answer.status, answer.location.split("?")[0]) == (303, "/diagnostics/map")
    page = visitor.open("/diagnostics/map")
    assert "1 step is put aside." in page.text
    assert [in_order(h) for h in page.tree.one("ol", class_="steps").all("h3")] == ["Competency 2"]
    assert "put aside" not in visitor.learner(course, 1).open("/diagnostics/map").text
    visitor.learner(course, 0).send("/diagnostics/steps/restore")
    assert "Competency 1" in in_order(visitor.open("/diagnostics/map").tree.one("ol", class_="steps"))
    for wrong in (other.competencies[0], "x", ""):
        assert visitor.send("/diagnostics/steps/decline", item=wrong).status == 400
    nameless = replace(course.viewer(Role.LEARNER), person_id=None)
    assert visitor.be(nameless).send("/diagnostics/steps/restore").reason == "not_known"


def test_asking_for_a_check_reaches_the_teacher_and_is_settled(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=1), small_course(session, learners=1)
    visitor = Visitor.of(app).learner(course, 0)
    asked = "Please look at <script>alert(1)</script> again"
    assert visitor.send("/diagnostics/checks", words=f"  {asked}  ").status == 303
    assert f"You asked to look at: “{asked}”" in visitor.open("/diagnostics/map").text
    assert visitor.send("/diagnostics/checks", words="   ").status == 400
    for _ in range(4):
        assert visitor.send("/diagnostics/checks", words="Again").status == 303
    assert visitor.send("/diagnostics/checks", words="Once too often").reason == "too_many_checks"
    page = visitor.teacher(course).open("/diagnostics/class")
    assert "Tree00 Example asks for a check." in page.text
    assert asked in page.text
    assert "<script>alert" not in page.html
    settle = page.tree.one("form", action=page.tree.all("form", method="post")[0].attributes["action"])
    assert visitor.teacher(other).send(settle.attributes["action"]).status == 404
    address = settle.attributes["action"]
    assert visitor.teacher(course).send(address).location.startswith("/diagnostics/class")
    assert asked not in visitor.open("/diagnostics/class").text
    again = visitor.send(address, learner=course.learners[0])
    assert again.location.startswith(f"/diagnostics/learners/{course.learners[0]}")
    assert visitor.send(address, learner=other.learners[0]).reason == "not_in_course"
    assert visitor.be(course.viewer(Role.LEARNER, PersonId(course.learners[0]))).send(address).status == 403


def test_without_a_framework_the_page_says_what_is_missing(app: Flask, session: Session) -> None:
    from lti_tool.frameworks.models import Framework
    from lti_tool.launch.models import Course

    course = small_course(session, learners=1)
    with scoped(session, course.institution_id), writing(session):
        session.get_one(Course, course.course_id).framework_version_id = None
        for framework in session.query(Framework):
            framework.is_default = False
    refused = Visitor.of(app).learner(course, 0).open("/diagnostics/map")
    assert (refused.status, refused.reason) == (404, "no_framework")
    assert "has not chosen a competency framework yet" in refused.text
