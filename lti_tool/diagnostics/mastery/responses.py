"""Response files: who answered what, how well, in order of time.

Long form, one answer a row: `learner, item, competency, score` and optionally `levels, rater, at`; `competency` is one
or several ids with spaces between. Wide form, one learner a row and one column an item, with a Q-matrix: one row an
item (its id first), one column a competency, 1 where the item needs it. Columns of a wide file before the first item
describe the learner, the first of them is the id; an empty cell or NA was not answered. A Q-matrix whose rows are only
numbered takes the last columns in their order.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lti_tool.diagnostics.mastery.observation import BadObservation, Observation
from lti_tool.kit.errors import Invalid

_LONG = ("learner", "item", "score")
_NOT_ANSWERED = {"", "NA", "NAN", "."}

QMatrix = Mapping[str, Mapping[str, float]]  # {item: {competency: weight}}


class BadResponses(Invalid):
    """A response file or Q-matrix with faults; `details` has a line for each, with its place."""

    reason = "bad_responses"

    def __init__(self, faults: list[str]) -> None:
        count = "One fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"{count} found; nothing was computed.", "Mend the lines listed and try again.")
        self.details = faults


@dataclass(frozen=True, slots=True)
class Answer:
    """One learner's answer; `score` as it was written."""

    learner: str
    score: str
    observation: Observation


def read_answers(responses: bytes, q_matrix: QMatrix | None = None, *, name: str = "responses") -> list[Answer]:
    """The answers of a file in its order; with all items of a learner in a row one after the other for the wide form.

    Raises BadResponses with every fault. `name` is what faults call the file.
    """
    faults: list[str] = []
    rows = _rows(responses, name, faults)
    header = next(rows, None)
    answers: list[Answer] = []
    if header is not None:
        columns = [cell.strip() for cell in header[1]]
        lower = [column.lower() for column in columns]
        if set(_LONG) <= set(lower):
            answers = list(_long(rows, lower, q_matrix, name, faults))
        elif q_matrix is not None:
            answers = list(_wide(rows, columns, q_matrix, name, faults))
        else:
            missing = ", ".join(column for column in (*_LONG, "competency") if column not in lower)
            faults.append(f"{name}, line 1: no column {missing}; a file with one column an item needs a Q-matrix.")
    if not faults and not answers:
        faults.append(f"{name}: there are no answers in it.")
    if faults:
        raise BadResponses(faults)
    return answers


def read_q_matrix(content: bytes, *, name: str = "Q-matrix") -> dict[str, dict[str, float]]:
    """{item: {competency: weight above 0}}. Raises BadResponses with every fault."""
    faults: list[str] = []
    rows = _rows(content, name, faults)
    header = next(rows, None)
    competencies = [cell.strip() for cell in header[1][1:]] if header else []
    if header and not competencies:
        faults.append(f"{name}, line 1: no column for a competency after the item's.")
    _refuse_twins(competencies, name, faults)
    items: dict[str, dict[str, float]] = {}
    for line, cells in rows:
        item, at = cells[0].strip(), f"{name}, line {line}"
        if len(cells) != len(competencies) + 1:
            faults.append(f"{at}: {len(cells)} cells under {len(competencies) + 1} columns.")
            continue
        if not item or item in items:
            faults.append(f"{at}: {'item ' + item + ' is there twice' if item else 'the item has no id'}.")
            continue
        items[item] = {}
        for competency, cell in zip(competencies, cells[1:], strict=True):
            weight = _number(cell)
            if weight is None or not 0 <= weight < float("inf"):
                faults.append(
                    f"{at}: {cell.strip() or 'an empty cell'} under {competency} is not a weight; use 0 or 1."
                )
            elif weight > 0:
                items[item][competency] = weight
        if not items[item]:
            faults.append(f"{at}: item {item} needs no competency.")
    if not items and not faults:
        faults.append(f"{name}: there are no items in it.")
    if faults:
        raise BadResponses(faults)
    return items


def _rows(content: bytes, name: str, faults: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row that is not blank; text that is no CSV ends it with a fault."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.append(f"{name}, line {line}: not UTF-8 text.")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    empty = True
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                empty = False
                yield reader.line_num, cells
    except csv.Error as error:
        faults.append(f"{name}, line {reader.line_num}: not readable as CSV ({error}).")
        return
    if empty:
        faults.append(f"{name}: the file is empty.")


def _long(
    rows: Iterator[tuple[int, list[str]]], columns: list[str], q_matrix: QMatrix | None, name: str, faults: list[str]
) -> Iterator[Answer]:
    _refuse_twins([column for column in columns if column], name, faults)
    if "competency" not in columns and q_matrix is None:
        faults.append(f"{name}, line 1: no column competency, and no Q-matrix that says what items are about.")
    for line, cells in rows:
        at = f"{name}, line {line}"
        if len(cells) != len(columns):
            faults.append(f"{at}: {len(cells)} cells under {len(columns)} columns.")
            continue
        row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
        found = len(faults)
        faults += [f"{at}: no {column}." for column in ("learner", "item") if not row[column]]
        on: Mapping[str, float] = dict.fromkeys(row.get("competency", "").split(), 1.0)
        if not on and q_matrix is not None and row["item"]:
            on = q_matrix.get(row["item"], {})
        if not on and ("competency" in columns or q_matrix is not None):
            faults.append(f"{at}: no competency for item {row['item'] or '(no id)'}.")
        score = _score(row["score"], at, faults)
        levels = _levels(row.get("levels", ""), at, faults)
        when = _time(row.get("at", ""), at, faults)
        if len(faults) > found or score is None or not on:
            continue
        rater = row.get("rater") or None
        try:
            observation = Observation(row["item"], on, score, levels, rater, when)
        except BadObservation as fault:
            faults.append(f"{at}: {fault}")
            continue
        yield Answer(row["learner"], row["score"], observation)


def _wide(
    rows: Iterator[tuple[int, list[str]]], columns: list[str], q_matrix: QMatrix, name: str, faults: list[str]
) -> Iterator[Answer]:
    _refuse_twins([column for column in columns if column], name, faults)
    columns = _by_number(columns, q_matrix)
    first = next((index for index, column in enumerate(columns) if column in q_matrix), len(columns))
    if first == len(columns):
        faults.append(f"{name}, line 1: no column is an item of the Q-matrix.")
        return
    unknown = [column for column in columns[first:] if column not in q_matrix]
    faults += [f"{name}, line 1: {column or 'a column without a name'} is not in the Q-matrix." for column in unknown]
    faults += [f"{name}, line 1: no column for item {item}." for item in q_matrix if item not in columns]
    for number, (line, cells) in enumerate(rows, start=1):
        at = f"{name}, line {line}"
        if len(cells) != len(columns):
            faults.append(f"{at}: {len(cells)} cells under {len(columns)} columns.")
            continue
        learner = cells[0].strip() if first else str(number)
        if not learner:
            faults.append(f"{at}: no learner.")
        for item, cell in zip(columns[first:], cells[first:], strict=True):
            text = cell.strip()
            if text.upper() in _NOT_ANSWERED or item not in q_matrix:
                continue
            score = _score(text, f"{at}, {item}", faults)
            if score is not None:
                yield Answer(learner, text, Observation(item, q_matrix[item], score))


def _by_number(columns: list[str], q_matrix: QMatrix) -> list[str]:
    """A Q-matrix whose rows are only numbered (from 0 or 1) means the last columns of the responses, in order."""
    count = len(q_matrix)
    counted = any(list(q_matrix) == [str(n) for n in range(start, start + count)] for start in (0, 1))
    if not counted or count > len(columns) or any(column in q_matrix for column in columns):
        return columns
    return columns[: len(columns) - count] + list(q_matrix)


def _refuse_twins(columns: list[str], name: str, faults: list[str]) -> None:
    twins = {column for column in columns if columns.count(column) > 1}
    faults += [f"{name}, line 1: column {column} is there twice." for column in sorted(twins)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _score(text: str, at: str, faults: list[str]) -> float | None:
    score = _number(text)
    if score is None or not 0.0 <= score <= 1.0:
        faults.append(f"{at}: score {text or '(empty)'} is not a number from 0 to 1.")
        return None
    return score


def _levels(text: str, at: str, faults: list[str]) -> int:
    if not text:
        return 2
    number = _number(text)
    if number is None or not number.is_integer():
        faults.append(f"{at}: levels {text} is not a whole number.")
        return 2
    return int(number)


def _time(text: str, at: str, faults: list[str]) -> datetime | None:
    """ISO 8601, UTC where it names no zone; or seconds since 1970."""
    if not text:
        return None
    try:
        seconds = _number(text)
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC)
        when = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        faults.append(f"{at}: at {text} is not a date and time, like 2026-11-22T09:30:00Z.")
        return None
    return when if when.utcoffset() is not None else when.replace(tzinfo=UTC)
