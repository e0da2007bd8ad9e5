"""A class against what a role asks for, and a learner's own plan: by evidence, nothing averaged."""

from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.diagnostics.class_cells import ABOVE, ClassCells
from lti_tool.diagnostics.readiness import Reach, readiness
from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.roles import service as roles
from lti_tool.frameworks.roles.domain import Asked, Role, Rung
from lti_tool.frameworks.roles.service import RoleDraft
from lti_tool.grading.models import Alignment, Assessment
from lti_tool.kit.db import scoped, writing
from tests.diagnostics.course import SmallCourse, deliver, mark, small_course
from tests.diagnostics.pages import Visitor
from tests.factories import NOW

RUNGS = tuple(Rung(n, f"Level {n}", (f"Does it at {n}",)) for n in range(1, 5))


def test_each_competency_stands_for_itself_and_the_nearest_is_first() -> None:
    asks = tuple(Asked(key, key, "", RUNGS, 3) for key in "abcd")
    role = Role(1, "Analyst", "", "F", 1, "", asks)
    codes = bytes([3, 1, 2 | ABOVE, 2 << 4, 4, 4, 3, 3])  # the second person has shown everything
    cells = ClassCells((7, 8), (1, 2, 3, 4), codes, bytes(8))
    second, first = readiness(role, dict(zip("abcd", (1, 2, 3, 4), strict=True)), cells)
    assert (second.person_id, second.ready, second.to_do) == (8, True, ())
    assert [(gap.asked.key, gap.reach) for gap in first.gaps] == [
        ("c", Reach.CLOSE), ("b", Reach.OPEN), ("d", Reach.UNKNOWN), ("a", Reach.SHOWN),
    ]  # fmt: skip
    steps = [gap.step.lines for gap in first.gaps if gap.step]
    assert steps == [("Does it at 3",), ("Does it at 2",), ("Does it at 1",)]
    assert not first.ready


def with_role(session: Session, course: SmallCourse, level: int = 3) -> int:
    with scoped(session, course.institution_id), writing(session):
        framed = frameworks.framed(session, course.version_id)
        made = roles.create(session, framed.version.framework_id, RoleDraft("Junior analyst"), NOW)
        keys = {c.key for c in framed.competencies[:2]}
        roles.change(session, made, RoleDraft("Junior analyst"), dict.fromkeys(keys, level), keys, NOW)
    return made


def test_instructors_see_the_class_and_learners_their_own_way_to_a_role(app: Flask, session: Session) -> None:
    course, other = small_course(session, learners=2), small_course(session, learners=1)
    for place in range(3):
        mark(session, course, place, {0: [3, 3, 3], 1: [0, 0, 0]}, comment="Only for them")
    deliver(app)
    role, foreign = with_role(session, course), with_role(session, other)
    visitor = Visitor.of(app)
    assert "Junior analyst" in visitor.teacher(course).open("/diagnostics/roles").text
    page = visitor.open(f"/diagnostics/roles/{role}")
    names = [row.one("th").text.split()[0] for row in page.tree.one("tbody").all("tr")]
    assert names == ["Tree00", "Tree01"]
    assert page.text.index("1 of 2") > 0
    assert "Competency 1, 1.2 Competency 2" in page.text
    plan = visitor.open(f"/diagnostics/learners/{course.learners[1]}/plan/{role}")
    assert "Explains" not in visitor.open(f"/diagnostics/learners/{course.learners[0]}/plan/{role}").text
    assert "Demonstrate:" in plan.text
    assert "Does 1" in plan.text  # the descriptor of the level after the one shown
    assert visitor.open(f"/diagnostics/learners/{other.learners[0]}/plan/{role}").status == 404
    assert visitor.open(f"/diagnostics/roles/{foreign}").status == 404
    own = visitor.learner(course, 1).open(f"/diagnostics/plan/{role}")
    assert own.text.count("You are at 1 Level 1") + own.text.count("You are at Level 1") == 2
    assert "Tree00" not in own.text
    assert visitor.open("/diagnostics/plan").status == 200
    assert visitor.open(f"/diagnostics/plan/{foreign}").status == 404
    assert visitor.open(f"/diagnostics/roles/{role}").status == 403


def test_a_rubric_made_from_the_framework_comes_mapped(app: Flask, session: Session) -> None:
    course = small_course(session, learners=1)
    role = with_role(session, course)
    visitor = Visitor.of(app).teacher(course)
    ticked = visitor.open(f"/grading/assessments/from-framework?role={role}").tree.all("input", checked="")
    assert [box.attributes["value"] for box in ticked] == [str(item) for item in course.competencies[:2]]
    nothing = visitor.send("/grading/assessments/from-framework", title="Project")
    assert nothing.status == 400
    assert "Choose at least one competency" in nothing.text
    made = visitor.send("/grading/assessments/from-framework", title="Project", item=course.competencies[1])
    assert made.status == 303
    with scoped(session, course.institution_id):
        one = session.query(Assessment).filter_by(title="Project").one()
        sheet_page = visitor.open(f"/grading/assessments/{one.source_id}/edit")
        (aligned,) = (
            session.query(Alignment)
            .filter_by(item_id=course.competencies[1], ended_at=None)
            .order_by(Alignment.id.desc())
            .limit(1)
        )
    assert "Level 3: Explains 2" in sheet_page.html
    assert aligned.weight == 1
    assert "Mapped" in visitor.open("/grading/assessments").text
