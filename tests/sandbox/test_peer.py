"""The sandbox is a peer of the tool, not a part of it, and can run as a process of its own."""

import ast
import subprocess
import sys
from pathlib import Path

import requests

from lti_tool import sandbox

HOME = Path(sandbox.__file__).parent
ALLOWED = {"flask", "werkzeug", "joserfc", "requests"}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_nothing_of_the_tools_inside_is_imported() -> None:
    for file in HOME.rglob("*.py"):
        for name in imports(file):
            root = name.split(".")[0]
            inside = name.startswith("lti_tool.sandbox")
            assert inside or root in ALLOWED or root in sys.stdlib_module_names, f"{file.name} imports {name}"


def test_every_file_stays_small() -> None:
    for file in HOME.rglob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) < 300, file.name


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "lti_tool.sandbox", "--port", "0", "--temper", "canvas"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            url = line.rsplit(" ", 1)[-1].strip()
            facts = requests.get(f"{url}/control/platform", timeout=10).json()
            assert facts["issuer"] == url
            assert facts["temper"] == "canvas"
        finally:
            process.terminate()
            process.communicate(timeout=10)


def test_a_bad_seed_stops_it_with_words(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text('{"people": [], "courses": [{"id": 1}]}')
    command = [sys.executable, "-m", "lti_tool.sandbox", "--port", "0", "--seed", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "seed.courses[0]: missing 2 required" in ended.stderr
