"""Seeds to and from JSON, with every reference checked. The shape is that of the dataclasses in `seed.py`."""

import dataclasses
import json
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from lti_tool.sandbox.seed import Assignment, Course, Seed


class SeedWrong(ValueError):
    """The message names the place of the fault, as `courses[0].assignments[2].work[1].person: ...`."""


def load(path: Path) -> Seed:
    return loads(path.read_text(encoding="utf-8"))


def loads(text: str) -> Seed:
    """A checked seed from JSON text; `SeedWrong` otherwise."""
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as broken:
        raise SeedWrong(f"not JSON: {broken}") from broken
    seed: Seed = _read(Seed, raw, "seed")
    return check(seed)


def dumps(seed: Seed) -> str:
    """JSON text that `loads` turns into an equal seed."""
    return json.dumps(dataclasses.asdict(seed), default=_plain, ensure_ascii=False, indent=1)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _read(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _read(next(each for each in arguments if each is not type(None)), value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise SeedWrong(f"{where}: an array is needed")
        return tuple(_read(arguments[0], each, f"{where}[{index}]") for index, each in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise SeedWrong(f"{where}: an object of texts is needed")
        return dict(value)
    if dataclasses.is_dataclass(kind):
        return _read_object(kind, value, where)
    return _read_plain(kind, value, where)


def _read_object(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise SeedWrong(f"{where}: an object is needed")
    hints = get_type_hints(kind)
    unknown = set(value) - set(hints)
    if unknown:
        raise SeedWrong(f"{where}: unknown field {sorted(unknown)[0]!r}")
    try:
        return kind(**{name: _read(hints[name], each, f"{where}.{name}") for name, each in value.items()})
    except TypeError as missing:
        raise SeedWrong(f"{where}: {str(missing).split('__init__() ')[-1]}") from missing


def _read_plain(kind: Any, value: Any, where: str) -> Any:
    if kind is datetime and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise SeedWrong(f"{where}: {value!r} is not a time") from None
        if moment.tzinfo is None:
            raise SeedWrong(f"{where}: {value!r} has no zone; end it with Z")
        return moment
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            raise SeedWrong(f"{where}: {value!r} is none of {[each.value for each in kind]}") from None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise SeedWrong(f"{where}: {value!r} is not of type {kind.__name__}")
    return value


def check(seed: Seed) -> Seed:
    """The same seed, or `SeedWrong` for an id used twice or one that points nowhere."""
    people = _unique((person.id for person in seed.people), "people")
    _unique((course.id for course in seed.courses), "courses")
    _unique((link.id for course in seed.courses for link in course.links), "links")
    assignments = [each for course in seed.courses for each in course.assignments]
    _unique((each.id for each in assignments), "assignments")
    _unique((each.module_id for each in assignments), "course module ids of assignments")
    rubrics = [each.rubric for each in assignments if each.rubric]
    _unique((rubric.id for rubric in rubrics), "rubrics")
    _unique((criterion.id for rubric in rubrics for criterion in rubric.criteria), "criteria")
    _unique((level.id for rubric in rubrics for crit in rubric.criteria for level in crit.levels), "levels")
    for index, token in enumerate(seed.tokens):
        if token.person not in people:
            raise SeedWrong(f"seed.tokens[{index}].person: nobody has the id {token.person}")
    for index, course in enumerate(seed.courses):
        _check_course(course, people, f"seed.courses[{index}]")
    return seed


def _unique(ids: Iterable[int], what: str) -> set[int]:
    seen: set[int] = set()
    for each in ids:
        if each in seen:
            raise SeedWrong(f"{what}: the id {each} is used twice")
        seen.add(each)
    return seen


def _check_course(course: Course, people: set[int], where: str) -> None:
    for index, enrolment in enumerate(course.enrolments):
        if enrolment.person not in people:
            raise SeedWrong(f"{where}.enrolments[{index}].person: nobody has the id {enrolment.person}")
    _unique((each.person for each in course.enrolments), f"{where}.enrolments")
    for index, assignment in enumerate(course.assignments):
        _check_assignment(assignment, set(course.learners()), f"{where}.assignments[{index}]")


def _check_assignment(assignment: Assignment, learners: set[int], where: str) -> None:
    criteria = {each.id: each for each in assignment.rubric.criteria} if assignment.rubric else {}
    for criterion in criteria.values():
        if len({level.score for level in criterion.levels}) < max(2, len(criterion.levels)):
            raise SeedWrong(f"{where}: criterion {criterion.id} needs two levels or more, with scores that differ")
    _unique((each.person for each in assignment.work), f"{where}.work")
    for index, work in enumerate(assignment.work):
        here = f"{where}.work[{index}]"
        if work.person not in learners:
            raise SeedWrong(f"{here}.person: {work.person} is not a learner of this course")
        _unique((each.criterion for each in work.fillings), f"{here}.fillings")
        for filling in work.fillings:
            if filling.criterion not in criteria:
                raise SeedWrong(f"{here}.fillings: no criterion has the id {filling.criterion}")
            known = {level.id for level in criteria[filling.criterion].levels}
            if filling.level is not None and filling.level not in known:
                raise SeedWrong(f"{here}.fillings: criterion {filling.criterion} has no level {filling.level}")
