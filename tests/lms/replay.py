"""A server on loopback that answers as a recorded LMS did."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lti_tool.kit.http import Answer

DATA = Path(__file__).parent.parent / "data"
MOODLE = DATA / "moodle"
PAGE = b"<!DOCTYPE html>\n<title>Error</title><p>Something went wrong</p>"


@cache
def recorded(name: str) -> dict[str, Any]:
    """One recorded exchange, by folder and name without `.json`."""
    exchange: dict[str, Any] = json.loads((MOODLE / f"{name}.json").read_text(encoding="utf-8"))
    return exchange


def names(folder: str) -> list[str]:
    """The names of all exchanges in a folder."""
    return sorted(f"{folder}/{file.stem}" for file in (MOODLE / folder).glob("*.json") if file.stem != "expected")


def wire_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as HTTP libraries hand them over: UTF-8 on the wire, read as Latin-1."""
    kept = {name: value for name, value in headers.items() if name.lower() in ("link", "date", "content-type")}
    return {name: value.encode("utf-8").decode("latin-1") for name, value in kept.items()}


def body_of(response: Mapping[str, Any]) -> bytes:
    body = response["body"]
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def answer(name: str) -> Answer:
    """A recorded answer as `kit.http` gives it."""
    exchange = recorded(name)
    response = exchange["response"]
    return Answer(
        response["status"],
        {key.lower(): value for key, value in wire_headers(response["headers"]).items()},
        body_of(response),
        exchange["request"]["url"],
        response.get("reason") or "",
    )


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str = ""

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None


def reply_of(name: str) -> Reply:
    """A recorded answer, to be sent again."""
    response = recorded(name)["response"]
    return Reply(
        response["status"], body_of(response), wire_headers(response["headers"]), response.get("reason") or None
    )


class Replay(ThreadingHTTPServer):
    """Answers by a function; keeps what was asked."""

    daemon_threads = True

    def __init__(self, reply: Callable[[Asked], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.asked: list[Asked] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer's body does not wait until its head is confirmed
    server: Replay

    def _any(self) -> None:
        parts = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, dict(self.headers), sent, self.path)
        self.server.asked.append(asked)
        reply = self.server.reply(asked)
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        body = b"" if reply.body == "" else body
        self.send_response(reply.status, reply.reason)
        for name, value in reply.headers.items():
            if name.lower() != "date":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def do_PUT(self) -> None:
        self._any()

    def do_DELETE(self) -> None:
        self._any()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(reply: Callable[[Asked], Reply]) -> Iterator[Replay]:
    server = Replay(reply)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class MoodleReplay:
    """Answers web service calls by function and arguments, from a folder of recordings.

    What was not recorded gets Moodle's `accessexception`, as for a function that is not in the service. `changes`
    replaces the answer of a function, for all its calls.
    """

    def __init__(self, folder: str) -> None:
        self.changes: dict[str, Callable[[dict[str, str], Any], Any]] = {}
        self._answers: dict[tuple[tuple[str, str], ...], Any] = {}
        for name in names(folder):
            exchange = recorded(name)
            if isinstance(exchange["request"].get("body"), dict):
                form = {key: str(value) for key, value in exchange["request"]["body"].items()}
                self._answers[self._key(form)] = exchange["response"]["body"]

    @staticmethod
    def _key(form: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        # Most was recorded by enrolled people, without the argument that other accounts need.
        passed_over = ("wstoken", "moodlewsrestformat", "includenotenrolledcourses")
        return tuple(sorted((name, value) for name, value in form.items() if name not in passed_over))

    def __call__(self, asked: Asked) -> Reply:
        assert asked.path.endswith("/webservice/rest/server.php")
        assert asked.query == {}, "the token and its arguments stay out of the URL"
        assert asked.form["moodlewsrestformat"] == "json"
        denied = recorded("ws-errors/function-not-in-service")["response"]["body"]
        said = self._answers.get(self._key(asked.form), denied)
        change = self.changes.get(asked.form["wsfunction"])
        return Reply(body=change(asked.form, said) if change else said)
