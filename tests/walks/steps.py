"""What the people of a walk do more than once, always through pages: set up, take in, map, make, mark."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks.models import Item
from lti_tool.grading.models import Assessment, Criterion, CriterionScore, Evidence, Rating, Score
from lti_tool.launch.models import Course, Person, Platform
from tests.walks import seeds
from tests.walks.campus import Lms, Tool
from tests.walks.people import Page, Someone


def enter_all(lms: Lms, *people: int, course: int = seeds.COURSE, link: int = seeds.MAP) -> list[Page]:
    return [lms.be(each).enter(course, link) for each in people]


def bring_framework(admin: Someone, text: str = seeds.FRAMEWORK) -> Page:
    page = admin.do("/frameworks/import", files={"file": ("skills.csv", text.encode(), "text/csv")})
    assert page.ok, page.words
    kept = admin.press(page, "/frameworks/import/", do="import")  # what it would bring was shown first
    assert kept.ok, kept.words
    return kept


def connect(lms: Lms, admin: Someone, token: str = seeds.TOKEN) -> Page:
    """The administrator pastes the LMS's token; the page it leads to."""
    number = lms.platform_id
    fields = {f"kind-{number}": lms.temper, f"base_url-{number}": lms.url, f"token-{number}": token}
    return admin.press(admin.see("/admin/connections"), f"/platforms/{number}/connection", **fields)


def look_again(lms: Lms, teacher: int = seeds.TEACHER, **later: float) -> Page:
    """The teacher has the LMS read once more, two minutes later; the list of assessments after it."""
    lms.tool.later(**(later or {"minutes": 2}))
    someone = lms.be(teacher)
    someone.enter(seeds.COURSE, seeds.MAP)
    someone.press(someone.see("/grading/assessments"), "/look-again")
    lms.tool.sweep()
    return someone.see("/grading/assessments")


def map_all(tool: Tool, teacher: Someone, key: Mapping[str, str], course_title: str = "") -> int:
    """Every open criterion of the key is accepted for its competency, looked up by its code; how many were."""

    def open_ones(session: Session) -> list[tuple[int, str]]:
        wanted = select(Criterion.id, Criterion.title).join(Assessment, Assessment.id == Criterion.assessment_id)
        wanted = wanted.join(Course, Course.id == Assessment.course_id).where(Criterion.review != "accepted")
        if course_title:
            wanted = wanted.where(Course.title == course_title)
        return [(one, title) for one, title in session.execute(wanted.order_by(Criterion.id)) if title in key]

    found = tool.read(open_ones)
    for criterion, title in found:
        page = teacher.see(f"/grading/review?c={criterion}")
        done = teacher.press(page, f"/review/{criterion}", do="accept", pick="other", find=key[title])
        assert done.ok, done.words
        done.says("Accepted: ")
    tool.sweep()
    return len(found)


def ready(lms: Lms, key: Mapping[str, str] = seeds.KEY) -> Lms:
    """Administrator, framework, connection, a first reading, everything mapped."""
    admin, teacher = lms.be(seeds.ADMIN), lms.be(seeds.TEACHER)
    admin.enter(seeds.COURSE, seeds.MAP)
    bring_framework(admin)
    connect(lms, admin).says("Works")
    assert teacher.enter(seeds.COURSE, seeds.MAP).ok
    teacher.see("/grading/assessments")
    lms.tool.sweep()
    if key:
        assert map_all(lms.tool, teacher, key)
    return lms


@dataclass(frozen=True)
class Own:
    """An assessment of the tool's own: its ref, the LMS's link to it, its title."""

    ref: str
    link: int
    title: str
    points: float


def place(lms: Lms, title: str, criteria: Sequence[str] = (), *, course: int = seeds.COURSE, points: int = 6) -> Own:
    """The teacher adds an assessment to the course by deep linking, then its rubric of ratings 0 to 3 in the tool."""
    teacher = lms.be(seeds.TEACHER)
    choose = teacher.follow(f"/courses/{course}/add/launch")
    answer = teacher.press(choose, "/deep-linking", opens="assessment", title=title, points=str(points))
    sent = teacher.send(next(form for form in answer.forms if form.value("JWT")))
    assert sent.status == 200, sent.text
    placed = next(
        one.link
        for one in lms.served.campus.links.values()
        if one.link.custom.get("waymark_opens") == "assessment" and one.link.title == title
    )
    own = Own(placed.custom["waymark_ref"], placed.id, title, points)
    if criteria:
        fields = {"title": title, "instructions": "", "points": str(points)}
        for at, text in enumerate(criteria):
            fields[f"c-{at}-title"] = text
            for score, words in enumerate(("Nothing", "Some", "Most", "All")):
                fields[f"c-{at}-r-{score}-points"], fields[f"c-{at}-r-{score}-words"] = str(score), words
        done = teacher.do(f"/grading/assessments/{own.ref}/edit", fields)
        assert done.ok, done.words
    teacher.enter(course, own.link)
    lms.tool.sweep()
    return own


def mark_form(tool: Tool, own: Own, *points: float | None) -> dict[str, str]:
    """The marking form with a rating of these points for each criterion; None leaves one out."""

    def ask(session: Session) -> dict[str, str]:
        found: dict[str, str] = {}
        criteria = session.scalars(
            select(Criterion)
            .join(Assessment, Assessment.id == Criterion.assessment_id)
            .where(Assessment.source_id == own.ref)
            .order_by(Criterion.position)
        ).all()
        for criterion, given in zip(criteria, points, strict=True):
            if given is not None:
                rating = session.scalars(select(Rating).filter_by(criterion_id=criterion.id, points=given)).one()
                found[f"r-{criterion.id}"] = str(rating.id)
        return found

    return tool.read(ask)


def mark_own(
    lms: Lms,
    own: Own,
    person: int,
    *points: float | None,
    comment: str = "",
    hidden: bool = False,
    teacher: int = seeds.TEACHER,
) -> Page:
    """The teacher marks one learner's work by the rubric."""
    fields = {**mark_form(lms.tool, own, *points), "comment": comment} | ({"hidden": "yes"} if hidden else {})
    return lms.be(teacher).do(f"/grading/assessments/{own.ref}/mark/{person_id(lms, person)}", fields)


# What the tables hold, by the LMS's names for things


def person_id(lms: Lms, person: int) -> int:
    """Our id of somebody of this LMS."""
    known = lms.seed.person(person)
    assert known is not None
    subject = lms.served.campus.sub(known)
    return lms.tool.read(
        lambda s: s.scalars(select(Person.id).filter_by(platform_id=lms.platform_id, subject=subject)).one()
    )


def item_id(lms: Lms, code: str) -> int:
    """Our id of a competency of this LMS's institution."""
    platform = select(Platform.institution_id).where(Platform.id == lms.platform_id).scalar_subquery()
    wanted = select(Item.id).where(Item.code == code, Item.institution_id == platform)
    return lms.tool.read(lambda s: s.scalars(wanted).one())


def marks(lms: Lms, title: str, person: int) -> dict[str, float]:
    """Criterion title to points: a learner's present marks on one assessment."""
    who = person_id(lms, person)

    def ask(session: Session) -> dict[str, float]:
        wanted = (
            select(Criterion.title, CriterionScore.points)
            .join(CriterionScore, CriterionScore.criterion_id == Criterion.id)
            .join(Score, Score.id == CriterionScore.score_id)
            .join(Assessment, Assessment.id == Score.assessment_id)
            .where(Assessment.title == title, Score.person_id == who, Score.superseded_at.is_(None))
        )
        return {row.title: row.points for row in session.execute(wanted)}

    return lms.tool.read(ask)


def evidence(lms: Lms, person: int) -> dict[str, list[tuple[float, bool]]]:
    """Competency code to (fraction, released) of a learner's present evidence, oldest first."""
    who = person_id(lms, person)

    def ask(session: Session) -> dict[str, list[tuple[float, bool]]]:
        wanted = (
            select(Item.code, Evidence.fraction, Evidence.released_at)
            .join(Evidence, Evidence.item_id == Item.id)
            .where(Evidence.person_id == who, Evidence.superseded_at.is_(None))
            .order_by(Evidence.observed_at, Evidence.id)
        )
        found: dict[str, list[tuple[float, bool]]] = {}
        for code, fraction, released_at in session.execute(wanted):
            found.setdefault(code or "", []).append((round(fraction, 4), released_at is not None))
        return found

    return lms.tool.read(ask)


def counts(tool: Tool) -> dict[str, int]:
    """How many rows of what an intake writes."""
    tables = (Assessment, Criterion, Rating, Score, CriterionScore, Evidence, Person)
    return tool.read(lambda s: {one.__name__: s.scalar(select(func.count()).select_from(one)) or 0 for one in tables})


def cell(someone: Someone, lms: Lms, code: str, of: int | None = None) -> Page:
    """A map with one competency's evidence open: the learner's own, or as a teacher that of person `of` (our id)."""
    page = "/diagnostics/map" if of is None else f"/diagnostics/learners/{of}"
    return someone.see(f"{page}?open={item_id(lms, code)}")


def pages_of(someone: Someone, *start: str, most: int = 400) -> dict[str, Page]:
    """Every page that can be reached by links from these, by its address."""
    todo = list(start)
    found: dict[str, Page] = {}
    while todo and len(found) < most:
        address = todo.pop().split("#")[0]
        if address in found:
            continue
        page = found[address] = someone.see(address)
        inside = [link.removeprefix(someone.tool) for link in page.links if link.startswith(someone.tool + "/")]
        more = re.findall(r'data-src="([^"]+)"', page.text)
        todo += [link.split("#")[0] for link in (*inside, *more) if not link.startswith("/static-")]
    return found
