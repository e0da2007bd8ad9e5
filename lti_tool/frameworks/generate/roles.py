"""Which role of the open sources a role family of the brief means.

The title leads: descriptions pull toward the loudest word of the sector. O*NET also lists the names that people give
to each occupation; a family that is one of them is that occupation, whatever the vectors say.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lti_tool.frameworks.generate.bank import Role, bank, role_text

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder

CLOSE = 0.62
"""Nearer than this a role is taken for the family; below, nothing is pretended."""
ALSO = 0.12
"""Further roles count while they are at most this much behind the nearest."""
_SMALL = frozenset(["a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"])
_RANKS = frozenset(["junior", "senior", "trainee", "staff", "team", "teams", "crew", "crews", "s"])
"""Left out of a family's name; they say nothing of the work."""
_OF_LEADING = r"\b(?:supervisors?|managers?|directors?|executives?|administrators|superintendents?)\b"
_LEADING = re.compile(_OF_LEADING, re.IGNORECASE)
_LEADS = re.compile(
    _OF_LEADING
    + r"|\b(?:leads?|leaders?|heads?|chiefs?|officers?|planners?|coordinators?|teachers?|educators?|trainers?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """`score` from 0 to 1."""

    role: Role
    score: float


def find_roles(family: str, sector: str, embedder: Embedder, most: int = 3) -> tuple[Found, ...]:
    """The nearest roles, best first, whether close or not."""
    here = bank()
    wanted, in_sector = embedder.embed([_singular(family), f"{_singular(family)} in {sector}"])
    titles = here.vectors([role.title for role in here.roles])
    texts = here.vectors([role_text(role) for role in here.roles])
    by_title = titles @ wanted
    blended = 0.9 * (0.5 * by_title + 0.25 * titles @ in_sector + 0.25 * texts @ in_sector)
    called = _names().scores(family)
    scores = np.array(
        [
            float(by_title[place]) if role.source == "ddat" else float(blended[place]) + 0.18 * called[place]
            for place, role in enumerate(here.roles)
        ]
    )
    scores -= np.array([_unlike(family, role) for role in here.roles])
    scores = np.maximum(scores, np.where(called >= _SAME, 0.62 + 0.3 * blended, 0))
    best = np.argsort(-scores, kind="stable")[:most]
    return tuple(Found(here.roles[place], round(min(1.0, float(scores[place])), 3)) for place in best)


def leads(family: str) -> bool:
    """Does this family lead or teach others, by its name?"""
    return bool(_LEADS.search(family))


def _unlike(family: str, role: Role) -> float:
    """What counts against a role: it leads people where the family does not, or it shares nothing with the family but
    the last word ("prompt engineer", "test engineer")."""
    against = 0.0
    if _LEADING.search(role.title) and not leads(family):
        against += 0.12
    wanted = _words(family)
    if len(wanted) > 1 and wanted & _words(role.title) == {_one(family.lower().split()[-1])}:
        against += 0.08
    return against


_SAME = 0.999


class _Names:
    """How well a family's words are those of a role's title or of a name that people give to it, rare words first."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self._names: list[tuple[int, frozenset[str]]] = []
        self._holding: dict[str, list[int]] = defaultdict(list)
        self._count = 0
        for place, role in enumerate(roles):
            self._count += 1
            for name in (role.title, *role.names):
                words = _words(name)
                if words:
                    for word in words:
                        self._holding[word].append(len(self._names))
                    self._names.append((place, words))

    def scores(self, family: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """For each role, 0 to 1; 1 where a name has the very words."""
        found = np.zeros(self._count)
        wanted = _words(family) - _RANKS or _words(family)
        for at in {at for word in wanted for at in self._holding.get(word, ())}:
            place, words = self._names[at]
            shared = sum(map(self._weight, wanted & words))
            both = sum(map(self._weight, wanted)) + sum(map(self._weight, words))
            found[place] = max(found[place], 2 * shared / both)
        return found

    def _weight(self, word: str) -> float:
        return math.log(1 + len(self._names) / (1 + len(self._holding.get(word, ()))))


@cache
def _names() -> _Names:
    return _Names(bank().roles)


@lru_cache(maxsize=20_000)
def _words(name: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", name.lower())
    return frozenset(_one(word) for word in words if word not in _SMALL)


def _singular(name: str) -> str:
    head, _, last = name.strip().rpartition(" ")
    return f"{head} {_one(last.lower())}".strip()


def _one(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "ics")):
        return word[:-1]
    return word
