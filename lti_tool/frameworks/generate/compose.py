"""A draft without a language model: find the role in the open sources, take its competencies, keep what is distinct and
near the goals. What the sources do not have is said, never filled.

Core and functional choices are functions of their own, since a part that a language model fails at falls back to one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lti_tool.frameworks.generate.bank import Ladder, Role, bank
from lti_tool.frameworks.generate.choosing import mmr
from lti_tool.frameworks.generate.domain import FUNCTIONAL, Brief, Competence, Origin, Outline, Remark
from lti_tool.frameworks.generate.judging import indicators_of, is_good
from lti_tool.frameworks.generate.ladders import of_ladder, of_tasks, title_of
from lti_tool.frameworks.generate.roles import ALSO, CLOSE, Found, find_roles, leads

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder, Floats

CORE_CHOSEN, FUNCTIONAL_CHOSEN = 4, 6
ASKED = 0.30
"""Relevance under which a core item is not what the goals ask for."""
USUAL = ("collaboration", "problem-solving", "communication", "feedback", "own-study", "reasoning", "group-work")
"""What fills the core then: most organisations, and most programmes, share these."""
SHARED = "No goal of the brief asks for this one: it is here because most organisations share it."
COVERED = 0.40
"""A goal whose nearest item is under this is named as not served: a question, not a fact."""
BAN_CORE, BAN_OWN, BAN_OTHERS = 0.60, 0.68, 0.75
"""How near an item may come to one of the core, of its own family, of another family."""
NEAR_ENOUGH = 0.28
"""Relevance under which a competency of a role is no business of this brief."""
LEARNING = 0.45
"""How near a competence for learners must be to the family or a goal."""
_STUDENTS = re.compile(
    r"^(?:(?:first|second|third|final)[- ]year |bachelor |master |undergraduate |graduate |vocational )*"
    r"(?:students?|learners?|apprentices|trainees|pupils) (?:of|in) ",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Composer:
    """Composes for one brief; vectors of what it compares are made once."""

    brief: Brief
    embedder: Embedder

    @cached_property
    def goals(self) -> Floats:
        return self.embedder.embed(list(self.brief.goals))

    @cached_property
    def want(self) -> Floats:
        whole: Floats = self.embedder.embed([", ".join(self.brief.goals)])[0]
        return whole

    @cached_property
    def found(self) -> tuple[tuple[Found, ...], ...]:
        """For each role family the nearest roles, close or not."""
        return tuple(
            find_roles(_STUDENTS.sub("", name) if self.brief.learners else name, self.brief.sector, self.embedder)
            for name in self.brief.families
        )

    def roles_of(self, family: int) -> tuple[Found, ...]:
        """The close ones, none where the nearest is not close."""
        found = self.found[family]
        if not found or found[0].score < CLOSE:
            return ()
        return tuple(one for one in found if one.score >= max(CLOSE, found[0].score - ALSO))

    def whole(self) -> Outline:
        """Everything at once."""
        core = self.core()
        taken: list[Competence] = list(core)
        remarks: list[Remark] = []
        for family in range(len(self.brief.families)):
            chosen, said = self.functional(family, taken)
            taken += chosen
            remarks += said
        served = any(item.families for item in taken)
        outline = Outline(tuple(taken) if served else (), tuple(remarks), self.nearest)
        return replace(outline, remarks=(*outline.remarks, *self.uncovered(outline))) if served else outline

    @property
    def nearest(self) -> dict[str, tuple[tuple[str, float], ...]]:
        return {
            name: tuple((one.role.title, one.score) for one in found)
            for name, found in zip(self.brief.families, self.found, strict=True)
        }

    # -- core

    def core(self, most: int = CORE_CHOSEN) -> tuple[Competence, ...]:
        """From the items that a person marked as core: relevance .6 the best goal, .4 all goals."""
        who = "learners" if self.brief.learners else "employees"
        digital = any(
            one.role.source == "ddat" for family in range(len(self.found)) for one in self.roles_of(family)[:1]
        )
        offered = [one for one in bank().core if who in one.serves and (one.source == "own" or digital)]
        made = [(one, item) for one in offered if (item := of_ladder(one, self.want, self.embedder)) is not None]
        vectors = bank().vectors([ladder.text for ladder, _ in made])
        relevance = 0.6 * (vectors @ self.goals.T).max(axis=1) + 0.4 * (vectors @ self.want)
        near = self._near([item for _, item in made])
        best = sorted(((float(near[goal].max()), int(near[goal].argmax())) for goal in range(len(near))), reverse=True)
        named = [place for value, place in dict.fromkeys(best) if value >= COVERED]
        chosen = list(dict.fromkeys(named))[:most]  # a goal that a core item serves gets it, then the rest by relevance
        taken = [vectors[place] for place in chosen]
        more = [place for place in mmr(vectors, relevance, most, taken=taken, weight=0.8) if relevance[place] >= ASKED]
        usual = [place for place, (ladder, _) in enumerate(made) if ladder.ref in USUAL]
        usual = sorted(usual, key=lambda place: USUAL.index(made[place][0].ref))
        asked = len(chosen := list(dict.fromkeys([*chosen, *more]))[:most])
        chosen = list(dict.fromkeys([*chosen, *usual]))[:most]
        items = [self._finished(made[place][1], ()) for place in chosen]
        return tuple(
            replace(item, notes=(*item.notes, SHARED)) if place >= asked and not item.why else item
            for place, item in enumerate(items)
        )

    def _near(self, items: Sequence[Competence]) -> Floats:
        """How near each goal is to each item or to the best of its bullets, shape (goals, items)."""
        wholes = self.embedder.embed([item.text for item in items])
        near = self.goals @ wholes.T
        for place, item in enumerate(items):
            bullets = self.embedder.embed([bullet for level in item.levels for bullet in level])
            near[:, place] = np.maximum(near[:, place], 0.8 * (self.goals @ bullets.T).max(axis=1))
        return near

    # -- functional

    def functional(self, family: int, taken: Sequence[Competence]) -> tuple[tuple[Competence, ...], tuple[Remark, ...]]:
        """What this family works with beyond the core and other families' items, and what is to be said about it."""
        name = self.brief.families[family]
        roles = self.roles_of(family)
        if not roles:
            if self.brief.learners and (learning := self._for_learners(family, taken)):
                return learning, (Remark(name, _FOR_LEARNERS, "note"),)
            return (), (Remark(name, _no_role(self.found[family], self.brief.learners), "gap"),)
        both = self.embedder.embed([f"{name} in {self.brief.sector}", roles[0].role.title])
        wanted = both.mean(axis=0) / np.linalg.norm(both.mean(axis=0))
        pool = self._pool(name, roles, wanted)
        chosen = self._choose(pool, wanted, family, taken)
        if len(chosen) < FUNCTIONAL[0]:
            words = f"“{roles[0].role.title}” is the nearest role, but the open sources say too little about it."
            return (), (Remark(name, words, "gap"),)
        return chosen, tuple(self._remarks(name, family, roles))

    def _pool(self, name: str, roles: Sequence[Found], wanted: Floats) -> list[Competence]:
        """Of the nearest role, then of others of its kind while there are too few: pooling neighbours of an occupation
        at once gave a planner "general construction"."""
        pool: dict[str, Competence] = {}
        for one in roles:
            if len(pool) >= FUNCTIONAL_CHOSEN + 1:
                break
            for item in self._of_role(one.role, wanted, leads(name)):
                pool.setdefault(item.title.lower(), item)
        return list(pool.values())

    def _of_role(self, role: Role, wanted: Floats, leads: bool) -> list[Competence]:
        if role.skills:
            ladders = [bank().ladders[ref] for ref in role.skills if ref in bank().ladders]
            return [item for one in ladders if (item := of_ladder(one, self.want, self.embedder)) is not None]
        groups = role.tasks if len(role.tasks) > 1 else self._grouped(role.tasks[0], wanted)
        return [of_tasks(role, group, self.embedder) for group in groups if leads or not _is_leading(group)]

    def _grouped(self, tasks: Sequence[tuple[str, str]], wanted: Floats) -> list[tuple[tuple[str, str], ...]]:
        """Tasks of a role that names no activities: around eight that differ most, each with its nearest."""
        vectors = self.embedder.embed([task for _, task in tasks])
        seeds = mmr(vectors, vectors @ wanted, 8, weight=0.5, ban=0.75)
        groups: list[list[int]] = [[seed] for seed in seeds]
        for place in range(len(tasks)):
            nearest = int(np.argmax(vectors[seeds] @ vectors[place]))
            if place not in seeds and float(vectors[seeds[nearest]] @ vectors[place]) >= 0.45:
                groups[nearest].append(place)
        return [tuple(tasks[place] for place in group) for group in groups]

    def _choose(
        self, pool: Sequence[Competence], wanted: Floats, family: int, taken: Sequence[Competence]
    ) -> tuple[Competence, ...]:
        titles = {item.title.lower() for item in taken}
        sources = {(origin.name, origin.ref, origin.words) for item in taken for origin in item.origins}
        fresh = [
            item
            for item in pool
            if item.title.lower() not in titles
            and not any((origin.name, origin.ref, origin.words) in sources for origin in item.origins)
        ]
        if not fresh:
            return ()
        vectors = self.embedder.embed([item.text for item in fresh])
        best_goal = (vectors @ self.goals.T).max(axis=1)
        breadth = np.array([_worth(item) for item in fresh], np.float32)
        relevance = (0.55 * (vectors @ wanted) + 0.45 * best_goal + breadth).astype(np.float32)
        if taken:  # what serves everyone, or another family, is not this family's own
            near = vectors @ self.embedder.embed([item.text for item in taken]).T
            limits = np.array([BAN_CORE if item.is_core else BAN_OTHERS for item in taken], np.float32)
            relevance[(near >= limits).any(axis=1)] = -1
        chosen = [place for place in mmr(vectors, relevance, FUNCTIONAL_CHOSEN, ban=BAN_OWN) if relevance[place] > 0]
        near_goal = [place for place in chosen if relevance[place] >= NEAR_ENOUGH]
        chosen = near_goal if len(near_goal) >= FUNCTIONAL[0] else chosen[: FUNCTIONAL[0]]
        return tuple(self._finished(fresh[place], (family,)) for place in chosen)

    def _for_learners(self, family: int, taken: Sequence[Competence]) -> tuple[Competence, ...]:
        ladders = [one for one in bank().ladders.values() if one.source == "digcomp"]
        vectors = bank().vectors([one.text for one in ladders])
        wanted = self.embedder.embed([self.brief.families[family]])[0]
        near = np.maximum(vectors @ wanted, (vectors @ self.goals.T).max(axis=1))
        fit: list[tuple[Ladder, float]] = [
            (one, float(value)) for one, value in zip(ladders, near, strict=True) if value >= LEARNING
        ]
        made = [item for one, _ in fit if (item := of_ladder(one, self.want, self.embedder)) is not None]
        chosen = self._choose(made, wanted, family, taken) if len(made) >= FUNCTIONAL[0] else ()
        return chosen if len(chosen) >= FUNCTIONAL[0] else ()

    def _finished(self, item: Competence, families: tuple[int, ...]) -> Competence:
        """With the goal it serves, where one is near, and its indicators."""
        near = self._near([item])[:, 0]
        best = int(np.argmax(near))
        why, origins = "", item.origins
        if float(near[best]) >= COVERED:
            why = self.brief.goals[best]
            origins = (*origins, Origin("goal", str(best + 1), self.brief.goals[best]))
        return replace(item, families=families, why=why, origins=origins, indicators=indicators_of(item.levels))

    # -- what is to be said

    def _remarks(self, name: str, family: int, roles: Sequence[Found]) -> list[Remark]:
        first = roles[0].role
        said = []
        for other in range(family):
            before = self.roles_of(other)
            if before and before[0].role.ref == first.ref:
                words = (
                    f"The open sources know one role, “{first.title}”, for this and for "
                    f"“{self.brief.families[other]}”. What tells the two apart has to come from you."
                )
                said.append(Remark(name, words, "gap"))
                break
        if roles[0].score < _SURE:
            said.append(Remark(name, f"The nearest role is “{first.title}”, and it may not be yours: read with care."))
        return said

    def uncovered(self, outline: Outline) -> list[Remark]:
        """Goals that no item is near."""
        if not outline.items:
            return []
        near = self._near(outline.items).max(axis=1)
        return [
            Remark("Goals", f"Nothing in the draft seems to serve “{goal}”. If that is so, add what is missing.", "gap")
            for goal, value in zip(self.brief.goals, near, strict=True)
            if value < COVERED
        ]


def _worth(item: Competence) -> float:
    """What an item brings whatever the brief: more than one task, levels that can all be judged."""
    judged = all(any(is_good(bullet) for bullet in level) for level in item.levels)
    return 0.07 * min(len(item.origins), 3) - (0.0 if judged else 0.10)


def _is_leading(group: Sequence[tuple[str, str]]) -> bool:
    """Tasks of those who lead people; no business of a family that does not."""
    shortest = min((task for _, task in group), key=len)
    return shortest.split(" ")[0].lower().rstrip(",") in _LEADING


_LEADING = frozenset(["supervise", "manage", "hire", "recruit", "direct", "counsel", "discipline", "train"])
_SURE = 0.72
_FOR_LEARNERS = (
    "Learners have no occupation, so these come from DigComp 3.0, which is written for learners of all ages."
)


def _no_role(found: Sequence[Found], learners: bool) -> str:
    nearest = f" The nearest is “{found[0].role.title}”, which is another thing." if found else ""
    if learners:
        return (
            f"The open sources describe occupations and digital competence, and nothing of them is near this.{nearest} "
            "Standards for these learners, or a language model, can help."
        )
    return (
        f"The open sources have no role near this.{nearest} A usual job title may find one; "
        "else a language model or people who do the work have to write it."
    )


def titles(role: Role) -> tuple[str, ...]:
    """What a role works with, by name."""
    if role.skills:
        return tuple(bank().ladders[ref].title for ref in role.skills if ref in bank().ladders)
    return tuple(title_of(activity or task) for group in role.tasks for activity, task in group)
