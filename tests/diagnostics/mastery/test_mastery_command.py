"""`lti-tool mastery`, and the files it reads."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from lti_tool.diagnostics.cli_mastery import mastery, predict_each
from lti_tool.diagnostics.mastery.figures import Figures
from lti_tool.diagnostics.mastery.responses import BadResponses, read_answers, read_q_matrix
from lti_tool.diagnostics.mastery.simulate import simulate


def long_file(levels: int = 2, seed: int = 2) -> str:
    rows = ["learner,item,competency,score,levels"]
    for mark in simulate(seed, learners=80, levels=levels, competencies=("a", "b")).marks:
        observation = mark.observation
        (competency,) = observation.competencies
        rows.append(f"{mark.learner},{observation.item},{competency},{float(observation.score):g},{levels}")
    return "\n".join(rows)


def run(tmp_path: Path, responses: str, q_matrix: str | None = None) -> tuple[dict, list[dict[str, str]]]:
    (tmp_path / "in.csv").write_text(responses, encoding="utf-8")
    options = ["--responses", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv")]
    if q_matrix is not None:
        (tmp_path / "q.csv").write_text(q_matrix, encoding="utf-8")
        options += ["--q-matrix", str(tmp_path / "q.csv")]
    result = CliRunner().invoke(mastery, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        return json.loads(result.stdout), list(csv.DictReader(file))


def faults(responses: str | bytes, q_matrix: str | None = None) -> list[str]:
    content = responses.encode() if isinstance(responses, str) else responses
    with pytest.raises(BadResponses) as caught:
        read_answers(content, read_q_matrix(q_matrix.encode()) if q_matrix else None, name="marks.csv")
    return caught.value.details


def test_the_long_form_is_predicted_row_by_row_and_judged(tmp_path: Path):
    summary, rows = run(tmp_path, long_file())
    assert summary["n"] == len(rows) == 80 * 2 * 6
    assert (summary["learners"], summary["items"], summary["competencies"]) == (80, 12, 2)
    assert summary["auc"] > 0.7
    assert summary["calibration_error"] < 0.08
    assert list(rows[0]) == ["learner", "item", "score", "predicted"]
    assert rows[0]["predicted"] == "0.500000", "nothing is known before the first answer"


def test_graded_scores_are_predicted_as_shares(tmp_path: Path):
    summary, rows = run(tmp_path, long_file(levels=4))
    assert summary["auc"] is None
    mean = sum(float(row["score"]) for row in rows) / len(rows)
    floor = (sum((float(row["score"]) - mean) ** 2 for row in rows) / len(rows)) ** 0.5
    assert summary["rmse"] < 0.9 * floor


def test_each_answer_is_predicted_before_it_and_what_follows_are_seen():
    answers = read_answers(long_file().encode())
    half = len(answers) // 2
    assert predict_each(answers)[:half] == predict_each(answers[:half])
    changed = [*answers[: half - 1], *read_answers(_turned(answers[half - 1]).encode())]
    assert predict_each(changed)[half - 1] == predict_each(answers)[half - 1]


def _turned(answer) -> str:
    observation = answer.observation
    (competency,) = observation.competencies
    turned = 1 - float(observation.score)
    return f"learner,item,competency,score\n{answer.learner},{observation.item},{competency},{turned}"


def test_the_wide_form_is_read_learner_by_learner_item_by_item(tmp_path: Path):
    q_matrix = "item,add,carry\nsum,1,0\nlong sum,1,1\n"
    summary, rows = run(tmp_path, "sum,long sum\n1,0\n1,NA\n0,\n1,1\n", q_matrix)
    assert [(row["learner"], row["item"], row["score"]) for row in rows] == [
        ("1", "sum", "1"),
        ("1", "long sum", "0"),
        ("2", "sum", "1"),
        ("3", "sum", "0"),
        ("4", "sum", "1"),
        ("4", "long sum", "1"),
    ]
    assert summary["competencies"] == 2


def test_columns_before_the_first_item_name_the_learner():
    answers = read_answers(b"id,age,q1\nx,30,1\n", {"q1": {"a": 1.0}})
    assert [(answer.learner, answer.observation.item) for answer in answers] == [("x", "q1")]


def test_a_q_matrix_with_numbered_rows_takes_the_last_columns_in_order():
    needs = read_q_matrix(b",a,b\n1,1,0\n2,0,1\n")
    answers = read_answers(b"id,E1,E2\nx,1,0\n", needs)
    assert [answer.observation.competencies for answer in answers] == [{"a": 1.0}, {"b": 1.0}]


def test_the_long_form_takes_competencies_from_the_q_matrix_where_it_has_none():
    answers = read_answers(b"learner,item,score\nx,q1,1\n", {"q1": {"a": 1.0}})
    assert answers[0].observation.competencies == {"a": 1.0}


def test_raters_levels_times_and_several_competencies_are_read():
    text = (
        "\ufeffLearner, Item,Competency,Score,levels,rater,at\r\n"
        "x,q1,a b,0.5,3,r1,2026-09-28T09:00:00Z\r\n\r\nx,q2,a,1,,,1790000000\r\nx,q3,a,1,2,,2026-10-01\r\n"
    )
    first, second, third = (answer.observation for answer in read_answers(text.encode()))
    assert first.competencies == {"a": 1.0, "b": 1.0}
    assert (first.levels, first.rater, first.day) == (3, "r1", 20724.375)
    assert (second.levels, second.rater) == (2, None)
    assert third.at is not None
    assert third.at.isoformat() == "2026-10-01T00:00:00+00:00"


def test_every_fault_of_a_long_file_is_listed_with_its_line():
    text = (
        "learner,item,competency,score,levels,at\n"
        "x,q1,a,1.2,,\n,q1,a,1,,\nx,,a,1,,\nx,q1,,1,,\nx,q1,a,yes,,\nx,q1,a,1\n"
        "x,q1,a,1,1,\nx,q1,a,1,2.5,\nx,q1,a,1,2,noon\nx,q1,a,nan,,\nx,q1,a,1,,\n"
    )
    assert faults(text) == [
        "marks.csv, line 2: score 1.2 is not a number from 0 to 1.",
        "marks.csv, line 3: no learner.",
        "marks.csv, line 4: no item.",
        "marks.csv, line 5: no competency for item q1.",
        "marks.csv, line 6: score yes is not a number from 0 to 1.",
        "marks.csv, line 7: 4 cells under 6 columns.",
        "marks.csv, line 8: A scale has 2 to 101 ratings, not 1.",
        "marks.csv, line 9: levels 2.5 is not a whole number.",
        "marks.csv, line 10: at noon is not a date and time, like 2026-11-22T09:30:00Z.",
        "marks.csv, line 11: score nan is not a number from 0 to 1.",
    ]


def test_every_fault_of_a_wide_file_is_listed_with_its_place():
    text = "q1,q2,extra,q1\n1,2,0,1\n1\n"
    assert faults(text, "item,a\nq1,1\nq2,1\nq3,1\n") == [
        "marks.csv, line 1: column q1 is there twice.",
        "marks.csv, line 1: extra is not in the Q-matrix.",
        "marks.csv, line 1: no column for item q3.",
        "marks.csv, line 2, q2: score 2 is not a number from 0 to 1.",
        "marks.csv, line 3: 1 cells under 4 columns.",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"learner,item,competency,score\n", "no answers in it"),
        (b"learner,item,competency,score\nx,q,a,\xff\n", "line 2: not UTF-8 text"),
        (b'learner,item,competency,score\nx,"q" 1,a,1\n', "line 2: not readable as CSV"),
        (b"learner,item,score\nx,q,1\n", "no column competency"),
        (b"q1,q2\n1,0\n", "needs a Q-matrix"),
        (b"PK\x03\x04\x00\x00", "needs a Q-matrix"),
    ],
)
def test_a_file_that_is_no_response_file_says_what_it_lacks(content: bytes, words: str):
    (fault,) = faults(content)
    assert words in fault


def test_every_fault_of_a_q_matrix_is_listed():
    with pytest.raises(BadResponses) as caught:
        read_q_matrix(b"item,a,a\nq1,1,0\nq1,1,0\n,1,0\nq2,x,-1\nq3,0,0\nq4,1\n")
    assert caught.value.details == [
        "Q-matrix, line 1: column a is there twice.",
        "Q-matrix, line 3: item q1 is there twice.",
        "Q-matrix, line 4: the item has no id.",
        "Q-matrix, line 5: x under a is not a weight; use 0 or 1.",
        "Q-matrix, line 5: -1 under a is not a weight; use 0 or 1.",
        "Q-matrix, line 5: item q2 needs no competency.",
        "Q-matrix, line 6: item q3 needs no competency.",
        "Q-matrix, line 7: 2 cells under 3 columns.",
    ]


def console(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lti_tool", "mastery", *options], capture_output=True, text=True)


def test_a_bad_file_ends_with_one_and_words_on_standard_error_and_writes_nothing(tmp_path: Path):
    (tmp_path / "in.csv").write_text("learner,item,competency,score\nx,q,a,7\nx,q,a,1\nx,q,a,8\n")
    done = console("--responses", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "2 faults" in done.stderr
    assert "in.csv, line 2: score 7" in done.stderr
    assert "in.csv, line 4: score 8" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_place_that_cannot_be_written_is_said_so(tmp_path: Path):
    (tmp_path / "in.csv").write_text("learner,item,competency,score\nx,q,a,1\n")
    done = console("--responses", str(tmp_path / "in.csv"), "--out", str(tmp_path / "nowhere" / "out.csv"))
    assert done.returncode == 1
    assert "out.csv cannot be written" in done.stderr
    assert console("--out", str(tmp_path / "out.csv")).returncode == 2


def test_the_estimate_needs_no_web_no_database_and_no_numpy():
    code = (
        "import sys, pkgutil, importlib, lti_tool.diagnostics.mastery as m\n"
        "[importlib.import_module(m.__name__ + '.' + found.name) for found in pkgutil.iter_modules(m.__path__)]\n"
        "print([n for n in ('flask', 'sqlalchemy', 'pydantic', 'numpy', 'requests', 'huey') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_predictions_of_a_simulated_class_are_well_calibrated():
    answers = read_answers(long_file(seed=9).encode())
    figures = Figures.of(predict_each(answers), [float(answer.observation.score) for answer in answers])
    assert figures.calibration_error < 0.08
