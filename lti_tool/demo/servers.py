"""The demo's two servers: the sandbox LMS on 127.0.0.1 and the tool on localhost, so that a browser treats them as
different sites and blocks third-party cookies between them, as in life."""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from lti_tool.settings import ROOT, Settings, load

STARTS_WITHIN = 60.0


class NotStarted(Exception):
    """A server of the demo did not come up."""


def free_port(wanted: int) -> int:
    """The wanted port, or another one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise NotStarted("No free port was found.")


@dataclass
class Servers:
    """Both servers with a fresh data folder. Use as a context: they stop with it."""

    data: Path = ROOT / "var" / "demo"
    tool_port: int = 8000
    sandbox_port: int = 8001
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> "Servers":
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        self.tool_port, self.sandbox_port = free_port(self.tool_port), free_port(self.sandbox_port)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def tool(self) -> str:
        return f"http://localhost:{self.tool_port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def settings(self) -> Settings:
        return load(base_url=self.tool, data_dir=self.data, sample_data=True, log_level="warning")

    def start_sandbox(self, seed: Path) -> None:
        command = [
            "-m",
            "lti_tool.sandbox",
            "--port",
            str(self.sandbox_port),
            "--temper",
            "moodle",
            "--seed",
            str(seed),
        ]
        self._start(command, {}, f"{self.sandbox}/control/platform", "sandbox.log")

    def start_tool(self) -> None:
        settings = self.settings()
        environment = {
            "LTI_TOOL_BASE_URL": self.tool,
            "LTI_TOOL_DATA_DIR": str(self.data),
            "LTI_TOOL_SAMPLE_DATA": "true",
            "LTI_TOOL_LOG_LEVEL": "warning",
            "LTI_TOOL_SECRET_KEY": settings.secret_key.get_secret_value(),
            "LTI_TOOL_SEAL_KEY": settings.seal_key.get_secret_value(),
        }
        self._start(
            ["-m", "lti_tool", "serve", "--port", str(self.tool_port)], environment, f"{self.tool}/healthz", "tool.log"
        )

    def _start(self, command: list[str], environment: dict[str, str], ready: str, log: str) -> None:
        with (self.data / log).open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, *command],
                env={**os.environ, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )
        self.running.append(process)
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                if requests.get(ready, timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.2)
        raise NotStarted(f"{' '.join(command[:3])} did not start; {self.data / log} says why.")

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """A lever of the sandbox."""
        url = f"{self.sandbox}/control/{path}"
        answer = requests.get(url, timeout=30) if body is None else requests.post(url, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()
