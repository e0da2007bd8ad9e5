"""From what a source has to levels that a draft can hold: a ladder cut to four levels of two good bullets, or a
scaffold over tasks where the source knows no levels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lti_tool.frameworks.generate.bank import Ladder, Role
from lti_tool.frameworks.generate.domain import LEVELS, LONGEST_BULLET, LONGEST_TITLE, Competence, Origin
from lti_tool.frameworks.generate.judging import advancement, is_good, is_observable, is_placeholder, lemma

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder, Floats

PER_LEVEL = 2
_SAME_KIND = 0.30
"""How near a task must be to the name of its group to stand in its levels."""
_ESTABLISHED = 0.04
"""What the source's own name of an activity is ahead of a task's words."""
REPEATS = 0.85
"""A bullet this near to one of a lower level says it again."""
SCAFFOLDED = (
    "The source lists tasks and no levels: these four are a scaffold. Rewrite them with people who do the work."
)
HOUSE = re.compile(
    r"\b(?:government|civil serv\w+|GOV\.UK|GDS|departments?|ministers?|squads?|cross-government|public sector)\b", re.I
)
"""Words of the house that a ladder comes from; a bullet with one is left out."""
_LONGEST_TASK, _EASY = 170, 80
_DOUBLING = frozenset(
    [
        "plan",
        "set",
        "get",
        "cut",
        "run",
        "stop",
        "trim",
        "confer",
        "refer",
        "permit",
        "submit",
        "program",
        "control",
        "equip",
        "map",
        "scan",
        "log",
        "dig",
        "put",
    ]
)


def of_ladder(ladder: Ladder, want: Floats, embedder: Embedder) -> Competence | None:
    """Two bullets a level: observable, not generic, near the competency and the goals, no house words, no repeat of a
    lower level. None where a level has no such bullet."""
    rows = _four(ladder.levels)
    if rows is None:
        return None
    centre = embedder.embed([ladder.text])[0]
    kept: list[tuple[str, ...]] = []
    before: list[Floats] = []
    for row in rows:
        usable = [_clean(one) for one in dict.fromkeys(row) if not HOUSE.search(one) and len(one) <= LONGEST_BULLET]
        good = [one for one in usable if is_good(one)] or [one for one in usable if is_observable(one)]
        if not good:
            return None
        vectors = embedder.embed(good)
        order = np.argsort(-(0.7 * (vectors @ centre) + 0.3 * (vectors @ want)), kind="stable")
        chosen: list[int] = []
        for place in order:
            others = [*before, *(vectors[other] for other in chosen)]
            if len(chosen) < PER_LEVEL and all(float(vectors[place] @ other) < REPEATS for other in others):
                chosen.append(int(place))
        if not chosen:
            return None
        kept.append(tuple(good[place] for place in sorted(chosen)))
        before += [vectors[place] for place in chosen]
    return Competence(ladder.title, _no_house(ladder.description), origins=(ladder.origin,), levels=tuple(kept))


def of_tasks(role: Role, group: Sequence[tuple[str, str]], embedder: Embedder) -> Competence:
    """A scaffold over up to three real tasks: under supervision, alone, in unusual cases, for others."""
    short = [one for one in group if len(one[1]) <= _LONGEST_TASK] or [min(group, key=lambda one: len(one[1]))]
    in_order = sorted(dict.fromkeys(short), key=lambda one: (advancement([one[1]]), len(one[1])))
    tasks = [task for _, task in in_order]
    title = _title(group, tasks, embedder)
    tasks = _of_one_kind(title, tasks, embedder)
    first, last = tasks[0], tasks[-1]
    second = tasks[1] if len(tasks) > 2 else last
    third = last if len(tasks) > 2 else first
    first, second, third, last = map(_brief, (first, second, third, last))
    standard = title[0].lower() + title[1:]
    levels = (
        (f"With guidance, {_lower(first)}",),
        (f"Independently {_lower(second)} in routine cases{_recorded(second)}",),
        (f"{_bare(third)}{_harder(third)}, and explain the choice to colleagues",),
        (
            f"Set the local standard for {standard}",
            f"Review colleagues' work against it and train others to {_lower(last)}",
        ),
    )
    origins = tuple(Origin("source", role.source, task, role.ref, role.url) for task in tasks[:3])
    return Competence(
        title=title,
        description="; ".join(_bare(task) for task in tasks[:3]) + ".",
        origins=origins,
        levels=levels,
        notes=(SCAFFOLDED,),
    )


def _of_one_kind(title: str, tasks: Sequence[str], embedder: Embedder) -> list[str]:
    """Without tasks that only share a drawer of the source with the rest ("regulate heating" among emergencies)."""
    vectors = embedder.embed([title, *tasks])
    near = vectors[1:] @ vectors[0]
    kept = [task for task, value in zip(tasks, near, strict=True) if value >= _SAME_KIND]
    return kept or [tasks[int(np.argmax(near))]]


def _recorded(task: str) -> str:
    writes = re.match(r"(?:record|report|document|write)\b|(?:keep|maintain) [\w ,]*records?\b", task, re.I)
    return "" if writes else ", and record what was done"


def _harder(task: str) -> str:
    return "" if re.search(r"\b(?:emergenc|unusual|urgent|crisis)", task, re.I) else ", also in unusual or urgent cases"


def _title(group: Sequence[tuple[str, str]], tasks: Sequence[str], embedder: Embedder) -> str:
    """Of the activities' names and the tasks' own first words, what is nearest to all the tasks together."""
    activities = [title_of(activity, whole=True) for activity, _ in group if activity]
    firsts = [clause for task in tasks if 3 <= len((clause := _first_clause(task)).split()) <= 8]
    firsts = [clause for clause in firsts if not _second_verb(clause)]
    names = list(dict.fromkeys([*activities, *map(title_of, firsts)])) or [title_of(tasks[0])]
    vectors = embedder.embed([*names, *tasks[:3]])
    near = vectors[: len(names)] @ vectors[len(names) :].mean(axis=0)
    near[: len(activities)] += _ESTABLISHED
    return names[int(np.argmax(near))]


def title_of(task: str, *, whole: bool = False) -> str:
    """A task's first clause (or a whole activity) in the gerund: "Inspecting or testing equipment"."""
    clause = _bare(task) if whole else _first_clause(task)
    if len(clause) > LONGEST_TITLE - 10:
        clause = _first_clause(task)[: LONGEST_TITLE - 10]
        if len(clause) == LONGEST_TITLE - 10:  # cut in the middle: back to the last whole part
            clause = re.split(r" ,| ro | dna ", clause[::-1], maxsplit=1)[-1][::-1]
    return " ".join(_gerunds(clause.strip().rstrip(",").split()))


def _second_verb(clause: str) -> bool:
    """Does another act follow later on ("Monitor work levels and review performance")? It would stay no gerund."""
    head, _, rest = clause.partition(" and ")
    word = rest.split(" ")[0].lower()
    return bool(rest) and len(head.split()) > 2 and lemma(word) == word and len(rest.split()) > 1


def _first_clause(task: str) -> str:
    clause = re.split(r"[;.(]| to | by | using | in order |, such as|, including", _bare(task), maxsplit=1)[0]
    return re.sub(r",? (?:necessary|needed|required|as)$", "", clause)


def _gerunds(words: list[str]) -> list[str]:
    """The verbs that stand in a row at the head become gerunds: "Diagnose, repair, or replace parts"."""
    found: list[str] = []
    for place, word in enumerate(words):
        bare = word.rstrip(",").lower()
        if bare in ("or", "and") and place and place == len(found):
            found.append(word)
        elif place == len(found) and (place == 0 or (lemma(bare) == bare and _follows(words, place))):
            found.append(gerund(bare) + ("," if word.endswith(",") else ""))
        else:
            break
    found[0] = found[0].capitalize()
    while found and len(found) > 1 and found[-1].lower() in ("or", "and"):
        found.pop()
    return found + words[len(found) :]


def _follows(words: list[str], place: int) -> bool:
    """Is this word one more verb in a row? It stands after a comma, "or" or "and", and something comes after it."""
    before = words[place - 1].lower()
    return (before in ("or", "and") or before.endswith(",")) and place + 1 < len(words)


def gerund(verb: str) -> str:
    verb = verb.lower()
    if re.fullmatch(
        r"plan|set|get|cut|run|stop|trim|confer|refer|permit|submit|program|control|equip|map|scan|log", verb
    ):
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    return (verb[:-1] if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")) else verb) + "ing"


def _four(levels: Sequence[Sequence[str]]) -> list[Sequence[str]] | None:
    """Any ladder of four or more levels seen as four: first, last, two between. A shorter one is not stretched."""
    full = [row for row in levels if row and not any(is_placeholder(one) for one in row)]
    if len(full) < LEVELS:
        return None
    return [full[round(place * (len(full) - 1) / (LEVELS - 1))] for place in range(LEVELS)]


def _clean(bullet: str) -> str:
    bullet = bullet.strip().rstrip(".;")
    return bullet[:1].upper() + bullet[1:]


def _no_house(text: str) -> str:
    return " ".join(part for part in re.split(r"(?<=[.!?])\s+", text) if not HOUSE.search(part))


def _bare(task: str) -> str:
    return task.strip().rstrip(".")


def _brief(task: str) -> str:
    """Without its examples, where a task is long; the whole stands beside it as its origin."""
    bare = _bare(task)
    if len(bare) <= _EASY:
        return bare
    return re.split(r", (?:such as|including|like|using|for example)\b", bare, maxsplit=1)[0]


def _lower(task: str) -> str:
    bare = _bare(task)
    return bare if bare[:2].isupper() else bare[:1].lower() + bare[1:]
