"""A real gradebook over HTTP: the sandbox LMS with the place's learners, and the tool's keys served to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import insert, select
from werkzeug.serving import make_server

from lti_tool.grading.models import Assessment
from lti_tool.kit.db import writing
from lti_tool.launch.models import Course, Membership, Person, Platform
from lti_tool.sandbox import build_app, register_tool, serve_in_thread
from lti_tool.sandbox.gradebook import Result
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.places import SCOPES, Temper, lineitems_path, lti_user_id
from lti_tool.sandbox.seed import Course as SandboxCourse
from lti_tool.sandbox.seed import Enrolment, Role, Seed
from lti_tool.sandbox.seed import Person as SandboxPerson
from lti_tool.sandbox.serve import Quiet, Served
from tests.grading.conftest import Place

COURSE, TEACHER, FIRST = 5, 11, 101
DEPLOYMENT, CLIENT = "3", "waymark"
KEYS = KeyRing()


def seed_of(learners: int) -> Seed:
    """A course with a teacher and this many learners."""
    people = [SandboxPerson(TEACHER, "Rowan", "Example")]
    people += [SandboxPerson(FIRST + n, f"Tree {n}", "Example") for n in range(learners)]
    enrolments = (
        Enrolment(TEACHER, Role.INSTRUCTOR),
        *(Enrolment(FIRST + n) for n in range(learners)),
    )
    return Seed(tuple(people), (SandboxCourse(COURSE, "Digital practice", "DP", enrolments=enrolments),))


@dataclass
class Gradebook:
    served: Served
    place: Place

    def results(self) -> dict[int, Result]:
        """Learner's place in the course to what the gradebook holds, over all our columns."""
        found: dict[int, Result] = {}
        for (_, person_id), result in self.served.campus.results.items():
            assert person_id - FIRST not in found, "a learner has marks in two columns"
            found[person_id - FIRST] = result
        return found

    def scores(self) -> dict[int, float | None]:
        return {learner: result.score for learner, result in self.results().items()}

    @property
    def columns(self) -> list[str]:
        return [item.label for item in self.served.campus.items.values()]

    def misbehave(self, service: str, kind: str, **more: Any) -> None:
        self.served.campus.faults.set({service: {"kind": kind, **more}})


@contextmanager
def keys_served(app: Flask) -> Iterator[str]:
    """The tool itself on loopback, for the LMS to fetch its keys from; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def gradebook(app: Flask, place: Place, temper: Temper = "moodle") -> Iterator[Gradebook]:
    """The place's course in a running sandbox; its assessment becomes one of our own."""
    seed = seed_of(len(place.learners))
    with keys_served(app) as tool:
        lms = build_app(seed, temper=temper, keys=KeyRing(list(KEYS.keys)))
        register_tool(
            lms,
            client_id=CLIENT,
            deployment_id=DEPLOYMENT,
            login_url=f"{tool}/lti/login",
            launch_url=f"{tool}/lti/launch",
            jwks_url=f"{tool}/lti/jwks.json",
        )
        served = serve_in_thread(lms)
        try:
            connect(place, served, seed, temper)
            yield Gradebook(served, place)
        finally:
            served.stop()


def connect(place: Place, served: Served, seed: Seed, temper: Temper) -> None:
    connect_to(place, served.base_url, served.campus.url(served.campus.places.token), seed, temper)


def connect_to(place: Place, base: str, token_url: str, seed: Seed, temper: Temper) -> None:
    """Let the place's course, learners and assessment be those of the LMS at this address."""
    with writing(place.session) as session:
        platform = session.get_one(Platform, place.course.platform_id)
        platform.family, platform.issuer, platform.client_id = temper, base, CLIENT
        platform.auth_token_url = token_url
        course = session.get_one(Course, place.course.id)
        query = f"?type_id={DEPLOYMENT}" if temper == "moodle" else ""
        course.line_items_url = f"{base}{lineitems_path(temper, COURSE)}{query}"
        course.ags_scopes = list(SCOPES)
        known = {person.id: person for person in seed.people}
        for n, learner in enumerate(place.learners):
            session.get_one(Person, learner.id).subject = lti_user_id(temper, known[FIRST + n])
        session.get_one(Assessment, place.assessment.id).source = "tool"


def with_learners(place: Place, count: int) -> None:
    """The course as large as a lecture hall."""
    own = {"institution_id": place.institution_id}
    with writing(place.session) as session:
        more = range(len(place.learners), count)
        facts = {"platform_id": place.course.platform_id, "email": "", "is_test": False}
        session.execute(
            insert(Person), [{**own, **facts, "subject": f"user-{n}", "name": f"Tree {n} Example"} for n in more]
        )
        found = session.scalars(select(Person).where(Person.subject.like("user-%")).order_by(Person.id)).all()
        known = {one.id for one in place.learners}
        facts = {"course_id": place.course.id, "role": "learner", "role_from": "launch", "active": True, "section": ""}
        session.execute(
            insert(Membership), [{**own, **facts, "person_id": one.id} for one in found if one.id not in known]
        )
        session.flush()
        for one in found:
            session.refresh(one)
            session.expunge(one)
        place.learners[:] = found
