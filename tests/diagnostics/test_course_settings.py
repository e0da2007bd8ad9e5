"""What a course sets for itself: target levels, and resources that next steps point to."""

from flask import Flask
from sqlalchemy.orm import Session

from tests.diagnostics.course import deliver, mark, small_course
from tests.diagnostics.pages import Visitor, in_order


def test_a_target_holds_for_all_competencies_but_those_that_have_their_own(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=1), small_course(session, learners=1)
    for place in range(3):
        mark(session, course, place, {0: [1, 1, 1]})
    deliver(app)
    first, second, _ = course.competencies
    visitor = Visitor.of(app)

    def goals() -> list[int]:
        page = visitor.learner(course, 0).open("/diagnostics/map")
        rows = [page.tree.one("tr", id=f"c-{item}").all("a", class_="cell") for item in course.competencies]
        return [next(n for n, cell in enumerate(row, 1) if cell.all(class_="goal")) for row in rows]

    def aim(level: object, item: object = 0) -> int:
        return visitor.teacher(course).send("/diagnostics/targets", level=level, item=item).status

    assert goals() == [2, 2, 2]
    assert aim(3) == aim(3) == 303
    assert aim(4, first) == 303
    assert goals() == [4, 3, 3]
    field = visitor.teacher(course).open("/diagnostics/class").tree.one("select", name="item")
    assert "1.1 Competency 1: level 4" in in_order(field)
    assert aim(2) == 303
    assert goals() == [4, 2, 2]
    assert aim(0, first) == 303  # as for the others again
    assert goals() == [2, 2, 2]
    assert (aim(0), aim(5), aim(-1), aim("x"), aim(""), aim(9, second)) == (400,) * 6
    assert aim(2, other.competencies[0]) == 404
    assert aim(1, "9" * 30) == 404
    assert goals() == [2, 2, 2]
    assert visitor.learner(course, 0).send("/diagnostics/targets", level=1).reason == "wrong_role"


def test_a_resource_is_linked_shown_with_the_step_it_helps_and_taken_away(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=1), small_course(session, learners=1)
    for place in range(3):
        mark(session, course, place, {0: [0, 3, 3]})
    deliver(app)
    item = course.competencies[0]
    visitor = Visitor.of(app)
    visitor.teacher(course).send("/diagnostics/targets", level=4)
    step = in_order(visitor.learner(course, 0).open("/diagnostics/map").tree.all("li", class_="card")[0])
    level = 1 + int(step.split("level ")[-1][0]) - 1
    visitor.teacher(course)
    for title, wanted in (("For any level", ""), ("For this step", level), ("For another", 1 if level > 1 else 4)):
        answer = visitor.send(
            "/diagnostics/resources", item=item, title=f" {title} ", url=f" https://example.org/{title[4:7]} ",
            minutes=" 1 ", level=wanted,
        )  # fmt: skip
        assert answer.status == 303, title
    listed = visitor.open("/diagnostics/resources").part("linked")
    assert "For any level (opens a new window), about 1 minute" in listed
    assert f"For this step (opens a new window), for level {level}" in listed
    card = visitor.learner(course, 0).open("/diagnostics/map").tree.all("li", class_="card")[0]
    assert "For this step" in in_order(card)  # made for this level, it comes before one for any
    assert "about a minute" in in_order(card)
    assert card.one("a", class_="main").attributes["href"] == "https://example.org/thi"

    forms = visitor.teacher(course).open("/diagnostics/resources").tree.all("form")
    takes = [f.attributes["action"] for f in forms if f.attributes["action"].endswith("/remove")]
    assert len(takes) == 3
    assert visitor.teacher(other).send(takes[0]).status == 404
    assert visitor.teacher(course).send(takes[0]).status == 303
    assert visitor.send(takes[0]).status == 404
    assert visitor.learner(course, 0).send(takes[1]).reason == "wrong_role"


def test_what_cannot_be_linked_comes_back_with_each_fault_at_its_field(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=1), small_course(session, learners=1)
    item, visitor = course.competencies[0], Visitor.of(app).teacher(course)
    good = {"item": item, "title": "Title", "url": "https://example.org/", "minutes": "5", "level": "2"}
    bad: list[tuple[str, object, str]] = [
        ("url", address, "Give the whole web address")
        for address in (
            "", "example.org", "javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "ftp://example.org/",
            "https://", "http://[", "https://example.org:port/", "https://user:word@example.org/",
            "https://a b.example/", "//example.org/", "mailto:a@example.org",
        )
    ]  # fmt: skip
    bad += [("url", f"https://example.org/{'x' * 2000}", "longer than 2000 characters")]
    bad += [("title", "  ", "Say in a few words what it is."), ("title", "x" * 301, "At most 300 characters")]
    bad += [("minutes", minutes, "Give whole minutes") for minutes in ("0", "-5", "ten", "1.5", "6001", "٣", "9" * 40)]
    bad += [("level", level, "Choose a level") for level in ("5", "0", "x")]
    bad += [("item", wrong, "Choose a competency") for wrong in ("", "x", other.competencies[0], "9" * 40, "²")]
    for name, value, words in bad:
        page = visitor.send("/diagnostics/resources", **{**good, name: value})
        assert page.status == 400, (name, value)
        assert words in page.text, (name, value)
        assert page.tree.all(id=f"f-{name}-error"), (name, value)
        assert page.tree.one("input", name="title").attributes["value"] == str({**good, name: value}["title"])
    assert "Nothing yet." in visitor.open("/diagnostics/resources").text
