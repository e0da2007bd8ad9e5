"""The command itself, in a process of its own."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import processes
from tests.standins.cohere import KEY, CohereStandIn, Trouble

FRAMEWORK = [
    {"id": "area", "parent": None, "title": "Kitchen", "description": ""},
    {"id": "bake", "parent": "area", "title": "Baking bread", "description": "Kneads dough. Judges a loaf."},
    {"id": "knife", "parent": "area", "title": "Handling knives", "description": "Cuts vegetables safely."},
    {"id": "bill", "parent": "area", "title": "Settling the bill", "description": "Takes payment, gives change."},
]
CRITERIA = [{"id": "c1", "text": "Cuts vegetables"}, {"id": 2, "text": "Gives\u2028change", "labels": ["bill"]}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "framework.json").write_text(json.dumps(FRAMEWORK))
    write_criteria(tmp_path, *(json.dumps(one, ensure_ascii=False) for one in CRITERIA))
    return tmp_path


def write_criteria(folder: Path, *lines: str) -> None:
    (folder / "criteria.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def align(folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    files = {"--framework": "framework.json", "--criteria": "criteria.jsonl", "--out": "out.jsonl"}
    given = [part for option, name in files.items() for part in (option, str(folder / name))]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LTI_TOOL_", "COHERE_"))}
    own = {"LTI_TOOL_CACHE_DIR": str(folder / "cache"), "LTI_TOOL_DATA_DIR": str(folder / "var")}
    return processes.run(["align", *given, *more], {**clean, **own, **environment})


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_writes_suggestions_prints_json_and_speaks_on_standard_error(folder: Path) -> None:
    done = align(folder, "--top", "2")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["criteria"], summary["competencies"], summary["engines"]) == (2, 3, {"local": 2})
    assert "2 criteria" in done.stderr
    first, second = lines(folder)
    assert (first["id"], second["id"]) == ("c1", "2")
    assert first["auto"] is False
    suggestions = first["suggestions"]
    assert isinstance(suggestions, list)
    assert suggestions[0]["competency_id"] == "knife"
    assert len(suggestions) == 2
    assert "vegetables" in suggestions[0]["rationale"]
    assert (folder / "cache" / "vectors.sqlite3").exists()
    assert not (folder / "var").exists(), "the local engine needs no keys and makes none"


def test_bad_criteria_are_all_named_and_nothing_is_written(folder: Path) -> None:
    write_criteria(folder, '{"id": "a", "text": "good"}', "not json", '{"id": "b"}', "[1]", '{"text": "no id"}')
    done = align(folder)
    assert done.returncode == 1
    assert done.stdout == ""
    for fault in ("line 2: not JSON", 'line 3: "text"', "line 4: not a JSON object", 'line 5: "id"'):
        assert fault in done.stderr
    assert not (folder / "out.jsonl").exists()


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_of_criteria_is_refused(folder: Path, content: str) -> None:
    (folder / "criteria.jsonl").write_text(content)
    assert align(folder).returncode == 1


def test_a_framework_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "framework.json").write_text("[]")
    done = align(folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (folder / "out.jsonl").exists()


def test_wrong_usage_ends_with_2(folder: Path) -> None:
    assert align(folder, "--top", "0").returncode == 2
    assert align(folder, "--engine", "oracle").returncode == 2


def test_cohere_without_a_key_is_refused_with_a_next_step(folder: Path) -> None:
    done = align(folder, "--engine", "cohere")
    assert done.returncode == 1
    assert "COHERE_API_KEY" in done.stderr


def test_with_a_key_cohere_answers_and_a_failure_is_told(folder: Path) -> None:
    with CohereStandIn() as cohere:
        cohere.misbehave("/v2/chat", Trouble.CHATTY)
        done = align(folder, COHERE_API_KEY=KEY, COHERE_BASE_URL=cohere.url)
        assert cohere.complaints == []
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engines"] == {"local": 1, "cohere": 1}
    assert "1 answered by the local model instead: Cohere's answer is not JSON." in done.stderr
    first, second = lines(folder)
    assert (first["engine"], second["engine"]) == ("local", "cohere")
    assert first["fell_back_because"]
    assert KEY not in done.stderr + done.stdout
