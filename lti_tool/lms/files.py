"""A CSV of marks for any LMS without a connection of its own.

One line for each learner and criterion. Columns by name, in any order: `learner` (the LMS's id or an
e-mail address), `assessment`, `criterion`, `points`; optional `max_points`, `level`, `comment`,
`marked_at` (ISO 8601, UTC if it names no zone), `released` (yes or no; yes if left out). Empty points mean
"not assessed". At most 500 assessments of 200 criteria each. All faults are listed, with their lines, and then
nothing is taken in.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lti_tool.lms.csv_text import FileFaults, LineFault, Table, read_table
from lti_tool.lms.text import tidy
from lti_tool.lms.values import (
    Assignment,
    CourseSnapshot,
    Criterion,
    CriterionMark,
    LearnerMark,
    Level,
    Rubric,
    Warning_,
)

NEEDED = ("learner", "assessment", "criterion", "points")
OPTIONAL = ("max_points", "level", "comment", "marked_at", "released")
LONGEST_NAME = 250
MOST_POINTS = 1_000_000.0
MOST_ASSESSMENTS, MOST_CRITERIA = 500, 200

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_YES = {"yes": True, "true": True, "1": True, "y": True, "no": False, "false": False, "0": False, "n": False}
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    learner: str
    assessment: str
    criterion: str
    points: float | None
    max_points: float | None
    level: str
    comment: str
    marked_at: datetime | None
    released: bool


@dataclass(slots=True)
class _Reader:
    """Reads cells and collects faults, so that all can be told at once."""

    now: datetime
    faults: list[LineFault] = field(default_factory=list)
    good_names: dict[str, str] = field(default_factory=dict)
    """Names that were found good: the same few come back on every line."""

    def fault(self, line: int, column: str, words: str) -> None:
        self.faults.append(LineFault(line, column, words))

    def name(self, line: int, column: str, cell: str) -> str:
        if known := self.good_names.get(cell):
            return known
        name = " ".join(tidy(cell).split())
        if not name:
            self.fault(line, column, "is empty")
        elif name.startswith(_FORMULA):
            self.fault(line, column, "looks like a spreadsheet formula; write the text itself")
        elif len(name) > LONGEST_NAME:
            self.fault(line, column, f"is longer than {LONGEST_NAME} characters")
        else:
            self.good_names[cell] = name
        return name

    def label(self, line: int, column: str, cell: str) -> str:
        return self.name(line, column, cell) if cell else ""

    def number(self, line: int, column: str, cell: str) -> float | None:
        if not cell:
            return None
        if not _NUMBER.fullmatch(cell) or re.fullmatch(r"\d{1,3},\d{3}", cell):
            self.fault(line, column, "is not a plain number, such as 3 or 2.5")
            return None
        number = float(cell.replace(",", "."))
        if not 0 <= number <= MOST_POINTS:
            self.fault(line, column, f"is out of range (0 to {MOST_POINTS:.0f})")
            return None
        return number

    def time(self, line: int, cell: str) -> datetime | None:
        if not cell:
            return None
        try:
            time = datetime.fromisoformat(cell)
        except ValueError:
            self.fault(line, "marked_at", "is not a date or time such as 2026-11-22 or 2026-11-22T14:30:00Z")
            return None
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        if time > self.now + timedelta(days=1):
            self.fault(line, "marked_at", "lies in the future")
        return time

    def yes(self, line: int, cell: str) -> bool:
        if cell and cell.lower() not in _YES:
            self.fault(line, "released", "is neither yes nor no")
        return _YES.get(cell.lower(), True)


def read_marks(data: bytes, *, now: datetime) -> CourseSnapshot:
    """A CSV of marks as assignments, rubrics and marks. Raises `FileFaults` listing every fault.

    Ids are the names in the file: an assessment's title, a criterion's title, the learner as written. Without
    `max_points` the highest mark that occurs stands in, with a warning.
    """
    table = read_table(data)
    reader = _Reader(now)
    rows = _read_rows(table, reader)
    _check_together(rows, reader)
    if reader.faults:
        count = len(reader.faults)
        raise FileFaults(
            f"The file has {count} {'fault' if count == 1 else 'faults'}; nothing was taken in.",
            "Mend the lines listed and upload it again.",
            tuple(sorted(reader.faults, key=lambda fault: fault.line)),
        )
    warnings = [
        Warning_("encoding_guessed", "The file is not UTF-8; it was read as Windows text. Check names with accents.")
    ] * table.guessed
    assignments = [_assignment(title, criteria, warnings) for title, criteria in _grouped(rows).items()]
    return CourseSnapshot(tuple(assignments), tuple(_marks(rows)), tuple(warnings))


def _read_rows(table: Table, reader: _Reader) -> list[_Row]:
    header = table.header
    for name in NEEDED:
        if name not in header:
            reader.fault(1, name, "this column is missing")
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        reader.fault(1, name, "this column is there twice")
    for name in header:
        if name and name not in NEEDED + OPTIONAL:
            reader.fault(1, name[:60], f"is not a column this file may have; known are {', '.join(NEEDED + OPTIONAL)}")
    if reader.faults:
        return []
    if not table.rows:
        reader.fault(1, "", "there are no lines below the header")
    nothing = dict.fromkeys(NEEDED + OPTIONAL, "")
    rows: list[_Row] = []
    for line, cells in table.rows:
        if len(cells) > len(header):
            reader.fault(line, "", f"has {len(cells)} cells where the header has {len(header)}")
            continue
        cell = nothing | dict(zip(header, cells, strict=False))
        rows.append(
            _Row(
                line,
                reader.name(line, "learner", cell["learner"]),
                reader.name(line, "assessment", cell["assessment"]),
                reader.name(line, "criterion", cell["criterion"]),
                reader.number(line, "points", cell["points"]),
                reader.number(line, "max_points", cell["max_points"]),
                reader.label(line, "level", cell["level"]),
                tidy(cell["comment"]) if cell["comment"] else "",
                reader.time(line, cell["marked_at"]),
                reader.yes(line, cell["released"]),
            )
        )
    return rows


def _check_together(rows: list[_Row], reader: _Reader) -> None:
    """Faults between lines: repeated marks, a criterion with two maxima, points above the maximum."""
    seen: dict[tuple[str, str, str], int] = {}
    maxima: dict[tuple[str, str], tuple[float, int]] = {}
    levels: dict[tuple[str, str, str], tuple[float, int]] = {}
    for row in rows:
        mark = (row.learner.lower(), row.assessment, row.criterion)
        if mark in seen:
            reader.fault(row.line, "", f"repeats line {seen[mark]}: same learner, assessment and criterion")
        seen.setdefault(mark, row.line)
        if row.max_points is not None:
            if row.max_points == 0:
                reader.fault(row.line, "max_points", "must be above 0")
            most, where = maxima.setdefault((row.assessment, row.criterion), (row.max_points, row.line))
            if most != row.max_points:
                reader.fault(row.line, "max_points", f"is {row.max_points:g}, but {most:g} on line {where}")
        if row.level and row.points is not None:
            worth, where = levels.setdefault((*mark[1:], row.level), (row.points, row.line))
            if worth != row.points:
                words = f"this level is worth {row.points:g} points here and {worth:g} on line {where}"
                reader.fault(row.line, "level", words)
    _check_size(rows, reader)
    for row in rows:
        most, _ = maxima.get((row.assessment, row.criterion), (MOST_POINTS, 0))
        if row.points is not None and row.points > most:
            reader.fault(row.line, "points", f"is above the maximum of {most:g}")


def _check_size(rows: list[_Row], reader: _Reader) -> None:
    """More than any course has: most likely a column holds something else, such as comments."""
    grouped = _grouped(rows)
    if len(grouped) > MOST_ASSESSMENTS:
        reader.fault(1, "assessment", f"names {len(grouped)} assessments; at most {MOST_ASSESSMENTS} can come at once")
    for title, criteria in list(grouped.items())[:MOST_ASSESSMENTS]:
        if len(criteria) > MOST_CRITERIA:
            words = f"“{title[:60]}” has {len(criteria)} criteria; at most {MOST_CRITERIA} are taken"
            reader.fault(1, "criterion", words)


def _grouped(rows: Iterable[_Row]) -> dict[str, dict[str, list[_Row]]]:
    """Rows by assessment and criterion, in the order of the file."""
    found: dict[str, dict[str, list[_Row]]] = {}
    for row in rows:
        found.setdefault(row.assessment, {}).setdefault(row.criterion, []).append(row)
    return found


def _assignment(title: str, rows: Mapping[str, list[_Row]], warnings: list[Warning_]) -> Assignment:
    criteria = [_criterion(name, mine, warnings) for name, mine in rows.items()]
    maxima = [criterion.max_points for criterion in criteria if criterion.max_points is not None]
    whole = sum(maxima) if len(maxima) == len(criteria) else None
    return Assignment(title, title, max_points=whole, rubric=Rubric(title, title, tuple(criteria)))


def _criterion(name: str, mine: list[_Row], warnings: list[Warning_]) -> Criterion:
    most = next((row.max_points for row in mine if row.max_points is not None), None)
    if most is None:
        most = max((row.points for row in mine if row.points), default=None)
        words = f"“{name}” has no max_points; the highest mark in the file stands in."
        warnings.append(Warning_("maximum_guessed", words, mine[0].assessment))
    worth = {row.level: row.points for row in mine if row.level and row.points is not None}
    if len(set(worth.values())) < 2:
        worth = {}  # the rubric has others that nobody got: points out of the maximum say more
    levels = [Level(points, level, "", level) for level, points in sorted(worth.items(), key=lambda pair: pair[1])]
    return Criterion(name, name, "", most, tuple(levels), ranged=not levels)


def _marks(rows: list[_Row]) -> Iterable[LearnerMark]:
    by_learner: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        by_learner.setdefault((row.learner.lower(), row.assessment), []).append(row)
    for (_, assessment), mine in by_learner.items():
        given = [row for row in mine if row.points is not None or row.comment]
        if not given:
            continue
        yield LearnerMark(
            assignment_source_id=assessment,
            user_source_id=mine[0].learner,
            attempt=1,
            total=None,
            max_points=None,
            graded_at=max((row.marked_at for row in given if row.marked_at), default=None),
            marker_id=None,
            released=all(row.released for row in mine),
            criteria=tuple(
                CriterionMark(
                    row.criterion, (row.level or None) if row.points is not None else None, row.points, row.comment
                )
                for row in given
            ),
        )
