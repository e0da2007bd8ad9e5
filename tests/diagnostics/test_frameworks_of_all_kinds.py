"""Frameworks as they come: without levels, codes or areas, with eight levels, two hundred competencies, long words."""

import json
from urllib.parse import quote_plus

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.grading.models import Assessment, Criterion, Rating
from lti_tool.kit.db import scoped, writing
from tests.diagnostics.course import SmallCourse, classmates, deliver, mark, small_course
from tests.diagnostics.pages import Visitor, in_order

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
HOSTILE = "</td><script>alert(1)</script>{{ 7 * 70007 }}"


def marked(app: Flask, session: Session, learners: int = 7, **facts: object) -> SmallCourse:
    course = small_course(session, learners=learners, **facts)  # type: ignore[arg-type]
    for place in range(3):
        mark(session, course, place, classmates(0, learners, place, criteria=len(course.criteria[0])))
    deliver(app)
    return course


@pytest.mark.parametrize("levels", [0, 1, 2, 8])
def test_a_map_has_the_frameworks_own_levels_or_four_plain_ones(app: Flask, session: Session, levels: int) -> None:
    """One level is no scale: a second is added, so that there is something to be at, or not at."""
    course = marked(app, session, levels=levels)
    wide = {0: 4, 1: 2}.get(levels, levels)
    visitor = Visitor.of(app).learner(course, 0)
    page = visitor.open("/diagnostics/map")
    assert page.status == 200
    assert page.tree.one("body").attributes["data-levels"] == str(wide)
    heads = page.tree.one("table", data_map="").one("thead").all("th")
    assert [in_order(head) for head in heads[1:]] == [f"{n} Level {n}" for n in range(1, wide + 1)]
    rows = page.tree.one("table", data_map="").all("tr", class_="line")
    assert all(len(row.all("a", class_="cell")) == wide for row in rows)
    assert all(len(row.all("a", data_state="here")) == 1 for row in rows)
    axis = json.loads(visitor.open("/diagnostics/map/over-time.json").data)["spec"]["layer"][0]["encoding"]["y"]
    assert axis["scale"]["domain"] == [0.5, wide + 0.5]
    grid = visitor.teacher(course).open("/diagnostics/class")
    assert grid.status == 200
    shown = {link.attributes["data-level"] for link in grid.tree.all("a", class_="g")}
    assert shown <= {str(level) for level in range(1, wide + 1)}
    assert visitor.client.get("/diagnostics/class/overview.png").status_code == 200
    assert visitor.send("/diagnostics/targets", level=wide).status == 303
    assert visitor.send("/diagnostics/targets", level=wide + 1).status == 400


def test_two_hundred_competencies_without_codes_or_areas_have_their_place(app: Flask, session: Session) -> None:
    facts = {"code": "", "title": LONG + " {n}"}
    course = marked(app, session, 2, competencies=200, assessed=26, areas=False, item_facts=facts)
    visitor = Visitor.of(app).learner(course, 0)
    page = visitor.open("/diagnostics/map")
    assert len(page.tree.all("tr", class_="line")) == 200
    assert len(page.tree.all("a", class_="tile")) == 200
    assert "All competencies" in page.text
    drawn = json.loads(visitor.open("/diagnostics/map/over-time.json").data)["data"]["values"]
    assert len({row["Competency"] for row in drawn}) == 24
    visitor.teacher(course)
    sets = [f"All competencies, {first} to {last}" for first, last in ((1, 60), (61, 120), (121, 180), (181, 200))]

    def table(query: str) -> tuple[int, str]:
        """How many columns, and what the filter says."""
        page = visitor.open(f"/diagnostics/class{query}").tree
        field = page.one("select", name="area")
        assert [in_order(option) for option in field.all("option")] == [*sets, "All 200 competencies"]
        rows = page.one("table", role="grid").one("tbody").all("tr")
        (chosen,) = [option for option in field.all("option") if "selected" in option.attributes]
        return len(rows[0].all("a", class_="g")), in_order(chosen)

    # too wide for a table: one part at a time, that of the open cell, or all of it for who asks
    assert table("") == (60, sets[0])
    assert table("?area=" + quote_plus(sets[3])) == (20, sets[3])
    assert table("?area=*") == (200, "All 200 competencies")
    opened = f"person={course.learners[0]}&item={course.competencies[150]}"
    assert table(f"?{opened}") == table(f"?area={quote_plus(sets[0])}&{opened}") == (60, sets[2])
    for query in ("", "?area=" + quote_plus(sets[3]), "?area=*"):
        assert len(visitor.client.get(f"/diagnostics/class/cells{query}").data) == 2 * 200


def test_text_from_outside_is_text_on_every_page(app: Flask, session: Session) -> None:
    """Titles, names, comments, ratings and descriptors, in both directions of writing."""
    title = HOSTILE.replace("{", "{{").replace("}", "}}")
    facts = {"title": title, "descriptors": {"1": HOSTILE, "2": HOSTILE}}
    course = small_course(session, learners=1, names=["مريم " + HOSTILE], item_facts=facts)
    with scoped(session, course.institution_id), writing(session):
        for table, column in ((Assessment, "title"), (Criterion, "title"), (Rating, "title")):
            for row in session.query(table):
                setattr(row, column, HOSTILE)
    for place in range(2):
        mark(session, course, place, {0: [0, 3, 1]}, comment=HOSTILE)
    deliver(app)
    visitor, item = Visitor.of(app), course.competencies[0]
    address = f"/diagnostics/learners/{course.learners[0]}"
    seen = [
        visitor.learner(course, 0).open(f"/diagnostics/map?open={item}&level=1"),
        visitor.teacher(course).open(f"{address}?open={item}&level=1"),
        visitor.open(f"/diagnostics/class?person={course.learners[0]}&item={item}"),
        visitor.open("/diagnostics/resources"),
    ]
    for page in seen:
        assert page.status == 200
        assert page.tree  # tags in order: nothing from outside closed one
        assert HOSTILE in page.text
        assert "<script>alert" not in page.html
        assert "490049" not in page.text
    assert "مريم" in seen[1].text


def test_ratings_are_read_by_rank_and_not_by_their_points(app: Flask, session: Session) -> None:
    """With ratings of 0, 5, 8 and 10 points, 8 is the third of four: two thirds of the way, as the model reads it."""
    from lti_tool.diagnostics.mastery.observation import rating_share
    from lti_tool.grading import queries as grading

    course = small_course(session, learners=1)
    ladder = [0.0, 5.0, 8.0, 10.0]
    with scoped(session, course.institution_id), writing(session):
        for criterion in session.query(Criterion):
            criterion.max_points = 10.0
        for rating in session.query(Rating):
            rating.points = ladder[int(rating.source_id)]
    mark(session, course, 0, {0: [8, 5, 6.5]})  # type: ignore[list-item]
    deliver(app)
    with scoped(session, course.institution_id):
        rows = grading.evidence_of(session, course.learners[0], course.version_id)
    assert [(row.fraction, row.levels) for row in rows] == [rating_share(points, ladder) for points in (8, 5, 6.5)]
    visitor = Visitor.of(app).learner(course, 0)
    said = [visitor.open(f"/diagnostics/map?open={item}&level=0", part=True).text for item in course.competencies]
    assert "rated 3 of 4" in said[0]
    assert "rated 2 of 4" in said[1]
    assert "rated" not in said[2]  # between two ratings
    assert "6.5 of 10 points" in said[2]
