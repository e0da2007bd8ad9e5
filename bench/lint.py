"""The linter beside hand-made labels: precision and recall of each rule, and what linting costs.

`data_dir/lint` holds labelled statements, steps, overlaps and titles; `data_dir/frameworks/ddat` a framework of 189
competencies with four levels. Neither is shipped; without them the figures rest on the 76 rows of `tests/data/lint`,
which were labelled after the rules were finished and never used to change them. `must` is what the method reached
when it was first measured.
"""

import csv
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from lti_tool.frameworks import starters
from lti_tool.frameworks.domain import competencies
from lti_tool.frameworks.lint import lint
from lti_tool.frameworks.lint.gaps import is_placeholder
from lti_tool.frameworks.lint.generic import FLAG, generic
from lti_tool.frameworks.lint.ladders import ENDS, Step, advancement, compare
from lti_tool.frameworks.lint.meaning import (
    ASK,
    COMPARE,
    MERGE,
    Vectors,
    _centred,
    near,
    overlaps,
    similarity,
    skill_chances,
)
from lti_tool.frameworks.lint.meaning import FLAG as SKILL
from lti_tool.frameworks.lint.measurable import measurable
from lti_tool.frameworks.lint.observable import observable
from lti_tool.frameworks.lint.reading import statements
from lti_tool.llm.opening import local_embedder
from lti_tool.llm.store import MemoryStore

Row = dict[str, Any]
OWN = Path(__file__).parents[1] / "tests" / "data" / "lint"
#: (precision, recall) of the statement rules, as first measured: on frameworks read once for repairs, and never.
HELD = {"generic": (0.93, 0.72), "unobservable": (0.82, 0.83), "not measurable": (0.84, 0.86)}
FRESH = {"generic": (0.50, 0.50), "unobservable": (0.84, 0.76), "not measurable": (0.87, 0.74)}
RULES: dict[str, tuple[Callable[[str], bool], Callable[[Row], bool]]] = {
    "generic": (lambda text: generic(text)[0] >= FLAG, lambda row: row["generic"] == 1),
    "unobservable": (lambda text: not observable(text).is_observable, lambda row: row["observable"] == 0),
    "not measurable": (lambda text: not measurable(text).is_measurable, lambda row: row["measurable"] == 0),
}


@dataclass(frozen=True)
class Judged:
    hits: int
    false: int
    missed: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> "Judged":
        """From (found, true)."""
        known = list(pairs)
        return cls(
            sum(found and true for found, true in known),
            sum(found and not true for found, true in known),
            sum(true and not found for found, true in known),
        )

    @property
    def precision(self) -> float:
        return self.hits / max(self.hits + self.false, 1)

    @property
    def recall(self) -> float:
        return self.hits / max(self.hits + self.missed, 1)


def run(data_dir: Path | None = None) -> list[Row]:
    vectors = Vectors(local_embedder(MemoryStore()).embed)
    rows = []
    labelled = data_dir / "lint" if data_dir else None
    if labelled is not None and (labelled / "descriptors.jsonl").exists():
        known = _read(labelled / "descriptors.jsonl")
        for split, must in (("dev", {}), ("held", HELD), ("blind", {}), ("fresh", FRESH)):
            rows += _statements(split, [row for row in known if row["split"] == split], must)
        titles = [row for row in _read(labelled / "skills.jsonl") if row["split"] == "held"]
        rows += _titles("held", titles, vectors, (0.95, 0.89), 0.962)
        rows += _steps("hard pairs", _read(labelled / "steps.jsonl"), vectors, 17, 0)
        rows += _paraphrases(_read(labelled / "overlaps.jsonl"), vectors)
    if data_dir is not None and (data_dir / "frameworks" / "ddat").exists():
        rows += _ddat(data_dir / "frameworks" / "ddat", vectors)
    rows += _own(vectors)
    return rows + _costs()


def _own(vectors: Vectors) -> list[Row]:
    """The rows labelled after the rules were finished. One of eight skills is .125 of a recall: F1 is judged."""
    if not (OWN / "statements.jsonl").exists():
        return []
    rows = _statements("new rows", _read(OWN / "statements.jsonl"), FRESH)
    rows += _titles("new rows", _read(OWN / "titles.jsonl"), vectors, None, 0.962)
    return rows + _steps("new rows", _read(OWN / "steps.jsonl"), vectors, None, None)


def _read(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _statements(split: str, known: Sequence[Row], must: dict[str, tuple[float, float]]) -> list[Row]:
    rows = []
    for rule, (flags, is_so) in RULES.items():
        judged = Judged.of((flags(row["text"]), is_so(row)) for row in known)
        found = judged.hits + judged.missed
        rows += _precision_recall(f"{rule}, {split} ({found} of {len(known)})", judged, must.get(rule))
    return rows


def _precision_recall(what: str, judged: Judged, must: tuple[float, float] | None) -> list[Row]:
    rows = []
    for name, figure, least in (
        ("precision", judged.precision, must[0] if must else None),
        ("recall", judged.recall, must[1] if must else None),
    ):
        ok = None if least is None else figure >= least
        rows.append(_row(f"{what}: {name}", round(figure, 3), must=f">= {least}" if least else None, ok=ok))
    return rows


def _titles(
    split: str, known: Sequence[Row], vectors: Vectors, must: tuple[float, float] | None, least_auc: float
) -> list[Row]:
    chances = skill_chances([row["title"] for row in known], vectors)
    pairs = [(chance, row["skill"] == 1) for chance, row in zip(chances, known, strict=True)]
    judged = Judged.of((chance >= SKILL, true) for chance, true in pairs)
    rows = _precision_recall(f"bare skill, {split} ({len(known)} titles)", judged, must)
    f1 = 2 * judged.hits / max(2 * judged.hits + judged.false + judged.missed, 1)
    rows.append(_row(f"bare skill, {split}: F1", round(f1, 3), must=">= 0.92", ok=f1 >= 0.92))
    skills = [chance for chance, true in pairs if true]
    others = [chance for chance, true in pairs if not true]
    auc = sum((a > b) + (a == b) / 2 for a in skills for b in others) / max(len(skills) * len(others), 1)
    rows.append(_row(f"bare skill, {split}: AUC", round(auc, 3), must=f">= {least_auc}", ok=auc >= least_auc))
    asked = sum(ASK <= chance < SKILL for chance, _ in pairs)
    return [*rows, _row(f"bare skill, {split}: asked about", asked, f"of {len(known)}")]


def _steps(what: str, known: Sequence[Row], vectors: Vectors, least: int | None, most_false: int | None) -> list[Row]:
    found = []
    for row in known:
        lower, upper = statements(row["lower"]), statements(row["upper"])
        step = compare(lower, upper, similarity(lower, upper, vectors)).step
        found.append((step is not Step.OK, row["same"] == 1))
    judged = Judged.of(found)
    same = judged.hits + judged.missed
    return [
        _row(
            f"levels alike, {what}: found",
            judged.hits,
            f"of {same}",
            f">= {least}" if least is not None else None,
            None if least is None else judged.hits >= least,
        ),
        _row(
            f"levels alike, {what}: false",
            judged.false,
            f"of {len(known) - same}",
            f"<= {most_false}" if most_false is not None else None,
            None if most_false is None else judged.false <= most_false,
        ),
    ]


def _paraphrases(known: Sequence[Row], vectors: Vectors) -> list[Row]:
    """Families of 12: a competency, its paraphrase in other words, and ten others of the same framework."""
    texts = {}
    for name, slug in (("digcomp", "digcomp-3.0"), ("nice", "nice-2.1.0")):
        draft = starters.read(slug)
        # of NICE the competency areas: work roles beside them are written in another style
        chosen = [item for item in competencies(draft) if item.extra.get("element_type") != "work_role"]
        texts[name] = {item.title: item.description for item in chosen}
    drawn = random.Random(1)
    trials = []
    for row in known:
        items = texts.get(row["framework"], {})
        title = next((each for each in items if each.lower() == row["original_title"].lower()), None)
        if title is None:
            continue
        for _ in range(4):
            others = drawn.sample([each for each in items if each != title], 10)
            family = [(title, items[title]), (row["paraphrase_title"], row["paraphrase_description"])]
            trials.append(family + [(each, items[each]) for each in others])
    found = [_pairs(family, vectors) for family in trials]
    first = [_pairs(family, vectors, _first_method) for family in trials]
    rows = []
    for name, cut, cut_then, least, most in (
        ("offered", MERGE, 0.40, 0.35, 0.17),
        ("shown", COMPARE, 0.27, 0.70, 0.47),
    ):
        ours = _overlap_rows(f"overlap, paraphrases, {name} from {cut}", found, cut, least, most)
        then = _overlap_rows("", first, cut_then, least, most)
        rows += [
            {**row, "beside": {"the first method here": old["figure"]}} for row, old in zip(ours, then, strict=True)
        ]
    return rows


def _first_method(titles: Sequence[str], texts: Sequence[str], vectors: Vectors, _whole: Any) -> Any:
    """As it was when the figures that must be reached were measured, on families that are not all public."""
    by_title, by_text = (_centred(vectors.of(each), vectors.of(each)) for each in (titles, texts))
    return (by_title @ by_title.T + by_text @ by_text.T) / 2


def _ddat(folder: Path, vectors: Vectors) -> list[Row]:
    with (folder / "ddat_skills_az.csv").open(encoding="utf-8-sig") as file:
        table = [row for row in csv.DictReader(file) if "NOT IN USE" not in row["Skill Name"]]
    names = {row["Skill Name"]: row["Skill Description"] for row in table}
    drawn = random.Random(1)
    trials = []
    ordered = sorted(names)
    for place, first in enumerate(ordered):
        for second in ordered[place + 1 :]:
            if _base(first) == _base(second):
                others = {_base(each): each for each in ordered if _base(each) != _base(first)}
                chosen = [first, second, *drawn.sample(list(others.values()), 10)]
                trials.append([(_base(each), names[each]) for each in chosen])
    found = [_pairs(family, vectors) for family in trials]
    rows = _overlap_rows(f"overlap, one framework's own variants, offered from {MERGE}", found, MERGE, 0.88, 0.34)
    return rows + _ladders(table, vectors)


def _base(name: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", name).strip()


def _pairs(
    family: Sequence[tuple[str, str]], vectors: Vectors, nearness: Callable[..., Any] = near
) -> list[tuple[float, bool]]:
    """(score, is it the planted pair) of what is shown; the planted pair is that of the first two."""
    titles, texts = [title for title, _ in family], [f"{title}. {text}" for title, text in family]
    found = overlaps(nearness(titles, texts, vectors, (titles, texts)), [True] * len(titles))
    return [(one.score, {one.first, one.second} == {0, 1}) for one in found]


def _overlap_rows(
    what: str, found: Sequence[list[tuple[float, bool]]], cut: float, least: float, most: float
) -> list[Row]:
    recall = sum(any(true and score >= cut for score, true in each) for each in found) / max(len(found), 1)
    false = sum(not true and score >= cut for each in found for score, true in each) / max(len(found), 1)
    return [
        _row(f"{what} ({len(found)} families of 12): recall", round(recall, 2), "", f">= {least}", recall >= least),
        _row(f"{what}: false pairs a family", round(false, 2), "", f"<= {most}", false <= most),
    ]


def _ladders(table: Sequence[Row], vectors: Vectors) -> list[Row]:
    ladders = []
    for row in table:
        texts = [row[name] or "" for name in ("Awareness", "Working", "Practitioner", "Expert")]
        said = [[line for line in statements(text) if line.lower() not in ("you can:", "you can")] for text in texts]
        if all(said) and not any(is_placeholder(line) for level in said for line in level):
            ladders.append(said)
    vectors.of([line for ladder in ladders for level in ladder for line in level])
    steps = [(a, b) for ladder in ladders for a, b in pairwise(ladder)]
    flagged = sum(compare(a, b, similarity(a, b, vectors)).step in (Step.SAME, Step.AUTONOMY_ONLY) for a, b in steps)
    planted = sum(compare(a, a, 1.0).step is Step.SAME for a, _ in steps)
    ends = [advancement(ladder[-1]) - advancement(ladder[0]) for ladder in ladders]
    alarms, caught = sum(end <= ENDS for end in ends), sum(-end <= ENDS for end in ends)
    share, reversed_ = flagged / len(steps), caught / len(ends)
    return [
        _row("levels alike, real steps flagged", f"{flagged} of {len(steps)}", "", "<= 0.05", share <= 0.05),
        _row("levels alike, planted copies found", f"{planted} of {len(steps)}", "", "all", planted == len(steps)),
        _row(
            "progression, real ladders alarmed", f"{alarms} of {len(ends)}", "", "<= 0.02", alarms / len(ends) <= 0.02
        ),
        _row("progression, reversed ladders caught", f"{caught} of {len(ends)}", "", ">= 0.68", reversed_ >= 0.68),
    ]


def _costs() -> list[Row]:
    rows = []
    for slug in ("digcomp-3.0", "nice-2.1.0"):
        draft = starters.read(slug)
        embed = local_embedder(MemoryStore()).embed
        for how in ("cold", "again"):
            begin = time.perf_counter()
            found = lint(draft, embed)
            taken = time.perf_counter() - begin
            rows.append(
                _row(f"{draft.title}, {len(draft.items)} items, {how}", round(taken, 2), f"s, {len(found)} findings")
            )
    return rows


def _row(what: str, figure: Any, unit: str = "", must: str | None = None, ok: bool | None = None) -> Row:
    return {"what": what, "figure": figure, "unit": unit, "must": must, "ok": ok, "beside": {}}
