"""The brief as people give it: a JSON object, or the fields of a page. Faults come all at once, in words.

    {"organisation": "Example City", "sector": "municipal government",
     "families": ["service designers", "delivery managers"], "goals": ["services that everyone can use"],
     "stages": ["Starting", "Working", "Leading", "Shaping"], "months": 18, "learners": false,
     "documents": ["strategy.pdf", {"name": "notes", "text": "..."}]}

`organisation`, `sector`, `families` and `goals` are needed. `months` is one number for every step, or three. A document
is a path beside the brief, or its text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lti_tool.frameworks.generate.domain import DEFAULT_STAGES, LEVELS, MONTHS, MOST_FAMILIES, Brief, Document
from lti_tool.kit.errors import Invalid

MOST_GOALS = 8
MOST_DOCUMENTS = 5
LONGEST = 200
"""Signs of a name or a goal."""
KNOWN = frozenset({"organisation", "sector", "families", "goals", "stages", "months", "learners", "documents"})


class BadBrief(Invalid):
    """`faults` name each field and what to do."""

    reason = "bad_brief"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("The brief is not complete yet.", "Mend what is listed, then try again.")
        self.faults = dict(faults)

    @property
    def details(self) -> tuple[str, ...]:
        return tuple(f"{name}: {words}" for name, words in self.faults.items())


def read(data: bytes, document: Callable[[str], Document]) -> Brief:
    """A brief from JSON. `document` reads one by its path. Raises BadBrief, and what `document` raises."""
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        raise BadBrief({"brief": "This is not JSON."}) from None
    if not isinstance(given, dict):
        raise BadBrief({"brief": "A JSON object is needed, with the fields that the guide names."})
    listed = given.get("documents") or []
    documents = []
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, str):
            documents.append(document(one))
        elif isinstance(one, dict) and isinstance(one.get("text"), str):
            documents.append(Document(str(one.get("name") or "Document")[:LONGEST], one["text"]))
        else:
            raise BadBrief({"documents": "Give a path, or an object with name and text."})
    return check(given, documents)


def check(given: Mapping[str, Any], documents: Sequence[Document] = ()) -> Brief:
    """The brief, or BadBrief with every fault."""
    faults = dict.fromkeys(sorted(set(given) - KNOWN), "This field is not known.")
    families = _texts(given, "families", MOST_FAMILIES, "role family", faults)
    goals = _texts(given, "goals", MOST_GOALS, "goal", faults)
    stages = tuple(_lines(given.get("stages"))) or DEFAULT_STAGES
    if len(stages) != LEVELS or len({one.lower() for one in stages}) != LEVELS:
        faults["stages"] = "Name four stages, each once, the lowest first."
    months = _months(given.get("months"), faults)
    if len(documents) > MOST_DOCUMENTS:
        faults["documents"] = f"At most {MOST_DOCUMENTS} documents."
    if not isinstance(given.get("learners", False), bool):
        faults["learners"] = "Say true or false."
    organisation, sector = _line(given, "organisation", faults), _line(given, "sector", faults)
    if faults:
        raise BadBrief(faults)
    learners = bool(given.get("learners", False))
    return Brief(organisation, sector, families, goals, stages, months, learners, tuple(documents))


def _line(given: Mapping[str, Any], name: str, faults: dict[str, str]) -> str:
    value = given.get(name)
    text = _folded(value) if isinstance(value, str) else ""
    if not text:
        faults[name] = "Please fill this in."
    elif len(text) > LONGEST:
        faults[name] = f"Use {LONGEST} signs or fewer."
    return text


def _texts(given: Mapping[str, Any], name: str, most: int, noun: str, faults: dict[str, str]) -> tuple[str, ...]:
    found = _lines(given.get(name))
    if not found:
        faults[name] = f"Name at least one {noun}."
    elif len(found) > most:
        faults[name] = f"Name at most {most}: with more, no framework stays readable."
    elif any(len(one) > LONGEST for one in found):
        faults[name] = f"Use {LONGEST} signs or fewer for each."
    elif not all(any(sign.isalpha() for sign in one) for one in found):
        faults[name] = "Use words."
    return tuple(found)


def _lines(value: Any) -> list[str]:
    """Of a list, or of lines; each once."""
    rows = value.splitlines() if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    found = [_folded(row) for row in rows if isinstance(row, str)]
    return list({one.lower(): one for one in reversed(found) if one}.values())[::-1]


def _months(value: Any, faults: dict[str, str]) -> tuple[int, ...]:
    steps = LEVELS - 1
    rows = list(value) if isinstance(value, list | tuple) else [18 if value in (None, "") else value] * steps
    try:
        found = tuple(int(one) for one in rows if not isinstance(one, bool))
    except (TypeError, ValueError):
        found = ()
    if len(found) != steps or not all(MONTHS[0] <= one <= MONTHS[1] for one in found):
        faults["months"] = f"A step takes {MONTHS[0]} to {MONTHS[1]} months: one number, or three."
    return found


def _folded(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
