"""An assessment of our own for tests: as a teacher types it, marks it, and a learner hands in."""

import io

from flask import Flask
from werkzeug.test import TestResponse

from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.assessments.queries import AssessmentInfo
from tests.grading.conftest import Place
from tests.grading.people import Browser, teacher

FORM = {
    "title": "Source check",
    "instructions": "Follow one claim back to where it came from.",
    "due": "2026-12-01T18:00",
    "points": "100",
    "c-0-title": "Judges sources",
    "c-0-description": "How far each source can be trusted",
    "c-0-r-0-points": "3",
    "c-0-r-0-words": "Reasons for each",
    "c-0-r-1-points": "1",
    "c-0-r-1-words": "Some reasons",
    "c-0-r-2-points": "0",
    "c-0-r-2-words": "",
    "c-1-title": "Credits others",
    "c-1-r-0-points": "2",
    "c-1-r-0-words": "All",
    "c-1-r-1-points": "0",
    "c-1-r-1-words": "None",
    "c-2-title": "",
    "c-2-r-0-points": "3",
}
PDF = b"%PDF-1.7\n%fictional\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def made(app: Flask, place: Place) -> AssessmentInfo:
    teacher(app, place).post("/grading/assessments/new", FORM)
    (found,) = assessments.of_course(place.session, place.course.id, source="tool")
    place.session.rollback()
    return found


def criteria(place: Place, one: AssessmentInfo) -> tuple[assessments.CriterionInfo, ...]:
    found = assessments.criteria(place.session, [one.id])
    place.session.rollback()
    return found


def ratings(place: Place, one: AssessmentInfo, *best: int) -> dict[str, str]:
    """A marking form: for each criterion the rating that many steps below the best; -1 leaves it out."""
    chosen = zip(criteria(place, one), best, strict=True)
    return {f"r-{c.id}": str(c.ratings[at].id) if at >= 0 else "" for c, at in chosen}


def hand_in(who: Browser, one: AssessmentInfo, text: str, name: str = "", data: bytes = b"") -> TestResponse:
    form: dict[str, object] = {"text": text}
    if name:
        form["file"] = (io.BytesIO(data), name)
    return who.post(f"/grading/assessments/{one.ref}/hand-in", form)
