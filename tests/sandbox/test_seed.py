"""Seeds as JSON: what is read, and which faults are named with their place."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lti_tool import sandbox
from lti_tool.sandbox import seed as seed_module
from lti_tool.sandbox.seed import Seed
from lti_tool.sandbox.seed_json import SeedWrong, check, dumps, loads

SMALL = json.loads((Path(sandbox.__file__).parent / "small.json").read_text())


def changed(**changes: Any) -> str:
    return json.dumps(SMALL | changes)


def test_a_seed_survives_the_way_to_json_and_back(seed: Seed) -> None:
    assert loads(dumps(seed)) == seed


def test_the_example_in_the_documentation_is_a_seed() -> None:
    assert seed_module.__doc__ is not None
    example = re.search(r"^    (\{.*)\Z", seed_module.__doc__, re.DOTALL | re.MULTILINE)
    assert example is not None
    found = loads(example[1])
    assert found.courses[0].assignments[0].work[0].fillings[0].remark == "Careful"


def test_everybody_in_the_small_seed_is_plainly_fictional(seed: Seed) -> None:
    assert all(each.family in ("Example", "Exämple") or each.name == "Test Student" for each in seed.people)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["people", 0, "colour"], "red", "seed.people[0]: unknown field 'colour'"),
        (["people", 0, "id"], "2", "seed.people[0].id: '2' is not of type int"),
        (["people", 1, "id"], 2, "people: the id 2 is used twice"),
        (["courses", 0, "enrolments", 0, "role"], "king", "seed.courses[0].enrolments[0].role: 'king' is none of"),
        (["courses", 0, "enrolments", 0, "person"], 99, "seed.courses[0].enrolments[0].person: nobody has the id 99"),
        (["courses", 0, "assignments", 0, "work", 0, "person"], 11, "work[0].person: 11 is not a learner"),
        (["courses", 0, "assignments", 0, "work", 0, "fillings", 0, "criterion"], 99, "no criterion has the id 99"),
        (["courses", 0, "assignments", 0, "work", 0, "fillings", 0, "level"], 99, "criterion 51 has no level 99"),
        (["courses", 0, "assignments", 0, "due"], "2026-10-05T09:00:00", "has no zone"),
        (["courses", 0, "assignments", 0, "due"], "soon", "'soon' is not a time"),
        (["courses", 0, "assignments", 0, "rubric", "criteria", 0, "levels", 1, "score"], 0, "scores that differ"),
        (["courses", 0, "links", 0, "custom"], {"a": 1}, "an object of texts is needed"),
        (["courses", 0, "links"], {}, "seed.courses[0].links: an array is needed"),
        (["tokens", 0, "person"], 99, "seed.tokens[0].person: nobody has the id 99"),
    ],
)
def test_a_fault_is_named_with_its_place(path: list[Any], value: Any, words: str) -> None:
    raw = json.loads(json.dumps(SMALL))
    spot = raw
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    with pytest.raises(SeedWrong, match=re.escape(words)):
        loads(json.dumps(raw))


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SeedWrong, match="seed: missing 1 required positional argument: 'courses'"):
        loads(json.dumps({"people": []}))
    with pytest.raises(SeedWrong, match="not JSON"):
        loads("{")
    with pytest.raises(SeedWrong, match="an object is needed"):
        loads("[]")


def test_a_seed_made_in_python_is_checked_too(seed: Seed) -> None:
    with pytest.raises(SeedWrong):
        check(replace(seed, people=seed.people + seed.people[:1]))
    assert changed()
