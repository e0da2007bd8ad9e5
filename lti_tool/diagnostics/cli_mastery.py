"""`lti-tool mastery`: predicts every answer of a response file before it is seen, to judge the method on any data."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import click

from lti_tool.diagnostics.mastery.belief import LearnerState
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.figures import BINS, Figures
from lti_tool.diagnostics.mastery.observe import observe
from lti_tool.diagnostics.mastery.predict import predict
from lti_tool.diagnostics.mastery.responses import Answer, read_answers, read_q_matrix
from lti_tool.kit.errors import Fault


class NotWritten(Fault):
    """The file to write cannot be written."""

    reason = "not_written"


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("mastery")
@click.option(
    "--responses", required=True, type=_FILE, help="CSV: learner, item, competency, score; or one column an item."
)
@click.option("--q-matrix", type=_FILE, help="CSV: one row an item, one column a competency, 1 where it is needed.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="CSV to write.")
def mastery(responses: Path, q_matrix: Path | None, out: Path) -> None:
    """Estimate mastery from responses, in their order, and write what each was predicted to be before it was seen.

    Rows are in order of time. In wide form (with --q-matrix) learners come one after the other, items from left to
    right. Writes learner, item, score, predicted; prints how good the predictions were.
    """
    needs = read_q_matrix(q_matrix.read_bytes(), name=q_matrix.name) if q_matrix else None
    answers = read_answers(responses.read_bytes(), needs, name=responses.name)
    predicted = predict_each(answers)
    write(out, answers, predicted)
    figures = Figures.of(predicted, [float(answer.observation.score) for answer in answers])
    click.echo(json.dumps(summary(answers, figures)))


def predict_each(answers: Sequence[Answer]) -> list[float]:
    """The expected score of each answer, 0 to 1, from the answers before it and nothing else."""
    cohort, learners = CohortState(), dict[str, LearnerState]()
    predicted = []
    for answer in answers:
        learner = learners.setdefault(answer.learner, LearnerState())
        predicted.append(predict(learner, cohort, answer.observation).expected)
        observe(learner, cohort, answer.observation)
    return predicted


def write(out: Path, answers: Sequence[Answer], predicted: Sequence[float]) -> None:
    """Writes learner, item, score, predicted. Raises NotWritten when the place cannot be written."""
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["learner", "item", "score", "predicted"])
            for answer, chance in zip(answers, predicted, strict=True):
                writer.writerow([answer.learner, answer.observation.item, answer.score, f"{chance:.6f}"])
    except OSError as error:
        raise NotWritten(f"{out.name} cannot be written: {error.strerror}.", "Choose another --out.") from error


def summary(answers: Sequence[Answer], figures: Figures) -> dict[str, object]:
    """What the command prints: counts and figures, rounded."""
    return {
        "n": figures.n,
        "learners": len({answer.learner for answer in answers}),
        "items": len({answer.observation.item for answer in answers}),
        "competencies": len({name for answer in answers for name in answer.observation.competencies}),
        "auc": None if figures.auc is None else round(figures.auc, 4),
        "brier": round(figures.brier, 4),
        "rmse": round(figures.rmse, 4),
        "calibration_error": round(figures.calibration_error, 4),
        "calibration_bins": BINS,
    }
