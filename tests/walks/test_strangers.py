"""Two institutions, and two courses of one of them: nobody gets at what belongs to the others, by any address."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from werkzeug.routing import Rule

from lti_tool.sandbox.seed import Course, Enrolment, Link, Person, Role
from tests.walks import seeds, steps, worlds
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import ADMIN, HELPER, MAPLE, ROWAN, TEACHER
from tests.walks.worlds import Ids, World

HERE, NEXT_DOOR, ELSEWHERE = "Acerhere", "Larixword", "Zirbeword"
LARIX_TEACHER, LARIX_ONE, LARIX_TWO = 61, 62, 63
ROLES = {"instructor": TEACHER, "assistant": HELPER, "student": MAPLE, "administrator": ADMIN}
BY_ENDPOINT = {
    "admin.decide_deployment": {"row_id": "deployment"},
    "admin.retry_work": {"row_id": "work"},
}
SHARED = {"platform_id", "deployment", "work", "framework_id", "version_id", "item"}
"""What two courses of one institution have in common."""


@pytest.fixture(scope="module")
def campus(stricter_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    people = (
        Person(LARIX_TEACHER, "Larixword", "Sample"),
        Person(LARIX_ONE, "Larixword Ann", "Example"),
        Person(LARIX_TWO, "Larixword Bert", "Example"),
    )
    larix = Course(
        seeds.SECOND,
        f"{NEXT_DOOR} course",
        NEXT_DOOR,
        enrolments=(Enrolment(LARIX_TEACHER, Role.INSTRUCTOR), *seeds.learners(LARIX_ONE, LARIX_TWO)),
        links=(Link(seeds.SECOND_MAP, "Waymark"),),
        assignments=(worlds.assignment(36, NEXT_DOOR, LARIX_ONE),),
    )
    acer = seeds.course(worlds.assignment(35, HERE, MAPLE), title=f"{HERE} course")
    zirbe = seeds.course(worlds.assignment(35, ELSEWHERE, MAPLE), title=f"{ELSEWHERE} course")
    theirs = seeds.seed(zirbe)
    theirs = replace(theirs, people=tuple(replace(one, given=f"{ELSEWHERE} {one.given}") for one in theirs.people))
    with Tool(stricter_database, tmp_path_factory.mktemp("tool")) as tool:
        ours = tool.add_lms(seeds.seed(acer, larix, people_more=people), "canvas", "Northmere")
        other = tool.add_lms(theirs, "moodle", "Southmere")
        found = {
            HERE: World(ours, seeds.COURSE, seeds.MAP, HERE, TEACHER, (MAPLE, ROWAN)),
            NEXT_DOOR: World(ours, seeds.SECOND, seeds.SECOND_MAP, NEXT_DOOR, LARIX_TEACHER, (LARIX_ONE, LARIX_TWO)),
            ELSEWHERE: World(other, seeds.COURSE, seeds.MAP, ELSEWHERE, TEACHER, (MAPLE, ROWAN)),
        }
        for lms in (ours, other):
            lms.be(ADMIN).enter(seeds.COURSE, seeds.MAP)
            steps.bring_framework(lms.be(ADMIN))
            steps.connect(lms, lms.be(ADMIN)).says("Works")
        for world in found.values():
            worlds.populate(world)
        yield found


def rules(tool: Tool) -> list[tuple[Rule, str]]:
    """Every address of the tool that asks who one is, with its methods."""
    found = []
    for rule in tool.app.url_map.iter_rules():
        view = tool.app.view_functions[rule.endpoint]
        if hasattr(view, "__waymark_needs__"):
            found += [(rule, method) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    assert len(found) > 40
    return found


def addresses(rule: Rule, ids: Ids) -> list[str]:
    """The rule's address filled with these ids, each combination."""
    names = re.findall(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", rule.rule)
    told = BY_ENDPOINT.get(rule.endpoint, {})
    choices = [["json"] if name == "form" else ids[told.get(name, name)][:2] for name in names]
    shape = re.sub(r"<[^>]+>", "{}", rule.rule)
    return [shape.format(*one) for one in product(*choices)]


def forms(ids: Ids) -> dict[str, str]:
    """One form that holds every field that any form of the tool has, with foreign ids in all of them."""
    item, criterion, rating = ids["item"][0], ids["criterion_id"][0], ids["rating"][0]
    return {
        "do": "accept",
        "pick": item,
        "second": item,
        "item": item,
        "level": "1",
        "title": "Something",
        "url": "https://example.org/",
        "take": f"{criterion}:{item}",
        "criteria": ",".join(ids["criterion_id"]),
        "at": "2026-11-22T09:00:00+00:00",
        "learner": ids["person_id"][0],
        f"r-{criterion}": rating,
        "points": "1",
        "text": "Something",
        "decision": "refuse",
    } | {
        f"{name}-{platform}": value
        for platform in ids["platform_id"]
        for name, value in (("kind", "moodle"), ("base_url", "https://evil.example"), ("token", "stolen"))
    }


def has_ids(rule: Rule) -> bool:
    return bool(rule.arguments - {"form", "ticket"})


def foreign(world: World, here: bool) -> Ids:
    ids = worlds.ids_of(world)
    return {name: each for name, each in ids.items() if not (here and name in SHARED)} if here else ids


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("word", [NEXT_DOOR, ELSEWHERE])
def test_no_address_with_the_ids_of_others_opens_or_changes_anything(
    campus: dict[str, World], role: str, word: str
) -> None:
    here, there = campus[HERE], campus[word]
    someone = here.lms.be(ROLES[role])
    someone.enter(here.course, here.link)
    ids = worlds.ids_of(there)
    shared = SHARED if word == NEXT_DOOR else set()
    before = worlds.everything(here.lms.tool)
    tried = 0
    for rule, method in rules(here.lms.tool):
        told = BY_ENDPOINT.get(rule.endpoint, {})
        if not has_ids(rule) or {told.get(name, name) for name in rule.arguments} & shared:
            continue
        if role == "administrator" and word == NEXT_DOOR and rule.endpoint.startswith("admin."):
            continue  # of the whole institution
        if rule.endpoint == "grading.continue_assessment" and word == NEXT_DOOR and role == "instructor":
            continue  # a copied course: the rubric alone comes along, see its own test
        for address in addresses(rule, ids):
            answer = someone.ask(method, address, data=forms(ids) if method == "POST" else None)
            assert answer.status_code in (403, 404), (method, address, answer.status_code)
            assert word not in answer.text, (method, address)
            assert 'data-error="' in answer.text or 'data-state="' in answer.text, address  # words, not a bare status
            tried += 1
    assert tried > 15
    assert worlds.everything(here.lms.tool) == before


@pytest.mark.parametrize("role", ["instructor", "student"])
@pytest.mark.parametrize("word", [NEXT_DOOR, ELSEWHERE])
def test_foreign_ids_in_queries_and_forms_bring_and_change_nothing(
    campus: dict[str, World], role: str, word: str
) -> None:
    """Addresses without ids, or with one's own, and the others' in what is sent."""
    here, there = campus[HERE], campus[word]
    someone = here.lms.be(ROLES[role])
    someone.enter(here.course, here.link)
    ids, mine = worlds.ids_of(there), worlds.ids_of(here)
    person, item, criterion = ids["person_id"][0], ids["item"][0], ids["criterion_id"][0]
    asked = [
        f"/grading/review?c={criterion}",
        f"/grading/review?did={','.join(ids['criterion_id'])}&at=2026-11-22T09:00:00%2B00:00",
        f"/grading/assessments/new?like={ids['assessment'][0]}",
        f"/diagnostics/class?person={person}&item={item}",
        f"/diagnostics/class?group={word}&area={word}",
        f"/diagnostics/map?open={item}&level=1",
        f"/diagnostics/learners/{mine['person_id'][0]}?open={item}",
        f"/diagnostics/class/cells?person={person}",
    ]
    for address in asked:
        answer = someone.ask("GET", address)
        assert answer.status_code < 500, address
        assert word not in answer.text.replace(f"area={word}", "").replace(f"group={word}", ""), address
    before = worlds.everything(here.lms.tool)
    own = mine["criterion_id"][-1]  # of the assessment made in the tool
    sent = [
        ("/grading/review/several", {"take": f"{criterion}:{item}"}),
        ("/grading/review/undo", {"criteria": criterion, "at": "2026-11-22T09:00:00+00:00"}),
        (f"/diagnostics/checks/{ids['request_id'][0]}/settle", {"learner": mine["person_id"][0]}),
        (f"/grading/assessments/{mine['ref'][0]}/mark/{person}", {f"r-{own}": "1", "points": "1"}),
        (f"/grading/assessments/{mine['ref'][0]}/send/{person}", {}),
        (f"/grading/assessments/{mine['ref'][0]}/mark/{mine['person_id'][0]}", {f"r-{own}": ids["rating"][0]}),
    ]
    if word == ELSEWHERE:  # a competency of another institution's framework
        sent += [
            (f"/grading/review/{own}", {"do": "accept", "pick": item}),
            ("/diagnostics/targets", {"item": item, "level": "1"}),
            ("/diagnostics/resources", {"item": item, "title": "Book", "url": "https://example.org/"}),
            ("/diagnostics/steps/decline", {"item": item}),
        ]
    for address, form in sent:
        answer = someone.ask("POST", address, data=form)
        assert answer.status_code in (400, 403, 404), (address, form, answer.status_code)
        assert word not in answer.text
    assert worlds.everything(here.lms.tool) == before


def test_a_copied_course_takes_the_rubric_along_and_nothing_else(campus: dict[str, World]) -> None:
    """A link with the ref of another course of the same institution: its rubric, nobody's work or marks."""
    here, there = campus[HERE], campus[NEXT_DOOR]
    theirs, ours = here.lms.be(LARIX_TEACHER), here.lms.be(TEACHER)
    there.enter(LARIX_TEACHER)
    form = {"title": "Taken along", "points": "3", "c-0-title": "Carries a rubric"}
    form |= {f"c-0-r-{at}-points": str(at) for at in range(4)}
    ref = theirs.do("/grading/assessments/new", form).url.split("/assessments/")[1].split("/")[0]
    person = steps.person_id(here.lms, LARIX_ONE)
    theirs.do(f"/grading/assessments/{ref}/mark/{person}", {"points": "2", "comment": "Stays there"})
    ours.enter(here.course, here.link)
    page = ours.do(f"/grading/assessments/{ref}/continue")
    assert page.says("Taken along", "Maple Example", "Not yet")
    assert NEXT_DOOR not in page.words
    assert "Stays there" not in page.text


def everything_readable(lms: Lms, person: int, *more: str) -> dict[str, str]:
    someone = lms.be(person)
    someone.enter(seeds.COURSE, seeds.MAP)
    starts = ("/", "/welcome", "/diagnostics/map", "/diagnostics/map/over-time.json", "/grading/own-work", *more)
    return {address: page.text for address, page in steps.pages_of(someone, *starts).items()}


def test_a_student_reads_of_no_other_student(campus: dict[str, World]) -> None:
    here = campus[HERE]
    mine = everything_readable(here.lms, MAPLE)
    assert len(mine) > 10
    others = ("Rowan", "Linden", "Hazel", f"work of {ROWAN}", f"file of {ROWAN}", NEXT_DOOR, ELSEWHERE)
    for address, text in mine.items():
        assert not [name for name in others if name in text], address
    assert any(f"work of {MAPLE}" in text for text in mine.values())
    assert any(f"{HERE} remark" in text for text in mine.values())


def test_a_student_opens_nothing_of_another_student_by_its_address(campus: dict[str, World]) -> None:
    here = campus[HERE]
    ids = worlds.ids_of(here)
    someone = here.lms.be(ROWAN)
    someone.enter(here.course, here.link)
    person, (ref,) = str(steps.person_id(here.lms, MAPLE)), ids["ref"]
    before = worlds.everything(here.lms.tool)
    for method, address in (
        ("GET", f"/diagnostics/learners/{person}"),
        ("GET", f"/diagnostics/learners/{person}/over-time.json"),
        ("GET", f"/grading/assessments/{ref}/mark/{person}"),
        ("POST", f"/grading/assessments/{ref}/mark/{person}"),
        ("GET", f"/grading/assessments/{ref}/marking"),
        ("GET", "/diagnostics/class.csv"),
        ("GET", "/diagnostics/class/cells"),
        *(("POST", f"/grading/work/{each}/download") for each in not_of(here.lms, ids["submission_id"], ROWAN)),
    ):
        answer = someone.ask(method, address, data=forms(ids) if method == "POST" else None)
        assert answer.status_code in (403, 404), address
        assert "Maple" not in answer.text
    assert worlds.everything(here.lms.tool) == before


def not_of(lms: Lms, submissions: list[str], person: int) -> list[str]:
    from sqlalchemy import select

    from lti_tool.grading.models import Submission

    mine = steps.person_id(lms, person)
    found = lms.tool.read(
        lambda s: s.scalars(
            select(Submission.id).where(Submission.id.in_(map(int, submissions)), Submission.person_id != mine)
        ).all()
    )
    assert found
    return [str(one) for one in found]


def test_a_visitor_without_a_name_reads_of_nobody(campus: dict[str, World]) -> None:
    here = campus[HERE]
    someone = here.lms.be(0)
    someone.enter(here.course, here.link)
    for rule, method in rules(here.lms.tool):
        for address in (
            addresses(rule, worlds.ids_of(here))
            if has_ids(rule)
            else [rule.rule.replace("<any(json, png, svg):form>", "json")]
        ):
            text = someone.ask(method, address).text
            assert not [word for word in ("Maple", "Rowan", f"{HERE} remark", f"{HERE} comment") if word in text], (
                address
            )
