"""The aligner beside its peers: how often it is right, how long 1 000 criteria take against 2 000 competencies, and how
much memory that needs.

`run(data_dir)` gives rows of `{what, figure, unit, must, ok, beside}`. Each folder anywhere below `data_dir` with a
`framework.json` and an `items.jsonl` (lines of `id`, `text`, `labels`) is judged through the command `lti-tool align`;
without it, the digital competences that ship with the tests are. Time and memory are those of a fresh process.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "tests" / "data" / "grading" / "digcomp3_alignment.json"
MUST = {"digcomp3_statements": (0.83, 0.95), "onet_iwa_293": (0.30, 0.45)}
"""Right at the first place, and share of the right ones among the first three, at least."""
CRITERIA, COMPETENCIES, WORDS, CRITERION_WORDS = 1000, 2000, 30, 12
COLD_SECONDS, CACHED_SECONDS, MEMORY_MB = 40, 5, 500


def run(data_dir: Path | None = None) -> list[Row]:
    """Every figure; about three minutes on two cores with both public sets."""
    with tempfile.TemporaryDirectory(prefix="waymark-bench-") as name:
        folder = Path(name)
        return [*accuracy(data_dir, folder), *throughput(folder)]


def accuracy(data_dir: Path | None, folder: Path) -> list[Row]:
    """Beside BM25 alone and the plain cosine of the same model."""
    sets = sorted(file.parent for file in data_dir.rglob("items.jsonl")) if data_dir else []
    rows: list[Row] = []
    for place in sets or [_shipped(folder)]:
        if (place / "framework.json").exists():
            rows += _judged(place, folder)
    return rows


def _shipped(folder: Path) -> Path:
    data = json.loads(SHIPPED.read_text(encoding="utf-8"))
    place = folder / "digcomp3_statements"
    place.mkdir()
    (place / "framework.json").write_text(json.dumps(data["framework"]), encoding="utf-8")
    items = ({"id": one["id"], "text": one["text"], "labels": [one["competence"]]} for one in data["statements"])
    (place / "items.jsonl").write_text("\n".join(map(json.dumps, items)), encoding="utf-8")
    return place


def _judged(place: Path, folder: Path) -> list[Row]:
    items = [json.loads(line) for line in (place / "items.jsonl").read_text(encoding="utf-8").splitlines() if line]
    out = folder / f"{place.name}.jsonl"
    files = ("--framework", place / "framework.json", "--criteria", place / "items.jsonl", "--out", out)
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "lti_tool", "align", *map(str, files), "--engine", "local"],
        cwd=ROOT,
        env={**os.environ, "LTI_TOOL_CACHE_DIR": str(folder / "cache")},
        check=True,
        capture_output=True,
    )
    seconds = time.monotonic() - began
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    ours = [[one["competency_id"] for one in line["suggestions"]] for line in lines]
    peers = _peers(place, [item["text"] for item in items])
    labels = [set(item["labels"]) for item in items]
    first, three = MUST.get(place.name, (None, None))
    title = f"{place.name}, {len(items)} criteria"

    def beside(figure: Callable[[Sequence[Sequence[str]], Sequence[set[str]]], float]) -> dict[str, float]:
        return {name: round(figure(ranked, labels), 4) for name, ranked in peers.items()}

    return [
        row(f"{title}: right at the first place", right_first(ours, labels), "", beside(right_first), first),
        row(f"{title}: found among three", found_in_three(ours, labels), "", beside(found_in_three), three),
        row(f"{title}: time of the command", round(seconds, 1), "s"),
    ]


def right_first(ranked: Sequence[Sequence[str]], labels: Sequence[set[str]]) -> float:
    """Share of criteria whose first suggestion is one of its labels (P@1)."""
    return sum(ids[0] in own for ids, own in zip(ranked, labels, strict=True)) / len(labels)


def found_in_three(ranked: Sequence[Sequence[str]], labels: Sequence[set[str]]) -> float:
    """Mean share of a criterion's labels among its first three suggestions (R@3)."""
    return sum(len(own & set(ids[:3])) / len(own) for ids, own in zip(ranked, labels, strict=True)) / len(labels)


def _peers(place: Path, texts: Sequence[str]) -> dict[str, list[list[str]]]:
    import numpy as np

    from lti_tool.frameworks.exchange import read_file
    from lti_tool.grading.copilot.bm25 import Bm25
    from lti_tool.grading.copilot.framework import competency_texts
    from lti_tool.grading.copilot.words import stems
    from lti_tool.llm.local import MiniLm

    competencies = competency_texts(read_file(place / "framework.json"))
    model, whole = MiniLm(), [one.text for one in competencies]
    scores = {
        "bm25": Bm25(list(map(stems, whole))).scores(list(map(stems, texts))),
        "cosine": model.embed(texts) @ model.embed(whole).T,
    }
    return {
        name: [[competencies[at].id for at in line] for line in np.argsort(-found, axis=1, kind="stable")[:, :3]]
        for name, found in scores.items()
    }


def throughput(folder: Path) -> list[Row]:
    """Cold, then with the framework's vectors kept, each in a fresh process; beside one text at a time."""
    cold = _child("cold", folder / "vectors.sqlite3")
    cached = _child("cached", folder / "vectors.sqlite3")
    naive = _child("one-by-one", folder / "unused")
    title = f"{CRITERIA} criteria of {CRITERION_WORDS} words x {COMPETENCIES} competencies of {WORDS} words"
    one_by_one = {"cpu_s": cold["cpu"], "one_text_at_a_time_s": round(naive["seconds_each"] * cold["texts"], 1)}
    return [
        _limit(f"{title}, cold", cold["seconds"], "s", COLD_SECONDS, one_by_one),
        _limit(f"{title}, framework cached", cached["seconds"], "s", CACHED_SECONDS, {"cpu_s": cached["cpu"]}),
        _limit(f"{title}, cold: highest memory", cold["peak"], "MB", MEMORY_MB, {"before_imports": cold["before"]}),
        _limit(f"{title}, cached: highest memory", cached["peak"], "MB", MEMORY_MB),
    ]


def row(
    what: str, figure: float, unit: str = "", beside: dict[str, float] | None = None, least: float | None = None
) -> Row:
    must = f">= {least}" if least is not None else None
    ok = figure >= least if least is not None else None
    return {"what": what, "figure": round(figure, 4), "unit": unit, "must": must, "ok": ok, "beside": beside or {}}


def _limit(what: str, figure: float, unit: str, most: float, beside: dict[str, float] | None = None) -> Row:
    return {**row(what, figure, unit, beside), "must": f"<= {most} {unit}", "ok": figure <= most}


def _child(kind: str, store: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.alignment", kind, str(store)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def made_texts(count: int, words: int, seed: int) -> list[str]:
    """Distinct texts with the words, and the lengths of words, of real statements."""
    drawn = random.Random(seed)
    source = " ".join(one["text"] for one in json.loads(SHIPPED.read_text(encoding="utf-8"))["statements"]).split()
    starts = [drawn.sample(range(len(source) - words), 2) for _ in range(count)]
    half = words // 2
    return [" ".join(source[a : a + half] + source[b : b + words - half]).capitalize() for a, b in starts]


def main(kind: str, store: Path) -> dict[str, Any]:
    """In a process of its own. The seconds include loading the libraries and the model."""
    import psutil

    process = psutil.Process()
    before = process.memory_info().rss / 1e6
    titles, bodies = made_texts(COMPETENCIES, 5, 1), made_texts(COMPETENCIES, WORDS - 5, 2)
    criteria = made_texts(CRITERIA, CRITERION_WORDS, 3 if kind == "cold" else 4)  # only the framework is kept
    if kind == "one-by-one":
        from lti_tool.llm.local import MiniLm

        model = MiniLm(threads=1)
        model.embed(["load"])
        began = time.monotonic()
        for text in bodies[:200]:
            model.embed([text])
        return {"seconds_each": (time.monotonic() - began) / 200}
    peak = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], process.memory_info().rss / 1e6)

    threading.Thread(target=watch, daemon=True).start()
    began, cpu = time.monotonic(), time.process_time()
    from lti_tool.grading.copilot.domain import CompetencyText, CriterionText
    from lti_tool.grading.copilot.engines import Engines
    from lti_tool.grading.copilot.suggest import suggest
    from lti_tool.llm.local import MiniLm
    from lti_tool.llm.store import CachedEmbedder, FileStore

    competencies = [
        CompetencyText(str(at), title, f"{body}.", titles[at // 50])
        for at, (title, body) in enumerate(zip(titles, bodies, strict=True))
    ]
    asked = [CriterionText(str(at), text) for at, text in enumerate(criteria)]
    suggest(asked, competencies, (), Engines(CachedEmbedder(MiniLm(), FileStore(store))))
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    done.set()
    texts = COMPETENCIES + len({part for one in competencies for part in one.parts}) + len(criteria)
    figures = {"seconds": seconds, "cpu": cpu, "peak": peak[0], "before": before}
    return {**{name: round(figure, 1) for name, figure in figures.items()}, "texts": texts}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
