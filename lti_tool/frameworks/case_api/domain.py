"""Lists as the 1EdTech REST binding asks for them: filter, sort, fields and pages of records. Pure.

The binding's filter is `field<predicate>'value'`, predicates `= != > >= < <= ~` (contains), joined by AND or OR.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Record = Mapping[str, Any]

_TERM = re.compile(r"\s*(\w+)\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^']|'')*)'\s*")
_JOIN = re.compile(r"(AND|OR)\b", re.IGNORECASE)
MOST_TERMS = 20
LONGEST_FILTER = 2000


class Minor(StrEnum):
    """`imsx_codeMinorFieldValue` of CASE 1.1."""

    FORBIDDEN = "forbidden"
    SERVER_ERROR = "internal_server_error"
    SELECTION = "invalid_selection_field"
    SORT = "invalid_sort_field"
    UUID = "invalid_uuid"
    BUSY = "server_busy"
    UNAUTHORISED = "unauthorised_request"
    UNKNOWN = "unknownobject"


class Refused(Exception):
    """A request that the service does not answer with a record."""

    def __init__(self, status: int, minor: Minor, words: str) -> None:
        super().__init__(words)
        self.status, self.minor, self.words = status, minor, words


@dataclass(frozen=True, slots=True)
class Query:
    """What a list was asked for. `limit` counts from 1, `offset` from 0."""

    limit: int
    offset: int = 0
    sort: str = ""
    descending: bool = False
    filter: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    records: tuple[dict[str, Any], ...]
    total: int


def listed(records: Sequence[Record], query: Query, known: frozenset[str]) -> Listed:
    """The records that the query asks for, and how many there are of them on all pages. Raises Refused."""
    found = [record for record in records if _fits(record, query.filter, known)] if query.filter else list(records)
    if query.sort:
        if query.sort not in known:
            raise Refused(400, Minor.SORT, f"There is no field “{query.sort[:60]}” to sort by.")
        found.sort(key=lambda record: _text(record.get(query.sort)).casefold(), reverse=query.descending)
    unknown = [name for name in query.fields if name not in known]
    if unknown:
        raise Refused(400, Minor.SELECTION, f"There is no field “{unknown[0][:60]}” to select.")
    page = found[query.offset : query.offset + query.limit]
    chosen = [{name: record[name] for name in record if not query.fields or name in query.fields} for record in page]
    return Listed(tuple(chosen), len(found))


def pages(query: Query, total: int) -> dict[str, int]:
    """Offsets of the first, previous, next and last page, where there is such a page."""
    last = max(0, (total - 1) // query.limit * query.limit) if total else 0
    found = {"first": 0, "last": last}
    if query.offset > 0:
        found["prev"] = max(0, query.offset - query.limit)
    if query.offset + query.limit < total:
        found["next"] = query.offset + query.limit
    return found


def _fits(record: Record, words: str, known: frozenset[str]) -> bool:
    """AND binds more tightly than OR."""
    return any(all(_holds(record, *term) for term in group) for group in _parsed(words, known))


def _parsed(words: str, known: frozenset[str]) -> list[list[tuple[str, str, str]]]:
    groups: list[list[tuple[str, str, str]]] = [[]]
    at = 0
    while True:
        term = _TERM.match(words, at)
        if term is None or sum(map(len, groups)) >= MOST_TERMS or len(words) > LONGEST_FILTER:
            raise Refused(400, Minor.SELECTION, "The filter is not of the form field='value'.")
        if term[1] not in known:
            raise Refused(400, Minor.SELECTION, f"There is no field “{term[1][:60]}” to filter by.")
        groups[-1].append((term[1], term[2], term[3].replace("''", "'")))
        at = term.end()
        if at == len(words):
            return groups
        join = _JOIN.match(words, at)
        if join is None:
            raise Refused(400, Minor.SELECTION, "The parts of a filter are joined by AND or OR.")
        if join[1].upper() == "OR":
            groups.append([])
        at = join.end()


def _holds(record: Record, name: str, predicate: str, value: str) -> bool:
    said, wanted = _text(record.get(name)), value
    if predicate == "~":
        return wanted.casefold() in said.casefold()
    if predicate in ("=", "!="):
        members = record.get(name)
        same = wanted in map(_text, members) if isinstance(members, list) else said == wanted
        return same if predicate == "=" else not same
    if predicate == ">":
        return said > wanted
    if predicate == ">=":
        return said >= wanted
    return said < wanted if predicate == "<" else said <= wanted


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("title", ""))
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return "" if value is None else str(value)
