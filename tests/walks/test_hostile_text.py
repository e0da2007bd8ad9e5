"""Text from an LMS, from files and from forms that wants to be markup, a script or far too long: it is shown as text,
cut where it has to be, and breaks no page."""

import csv
import io
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from lti_tool.grading.models import Assessment
from lti_tool.sandbox import LaunchDriver
from lti_tool.sandbox.seed import Assignment, Enrolment, Filling, Link, Person, Role, Work
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.people import Page
from tests.walks.seeds import ADMIN, MAPLE, ROWAN, TEACHER
from tests.walks.steps import Own

EVIL = '<x-evil onx="1">"\'><script>evil()</script><img src=x onx=1>{{ 7*7 }}'
LONG = "Very long words without an end " * 400
FORMULA, LENGTHY = 51, 52
RUBRIC = seeds.rubric(41, f"Rubric {EVIL}", f"Frames {EVIL} the search for information", f"Judges {LONG}")
CHECK = Assignment(
    31,
    f"Source check {EVIL}",
    6,
    rubric=RUBRIC,
    description=EVIL,
    work=(
        Work(
            MAPLE,
            submitted_at=seeds.when(1),
            marked_at=seeds.when(1),
            comment=EVIL,
            text=EVIL,
            fillings=(Filling(411, 4113, remark=f"Well done {EVIL}"), Filling(412, 4122, remark=LONG)),
        ),
    ),
)
LONG_NAME = Assignment(32, LONG, 6, rubric=seeds.rubric(42, LONG, "x" * 20_000), description=LONG)
FRAMEWORK = seeds.FRAMEWORK.replace("Searching for information", '"Searching ' + EVIL.replace('"', '""') + '"').replace(
    "Judging sources", "Judging " + "sources and sources and " * 100
)


class _Evil(HTMLParser):
    """What a browser would have taken for markup of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.script = tag == "script"
        bad = [name for name, _ in attrs if name.startswith("on") and not name.startswith("one")]
        links = [value for name, value in attrs if name in ("href", "src", "action", "formaction")]
        runs = [value for value in links if value and value.strip().lower().startswith(("javascript:", "data:text"))]
        if tag == "x-evil" or bad or runs:
            self.found.append(f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        if self.script and "evil" in data:
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.script = False


def is_harmless(page: Page) -> None:
    assert page.status < 500, page.url
    if page.text.lstrip()[:1] == "<":
        reader = _Evil()
        reader.feed(page.text)
        assert reader.found == [], (page.url, reader.found)
        assert "49" not in page.title


@pytest.fixture(scope="module")
def hostile(stricter_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    people = (
        Person(FORMULA, '=HYPERLINK("http://evil.example")', EVIL, email=f'"{EVIL}"@example.org'),
        Person(LENGTHY, LONG, LONG),
    )
    course = seeds.course(
        CHECK,
        LONG_NAME,
        title=f"{LONG}{EVIL}",
        label=EVIL + LONG,
        enrolments=(Enrolment(TEACHER, Role.INSTRUCTOR), *seeds.learners(MAPLE, ROWAN, FORMULA, LENGTHY)),
        links=(Link(seeds.MAP, f"Waymark {EVIL}{LONG}", description=EVIL),),
    )
    with Tool(stricter_database, tmp_path_factory.mktemp("tool")) as tool:
        lms = tool.add_lms(seeds.seed(course, people_more=people), "moodle", f"College {EVIL}"[:190])
        admin, teacher = lms.be(ADMIN), lms.be(TEACHER)
        admin.enter(seeds.COURSE, seeds.MAP)
        steps.bring_framework(admin, FRAMEWORK)
        steps.connect(lms, admin).says("Works")
        teacher.enter(seeds.COURSE, seeds.MAP)
        teacher.see("/grading/assessments")
        tool.sweep()
        assert teacher.see("/grading/review").ok
        yield lms


@pytest.fixture(scope="module")
def own(hostile: Lms) -> Own:
    """An own assessment whose every field is hostile, with work handed in, marked and asked about."""
    made = steps.place(hostile, f"Own {EVIL}"[:150], (f"Criterion {EVIL}", LONG[:3900]))
    maple = hostile.be(MAPLE)
    page = maple.enter(seeds.COURSE, made.link)
    assert maple.press(page, "/hand-in", text=f"{EVIL}{LONG}").says("Your work is handed in")
    name = f'"><x-evil onx=1>{LONG}.txt'
    done = maple.do(
        f"/grading/assessments/{made.ref}/hand-in",
        {"text": ""},
        {"file": (name, EVIL.encode(), f"text/html; {EVIL.split('>')[0]}")},
    )
    assert done.says("Your work is handed in, attempt 2.")
    steps.mark_own(hostile, made, MAPLE, 3, 2, comment=f"Fine {EVIL}{LONG}")
    maple.do("/diagnostics/checks", {"words": f"Please {EVIL}"}).says("Sent.")
    teacher = hostile.be(TEACHER)
    resource = {"title": f"Read {EVIL}", "url": "https://example.org/?q=%3Cx-evil%3E", "minutes": "5"}
    teacher.do("/diagnostics/resources", {"item": str(steps.item_id(hostile, "A1")), **resource})
    hostile.tool.later(seconds=3)
    return made


def test_what_the_lms_says_is_kept_and_marked_all_the_same(hostile: Lms) -> None:
    assert hostile.be(TEACHER).see("/grading/assessments").says("Source check", "Very long words")
    (title,) = hostile.tool.read(
        lambda s: s.scalars(select(Assessment.title).where(Assessment.title.like("Source%"))).all()
    )
    assert sorted(steps.marks(hostile, title, MAPLE).values()) == [2.0, 3.0]


def test_no_page_takes_it_for_markup(hostile: Lms, own: Own) -> None:
    starts = {
        TEACHER: ("/diagnostics/class", "/grading/review", "/grading/assessments", "/diagnostics/resources"),
        MAPLE: ("/diagnostics/map", "/grading/own-work", f"/grading/assessments/{own.ref}"),
        ADMIN: ("/admin/connections", "/admin/deliveries", "/admin/audit", "/frameworks"),
    }
    seen = 0
    for person, addresses in starts.items():
        someone = hostile.be(person)
        someone.enter(seeds.COURSE, seeds.MAP)
        for page in steps.pages_of(someone, *addresses, most=25).values():
            is_harmless(page)
            assert page.status == 200, (page.url, page.words[:300])
            seen += 1
    assert seen > 40


def test_it_can_be_read_as_what_it_is(hostile: Lms, own: Own) -> None:
    teacher = hostile.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    page = teacher.see(f"/grading/assessments/{own.ref}/mark/{steps.person_id(hostile, MAPLE)}")
    assert "&lt;x-evil" in page.text
    assert page.says("<script>evil()</script>")


def test_a_hostile_file_comes_back_as_a_file(hostile: Lms, own: Own) -> None:
    teacher = hostile.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    page = teacher.see(f"/grading/assessments/{own.ref}/mark/{steps.person_id(hostile, MAPLE)}")
    download = page.form("/download")
    ticket = teacher.ask("POST", download.action.removeprefix(teacher.tool)).headers["Location"]
    answer = teacher.ask("GET", ticket)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content == EVIL.encode()
    assert teacher.ask("GET", ticket).status_code == 404  # once


def test_no_spreadsheet_runs_a_name(hostile: Lms) -> None:
    teacher = hostile.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    answer = teacher.ask("GET", "/diagnostics/class.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) > 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert any(row[0].startswith("'=HYPERLINK") for row in rows)


@pytest.mark.parametrize("url", ["javascript:evil()", "data:text/html,evil", " javascript:evil()", "//evil.example"])
def test_a_resource_that_is_no_web_page_is_not_linked(hostile: Lms, url: str) -> None:
    teacher = hostile.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    item = str(steps.item_id(hostile, "A1"))
    page = teacher.do("/diagnostics/resources", {"item": item, "title": "Look", "url": url, "minutes": ""})
    assert page.status == 400
    assert page.says("Give the whole web address")
    is_harmless(page)


def test_a_deployment_with_a_hostile_id_is_shown_to_the_administrator_as_text(hostile: Lms) -> None:
    with LaunchDriver(hostile.url, person=ROWAN, link=seeds.MAP) as driver:
        answer = driver.forge(claims_patch={"deployment_id": EVIL})
    assert answer.status_code == 403
    assert 'data-error="deployment_pending"' in answer.text
    is_harmless(Page(answer.url, answer.status_code, answer.text))
    page = hostile.be(ADMIN).enter(seeds.COURSE, seeds.MAP)
    is_harmless(page)
    assert page.says("<x-evil", "is not approved")


@pytest.mark.parametrize("sent", ["not-signed", "Ik9uIGl0cyB3YXkgYWdhaW4uIg.aaaa.bbbb", "%3Cx-evil%3E"])
def test_nobody_else_makes_a_page_say_something(hostile: Lms, sent: str) -> None:
    teacher = hostile.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    page = teacher.see(f"/grading/assessments?said={sent}")
    is_harmless(page)
    assert "On its way" not in page.words
