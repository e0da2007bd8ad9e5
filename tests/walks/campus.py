"""A whole campus on loopback: LMSs in either temper, the tool behind a real threaded server, its database and its jobs.

Nothing is mocked. Time can be moved on (`Tool.later`), never back: an LMS and a gradebook remember what was.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

import time_machine
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, make_server

from lti_tool import create_app
from lti_tool.kit import clock, jobs, outbox
from lti_tool.kit.db import db, everywhere, writing
from lti_tool.launch import service as launch
from lti_tool.sandbox import Served, build_app, register_tool, serve_in_thread
from lti_tool.sandbox.control import platform_facts
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.marks import mark
from lti_tool.sandbox.places import Temper
from lti_tool.sandbox.seed import Course, Filling, Person, Seed
from lti_tool.sandbox.serve import Quiet
from lti_tool.sandbox.state import Tool as Registered
from lti_tool.settings import load
from tests.conftest import SECRETS
from tests.kept import compiled_once, put_away
from tests.walks.people import Someone

Found = TypeVar("Found")
KEYS = KeyRing()
CANVAS_CUSTOM = {"lms_user_id": "$Canvas.user.id", "lms_course_id": "$Canvas.course.id"}


def _placeholder(_environ: Any, _start: Any) -> Any:
    raise RuntimeError("asked before the tool was there")


@dataclass
class Tool:
    """The tool, served by threads at `url`; `sweep` is its worker."""

    database_url: str
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.time = time_machine.travel(datetime.now(UTC), tick=True)
        self._now = self.time.start()
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, _placeholder, threaded=True, request_handler=Quiet)
        self.server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://localhost:{self.server.port}"
        self.app: Flask = compiled_once(
            create_app(
                load(
                    base_url=self.url,
                    database_url=self.database_url,
                    jobs_url=f"sqlite:///{self.folder}/jobs.db",
                    data_dir=self.folder,
                    log_level="error",
                    **SECRETS,
                    **self.settings,
                )
            )
        )
        self.app.extensions["waymark.bell"] = lambda: None
        self.server.app = self.app
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.lmss: list[Lms] = []
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for lms in self.lmss:
            lms.stop()
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()
        self.app.extensions["waymark.http"].close()
        with self.app.app_context():
            put_away()
        self.time.stop()

    def sweep(self, *, rounds: int = 1) -> int:
        """What a worker would do now; the number of jobs done."""
        return sum(jobs.sweep(self.app) for _ in range(rounds))

    def later(self, **by: float) -> int:
        """Time goes by for everybody (`minutes=2`), then the worker looks at what is due."""
        self._now.shift(timedelta(**by))
        return self.sweep()

    def read(self, ask: Callable[[Session], Found]) -> Found:
        """What the tables say, for counting and ids; walks change nothing through it."""
        with self.app.app_context(), everywhere(db.session()) as session:
            found = ask(session)
            session.rollback()
            return found

    def dead(self) -> list[tuple[str, str]]:
        """Jobs that gave up, with their words."""
        return self.read(
            lambda s: [
                (row.topic, row.last_error or "")
                for row in s.query(outbox.OutboxRow).filter(outbox.OutboxRow.dead_at.is_not(None))
            ]
        )

    def add_lms(self, seed: Seed, temper: Temper, institution: str = "Example College", **more: Any) -> "Lms":
        """An LMS that knows the tool and is known to it, with an approved deployment."""
        app = build_app(seed, temper=temper, keys=KeyRing(list(KEYS.keys)))
        lms = Lms(self, serve_in_thread(app), temper)
        lms.registered = register_tool(
            app,
            name="Waymark",
            login_url=f"{self.url}/lti/login",
            launch_url=f"{self.url}/lti/launch",
            jwks_url=f"{self.url}/lti/jwks.json",
            **{"custom": CANVAS_CUSTOM if temper == "canvas" else {}, **more},
        )
        facts = platform_facts(lms.served.campus)
        with self.app.app_context(), everywhere(db.session()), writing(db.session()) as session:
            new = launch.NewPlatform(
                issuer=facts["issuer"],
                client_id=lms.registered.client_id,
                auth_login_url=facts["auth_login_url"],
                auth_token_url=facts["auth_token_url"],
                jwks_url=facts["jwks_url"],
                name=f"The {temper.title()}",
                institution=institution,
            )
            lms.platform_id = launch.add_platform(session, new, clock.now(), allow_http=True)
            launch.add_deployment(session, lms.platform_id, lms.registered.deployment_id, clock.now())
        self.lmss.append(lms)
        return lms


@dataclass
class Lms:
    """A running LMS: who to be in it, and levers for what its people and its machines do."""

    tool: Tool
    served: Served
    temper: Temper
    registered: Registered = field(init=False)
    platform_id: int = field(init=False)
    people: dict[int, Someone] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.served.base_url

    @property
    def seed(self) -> Seed:
        return self.served.campus.seed

    def be(self, person: int) -> Someone:
        """This person's browser, always the same one."""
        if person not in self.people:
            self.people[person] = Someone(self.url, person, self.tool.url)
        return self.people[person]

    def stop(self) -> None:
        for someone in self.people.values():
            someone.session.close()
        self.served.stop()

    @contextmanager
    def fault(self, **services: Any) -> Iterator[None]:
        """`fault(rest="503")`, or a dictionary as `sandbox.faults` describes, while the block runs."""
        self.served.campus.faults.set(services)
        try:
            yield
        finally:
            self.served.campus.faults.clear()

    def column(self, label: str) -> dict[int, Any]:
        """A column of the gradebook: person id to what it holds."""
        campus = self.served.campus
        (item,) = [one for one in campus.items.values() if one.label == label]
        return {person: result for (each, person), result in campus.results.items() if each == item.id}

    def mark(self, assignment: int, person: int, *fillings: Filling, **more: Any) -> None:
        """A teacher marks work in the LMS (again), or with `release` alone shows or hides it."""
        campus = self.served.campus
        located = campus.course_of_assignment(assignment)
        assert located is not None
        at = clock.now().replace(microsecond=0)
        mark(campus, located[1], person, fillings=fillings or None, at=at, **more)

    def change_course(self, course_id: int, change: Callable[[Course], Course]) -> None:
        """Somebody edits a course in the LMS."""
        campus = self.served.campus
        courses = tuple(change(each) if each.id == course_id else each for each in campus.seed.courses)
        campus.seed = replace(campus.seed, courses=courses)

    def add_person(self, person: Person) -> None:
        campus = self.served.campus
        campus.seed = replace(campus.seed, people=(*campus.seed.people, person))
        campus.by_sub[campus.sub(person)] = person
