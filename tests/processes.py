"""`lti-tool` in processes of its own that are forked from one which has read its modules: to start Python and to read
them takes two seconds. How the command starts by itself is seen in tests/walks/test_as_served.py."""

import multiprocessing
import os
import subprocess
import sys
from importlib.util import find_spec
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from lti_tool.wiring import DOORS, ROOMS

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["lti_tool.cli_run", "lti_tool.admin.cli", "huey.consumer", "sqlalchemy.dialects.sqlite.pysqlite"]
    + [name for room in ROOMS for door in DOORS if find_spec(name := f"lti_tool.{room}.{door}")]
)


def start(arguments: list[str], environment: dict[str, str], out: Path, err: Path | None = None) -> BaseProcess:
    """`lti-tool` with these arguments and nothing else in its environment; what it says goes to the files."""
    process = FORKS.Process(target=_be, args=(arguments, environment, out, err or out))
    process.start()
    return process


def run(arguments: list[str], environment: dict[str, str], *, within: float = 120) -> subprocess.CompletedProcess[str]:
    """The same, once it has ended."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = start(arguments, environment, out, err)
        process.join(within)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(arguments, within)
        return subprocess.CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _be(arguments: list[str], environment: dict[str, str], out: Path, err: Path) -> None:
    from lti_tool.cli import main

    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["lti-tool", *arguments]
    main()
