"""The tool as people run it: set up by commands, served by gunicorn with a worker of its own, stopped by a signal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from lti_tool.sandbox import Served, build_app, register_tool, serve_in_thread
from lti_tool.sandbox.control import platform_facts
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.seed import Assignment
from lti_tool.settings import ROOT
from tests.conftest import SECRETS
from tests.walks import seeds
from tests.walks.campus import KEYS
from tests.walks.people import Someone
from tests.walks.seeds import ADMIN, FRAME, JUDGE, MAPLE, TEACHER, level
from tests.walks.steps import bring_framework

PATIENCE = 60.0
SOURCE_CHECK = Assignment(
    31, "Source check", 6, rubric=seeds.SOURCE_RUBRIC, work=(seeds.work(MAPLE, 1, level(FRAME, 3), level(JUDGE, 2)),)
)


@dataclass
class Running:
    url: str
    process: subprocess.Popen[bytes]
    lms: Served
    log: Path
    people: dict[int, Someone]

    def be(self, person: int) -> Someone:
        if person not in self.people:
            self.people[person] = Someone(self.lms.base_url, person, self.url)
        return self.people[person]


def command(*arguments: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "lti_tool", *arguments], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    env = {
        "PATH": os.environ["PATH"],
        "LTI_TOOL_BASE_URL": url,
        "LTI_TOOL_DATA_DIR": str(tmp_path),
        "LTI_TOOL_SECRET_KEY": SECRETS["secret_key"],
        "LTI_TOOL_SEAL_KEY": SECRETS["seal_key"],
    }
    app = build_app(seeds.seed(seeds.course(SOURCE_CHECK)), temper="moodle", keys=KeyRing(list(KEYS.keys)))
    lms = serve_in_thread(app)
    known = register_tool(
        app, login_url=f"{url}/lti/login", launch_url=f"{url}/lti/launch", jwks_url=f"{url}/lti/jwks.json"
    )
    facts = platform_facts(lms.campus)
    addresses = ("issuer", "auth_login_url", "auth_token_url", "jwks_url")
    given = [part for name in addresses for part in (f"--{name.replace('_', '-')}", facts[name])]
    command("platform", "add", *given, "--client-id", known.client_id, "--deployment-id", known.deployment_id, env=env)
    log = tmp_path / "tool.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "lti_tool", "serve", "--port", str(port)], env=env, cwd=ROOT, stdout=out, stderr=out
        )
    made = Running(url, process, lms, log, {})
    try:
        until(made, "it serves", lambda: _answers(url))
        yield made
    finally:
        for someone in made.people.values():
            someone.session.close()
        if process.poll() is None:
            process.terminate()
            process.wait(20)
        lms.stop()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def until(running: Running, what: str, ask: Callable[[], bool]) -> float:
    """Asks again and again; how many seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        assert running.process.poll() is None, running.log.read_text()
        if ask():
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError(f"did not happen: {what}\n{running.log.read_text()[-3000:]}")


def test_from_the_commands_to_the_gradebook_and_a_clean_stop(running: Running) -> None:
    admin, teacher, maple = (running.be(each) for each in (ADMIN, TEACHER, MAPLE))
    admin.enter(seeds.COURSE, seeds.MAP)
    bring_framework(admin)
    page = admin.see("/admin/connections")
    number = page.form("/connection").action.split("/")[-2]
    given = {f"kind-{number}": "moodle", f"base_url-{number}": running.lms.base_url, f"token-{number}": seeds.TOKEN}
    assert admin.press(page, "/connection", **given).says("Works")

    teacher.enter(seeds.COURSE, seeds.MAP)

    def seen(address: str, words: str) -> Callable[[], bool]:
        return lambda: words in teacher.see(address).words

    until(running, "the worker reads the course", seen("/grading/assessments", "2 to check"))
    until(running, "suggestions come", seen("/grading/review", "Accept these 2"))
    assert teacher.press(teacher.see("/grading/review"), "/review/several").says("2 criteria accepted.")
    assert maple.enter(seeds.COURSE, seeds.MAP).title == "Where you stand"
    until(running, "the map follows", lambda: "2 pieces of evidence" in maple.see("/diagnostics/map").words)

    choose = teacher.follow(f"/courses/{seeds.COURSE}/add/launch")
    answer = teacher.press(choose, "/deep-linking", opens="assessment", title="Poster", points="10")
    teacher.send(next(form for form in answer.forms if form.value("JWT")))
    (placed,) = [one.link for one in running.lms.campus.links.values() if one.link.title == "Poster"]
    task = teacher.enter(seeds.COURSE, placed.id)
    person = next(link for link in task.links if "/mark/" in link).removeprefix(running.url)
    assert teacher.do(person, {"points": "7"}).ok
    results = running.lms.campus.results
    took = until(running, "the grade arrives", lambda: any(each.score == 7 for each in results.values()))
    assert took < 10

    family = [running.process.pid, *(each.pid for each in psutil.Process(running.process.pid).children(recursive=True))]
    assert len(family) >= 3  # server, its process, its worker
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 0
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in family if psutil.pid_exists(pid)], timeout=10)
    assert alive == []
    said = running.log.read_text()
    assert "Traceback" not in said, said
    assert "Maple" not in said  # logs hold keys, never people
