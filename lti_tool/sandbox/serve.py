"""Serving the sandbox: many threads (the tool calls back while it is being called), loopback only."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from lti_tool.sandbox.app import campus_of
from lti_tool.sandbox.state import Campus


class Quiet(WSGIRequestHandler):
    """Keeps connections open (a tool that reuses them is twice as fast) and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer's body does not wait until its head is confirmed
    timeout = 120

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time that this LMS believes it is, in every answer's Date."""
        campus: Campus | None = getattr(self.server.app, "extensions", {}).get("sandbox")
        return super().date_time_string(campus.now().timestamp() if campus and timestamp is None else timestamp)

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@dataclass
class Served:
    """A running sandbox: `base_url` to reach it, `campus` to look inside, `stop()` to end it."""

    base_url: str
    campus: Campus
    server: BaseWSGIServer
    thread: Thread

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(timeout=5)
        self.server.server_close()


def serve_in_thread(app: Flask, port: int = 0, host: str = "127.0.0.1") -> Served:
    """Serves from a thread of this process; port 0 takes a free one. An empty base URL becomes the address served."""
    server = bind(app, host, port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True)
    thread.start()
    campus = campus_of(app)
    return Served(campus.base_url, campus, server, thread)


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[Served]:
    """`serve_in_thread` that stops at the end of the block."""
    served = serve_in_thread(app, port)
    try:
        yield served
    finally:
        served.stop()


def bind(app: Flask, host: str, port: int) -> BaseWSGIServer:
    server = make_server(host, port, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    campus = campus_of(app)
    campus.base_url = campus.base_url or f"http://{host}:{server.port}"
    return server
