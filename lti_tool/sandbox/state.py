"""What the running sandbox remembers: registered tools, links, line items, marks, one-time hints, access tokens.

All of it lives in memory behind one lock. Take `campus.lock` round anything that reads and then writes.
"""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from flask import current_app

from lti_tool.sandbox import places
from lti_tool.sandbox.faults import Faults
from lti_tool.sandbox.gradebook import LineItem, Result
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.places import PLACES, Places, Temper
from lti_tool.sandbox.seed import Assignment, Course, Enrolment, Link, Person, Role, Seed, Work

VISITOR = Person(id=0, given="Anonymous", family="visitor")
"""Somebody who is not logged in, in a course open to the public: the launch says nothing about them."""


@dataclass
class Tool:
    """A registered tool. `scopes` are what it may have; `names` and `email` what a launch tells about people."""

    client_id: str
    name: str
    login_url: str
    launch_url: str
    jwks_url: str
    redirect_uris: tuple[str, ...]
    deployment_id: str
    scopes: tuple[str, ...] = places.SCOPES
    custom: dict[str, str] = field(default_factory=dict)
    names: bool = True
    email: bool = True
    deep_linking_url: str = ""
    description: str = ""
    logo: str = ""
    active: bool = True
    """A tool that registered itself waits for an administrator."""
    keys: dict[str, Any] = field(default_factory=lambda: {"keys": []})
    """The tool's public keys as last fetched."""


@dataclass(frozen=True)
class PlacedLink:
    """A link in a course, and whose tool it opens ("" for whichever registers first)."""

    link: Link
    course_id: int
    client_id: str = ""


@dataclass(frozen=True)
class Launch:
    """What a one-time hint stands for."""

    message_type: str
    course_id: int
    person_id: int
    client_id: str
    link_id: int | None = None
    for_user: int | None = None
    item_id: int | None = None
    window: bool = False


@dataclass(frozen=True)
class Grant:
    """An access token for the services."""

    client_id: str
    scopes: tuple[str, ...]
    expires: float


@dataclass
class Campus:
    """The sandbox's whole state. `strict` adds the checks that a lax LMS leaves out (Moodle's token endpoint)."""

    seed: Seed
    temper: Temper
    base_url: str
    strict: bool = True
    token_seconds: int = 3600
    clock_seconds: float = 0
    """How far this LMS's clock is ahead of the true time; negative: behind."""
    blocked_hosts: frozenset[str] = frozenset()
    """Hosts that this LMS's server does not fetch from (Moodle: HTTP security)."""
    storage: str | None = None
    """Platform storage: the frame's name, "_parent", "silent" (offered, never answers) or None (not offered)."""
    lock: RLock = field(default_factory=RLock)
    keys: KeyRing = field(default_factory=KeyRing)
    faults: Faults = field(default_factory=Faults)
    tools: dict[str, Tool] = field(default_factory=dict)
    links: dict[int, PlacedLink] = field(default_factory=dict)
    items: dict[int, LineItem] = field(default_factory=dict)
    results: dict[tuple[int, int], Result] = field(default_factory=dict)
    work: dict[tuple[int, int], Work] = field(default_factory=dict)
    """Marks of the LMS's own assignments by (assignment id, person id): the seed's, changed by regrades."""
    versions: dict[tuple[int, int], int] = field(default_factory=dict)
    """How often each of those was changed since the start."""
    hints: dict[str, Launch] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)
    """What may be used once only, and when it may be forgotten (epoch seconds)."""
    returns: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Open deep-linking dialogues by their key."""
    registrations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Registration tokens: what each is for, and whether it was used."""
    counts: Counter[str] = field(default_factory=Counter)
    last_id: Counter[str] = field(default_factory=Counter)
    rows: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    course_origin: dict[int, int] = field(default_factory=dict)
    link_origin: dict[int, int] = field(default_factory=dict)
    """What a copied course, and each link in it, was copied from."""

    def __post_init__(self) -> None:
        self.by_sub = {self.sub(each): each for each in self.seed.people}
        for course in self.seed.courses:
            for link in course.links:
                self.links[link.id] = PlacedLink(link, course.id)
                self.couple(self.links[link.id])
            for assignment in course.assignments:
                for work in assignment.work:
                    self.work[assignment.id, work.person] = work
        self.last_id["link"] = max([*self.links, 0])

    # Time and numbers

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.clock_seconds)

    def next_id(self, kind: str) -> int:
        self.last_id[kind] += 1
        return self.last_id[kind]

    def serial(self, kind: str, key: tuple[int, ...]) -> int:
        """A row number for `key`, the same every time it is asked for."""
        with self.lock:
            return self.rows.setdefault((kind, *key), len(self.rows) + 1)

    def url(self, path: str) -> str:
        return self.base_url + path

    @property
    def places(self) -> Places:
        return PLACES[self.temper]

    def once(self, key: str, seconds: float = 3600) -> bool:
        """True the first time `key` comes within its life, False after."""
        now = time.time()
        with self.lock:
            if len(self.used) > 10_000:
                self.used = {each: until for each, until in self.used.items() if until > now}
            if self.used.get(key, 0) > now:
                return False
            self.used[key] = now + seconds
            return True

    # People

    def person(self, person_id: int) -> Person | None:
        return VISITOR if person_id == VISITOR.id else self.seed.person(person_id)

    def person_by_lti_id(self, user_id: str) -> Person | None:
        return self.by_sub.get(user_id)

    def sub(self, person: Person) -> str:
        return places.lti_user_id(self.temper, person)

    def members(self, course: Course) -> Iterator[tuple[Person, Enrolment]]:
        """Who this LMS counts as enrolled. Moodle has no test student."""
        for enrolment in course.enrolments:
            person = self.seed.person(enrolment.person)
            if person and not (self.temper == "moodle" and enrolment.role is Role.TEST_STUDENT):
                yield person, enrolment

    def teaches(self, course: Course, person: Person) -> bool:
        """May this person mark and manage the course?"""
        enrolment = course.enrolment(person.id)
        return person.admin or (
            enrolment is not None and not enrolment.suspended and enrolment.role in (Role.INSTRUCTOR, Role.ASSISTANT)
        )

    def teacher_of(self, course: Course) -> int:
        return next((each.person for each in course.enrolments if each.role is Role.INSTRUCTOR), 0)

    # Tools, links and line items

    def tool_of(self, placed: PlacedLink) -> Tool | None:
        if placed.client_id:
            return self.tools.get(placed.client_id)
        return next(iter(self.tools.values()), None)

    def add_tool(self, tool: Tool) -> Tool:
        """The first tool takes over the links and line items of the seed."""
        with self.lock:
            self.tools[tool.client_id] = tool
            if len(self.tools) == 1:
                self.links = {
                    each: placed if placed.client_id else replace(placed, client_id=tool.client_id)
                    for each, placed in self.links.items()
                }
                for item in self.items.values():
                    item.client_id = item.client_id or tool.client_id
        return tool

    def add_link(self, placed: PlacedLink) -> PlacedLink:
        with self.lock:
            self.links[placed.link.id] = placed
            self.couple(placed)
        return placed

    def couple(self, placed: PlacedLink) -> None:
        """A graded link has a line item of the LMS's own making."""
        link = placed.link
        if link.score_maximum is not None:
            item = LineItem(
                id=self.next_id("item"),
                course_id=placed.course_id,
                client_id=placed.client_id,
                label=link.title,
                maximum=link.score_maximum,
                resource_id=link.resource_id,
                tag=link.tag,
                link_id=link.id,
                own=True,
            )
            self.items[item.id] = item

    def link_by_lti_id(self, course_id: int, rlid: str) -> PlacedLink | None:
        return next(
            (
                each
                for each in self.links.values()
                if each.course_id == course_id and places.resource_link_id(self.temper, each.link) == rlid
            ),
            None,
        )

    def items_of(self, course_id: int, client_id: str) -> list[LineItem]:
        return [each for each in self.items.values() if each.course_id == course_id and each.client_id == client_id]

    def item_url(self, item: LineItem) -> str:
        path = places.lineitem_path(self.temper, item.course_id, item.id)
        return self.url(path) + self.type_id(item.client_id)

    def type_id(self, client_id: str) -> str:
        """Moodle's service URLs carry a query string: a client that joins text onto them breaks."""
        if self.temper == "canvas":
            return ""
        tool = self.tools.get(client_id)
        return f"?type_id={tool.deployment_id if tool else ''}"

    def course_of_assignment(self, assignment_id: int) -> tuple[Course, Assignment] | None:
        for course in self.seed.courses:
            assignment = course.assignment(assignment_id)
            if assignment:
                return course, assignment
        return None

    # One-time things

    def hint(self, launch: Launch) -> str:
        hint = secrets.token_urlsafe(12)
        with self.lock:
            self.hints[hint] = launch
        return hint

    def grant(self, client_id: str, scopes: tuple[str, ...]) -> str:
        token = secrets.token_hex(16)
        with self.lock:
            self.grants[token] = Grant(client_id, scopes, time.time() + self.token_seconds)
            self.counts["tokens"] += 1
        return token


def campus() -> Campus:
    """The campus of the application that serves this request."""
    found: Campus = current_app.extensions["sandbox"]
    return found
