"""Two institutions with everything in them, in one tool: two courses of one, a third of the other."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from pathlib import Path

from lti_tool.kit import log
from lti_tool.sandbox.seed import Course, Enrolment, Link, Person, Role
from tests.walks import seeds, steps, worlds
from tests.walks.campus import Tool
from tests.walks.seeds import ADMIN, MAPLE, ROWAN, TEACHER
from tests.walks.worlds import Ids, World

HERE, NEXT_DOOR, ELSEWHERE = "Acerhere", "Larixword", "Zirbeword"
LARIX_TEACHER, LARIX_ONE, LARIX_TWO = 61, 62, 63


@dataclass(frozen=True)
class Neighbours:
    worlds: dict[str, World]
    """By the word that marks all that is a course's own."""
    logged: str
    """What the tool logged, at its most talkative, while all this came to be."""


@contextmanager
def neighbours(database: str, folder: Path) -> Iterator[Neighbours]:
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
    with Tool(database, folder) as tool:
        ours = tool.add_lms(seeds.seed(acer, larix, people_more=people), "canvas", "Northmere")
        other = tool.add_lms(theirs, "moodle", "Southmere")
        found = {
            HERE: World(ours, seeds.COURSE, seeds.MAP, HERE, TEACHER, (MAPLE, ROWAN)),
            NEXT_DOOR: World(ours, seeds.SECOND, seeds.SECOND_MAP, NEXT_DOOR, LARIX_TEACHER, (LARIX_ONE, LARIX_TWO)),
            ELSEWHERE: World(other, seeds.COURSE, seeds.MAP, ELSEWHERE, TEACHER, (MAPLE, ROWAN)),
        }
        logged = io.StringIO()
        with all_logged(logged), redirect_stderr(logged):
            for lms, word in ((ours, HERE), (other, ELSEWHERE)):
                admin = lms.be(ADMIN)
                admin.enter(seeds.COURSE, seeds.MAP)
                steps.bring_framework(admin, seeds.FRAMEWORK.replace("Keeping files", f"{word} keeping files"))
                steps.connect(lms, admin).says("Works")
            for world in found.values():
                worlds.populate(world)
            worlds.furnish(ours, HERE)
            worlds.furnish(other, ELSEWHERE)
        yield Neighbours(found, logged.getvalue())


@contextmanager
def all_logged(where: io.StringIO) -> Iterator[None]:
    """Everything that the tool says, and what libraries say as loudly as a server would keep it."""
    handler = logging.StreamHandler(where)
    logging.getLogger().addHandler(handler)
    log.configure("debug", as_json=True)
    try:
        yield
    finally:
        log.configure("error", as_json=False)
        logging.getLogger().removeHandler(handler)


def leaks(text: str, *words: str) -> list[str]:
    """Which of these words stand in an answer."""
    return [word for word in words if word in text]


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
