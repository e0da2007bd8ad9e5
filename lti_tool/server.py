"""The one-machine server: gunicorn with threads, and a worker as a child process that ends with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from gunicorn.app.base import BaseApplication


class Server(BaseApplication):
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from lti_tool import create_app

        return create_app()


def run(host: str, port: int, threads: int, *, with_worker: bool) -> None:
    """Serve until told to stop. The LMS fetches our keys while we ask it for a token, so one thread is never enough."""
    child = worker_process(os.getpid()) if with_worker else None
    try:
        Server(
            {
                "bind": f"{host}:{port}",
                "workers": 1,
                "worker_class": "gthread",
                "threads": max(2, threads),
                "accesslog": None,
                "loglevel": "warning",
                "timeout": 60,
            }
        ).run()
    finally:
        if child is not None:
            child.terminate()
            child.wait(timeout=10)


def worker_process(parent: int) -> subprocess.Popen[bytes]:
    """A worker as a child that ends when its parent does."""
    return subprocess.Popen([sys.executable, "-m", "lti_tool", "worker", "--parent", str(parent)])  # noqa: S603


def end_with(parent: int) -> None:
    """Watch a process from a thread and stop this one, in order, once it has gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()
