"""An institution of 11 000 learners, written in bulk into SQLite or PostgreSQL: what a few terms leave behind.

Courses of 3 000, of 30, and of 200 learners work with a framework of 40 competencies; each learner has 100 pieces of
evidence from 5 tasks, a million in all. One course of 1 000 works with a framework of 200 competencies. Rows hold what
the real doors would have written, but for the traces of the model: those appear when a learner's estimate is refreshed.
"""

import io
import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.packing import pack, rounded
from lti_tool.kit import schema
from lti_tool.kit.db import Base
from tests.postgres import ROLE

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CUTS = [-1.2, 0.1, 1.3]
LEVELS = 4
TASKS, CRITERIA, TO_EACH = 5, 10, 2
SMALL, WIDE = 40, 200
"""Competencies of the two frameworks."""
SIZES = (3000, 30, *([200] * 34), 170)
CLASS = 1000
EVIDENCE = sum(SIZES) * TASKS * CRITERIA * TO_EACH

INSTITUTION = PLATFORM = DEPLOYMENT = 1
BIG, LITTLE, WHOLE = 1, 2, len(SIZES) + 1
"""Courses: of 3 000, of 30, and the one of 1 000 with 200 competencies."""
VERSION_OF = {WHOLE: 2}
"""Framework version 1 everywhere else."""


@dataclass(frozen=True)
class Learners:
    course: int
    first: int
    count: int

    @property
    def ids(self) -> range:
        return range(self.first, self.first + self.count)


def classes() -> list[Learners]:
    """Who is in which course; ids from 1."""
    found, first = [], 1
    for course, count in enumerate((*SIZES, CLASS), 1):
        found.append(Learners(course, first, count))
        first += count
    return found


def fresh_task(course: int) -> tuple[int, list[int]]:
    """(assessment, criteria) of the task of a course that nobody has been marked on yet."""
    task = course * (TASKS + 1)
    return task, list(_criteria_of(task))


def _tasks_of(course: int) -> range:
    return range((course - 1) * (TASKS + 1) + 1, course * (TASKS + 1) + 1)


def _criteria_of(task: int) -> range:
    return range((task - 1) * CRITERIA + 1, task * CRITERIA + 1)


def _items(version: int) -> range:
    return range(1, SMALL + 1) if version == 1 else range(SMALL + 1, SMALL + WIDE + 1)


def _speaks_for(criterion: int) -> tuple[int, int]:
    return criterion * 7 % SMALL + 1, (criterion * 7 + 11) % SMALL + 1


class Loader:
    """Rows into tables, as fast as each database takes them."""

    def __init__(self, url: str) -> None:
        self.url, self.sqlite = url, url.startswith("sqlite")

    def __enter__(self) -> "Loader":
        if self.sqlite:
            self.connection: Any = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
                self.connection.execute(f"PRAGMA {pragma}")
            self.connection.execute("BEGIN")
        else:
            self.connection = psycopg.connect(
                self.url.replace("+psycopg", "").replace(f"//{ROLE}:", "//postgres:")
            )  # past row security
            self.connection.execute("SET session_replication_role = replica")  # the keys are right by construction
        return self

    def __exit__(self, *_: object) -> None:
        with closing(self.connection):
            if self.sqlite:
                self.connection.execute("COMMIT")
                self.connection.execute("ANALYZE")
                return
            self.connection.commit()
            self.connection.autocommit = True
            for (table,) in self.connection.execute(
                "SELECT table_name FROM information_schema.columns WHERE column_name = 'id' AND table_schema = 'public'"
                " AND column_default LIKE 'nextval%'"
            ).fetchall():
                self.connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) + 1 FROM {table}), false)"
                    f" WHERE EXISTS (SELECT 1 FROM {table})"
                )
            self.connection.execute("ANALYZE")

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def put(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of these columns; what the application would fill in by itself is filled in."""
        rest = _left_out(table, columns.split(","))
        if rest:
            columns, values = ",".join([columns, *rest]), list(rest.values())
            rows = ([*row, *values] for row in rows)
        if self.sqlite:
            marks = ",".join("?" * (columns.count(",") + 1))
            plain = ([_sqlite(value) for value in row] for row in rows)
            self.connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", plain)
            return
        with self.connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            buffer = io.StringIO()
            for row in rows:
                buffer.write("\t".join(map(_postgres, row)) + "\n")
                if buffer.tell() > 1_000_000:
                    copy.write(buffer.getvalue())
                    buffer = io.StringIO()
            copy.write(buffer.getvalue())


def _left_out(table: str, columns: Sequence[str]) -> dict[str, Any]:
    """The plain defaults of columns that must not be empty and are not named."""
    known = Base.metadata.tables.get(table)
    wanted = (
        [] if known is None else [column for column in known.c if column.name not in columns and not column.nullable]
    )
    defaults = {column.name: column.default.arg for column in wanted if column.default and column.default.is_scalar}
    return {name: int(value) if isinstance(value, bool) else value for name, value in defaults.items()}


def _sqlite(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _postgres(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def build(url: str) -> None:
    """Migrates an empty database and fills it; half a minute."""
    schema.upgrade(url)
    with Loader(url) as load:
        _ground(load)
        _frameworks(load)
        _people(load)
        _tasks(load)
        _marks(load)
        _estimates(load)


def _ground(load: Loader) -> None:
    load.put("institution", "id,name,created_at", [(1, "Example University", NOW)])
    load.put(
        "platform",
        "id,institution_id,name,issuer,client_id,family,auth_login_url,auth_token_url,jwks_url,created_at",
        [(1, 1, "LMS", "https://lms.example", "c", "moodle", *["https://lms.example/x"] * 3, NOW)],
    )
    load.put(
        "deployment",
        "id,platform_id,institution_id,deployment_id,status,created_at",
        [(1, 1, 1, "d", "approved", NOW)],
    )
    load.put(
        "course",
        "id,institution_id,platform_id,deployment_id,context_id,title,label,framework_version_id,created_at",
        [
            (course, 1, 1, 1, f"x{course}", f"Course {course}", "", VERSION_OF.get(course, 1), NOW)
            for course in range(1, WHOLE + 1)
        ],
    )


def _frameworks(load: Loader) -> None:
    load.put(
        "framework",
        "id,institution_id,identifier,title,is_default,created_at",
        [(v, 1, f"f{v}", f"Framework {v}", "1" if v == 1 else "0", NOW) for v in (1, 2)],
    )
    load.put(
        "framework_version",
        "id,institution_id,framework_id,number,status,title,description,source_version,language,publisher,licence,"
        "attribution,source_url,format,fingerprint,extra,created_at,published_at",
        [(v, 1, v, 1, "published", f"Framework {v}", *[""] * 7, "csv", f"{v:064d}", "{}", NOW, NOW) for v in (1, 2)],
    )
    names = [(n, f"Level {n}") for n in range(1, LEVELS + 1)]
    load.put(
        "level",
        "institution_id,version_id,number,name,description",
        [(1, v, number, name, "") for v in (1, 2) for number, name in names],
    )
    load.put("item", _ITEM, _item_rows())
    load.put(
        "level_cut",
        "institution_id,version_id,item_id,cuts",
        [(1, v, item, json.dumps(CUTS)) for v in (1, 2) for item in _items(v)],
    )


_ITEM = (
    "id,institution_id,version_id,key,kind,assessed,code,title,description,scope,parent_id,position,descriptors,extra"
)


def _item_rows() -> Iterator[Sequence[Any]]:
    for version in (1, 2):
        areas = range(1000 * version, 1000 * version + 5)
        for n, area in enumerate(areas, 1):
            yield (area, 1, version, f"a{area}", "category", "0", str(n), f"Area {n}", "", "", None, n, "{}", "{}")
        for n, item in enumerate(_items(version)):
            inside = len(_items(version)) // 5
            words = json.dumps({str(level): f"Shows {item} at {level}" for level in range(1, LEVELS + 1)})
            code = f"{n // inside + 1}.{n % inside + 1}"
            title = f"Competency {n + 1} of the framework"
            area = areas[n // inside]
            yield (item, 1, version, f"i{item}", "competency", "1", code, title, "", "", area, n, words, "{}")


def _people(load: Loader) -> None:
    everybody = [(who, part.course) for part in classes() for who in part.ids]
    load.put(
        "person",
        "id,institution_id,platform_id,subject,name,email,is_test",
        [(who, 1, 1, f"s{who}", f"Person {who:05d} Example", "", "0") for who, _ in everybody],
    )
    load.put(
        "membership",
        "id,institution_id,course_id,person_id,role,role_from,active,section",
        [(who, 1, course, who, "learner", "roster", "1", "") for who, course in everybody],
    )


def _tasks(load: Loader) -> None:
    courses = range(1, WHOLE + 1)
    load.put(
        "assessment",
        "id,institution_id,course_id,source,source_id,title,instructions,max_points,fingerprint,active,created_at",
        [
            (task, 1, course, "moodle", str(task), f"Task {task}", "", 30.0, f"{task:064d}", "1", NOW)
            for course in courses
            for task in _tasks_of(course)
        ],
    )
    criteria = [(c, task) for course in courses for task in _tasks_of(course) for c in _criteria_of(task)]
    load.put(
        "criterion",
        "id,institution_id,assessment_id,source_id,position,title,description,max_points,active,review,no_match,"
        "engine,fell_back_because",
        [
            (c, 1, task, str(c), c % CRITERIA, f"Criterion {c}", "", 3.0, "1", "accepted", "0", "", "")
            for c, task in criteria
        ],
    )
    load.put(
        "rating",
        "institution_id,criterion_id,source_id,points,title,description",
        [(1, c, str(p), float(p), f"Rating {p}", "") for c, _ in criteria for p in range(LEVELS)],
    )
    load.put(
        "alignment",
        "id,institution_id,criterion_id,item_id,weight,decided_by,decided_at",
        [
            (TO_EACH * (c - 1) + k + 1, 1, c, item, 0.5, "person", NOW)
            for c, _ in criteria
            for k, item in enumerate(_speaks_for(c))
        ],
    )


def _marked() -> Iterator[tuple[int, int]]:
    """(person, task), in order of score ids from 1."""
    for part in classes()[:-1]:
        for who in part.ids:
            for task in _tasks_of(part.course)[:TASKS]:
                yield who, task


def _when(task: int) -> datetime:
    return NOW - timedelta(days=7 * (TASKS - task % (TASKS + 1)))


def _marks(load: Loader) -> None:
    load.put(
        "score",
        "id,institution_id,assessment_id,person_id,attempt,points,max_points,comment,marker,marked_at,recorded_at,"
        "released_at,fingerprint",
        (
            (score, 1, task, who, 0, 20.0, 30.0, "", "1", _when(task), NOW, NOW, "f" * 64)
            for score, (who, task) in enumerate(_marked(), 1)
        ),
    )
    # the millions are made by the database itself
    load.run(
        "INSERT INTO criterion_score (institution_id, score_id, criterion_id, points, comment)"
        " SELECT 1, s.id, c.id, (s.person_id + c.id) - (s.person_id + c.id) / 4 * 4, ''"
        " FROM score s JOIN criterion c ON c.assessment_id = s.assessment_id ORDER BY s.id, c.id"
    )
    load.run(
        "INSERT INTO evidence (institution_id, course_id, person_id, version_id, item_id, criterion_id,"
        " criterion_score_id, alignment_id, fraction, levels, weight, rater, observed_at, recorded_at, released_at)"
        " SELECT 1, a.course_id, s.person_id, 1, al.item_id, cs.criterion_id, cs.id, al.id, cs.points / 3.0, 4, 0.5,"
        " '1', s.marked_at, s.recorded_at, s.released_at"
        " FROM criterion_score cs JOIN score s ON s.id = cs.score_id JOIN assessment a ON a.id = s.assessment_id"
        " JOIN alignment al ON al.criterion_id = cs.criterion_id"
    )


SHAPES = 200
"""Different learners among those of the small framework."""


def _estimates(load: Loader) -> None:
    rng = random.Random(7)
    shapes = [_cells(rng, 1) for _ in range(SHAPES)]
    packed = [json.dumps({"cells": pack(cells)}) for cells in shapes]
    wide = [json.dumps({"cells": pack(_cells(rng, 2))}) for _ in range(CLASS)]
    small = [(1, who, 1, packed[who % SHAPES], NOW) for part in classes()[:-1] for who in part.ids]
    large = [(1, who, 2, text, NOW) for who, text in zip(classes()[-1].ids, wide, strict=True)]
    load.put("learner_state", "institution_id,person_id,version_id,state,updated_at", (*small, *large))
    load.run("CREATE TEMPORARY TABLE shape (number integer, item integer, mean float, sd float, pieces integer)")
    load.put(
        "shape",
        "number,item,mean,sd,pieces",
        ((n, item, at.mean, at.sd, at.n) for n, cells in enumerate(shapes) for item, at in cells.items()),
    )
    load.run(
        "INSERT INTO estimate (institution_id, person_id, version_id, item_id, mean, sd, pieces, updated_at)"
        " SELECT 1, l.person_id, 1, s.item, s.mean, s.sd, s.pieces, l.updated_at FROM learner_state l JOIN shape s"
        f" ON s.number = l.person_id - l.person_id / {SHAPES} * {SHAPES} WHERE l.version_id = 1"
    )


def _cells(rng: random.Random, version: int) -> dict[int, Belief]:
    general = rng.gauss(0.0, 1.0)
    return {
        item: rounded(Belief(general + rng.gauss(0.0, 0.7), rng.uniform(0.3, 0.9), rng.choice((1, 2, 3, 4, 5, 6))))
        for item in _items(version)
    }
