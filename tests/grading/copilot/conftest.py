"""Digital competences with real statements, and a small made-up framework for what needs no language."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from lti_tool.grading.copilot.domain import CompetencyText

DATA = Path(__file__).parents[2] / "data" / "grading" / "digcomp3_alignment.json"


@dataclass(frozen=True)
class Labelled:
    """A framework, and texts with the competency that each belongs to."""

    competencies: tuple[CompetencyText, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def right(self, first: list[str]) -> float:
        return sum(one == label for one, label in zip(first, self.labels, strict=True)) / len(self.labels)


@cache
def digcomp() -> Labelled:
    data = json.loads(DATA.read_text(encoding="utf-8"))
    titles = {item["id"]: item["title"] for item in data["framework"]}
    competencies = tuple(
        CompetencyText(item["id"], item["title"], item["description"], titles[item["parent"]])
        for item in data["framework"]
        if item["parent"]
    )
    statements = data["statements"]
    return Labelled(
        competencies, tuple(one["text"] for one in statements), tuple(one["competence"] for one in statements)
    )


@pytest.fixture(autouse=True)
def _news_is_taken() -> None:
    """In place of the room's own fixture: the copilot needs no app and no database, so nothing runs on two."""


@pytest.fixture(name="digcomp", scope="session")
def _digcomp() -> Labelled:
    return digcomp()


@pytest.fixture
def kitchen() -> tuple[CompetencyText, ...]:
    return (
        CompetencyText("bake", "Baking bread", "Kneads dough. Judges when a loaf is done.", "Kitchen"),
        CompetencyText("knife", "Handling knives", "Cuts vegetables safely with a sharp blade.", "Kitchen"),
        CompetencyText("hygiene", "Keeping a clean kitchen", "Washes hands and boards between tasks.", "Kitchen"),
        CompetencyText("menu", "Planning a menu", "Chooses dishes for guests and season.", "Service"),
        CompetencyText("wine", "Recommending wine", "Matches a wine with each dish.", "Service"),
        CompetencyText("bill", "Settling the bill", "Adds up, takes payment, gives change.", "Service"),
    )
