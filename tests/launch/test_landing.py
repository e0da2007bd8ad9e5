"""A good launch, from the post to the first page: who came, from where, with which role."""

from typing import Any

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch import metrics, queries, service
from lti_tool.launch.models import Course, Launch, Membership, Person, Platform, ResourceLink
from lti_tool.launch.sessions import COOKIE
from tests.launch.platform import (
    ADMINISTRATOR,
    ASSISTANT,
    GONE,
    INSTRUCTOR,
    LEARNER,
    TEST_USER,
    TestPlatform,
    enter,
    post_launch,
)


def address(app: Flask, endpoint: str, **values: Any) -> str:
    with app.test_request_context():
        return url_for(endpoint, **values)


def one(session: Session, model: type[Any]) -> Any:
    return session.scalars(select(model)).one()


def test_a_student_lands_on_their_own_map_with_every_row_written(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    let_in = metrics.LAUNCHES._value.get()
    posted = post_launch(
        client,
        platform,
        line_items={
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
            "lineitems": "https://l.example/i",
            "lineitem": "https://l.example/i/1",
        },
        names_roles={"context_memberships_url": "https://l.example/m"},
    )
    assert posted.status_code == 303
    assert posted.headers["Location"].startswith("/start?ticket=")
    assert metrics.LAUNCHES._value.get() == let_in + 1
    landed = client.get(posted.headers["Location"])
    assert landed.status_code == 303
    assert landed.headers["Location"] == address(app, "diagnostics.own_map")
    with app.app_context(), everywhere(db.session()):
        session = db.session()
        person, course = one(session, Person), one(session, Course)
        assert (person.subject, person.name, person.email, person.is_test) == (
            "user-1",
            "Maple Example",
            "maple@example.edu",
            False,
        )
        assert (course.context_id, course.title, course.label) == ("course-1", "Digital practice", "DP1")
        assert course.line_items_url == "https://l.example/i"
        assert course.ags_scopes == ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]
        assert course.roster_url == "https://l.example/m"
        member, link = one(session, Membership), one(session, ResourceLink)
        assert (member.role, member.role_from, member.active) == ("learner", "launch", True)
        assert (link.link_id, link.opens, link.line_item_url) == ("link-1", "map", "https://l.example/i/1")
        assert one(session, Platform).family == "moodle"
        kept = one(session, Launch)
        assert "email" not in kept.claims  # nothing about people stays in the session but what its pages show
        assert "sub" not in kept.claims


def test_the_session_cookie_is_a_partitioned_one_of_this_host_and_no_id_stands_in_an_address(
    client: FlaskClient, platform: TestPlatform
) -> None:
    posted = post_launch(client, platform)
    cookie = posted.headers["Set-Cookie"]
    assert cookie.startswith("__Host-waymark=")
    for attribute in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert attribute in cookie.split("; ")
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    assert kept.value not in posted.headers["Location"]
    assert kept.value not in client.get(posted.headers["Location"]).headers["Location"]


def test_each_role_lands_on_its_own_page(app: Flask, platform: TestPlatform) -> None:
    pages: list[tuple[list[str], str]] = [
        ([INSTRUCTOR], "diagnostics.cohort"),
        (["Instructor"], "diagnostics.cohort"),
        ([ASSISTANT, INSTRUCTOR], "diagnostics.cohort"),
        ([LEARNER], "diagnostics.own_map"),
        (["Learner"], "diagnostics.own_map"),
        ([ADMINISTRATOR], "admin.connections"),
        (["urn:unknown:Role"], "launch.welcome"),
        ([], "launch.welcome"),
    ]
    for roles, endpoint in pages:
        landed = enter(app.test_client(), platform, roles=roles)
        assert landed.headers["Location"] == address(app, endpoint), roles


def test_an_anonymous_visitor_sees_a_page_without_a_word_about_people(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    nobody = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"), GONE)
    landed = enter(client, platform, roles=[INSTRUCTOR], **nobody)
    assert landed.headers["Location"] == address(app, "launch.welcome")
    page = client.get("/welcome")
    assert page.status_code == 200
    assert "without saying who you are" in page.text
    assert "Example" not in page.text
    with app.app_context(), everywhere(db.session()):
        assert db.session().scalar(select(func.count()).select_from(Person)) == 0
        assert db.session().scalar(select(func.count()).select_from(Membership)) == 0


def test_a_launch_without_a_course_gives_no_course_role(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    landed = enter(client, platform, roles=[INSTRUCTOR], context=GONE)
    assert landed.headers["Location"] == address(app, "launch.welcome")
    assert "outside any course" in client.get("/welcome").text


def test_only_the_viewers_own_lms_may_frame_the_page(client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform, roles=[])
    policy = client.get("/welcome").headers["Content-Security-Policy"]
    frames = policy.split("frame-ancestors ")[1]
    assert frames.split() == ["'self'", "https://lms.example", "https://campus.example"]


def test_canvas_test_student_is_marked_as_one(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform, roles=[LEARNER, TEST_USER])
    with app.app_context(), everywhere(db.session()):
        course = one(db.session(), Course)
        (found,) = queries.learners(db.session(), course.id)
        assert found.is_test


def test_a_second_launch_changes_rows_and_adds_none(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform, line_items={"lineitems": "https://l.example/i", "lineitem": "https://l.example/i/1"})
    enter(
        app.test_client(),
        platform,
        roles=[INSTRUCTOR],
        context={"id": "course-1", "title": "Renamed"},
        name="Maple E. Example",
        email=GONE,
    )
    with app.app_context(), everywhere(db.session()):
        session = db.session()
        person = one(session, Person)
        assert person.name == "Maple E. Example"
        assert person.email == "maple@example.edu"  # what an LMS stops sending is not erased
        assert one(session, Course).title == "Renamed"
        assert one(session, Course).label == "DP1"
        assert one(session, Membership).role == "instructor"  # a change of role applies at the next launch
        # Moodle stops naming the line item once a second one is coupled to the link
        assert one(session, ResourceLink).line_item_url == "https://l.example/i/1"


def test_a_link_opens_what_our_own_custom_parameters_say(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    enter(client, platform, custom={"waymark_opens": "assessment", "waymark_ref": "ref-9"})
    enter(app.test_client(), platform, custom={"other": "$Unknown.variable"})
    with app.app_context(), everywhere(db.session()):
        course = one(db.session(), Course)
        link = queries.link_to(db.session(), course.id, "ref-9")
        assert link is not None
        assert link.opens == "assessment"


def test_a_link_to_an_assessment_leads_there(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    landed = enter(client, platform, custom={"waymark_opens": "assessment", "waymark_ref": "ref-9"})
    if "grading.open_assessment" in app.view_functions:
        assert landed.headers["Location"] == address(app, "grading.open_assessment", ref="ref-9")
    else:
        assert landed.headers["Location"] == address(app, "diagnostics.own_map")


def test_canvas_ids_for_its_rest_interface_are_kept(app: Flask, client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform, custom={"lms_user_id": "501", "lms_course_id": "17"})
    with app.app_context(), everywhere(db.session()):
        session = db.session()
        assert one(session, Course).lms_course_id == "17"
        person = one(session, Person)
        assert queries.person_by_lms_id(session, person.platform_id, ["501", "user-1", "502"]) == {
            "501": person.id,
            "user-1": person.id,
        }


def test_the_same_context_in_two_deployments_is_two_courses(
    app: Flask, client: FlaskClient, platform: TestPlatform
) -> None:
    from lti_tool.kit.db import writing
    from lti_tool.launch import service
    from tests.factories import NOW

    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        service.add_deployment(session, one(session, Platform).id, "2", NOW)
    enter(client, platform)
    enter(app.test_client(), platform, deployment_id="2")
    with app.app_context(), everywhere(db.session()):
        assert len(queries.courses(db.session())) == 2
        assert db.session().scalar(select(func.count()).select_from(Person)) == 1


def test_a_student_named_in_other_scripts_is_shown_as_named(client: FlaskClient, platform: TestPlatform) -> None:
    enter(client, platform, roles=[], name="Ağaç 李明 <script>")
    assert "Ağaç 李明 &lt;script&gt;" in client.get("/welcome").text


def test_a_copy_that_lost_its_custom_parameters_is_found_by_the_lms_histories(
    app: Flask, platform: TestPlatform
) -> None:
    old = {"waymark_opens": "assessment", "waymark_ref": "a-7"}
    enter(app.test_client(), platform, roles=[INSTRUCTOR], custom=old)
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        service.set_framework_version(session, one(session, Course).id, 41)
    copy = {
        "context": {"id": "course-2", "title": "Next term"},
        "resource_link": {"id": "link-2"},
        "custom": {"course_history": "course-unknown, course-1,course-0", "link_history": "link-9,link-1"},
    }
    opened = enter(app.test_client(), platform, roles=[INSTRUCTOR], **copy)
    assert opened.headers["Location"] == address(app, "grading.open_assessment", ref="a-7")
    with app.app_context(), everywhere(db.session()):
        session = db.session()
        course = queries.courses(session)[1]
        assert (course.title, course.framework_version_id) == ("Next term", 41)
        assert course.history == ("course-unknown", "course-1", "course-0")
    # a course that chose for itself keeps its choice, and a literal variable says nothing
    with app.app_context(), everywhere(db.session()), writing(db.session()) as session:
        service.set_framework_version(session, course.id, 43)
    copy["custom"] = {"course_history": "$Context.id.history", "link_history": ""}
    enter(app.test_client(), platform, roles=[INSTRUCTOR], **copy)
    with app.app_context(), everywhere(db.session()):
        again = queries.course(db.session(), course.id)
        assert (again.framework_version_id, again.history) == (43, course.history)
