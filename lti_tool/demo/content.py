"""The demo's course as a seed for the sandbox LMS: plainly fictional learners, marks simulated from a fixed seed.

Two learners, the twins, have the same total in every assignment and opposite profiles: one is strong where the other
is weak. A mark says the same of both, a map does not.
"""

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SEED = 20261122
COURSE_ID, TOKEN = 101, "sandbox-demo-token"
INSTRUCTOR, ASSISTANT, ADMINISTRATOR, FIRST_LEARNER = 11, 12, 13, 21
LINKS = {"map": 701}
TARGET = 3
"""The level that the course expects of every competency."""


@dataclass(frozen=True)
class Criterion:
    """One rubric criterion and the competency that the answer key gives it (a DigComp 3.0 code)."""

    text: str
    code: str


@cache
def course() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / "course.json").read_text(encoding="utf-8"))
    return loaded


def answer_key() -> dict[str, str]:
    """Criterion text to competency code, for every criterion of the LMS's assignments and of the project."""
    rubrics = [*course()["assignments"], course()["project"]]
    return {text: code for rubric in rubrics for code, text in rubric["criteria"]}


def learner_ids() -> dict[str, int]:
    """Given name to the person's id in the sandbox."""
    return {name: FIRST_LEARNER + number for number, name in enumerate(course()["learners"])}


def simulated_marks() -> dict[str, list[list[int]]]:
    """Given name to one list of ratings (0 to 3) for each assignment, the project last. Simulated, and the same each
    time: an ability for each learner, a difference for each area, and chance."""
    chance = random.Random(SEED)
    rubrics = [*course()["assignments"], course()["project"]]
    marks: dict[str, list[list[int]]] = {}
    for name in course()["learners"]:
        general = chance.gauss(1.7, 0.6)
        by_code: dict[str, float] = {}
        marks[name] = []
        for rubric in rubrics:
            row = []
            for code, _ in rubric["criteria"]:
                skill = by_code.setdefault(code, general + chance.gauss(0, 0.55))
                row.append(max(0, min(3, round(skill + chance.gauss(0, 0.45)))))
            marks[name].append(row)
    first, second = course()["twins"]
    marks[first], marks[second] = _twins(rubrics)
    return marks


STRONG = {"1.1", "2.2", "2.6", "3.1", "3.2", "3.4", "4.2", "4.3", "5.2"}
WEAK = {"1.2", "1.3", "2.1", "2.4", "2.5", "3.3", "5.1"}


def _twins(rubrics: list[dict[str, Any]]) -> tuple[list[list[int]], list[list[int]]]:
    """Opposite profiles with equal totals: in every rubric the first has 3 where the second has 1 and the other way
    round, on as many criteria each; both have 2 on what is left."""
    first, second = [], []
    for rubric in rubrics:
        codes = [code for code, _ in rubric["criteria"]]
        high = [place for place, code in enumerate(codes) if code in STRONG]
        low = [place for place, code in enumerate(codes) if code in WEAK]
        one, other = [2] * len(codes), [2] * len(codes)
        for up, down in zip(high, low, strict=False):
            one[up], other[up] = 3, 1
            one[down], other[down] = 1, 3
        first.append(one)
        second.append(other)
    return first, second


def seed() -> dict[str, Any]:
    """The whole sandbox as the JSON its `--seed` takes."""
    learners = learner_ids()
    people = [
        {"id": INSTRUCTOR, "given": "Tamarack", "family": "Sample", "email": "tamarack@example.org"},
        {"id": ASSISTANT, "given": "Sorrel", "family": "Sample", "email": "sorrel@example.org"},
        {"id": ADMINISTRATOR, "given": "Quince", "family": "Sample", "email": "quince@example.org", "admin": True},
    ] + [
        {"id": number, "given": name, "family": "Example", "email": f"{name.lower()}@example.org"}
        for name, number in learners.items()
    ]
    names = list(learners)
    groups = [{"id": 1, "name": "Seminar A"}, {"id": 2, "name": "Seminar B"}]
    enrolments: list[dict[str, Any]] = [
        {"person": INSTRUCTOR, "role": "instructor"},
        {"person": ASSISTANT, "role": "assistant"},
    ] + [
        {"person": learners[name], "role": "learner", "groups": [1 if place < len(names) / 2 else 2]}
        for place, name in enumerate(names)
    ]
    marks = simulated_marks()
    return {
        "site": "Northmere University (sandbox)",
        "people": people,
        "tokens": [{"token": TOKEN, "person": ADMINISTRATOR}],
        "courses": [
            {
                "id": COURSE_ID,
                "title": course()["title"],
                "label": course()["label"],
                "summary": "A sample course. Everyone here is fictional and every mark is simulated.",
                "enrolments": enrolments,
                "groups": groups,
                "links": [{"id": LINKS["map"], "title": "Waymark: where you stand"}],
                "assignments": [
                    _assignment(place, assignment, {name: marks[name][place] for name in names}, learners)
                    for place, assignment in enumerate(course()["assignments"])
                ],
            }
        ],
    }


def _assignment(
    place: int, assignment: dict[str, Any], marks: dict[str, list[int]], learners: dict[str, int]
) -> dict[str, Any]:
    first = 1000 * (place + 1)
    due = assignment["due"]
    released = not assignment.get("unreleased", False)
    criteria = [
        {
            "id": first + 10 * number,
            "description": text,
            "levels": [
                {"id": first + 10 * number + score, "score": score, "definition": words}
                for score, words in enumerate(assignment["scale"])
            ],
        }
        for number, (_, text) in enumerate(assignment["criteria"], 1)
    ]
    work = [
        {
            "person": learners[name],
            "submitted_at": f"{due}T12:00:00Z",
            "marked_at": f"{due}T18:{learners[name] % 60:02d}:00Z",
            "marker": INSTRUCTOR if learners[name] % 3 else ASSISTANT,
            "released": released,
            "fillings": [
                {"criterion": first + 10 * number, "level": first + 10 * number + score, "remark": ""}
                for number, score in enumerate(row, 1)
            ],
        }
        for name, row in marks.items()
    ]
    return {
        "id": 31 + place,
        "name": assignment["name"],
        "description": assignment["description"],
        "points": 3.0 * len(criteria),
        "due": f"{due}T23:00:00Z",
        "marking_workflow": not released,
        "rubric": {"id": 41 + place, "name": f"Rubric of {assignment['name']}", "criteria": criteria},
        "work": work,
    }
