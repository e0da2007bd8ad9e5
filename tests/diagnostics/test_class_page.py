"""The class, for its instructors: shares, grid, groups, files, pictures."""

import csv
import io
import json
import re
from dataclasses import replace

from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.diagnostics import queries
from lti_tool.grading.alignments import service as alignments
from lti_tool.grading.alignments.domain import Decider
from lti_tool.kit.db import scoped, writing
from lti_tool.web.components.maps import CohortArea, CohortCell, CohortColumn, CohortGrid, CohortRow, Reach
from lti_tool.web.viewer import Role
from tests.diagnostics.course import SmallCourse, classmates, deliver, mark, small_course
from tests.diagnostics.pages import Ordered, Visitor, in_order, shape
from tests.factories import NOW

HOSTILE = "=HYPERLINK(1)<script>alert(2)</script>"


def taught(app: Flask, session: Session, learners: int = 12, **facts: object) -> SmallCourse:
    """Three tasks on two competencies; nothing assesses the third: its criteria are left out."""
    course = small_course(session, learners=learners, **facts)  # type: ignore[arg-type]
    with scoped(session, course.institution_id), writing(session):
        for criteria in course.criteria:
            alignments.decide(session, criteria[2], [], Decider.person(course.teacher), NOW)
    for place in range(3):
        mark(session, course, place, {**classmates(0, learners - 1, place), learners - 1: [3, None, 3]})
    deliver(app)
    return course


def test_an_instructor_reads_who_stands_where_and_what_is_never_assessed(app: Flask, session: Session) -> None:
    course = taught(app, session, names=(HOSTILE, "مريم مثال"))
    visitor = Visitor.of(app).teacher(course)
    page = visitor.open("/diagnostics/class")
    assert page.status == 200
    with scoped(session, course.institution_id):
        cells = {who: queries.learner_cells(session, who, course.version_id) for who in course.learners}
        targets = queries.targets(session, course.course_id, course.version_id, 4)
    first = course.competencies[0]
    assert "12 learners, 3 competencies." in page.text
    assert "1 has never been assessed here." in page.text
    assert "1.3 Competency 3 0 criteria" in page.part("never")

    table = page.tree.one("table", role="grid")
    rows = table.one("tbody").all("tr")
    assert "<script>alert" not in page.html
    by_name = {row.one("th").one("a").attributes["href"]: row for row in rows}
    assert len(by_name) == 12
    assert in_order(by_name[f"/diagnostics/learners/{course.learners[0]}"].one("th")) == HOSTILE
    for who in course.learners:
        row = by_name[f"/diagnostics/learners/{who}"]
        links = row.all("a", class_="g")
        for link, item in zip(links, course.competencies, strict=True):
            cell = cells[who].get(item)
            level = cell.standing.level if cell else None
            assert link.attributes.get("data-level") == (str(level) if level else None)
            count = cell.standing.n if cell else 0
            said = link.attributes["aria-label"]
            if level:
                assert cell is not None
                perhaps = cell.standing.perhaps
                assert said.startswith(f"Level {level}")
                assert ("perhaps" in said) == bool(perhaps)
                assert said.endswith(f"{count} pieces")
            else:
                assert said == f"Not enough evidence yet, {count} of 3 pieces"
    foot = [in_order(cell) for cell in table.one("tfoot").all("td")]
    placed = [cells[who][first].standing.level or 0 for who in course.learners]
    share = sum(level >= targets.of(first) for level in placed) / 12
    assert foot[0] == f"{share:.0%} (12)"
    assert foot[1].endswith("(11)")
    assert foot[2] == "– (0)"


def test_a_cell_of_the_grid_opens_its_evidence_below(app: Flask, session: Session) -> None:
    course = taught(app, session)
    visitor = Visitor.of(app).teacher(course)
    grid = visitor.open("/diagnostics/class?sort=gap").tree.one("table", role="grid")
    address = grid.one("tbody").all("a", class_="g")[0].attributes["href"]
    assert "sort=gap" in address
    assert address.endswith("#opened")
    whole, part = visitor.open(address), visitor.open(address, part=True)
    for seen in (whole, part):
        panel = seen.tree.one("div", class_="evidence")
        assert len(panel.all("li", class_="piece")) == 3  # the grid has one cell for a competency: all its results
        assert "mapped by hand by Rowan Example" in in_order(panel)
        assert "The target is level 2." in in_order(panel)
        assert "the learner shows that they can:" in in_order(panel)
        assert "See this learner’s page" in in_order(panel)
    assert part.tree.all("html") == []
    assert len(whole.tree.all("a", aria_expanded="true")) == 1
    assert whole.tree.one("a", data_close="opened").attributes["href"].endswith("?sort=gap")
    other = small_course(session, learners=1)
    for wrong in (
        f"person={other.learners[0]}&item={course.competencies[0]}",
        f"person={course.learners[0]}&item={other.competencies[0]}",
        f"person={course.teacher}&item={course.competencies[0]}",
        f"person={'9' * 30}&item=x",
        f"person={'9' * 30}&item={course.competencies[0]}",
    ):
        seen = visitor.open(f"/diagnostics/class?{wrong}")
        assert seen.status == 200
        assert seen.tree.all("div", class_="evidence") == []
        assert "x" in wrong or visitor.open(f"/diagnostics/class?{wrong}", part=True).status == 404


def test_the_rows_of_the_grid_are_what_the_component_makes_of_them(app: Flask, session: Session) -> None:
    """They are written by hand because there may be ten thousand cells; the markup is the component's."""
    course = taught(app, session, names=(HOSTILE,))
    visitor = Visitor.of(app).teacher(course)
    opened = f"person={course.learners[3]}&item={course.competencies[0]}"
    table = visitor.open(f"/diagnostics/class?sort=gap&{opened}").tree.one("table", role="grid")
    cells = [row.all("a", class_="g") for row in table.one("tbody").all("tr")]
    grid = CohortGrid(
        label="Learners and competencies",
        areas=(CohortArea("Area", tuple(CohortColumn(f"1.{n}", "") for n in (1, 2, 3))),),
        rows=tuple(
            CohortRow(
                in_order(row.one("th")),
                tuple(_cell_of(cell.attributes, in_order(cell)) for cell in of),
                row.one("th").one("a").attributes["href"],
            )
            for row, of in zip(table.one("tbody").all("tr"), cells, strict=True)
        ),
    )
    with app.test_request_context():
        made = app.jinja_env.get_template("components/cohort.html").module.cohort(grid, "grid")  # type: ignore[attr-defined]
    assert shape(Ordered(made).root.one("tbody")) == shape(table.one("tbody"))
    assert sum("perhaps" in cell.attributes["aria-label"] for row in cells for cell in row) > 3


def _cell_of(attributes: dict[str, str], shown: str) -> CohortCell:
    level = int(attributes.get("data-level", 0))
    pieces = int(re.findall(r"(\d+) (?:of 3 )?pieces?$", attributes["aria-label"])[0])
    is_open = attributes["aria-expanded"] == "true"
    return CohortCell(level, pieces, attributes["href"], Reach(attributes.get("data-may", "")), open=is_open)


def test_sixty_learners_are_read_page_by_page_and_seen_at_once(app: Flask, session: Session) -> None:
    sections = ["Seminar A"] * 30 + ["Seminar B"] * 24 + ["Seminar C"] * 7
    course = taught(app, session, learners=61, sections=sections)
    visitor = Visitor.of(app).teacher(course)
    page = visitor.open("/diagnostics/class")
    assert len(page.tree.one("table", role="grid").one("tbody").all("tr")) == 50
    assert "Learners 1 to 50 of 61" in page.text
    (following,) = page.tree.all("a", rel="next")
    rest = visitor.open(following.attributes["href"])
    assert len(rest.tree.one("table", role="grid").one("tbody").all("tr")) == 11
    assert "Learners 51 to 61 of 61" in rest.text
    assert (
        len(visitor.open("/diagnostics/class?from=99999").tree.one("table", role="grid").one("tbody").all("tr")) == 11
    )
    assert len(visitor.open("/diagnostics/class?from=-3").tree.one("table", role="grid").one("tbody").all("tr")) == 50
    assert (
        len(
            visitor.open("/diagnostics/class?group=Nobody&area=Nothing&sort=x")
            .tree.one("table", role="grid")
            .one("tbody")
            .all("tr")
        )
        == 50
    )
    group = visitor.open("/diagnostics/class?group=Seminar+C")
    assert len(group.tree.one("table", role="grid").one("tbody").all("tr")) == 7

    groups = page.part("groups")
    assert "All (61)" in groups
    assert "Seminar A (30)" in groups
    assert "Seminar B (24) Hidden, so that Seminar C cannot be worked out from the total" in groups
    assert "Seminar C (7) Hidden: fewer than 10 learners" in groups

    figure = page.tree.one("figure", data_overview="")
    said = figure.one("canvas").attributes["aria-label"]
    assert said.startswith("61 learners by 3 competencies. 66% of the places have enough evidence; of these ")
    assert said.endswith("The table below holds every value.")
    data = json.loads("".join(child.words[0] for child in figure.one("script").children))
    assert [who for who, _ in data["learners"]] == list(course.learners)  # by name
    assert [name for _, name in data["competencies"]] == ["1.1 Competency 1", "1.2 Competency 2", "1.3 Competency 3"]
    codes = visitor.client.get(figure.attributes["data-src"])
    assert codes.mimetype == "application/octet-stream"
    assert len(codes.data) == 61 * 3
    shown = [
        link.attributes.get("data-level", "0")
        for link in page.tree.one("table", role="grid").one("tbody").all("a", class_="g")
    ]
    assert [code & 15 for code in codes.data[:150]] == [int(level) for level in shown]
    assert len(visitor.client.get("/diagnostics/class/cells?group=Seminar+C").data) == 7 * 3
    assert group.tree.all("figure", data_overview="") == []  # seven fit the table

    by_gap = visitor.client.get("/diagnostics/class/cells?sort=gap").data
    assert sorted(by_gap) == sorted(codes.data)
    missing = [sum(max(0, 2 - (c & 15)) for c in by_gap[3 * n : 3 * n + 3] if c & 15) for n in range(61)]
    assert missing == sorted(missing, reverse=True)
    assert missing[0] > 0


def test_the_class_can_be_had_as_a_table_no_spreadsheet_runs(app: Flask, session: Session) -> None:
    names = (HOSTILE, "+1 Example", "-1 Example", "@x Example", "\tTab Example", " =1 Example", 'Quote", Example')
    course = taught(app, session, learners=8, names=names, item_facts={"title": "=1+{n}", "code": ""})
    answer = Visitor.of(app).teacher(course).client.get("/diagnostics/class.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="class.csv"'
    text = answer.data.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head == ["learner", "'=1+1", "'=1+2", "'=1+3"]
    assert {row[0] for row in rows} == {*(f"'{name}" for name in names[:6]), names[6], "Tree07 Example"}
    assert all(len(row) == 4 and row[3] == "" for row in rows)
    assert all(level in ("", "1", "2", "3", "4") for row in rows for level in row[1:])
    assert any(row[1] for row in rows)


def test_the_class_is_drawn_by_altair_for_the_page_and_for_a_report(app: Flask, session: Session) -> None:
    course = taught(app, session)
    visitor = Visitor.of(app).teacher(course)
    chart = visitor.open("/diagnostics/class").tree.one("div", data_chart="")
    spec = json.loads(visitor.open(chart.attributes["data-src"]).data)
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6")
    assert spec["mark"] == {"type": "bar"}
    assert {name: part["field"] for name, part in spec["encoding"].items() if "field" in part} == {
        "x": "Learners", "y": "Competency", "color": "Level", "order": "Level",
    }  # fmt: skip
    rows = spec["data"]["values"]
    assert sum(row["Learners"] for row in rows if row["Competency"] == "1.1 Competency 1") == 12
    assert {row["Competency"] for row in rows} == {"1.1 Competency 1", "1.2 Competency 2"}
    png = visitor.client.get("/diagnostics/class/overview.png")
    assert (png.mimetype, png.data[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    svg = visitor.client.get("/diagnostics/class/overview.svg")
    assert svg.mimetype == "image/svg+xml"
    assert b"Competency 1" in svg.data
    assert visitor.open("/diagnostics/class/overview.pdf").status == 404


def test_a_class_without_learners_or_evidence_says_what_is_missing(app: Flask, session: Session) -> None:
    visitor = Visitor.of(app)
    nobody = visitor.teacher(small_course(session, learners=0)).open("/diagnostics/class")
    assert "Nobody is here yet" in nobody.text
    assert nobody.tree.all("table", role="grid") == []
    nothing = visitor.teacher(small_course(session, learners=2)).open("/diagnostics/class")
    assert "No evidence yet" in nothing.text
    assert nothing.tree.all(data_chart="") == []
    assert visitor.client.get("/diagnostics/class/cells").data == bytes(6)
    assert json.loads(visitor.client.get("/diagnostics/class/overview.json").data)["data"]["values"] == []
    assert visitor.client.get("/diagnostics/class.csv").status_code == 200


def test_an_assistant_reads_the_class_and_changes_nothing_of_the_course(app: Flask, session: Session) -> None:
    course = taught(app, session)
    visitor = Visitor.of(app).be(replace(course.viewer(Role.ASSISTANT)))
    page = visitor.open("/diagnostics/class")
    assert page.status == 200
    assert "What this course expects" not in page.text
    for address in ("/diagnostics/targets", "/diagnostics/resources", "/diagnostics/resources/1/remove"):
        assert visitor.send(address).reason == "wrong_role"
    assert visitor.open("/diagnostics/resources").reason == "wrong_role"
