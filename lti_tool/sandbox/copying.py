"""A course copied for a new term, as an LMS does it."""

from dataclasses import replace

from lti_tool.sandbox.seed import Course
from lti_tool.sandbox.state import Campus, PlacedLink


def copy_course(here: Campus, course_id: int, title: str = "") -> Course:
    """The course with its people and its links, custom parameters and all; graded links get columns of their own,
    without any mark. Assignments of the LMS itself do not come along."""
    with here.lock:
        old = here.seed.course(course_id)
        if old is None:
            raise LookupError("no such course to copy")
        number = max(each.id for each in here.seed.courses) + 1
        new = replace(old, id=number, title=title or f"{old.title} (copy)", assignments=(), groups=(), links=())
        here.seed = replace(here.seed, courses=(*here.seed.courses, new))
        here.course_origin[number] = course_id
        for placed in [each for each in here.links.values() if each.course_id == course_id]:
            link = replace(placed.link, id=here.next_id("link"))
            here.link_origin[link.id] = placed.link.id
            here.add_link(PlacedLink(link, number, placed.client_id))
    return new


def history(origins: dict[int, int], number: int) -> list[int]:
    """What this was copied from, the latest first."""
    found = []
    while number in origins:
        number = origins[number]
        found.append(number)
    return found
