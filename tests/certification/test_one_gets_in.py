"""One token, one session: posted fifty times at the same moment over real HTTP, to the server as production runs it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.kit.db import db, everywhere
from lti_tool.launch.models import Launch
from lti_tool.launch.sessions import BROWSER_COOKIE, COOKIE
from lti_tool.settings import ROOT, Settings
from tests.conftest import BASE_URL, SECRETS
from tests.launch.platform import TestPlatform

pytestmark = pytest.mark.both_databases

AT_ONCE = 50
Answer = tuple[int, str, list[str]]


class Server:
    """Gunicorn by its configuration for production, with two worker processes."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {
            "PATH": os.environ["PATH"],
            "WEB_CONCURRENCY": "2",
            "LTI_TOOL_BIND": f"127.0.0.1:{self.port}",
            "LTI_TOOL_BASE_URL": BASE_URL,
            "LTI_TOOL_DATABASE_URL": settings.database_url,
            "LTI_TOOL_DATA_DIR": str(settings.data_dir),
            "LTI_TOOL_SECRET_KEY": SECRETS["secret_key"],
            "LTI_TOOL_SEAL_KEY": SECRETS["seal_key"],
            "LTI_TOOL_LOG_LEVEL": "error",
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "configs/gunicorn.conf.py", "wsgi:app"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT)

    def workers(self) -> list[psutil.Process]:
        """Both, once they answer."""
        for _ in range(600):
            children = psutil.Process(self.process.pid).children()
            try:
                if len(children) == 2 and self.ask("GET", "/healthz")[0] == 200:
                    return children
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError("the server did not come up")

    def connect(self) -> http.client.HTTPConnection:
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        made.connect()
        return made

    def ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        cookie: str = "",
        ready: Callable[[], object] = lambda: None,
    ) -> Answer:
        """One request on a connection of its own; `ready` is called just before it is sent."""
        connection = self.connect()
        headers = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            ready()
            connection.request(method, path, urlencode(form or {}), headers | ({"Cookie": cookie} if cookie else {}))
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location") or "", answer.headers.get_all("Set-Cookie") or []
        finally:
            connection.close()

    def at_once(self, method: str, path: str, form: dict[str, str] | None, cookie: str) -> list[Answer]:
        together = Barrier(AT_ONCE)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asked = [pool.submit(self.ask, method, path, form, cookie, together.wait) for _ in range(AT_ONCE)]
            return [one.result() for one in asked]


@pytest.fixture
def server(settings: Settings, app: Flask, platform: TestPlatform) -> Iterator[Server]:
    running = Server(settings)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)  # at once
        running.process.wait(30)


def test_of_fifty_posts_of_one_token_to_two_processes_exactly_one_gets_in(
    app: Flask, server: Server, platform: TestPlatform
) -> None:
    workers = server.workers()
    before = [sum(one.cpu_times()[:2]) for one in workers]
    cookie = ""
    for number in range(2):  # the second round finds keys and look-ups in memory, so it is about the row alone
        asked = {"iss": platform.issuer, "client_id": platform.client_id, "login_hint": str(number)}
        status, where, cookies = server.ask("POST", "/lti/login", asked, cookie)
        assert status == 302
        cookie = cookies[0].split(";", 1)[0]
        assert cookie.startswith(BROWSER_COOKIE + "=")
        said = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        token = platform.sign(platform.claims(said["nonce"], sub=f"user-{number}"))
        answers = server.at_once("POST", "/lti/launch", {"state": said["state"], "id_token": token}, cookie)
        assert sorted(status for status, _, _ in answers) == [303] + [409] * (AT_ONCE - 1)
        (inside,) = [one for one in answers if one[0] == 303]
        assert [one for one in answers if COOKIE + "=" in ",".join(one[2])] == [inside]
        with app.app_context(), everywhere(db.session()) as session:
            assert session.scalar(select(func.count()).select_from(Launch)) == number + 1
            session.rollback()
        # the way in from there, fifty times as well: without the session's cookie it gives the session away once
        landed = server.at_once("GET", inside[1], None, cookie)
        assert sorted(status for status, _, _ in landed) == [200] + [401] * (AT_ONCE - 1)
    assert all(sum(one.cpu_times()[:2]) > was for one, was in zip(workers, before, strict=True)), "one was idle"
