"""Mastery beside its peers: how good the predictions are, and what a mark costs. All in one run, on one machine.

`run(data_dir)` gives rows of `{what, figure, unit, must, ok, beside}`; `must` and `ok` are None where nothing is
promised, `beside` holds the same figure for peers. Data is read from below `data_dir`, from folders with
`fraction1_data.csv`, `fraction1_q.matrix.csv` and `rubric-ratings.csv` (public, GPL, not shipped); without it only
costs are measured.
"""

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from math import exp, log1p
from pathlib import Path
from time import process_time
from typing import Any

from lti_tool.diagnostics.cli_mastery import predict_each
from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.figures import Figures, quadratic_kappa
from lti_tool.diagnostics.mastery.levels import place_many
from lti_tool.diagnostics.mastery.lms_methods import weighted_average
from lti_tool.diagnostics.mastery.observation import Observation
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.replay import Recorded, replay
from lti_tool.diagnostics.mastery.responses import Answer, read_answers, read_q_matrix
from lti_tool.diagnostics.mastery.simulate import simulate

Row = dict[str, Any]
Peer = Callable[[Sequence[Answer]], list[float]]

AUC, CALIBRATION = 0.87, 0.03


def run(data_dir: Path | None = None) -> list[Row]:
    """Every figure; about half a minute."""
    rows: list[Row] = []
    for name, measure in (("fraction1_data.csv", fractions), ("rubric-ratings.csv", rubrics)):
        for file in sorted(data_dir.rglob(name)) if data_dir else ():
            rows += measure(file.parent)
    return rows + costs()


def row(
    what: str,
    figure: float,
    unit: str = "",
    beside: Mapping[str, float] | None = None,
    must: str | None = None,
    ok: bool | None = None,
) -> Row:
    return {"what": what, "figure": figure, "unit": unit, "must": must, "ok": ok, "beside": dict(beside or {})}


def fractions(data_dir: Path) -> list[Row]:
    needs = read_q_matrix((data_dir / "fraction1_q.matrix.csv").read_bytes())
    answers = read_answers((data_dir / "fraction1_data.csv").read_bytes(), needs)
    ours, *peers = (_judged(answers, method) for method in (predict_each, elo, lms_average, always_the_mean))
    names = ("elo", "lms_weighted_average", "always_the_mean")
    assert ours.auc is not None

    def beside(pick: Callable[[Figures], float | None]) -> dict[str, float]:
        return {name: round(pick(peer) or 0.0, 4) for name, peer in zip(names, peers, strict=True)}

    title = f"fraction subtraction, {ours.n} answers"
    return [
        row(f"{title}: AUC", round(ours.auc, 4), "", beside(lambda f: f.auc), f">= {AUC}", ours.auc >= AUC),
        row(f"{title}: Brier score", round(ours.brier, 4), "", beside(lambda f: f.brier)),
        row(
            f"{title}: calibration error",
            round(ours.calibration_error, 4),
            "",
            beside(lambda f: f.calibration_error),
            f"<= {CALIBRATION}",
            ours.calibration_error <= CALIBRATION,
        ),
    ]


def rubrics(data_dir: Path) -> list[Row]:
    with (data_dir / "rubric-ratings.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    criteria = [name for name in table[0] if name not in ("idstud", "rater")]

    def answers(with_raters: bool) -> list[Answer]:
        found = []
        for line in table:
            rater = line["rater"] if with_raters else None
            for name in criteria:
                if line[name] not in ("", "NA"):
                    share = int(line[name]) / 3
                    found.append(Answer(line["idstud"], line[name], Observation(name, {name: 1.0}, share, 4, rater)))
        return found

    def kappa(answers: list[Answer], predicted: list[float]) -> float:
        return quadratic_kappa([round(3 * p) for p in predicted], [int(a.score) for a in answers], 4)

    runs = {
        "ours": (answers(True), predict_each),
        "without_rater_severity": (answers(False), predict_each),
        "lms_weighted_average": (answers(False), lms_average),
        "always_the_mean": (answers(False), always_the_mean),
    }
    errors, kappas = {}, {}
    for name, (given, method) in runs.items():
        predicted = method(given)
        errors[name] = round(3 * Figures.of(predicted, [float(a.observation.score) for a in given]).rmse, 4)
        kappas[name] = round(kappa(given, predicted), 4)
    title = f"rubric ratings 0 to 3, {len(runs['ours'][0])} ratings"
    return [
        row(f"{title}: RMSE of the next rating", errors.pop("ours"), "ratings", errors),
        row(f"{title}: quadratic weighted kappa", kappas.pop("ours"), "", kappas),
    ]


def costs() -> list[Row]:
    rows = []
    for levels, kind in ((2, "right or wrong"), (4, "rubric of 4 ratings")):
        small, history = _cost_of_marks(learners=20, levels=levels)
        large, _ = _cost_of_marks(learners=200, levels=levels)
        rows.append(row(f"one mark, {kind}", round(large, 1), "us", {"course_a_tenth_the_size": round(small, 1)}))
        begin = process_time()
        count = 0
        while count < 20_000:
            replay(history)
            count += len(history)
        each = (process_time() - begin) / count
        rows.append(row(f"1 000 000 marks replayed, {kind} (scaled from {count})", round(each * 1e6, 1), "s"))
    answers = [Answer(m.learner, "", m.observation) for m in simulate(1, learners=200, levels=2).marks]
    begin = process_time()
    elo(answers)
    rows.append(row("one mark, Elo (the cheapest peer)", round((process_time() - begin) / len(answers) * 1e6, 1), "us"))
    place_many([0.0], [1.0], [0.0])  # loads numpy
    begin = process_time()
    for _ in range(200):
        place_many([0.1] * 1000, [0.5] * 1000, [-1.0, 0.0, 1.0])
    rows.append(row("levels of 1 000 learners x 200 competencies", round((process_time() - begin) * 1e3, 1), "ms"))
    return rows


def _cost_of_marks(learners: int, levels: int) -> tuple[float, list[Recorded]]:
    """(microseconds a mark, the history of one learner) in a course of this many learners."""
    marks = simulate(1, learners=learners, criteria=20, levels=levels).marks
    cohort, states = CohortState(), {mark.learner: LearnerState() for mark in marks}
    traces = []
    begin = process_time()
    for mark in marks:
        traces.append(observe(states[mark.learner], cohort, mark.observation))
    taken = (process_time() - begin) / len(marks) * 1e6
    first = marks[0].learner
    history = [Recorded(m.observation, t) for m, t in zip(marks, traces, strict=True) if m.learner == first]
    return taken, history


def _judged(answers: Sequence[Answer], method: Peer) -> Figures:
    return Figures.of(method(answers), [float(answer.observation.score) for answer in answers])


def elo(answers: Sequence[Answer]) -> list[float]:
    """Elo ratings of learner and competency against the item, steps shrinking with the number of answers."""
    skill: dict[tuple[str, str], list[float]] = {}
    items: dict[str, list[float]] = {}
    predicted = []
    for answer in answers:
        observation = answer.observation
        item = items.setdefault(observation.item, [0.0, 0.0])
        own = [skill.setdefault((answer.learner, name), [0.0, 0.0]) for name in ("", *observation.competencies)]
        ability = own[0][0] + sum(value for value, _ in own[1:]) / (len(own) - 1)
        chance = 1 / (1 + exp(item[0] - ability))
        predicted.append(chance)
        miss = float(observation.score) - chance
        for rating, sign in ((item, -1.0), *((one, 1.0) for one in own)):
            rating[0] += sign * miss * max(0.05, 0.8 / (1 + log1p(rating[1])))
            rating[1] += 1
    return predicted


def lms_average(answers: Sequence[Answer]) -> list[float]:
    """What the LMS shows: the weighted average (65 %) of earlier results, taken as the chance of the next."""
    results: dict[tuple[str, str], list[float]] = {}
    overall = always_the_mean(answers)
    predicted = []
    for answer, start in zip(answers, overall, strict=True):
        observation, known = answer.observation, []
        for name in observation.competencies:
            shown = weighted_average(results.get((answer.learner, name), ()))
            known.append(start if shown is None else shown)
            results.setdefault((answer.learner, name), []).append(float(observation.score))
        predicted.append(sum(known) / len(known))
    return predicted


def always_the_mean(answers: Sequence[Answer]) -> list[float]:
    """The floor: the mean of all answers so far, whoever answers whatever."""
    total, predicted = 0.5, []
    for count, answer in enumerate(answers, start=1):
        predicted.append(total / count)
        total += float(answer.observation.score)
    return predicted


if __name__ == "__main__":
    for line in run(Path(sys.argv[1]) if len(sys.argv) > 1 else None):
        print(json.dumps(line))
