"""Deep linking, names and roles, assignment and grade services between the tool as a server and each LMS as a server:
the way through, and each way that must not lead through."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.kit import clock
from lti_tool.kit.db import db, everywhere
from lti_tool.launch import queries
from lti_tool.launch.models import Course, Membership
from lti_tool.launch.parts import parts
from lti_tool.lms import faults
from lti_tool.lms.ags import Ags
from lti_tool.lms.delivery import Delivered, Refused, TryLater
from lti_tool.lms.nrps import Nrps
from lti_tool.lms.values import NewLineItem, Score
from lti_tool.sandbox import LaunchDriver
from lti_tool.sandbox.places import DEEP, LINEITEM_READ, RESULT_READ, ROSTER, SCOPES, SCORE
from lti_tool.sandbox.seed import Person
from tests.certification.visits import asked, control, reason_of
from tests.launch.platform import LEARNER
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool
from tests.walks.databases import sqlite_database
from tests.walks.seeds import ADMIN, MAPLE, ROWAN, TEACHER

__all__ = ["sqlite_database"]

TREES = range(100, 220)
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


@pytest.fixture(scope="module")
def both(sqlite_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Lms]]:
    """A Canvas and a Moodle, each with a class of more people than Canvas lists on one page, opened by a teacher."""
    people = tuple(Person(each, f"Tree{each}", "Example") for each in TREES)
    course = seeds.course(enrolments=(*seeds.course().enrolments, *seeds.learners(*TREES)))
    with Tool(sqlite_database, tmp_path_factory.mktemp("tool")) as tool:
        found = {
            temper: tool.add_lms(seeds.seed(course, people_more=people), temper, f"A college with {temper}")
            for temper in ("canvas", "moodle")
        }
        for lms in found.values():
            steps.enter_all(lms, ADMIN)
            steps.bring_framework(lms.be(ADMIN))
            steps.enter_all(lms, TEACHER)
        tool.sweep()
        yield found


@pytest.fixture(params=["canvas", "moodle"])
def lms(request: pytest.FixtureRequest, both: dict[str, Lms]) -> Lms:
    return both[request.param]


@contextmanager
def services(lms: Lms) -> Iterator[tuple[Ags, Nrps, queries.CourseInfo]]:
    """The tool's own clients for the course, with its keys, its tokens and what its launches said."""
    with lms.tool.app.app_context(), everywhere(db.session()) as session:
        row = session.scalars(select(Course.id).filter_by(platform_id=lms.platform_id)).one()
        course = queries.course(session, row)
        made = parts().services
        yield made.ags_for(session, course), made.nrps_for(session, course), course
        session.rollback()


@contextmanager
def counted(lms: Lms, service: str, kind: str = "slow") -> Iterator[Any]:
    """How often a service was asked (`hits`) and how many new tokens were had (`tokens`) while the block ran."""
    campus = lms.served.campus
    with lms.fault(**{service: {"kind": kind, "seconds": 0}}):
        fault, before = campus.faults.active[service], campus.counts["tokens"]
        yield lambda: (fault.hits, campus.counts["tokens"] - before)


@contextmanager
def allowed(lms: Lms, *scopes: str) -> Iterator[None]:
    """The LMS's administrator leaves the tool only these scopes; the tokens it has are dead."""
    tool = f"tools/{lms.registered.client_id}"
    control(lms, tool, scopes=scopes)
    control(lms, "expire-tokens")
    try:
        yield
    finally:
        control(lms, tool, scopes=SCOPES)


def members(lms: Lms) -> int:
    """People whom the tool knows in the course."""
    course = select(Course.id).filter_by(platform_id=lms.platform_id).scalar_subquery()
    return lms.tool.read(lambda s: s.query(Membership).filter(Membership.course_id == course).count())


def subject(lms: Lms, person: int) -> str:
    """What the LMS calls somebody in its services."""
    known = lms.seed.person(person)
    assert known is not None
    return lms.served.campus.sub(known)


# Deep linking


def test_a_teacher_places_two_links_at_once_and_the_lms_takes_the_answer_as_its_own_rules_say(lms: Lms) -> None:
    """Deployment, audience, version, a fresh nonce, `data` byte for byte (Canvas) or left out (Moodle)."""
    teacher, campus = lms.be(TEACHER), lms.served.campus
    before = set(campus.links)
    teacher.follow(f"/courses/{seeds.COURSE}/add/launch")
    chosen = [("opens", "map"), ("opens", "assessment"), ("title", "Certified talk"), ("points", "12.5")]
    page = teacher.post(f"{teacher.tool}/deep-linking", chosen)
    answer = next(form for form in page.forms if form.value("JWT"))
    assert teacher.send(answer).status == 200
    new = [campus.links[each].link for each in sorted(set(campus.links) - before)]
    assert [link.custom["waymark_opens"] for link in new] == ["map", "assessment"]
    (item,) = [one for one in campus.items.values() if one.link_id in {link.id for link in new}]
    assert (item.label, item.maximum, item.tag) == ("Certified talk", 12.5, "waymark")
    assert item.resource_id == new[1].custom["waymark_ref"]
    assert item.review
    assert lms.be(MAPLE).enter(seeds.COURSE, new[1].id).title == "Certified talk"
    # the same answer again, and one changed on the way, make nothing
    assert teacher.send(answer).status >= 400
    teacher.follow(f"/courses/{seeds.COURSE}/add/launch")
    page = teacher.post(f"{teacher.tool}/deep-linking", [("opens", "map")])
    answer = next(form for form in page.forms if form.value("JWT"))
    head, body, signature = answer.value("JWT").split(".")
    assert teacher.send(answer, JWT=f"{head}.{body}.{signature[::-1]}").status >= 400
    assert set(campus.links) - before == {link.id for link in new}


def test_a_deep_linking_request_that_is_not_right_is_refused(lms: Lms) -> None:
    settings = DEEP + "deep_linking_settings"
    good = {"accept_types": ["ltiResourceLink"], "deep_link_return_url": f"{lms.url}/return"}
    bad: dict[str, tuple[dict[str, Any], str]] = {
        "no settings": ({settings: None}, "missing_deep_linking_settings"),
        "no return address": ({settings: {**good, "deep_link_return_url": ""}}, "missing_deep_linking_settings"),
        "a script to return to": (
            {settings: {**good, "deep_link_return_url": "javascript:alert(1)"}},
            "missing_deep_linking_settings",
        ),
        "no links wanted": ({settings: {**good, "accept_types": ["file"]}}, "no_link_accepted"),
        "no types": ({settings: {"deep_link_return_url": good["deep_link_return_url"]}}, "no_link_accepted"),
        "another deployment": ({"deployment_id": "not-this-one"}, "deployment_pending"),
        "of a student": ({"roles": [LEARNER]}, "only_teachers"),  # a good launch, so it is the last of this login
    }
    with LaunchDriver.deep_link(lms.url, TEACHER, seeds.COURSE) as driver:
        form = asked(driver)
        for name, (claims, reason) in bad.items():
            assert reason_of(driver.send(driver.forged(form, claims))) == reason, name
    teacher = lms.be(TEACHER)
    teacher.enter(seeds.COURSE, seeds.MAP)  # a session of another kind has nothing to answer
    assert teacher.see("/deep-linking").error == "missing_deep_linking_settings"
    assert teacher.do("/deep-linking", {"opens": "map"}).status == 400


# Names and roles


def test_a_class_of_many_pages_is_read_whole(lms: Lms) -> None:
    everybody = len([*lms.served.campus.members(lms.seed.courses[0])])
    assert members(lms) >= everybody > 120  # those who never launched too
    with services(lms) as (_, nrps, course):
        url, now = str(course.roster_url), clock.now()
        nrps.members(url, now=now)  # with a token that is good
        with counted(lms, "nrps") as count:
            people = nrps.members(url, now=now, limit=50)
            assert (len(people), len({one.user_id for one in people})) == (everybody, everybody)
            assert count() == (3, 0)
        learners = nrps.members(url, now=now, limit=50, role="Learner")
        assert {f"Tree{each} Example" for each in TREES} <= {one.name for one in learners}
        assert "Tamarack Sample" not in {one.name for one in learners}


def test_a_dead_token_is_renewed_once_for_a_class_list(lms: Lms) -> None:
    with services(lms) as (_, nrps, course):
        url, now = str(course.roster_url), clock.now()
        nrps.members(url, now=now)
        with counted(lms, "nrps", "401once") as count:
            assert len(nrps.members(url, now=now)) > 120
            assert count() == (1, 1)
        with counted(lms, "nrps", "401") as count:
            with pytest.raises(faults.AccessDenied):
                nrps.members(url, now=now)
            assert count() == (2, 1)  # once more with a fresh one, and no more


def test_a_class_list_that_is_not_allowed_any_more_is_told_and_the_class_stays(both: dict[str, Lms]) -> None:
    lms = both["canvas"]
    tool, before = lms.tool, members(lms)
    teacher, admin = lms.be(TEACHER), lms.be(ADMIN)
    tool.sweep()
    tool.later(minutes=70)  # a class list is read again after an hour
    admin.enter(seeds.COURSE, seeds.MAP)
    with allowed(lms, *(scope for scope in SCOPES if scope != ROSTER)), counted(lms, "nrps") as count:
        assert teacher.enter(seeds.COURSE, seeds.MAP).ok
        tool.sweep()
        assert count() == (0, 0)  # no token, so nothing was asked
        told = admin.see("/admin/deliveries")
        assert told.says("Reading the class list", "Stopped", "does not allow this tool that service")
    assert members(lms) == before
    admin.press(told, "/admin/work/").says("It is tried again now.")
    tool.sweep()
    assert "Reading the class list" not in admin.see("/admin/deliveries").words


# Assignment and grade services


def wanted(tag: str, of: str = "certified") -> NewLineItem:
    return NewLineItem(f"Column {tag}", 20, of, tag, launch_url="https://tool.example/lti/launch")


def test_columns_are_made_once_listed_over_pages_changed_filled_read_and_deleted(lms: Lms) -> None:
    with services(lms) as (ags, _, course):
        url, now = str(course.line_items_url), clock.now()
        made = [ags.ensure_line_item(url, wanted(f"C{number}", "five"), now=now) for number in range(5)]
        assert ags.ensure_line_item(url, wanted("C0", "five"), now=now) == made[0]
        with counted(lms, "ags") as count:
            listed = ags.line_items(url, now=now, resource_id="five", limit=2)
            assert count()[0] == 3
        assert [one.url for one in listed] == [one.url for one in made]
        renamed = ags.update(made[1].url, now=now, label="Renamed", maximum=10)
        assert (renamed.label, renamed.maximum, renamed.tag, renamed.resource_id) == ("Renamed", 10, "C1", "five")
        assert ags.line_item(made[1].url, now=now).label == "Renamed"

        subjects = [subject(lms, each) for each in TREES[:15]]
        first = now.replace(microsecond=0) - timedelta(seconds=5)
        for given, who in enumerate(subjects):
            assert ags.post_score(made[0].url, Score(who, given, 20, first), now=now) == Delivered(first)
        later = first + timedelta(seconds=1)
        better = Score(subjects[0], 19.5, 20, later, "Better")
        assert ags.post_score(made[0].url, better, now=now) == Delivered(later)
        results = {one.user_id: one for one in ags.results(made[0].url, now=now)}
        assert set(results) == set(subjects)  # Canvas gives ten at a time
        kept = results[subjects[0]]
        assert (kept.score, kept.maximum, kept.comment) == (19.5, 20, "Better")

        old = ags.post_score(made[0].url, Score(subjects[0], 1, 20, first - timedelta(seconds=9)), now=now)
        assert isinstance(old, TryLater)
        assert old.later_timestamp
        for stranger in ("nobody-here", subject(lms, TEACHER)):
            outcome = ags.post_score(made[0].url, Score(stranger, 1, 20, first), now=now)
            assert isinstance(outcome, Refused)
            assert outcome.reason == "not_a_student"
        ags.delete(made[4].url, now=now)
        ags.delete(made[4].url, now=now)
        with pytest.raises(faults.NotThere):
            ags.line_item(made[4].url, now=now)
        gone = ags.post_score(made[4].url, Score(subjects[0], 1, 20, first), now=now)
        assert isinstance(gone, Refused)
        assert gone.reason == "line_item_gone"


def test_a_dead_token_is_renewed_once_for_a_grade(lms: Lms) -> None:
    with services(lms) as (ags, _, course):
        now = clock.now().replace(microsecond=0)
        column = ags.ensure_line_item(str(course.line_items_url), wanted("token"), now=now).url
        rowan = subject(lms, ROWAN)
        stamps = [now - timedelta(seconds=back) for back in (9, 6, 3)]
        assert ags.post_score(column, Score(rowan, 1, 20, stamps[0]), now=now) == Delivered(stamps[0])
        with counted(lms, "ags", "401once") as count:
            assert ags.post_score(column, Score(rowan, 2, 20, stamps[1]), now=now) == Delivered(stamps[1])
            assert count() == (1, 1)
        with counted(lms, "ags", "401") as count:
            outcome = ags.post_score(column, Score(rowan, 3, 20, stamps[2]), now=now)
            assert isinstance(outcome, Refused)
            assert outcome.reason == "not_authorised"
            assert count() == (2, 1)
        (kept,) = ags.results(column, now=now)
        assert kept.score == 2


def test_a_grade_without_its_scope_is_told_and_arrives_once_it_is_allowed(both: dict[str, Lms]) -> None:
    lms = both["moodle"]
    own = steps.place(lms, "Certified essay", ["Judges sources"], points=3)
    admin = lms.be(ADMIN)
    admin.enter(seeds.COURSE, seeds.MAP)
    with allowed(lms, *(scope for scope in SCOPES if scope != SCORE)):
        assert steps.mark_own(lms, own, MAPLE, 3).ok
        lms.tool.sweep()
        told = admin.see("/admin/deliveries")
        assert told.says("Certified essay", "Stopped", "does not allow this tool that service")
        assert lms.column("Certified essay") == {}
    admin.press(told, "/retry").says("1 score on the way again.")
    lms.tool.later(seconds=3)
    assert lms.column("Certified essay")[MAPLE].score == 3


def test_what_a_launch_does_not_grant_is_not_even_asked_for(lms: Lms) -> None:
    with services(lms) as (ags, _, course):
        container, now = str(course.line_items_url), clock.now()
        column = ags.ensure_line_item(container, wanted("read"), now=now).url
    reading = {AGS: {"scope": [LINEITEM_READ, RESULT_READ], "lineitems": container}}
    with LaunchDriver(lms.url, person=TEACHER, link=seeds.MAP, course=seeds.COURSE) as driver:
        assert driver.forge(reading).status_code == 200
    try:
        with services(lms) as (ags, _, course), counted(lms, "ags") as count:
            assert "certified" in {one.resource_id for one in ags.line_items(container, now=now)}
            assert ags.results(column, now=now) == ()
            tokens = count()
            maple = subject(lms, MAPLE)
            outcome = ags.post_score(column, Score(maple, 1, 20, now.replace(microsecond=0)), now=now)
            assert isinstance(outcome, Refused)
            assert outcome.reason == "lms_scope_not_granted"
            with pytest.raises(faults.ScopeNotGranted):
                ags.create(container, wanted("write"), now=now)
            assert count() == tokens
    finally:
        assert lms.be(TEACHER).enter(seeds.COURSE, seeds.MAP).ok  # an honest launch grants them again
