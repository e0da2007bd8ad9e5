"""The LMS misbehaves while grades are on their way: each one is visible with its reason, none is lost, and after the
trouble the gradebook is right."""

from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.grading.models import Delivery
from lti_tool.launch.models import Person as PersonRow
from lti_tool.sandbox.seed import Person
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.seeds import ADMIN, TEACHER
from tests.walks.steps import Own

PASSES = "Trying again"
STOPS = "Stopped"
ARRIVES = "In the gradebook"
ENDS: dict[str, tuple[str, str]] = {
    "html404": (PASSES, PASSES),
    "html": (PASSES, PASSES),
    "500": (PASSES, PASSES),
    "502": (PASSES, PASSES),
    "503": (PASSES, PASSES),
    "401": (STOPS, STOPS),
    "403": (STOPS, STOPS),
    "401once": (ARRIVES, STOPS),
    "429": (PASSES, PASSES),
    "throttle": (PASSES, PASSES),
    "slow": (ARRIVES, ARRIVES),
    "timeout": (PASSES, PASSES),
    "lost": (PASSES, PASSES),
    "garbage": (PASSES, PASSES),
}
"""What becomes of a grade while its gradebook, or the door where tokens are had, does this."""
FIRST = 100
CASES = [(service, kind) for kind in ENDS for service in ("ags", "token")]
LEARNERS = {case: FIRST + at for at, case in enumerate(CASES)}


def name(person: int) -> str:
    return f"Tree{person} Example"


@pytest.fixture(scope="module")
def moodle(tool: Tool) -> Lms:
    people = tuple(Person(each, f"Tree{each}", "Example") for each in LEARNERS.values())
    course = seeds.course()
    enrolments = (*course.enrolments, *seeds.learners(*LEARNERS.values()))
    lms = tool.add_lms(seeds.seed(seeds.course(enrolments=enrolments), people_more=people), "moodle")
    steps.enter_all(lms, ADMIN)
    steps.bring_framework(lms.be(ADMIN))
    steps.enter_all(lms, TEACHER)
    tool.sweep()
    return lms


@pytest.fixture(scope="module")
def talk(moodle: Lms) -> Own:
    return steps.place(moodle, "Short talk", ("Makes media for an audience",), points=3)


def told(lms: Lms, person: int, someone: int = ADMIN, path: str = "/admin/deliveries") -> str:
    """What a page says of a learner's grade."""
    words = lms.be(someone).see(path).words
    row = words.split(name(person))[1]
    return row.split(", Short talk")[0] if path.startswith("/admin") else row[:400]


def delivery(lms: Lms, person: int) -> Any:
    wanted = select(Delivery).join(PersonRow, PersonRow.id == Delivery.person_id)
    return lms.tool.read(lambda s: s.scalars(wanted.where(PersonRow.subject == str(person))).one().__dict__)


@pytest.mark.parametrize(("service", "kind"), CASES)
def test_a_grade_outlives_the_trouble(moodle: Lms, talk: Own, service: str, kind: str) -> None:
    person, end = LEARNERS[service, kind], ENDS[kind][service == "token"]
    if service == "token":
        moodle.served.campus.grants.clear()  # the token in hand has run out
    seconds = {"slow": 0.3, "timeout": 0.3}.get(kind)
    fault = {"kind": kind} | ({"seconds": seconds} if seconds else {})
    with moodle.fault(**{service: fault}):
        assert steps.mark_own(moodle, talk, person, 2, comment="A clear voice").ok
        moodle.tool.sweep()
        row = delivery(moodle, person)
        words = told(moodle, person)
        assert end in words, words
        if end != ARRIVES:
            assert row["words"]
            assert row["next_step"]
            assert row["words"].replace("’", "'") in words.replace("’", "'")
            assert row["next_step"] in words
            listed = moodle.be(TEACHER).see(f"/grading/assessments/{talk.ref}/marking").words
            assert row["words"] in listed.split(name(person))[1]
    if end == STOPS:
        moodle.tool.later(minutes=2)
        assert STOPS in told(moodle, person)  # until somebody acts
        admin = moodle.be(ADMIN)
        assert admin.do(f"/admin/deliveries/{row['id']}/retry").says("On its way again.")
    moodle.tool.later(minutes=2)
    result = moodle.column(talk.title)[person]
    assert (result.score, result.doubled) == (2, 0)
    assert result.comment.startswith("A clear voice")
    assert result.accepted == (2 if (service, kind) == ("ags", "lost") else 1)
    assert ARRIVES in told(moodle, person)
    assert delivery(moodle, person)["state"] == "sent"


def test_a_column_whose_making_was_not_heard_of_is_not_made_twice(moodle: Lms, talk: Own) -> None:
    """An assessment made in the tool has no link: its column is made with the first grade, and that answer is lost."""
    teacher = moodle.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)
    made = teacher.do("/grading/assessments/new", {"title": "Field notes", "points": "10", "instructions": ""})
    assert made.says("“Field notes” is made.")
    ref = made.url.split("/assessments/")[1].split("/")[0]
    person = steps.person_id(moodle, seeds.MAPLE)
    with moodle.fault(ags={"kind": "lost", "after": 1, "count": 1}):
        assert teacher.do(f"/grading/assessments/{ref}/mark/{person}", {"points": "7"}).says("7 of 10")
        moodle.tool.sweep()
    columns = [item for item in moodle.served.campus.items.values() if item.label == "Field notes"]
    assert len(columns) == 1
    assert moodle.column("Field notes") == {}
    moodle.tool.later(minutes=2)
    columns = [item for item in moodle.served.campus.items.values() if item.label == "Field notes"]
    assert len(columns) == 1
    assert moodle.column("Field notes")[seeds.MAPLE].score == 7


def test_everything_that_waits_can_be_sent_at_once(moodle: Lms, talk: Own) -> None:
    with moodle.fault(ags="503"):
        for person in (seeds.ROWAN, seeds.LINDEN):
            steps.mark_own(moodle, talk, person, 3)
        moodle.tool.sweep()
        page = moodle.be(TEACHER).see(f"/grading/assessments/{talk.ref}/marking")
        assert page.says("2 trying again", "None is lost")
    admin = moodle.be(ADMIN)
    done = admin.press(admin.see("/admin/deliveries"), "/admin/deliveries/retry")
    assert done.says("2 scores on the way again.")
    moodle.tool.later(seconds=2)
    assert [moodle.column(talk.title)[person].score for person in (seeds.ROWAN, seeds.LINDEN)] == [3, 3]
    assert admin.do("/admin/deliveries/retry").says("Nothing waits to be sent.")
