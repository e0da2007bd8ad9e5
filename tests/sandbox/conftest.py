from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from lti_tool import sandbox as package
from lti_tool.sandbox import Served, build_app, load, register_tool, serving
from lti_tool.sandbox.keys import KeyRing
from lti_tool.sandbox.places import SCOPES, Temper
from lti_tool.sandbox.seed import Seed
from lti_tool.sandbox.serve import Quiet
from tests.sandbox.toy import CLIENT, Toy

SMALL = Path(package.__file__).parent / "small.json"
KEYS = KeyRing()


@pytest.fixture(scope="session")
def toy() -> Iterator[Toy]:
    tool = Toy()
    server = make_server("127.0.0.1", 0, tool.app(), threaded=True, request_handler=Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    tool.url = f"http://localhost:{server.port}"
    yield tool
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture(autouse=True)
def _honest_again(toy: Toy) -> Iterator[None]:
    yield
    toy.jwks = None


@pytest.fixture(scope="session")
def seed() -> Seed:
    return load(SMALL)


def start(seed: Seed, temper: Temper, toy: Toy, **more: Any) -> Any:
    app = build_app(seed, temper=temper, keys=KeyRing(list(KEYS.keys)))
    register_tool(
        app,
        client_id=CLIENT,
        deployment_id="3",
        name="Toy tool",
        login_url=f"{toy.url}/login",
        launch_url=f"{toy.url}/launch",
        jwks_url=f"{toy.url}/jwks",
        **more,
    )
    return serving(app)


@pytest.fixture
def moodle(seed: Seed, toy: Toy) -> Iterator[Served]:
    with start(seed, "moodle", toy) as served:
        yield served


@pytest.fixture
def canvas(seed: Seed, toy: Toy) -> Iterator[Served]:
    with start(seed, "canvas", toy) as served:
        yield served


@pytest.fixture(params=["canvas", "moodle"])
def either(request: pytest.FixtureRequest, seed: Seed, toy: Toy) -> Iterator[Served]:
    with start(seed, request.param, toy) as served:
        yield served


Call = Callable[..., requests.Response]


@pytest.fixture
def service(toy: Toy) -> Callable[..., Call]:
    """`service(sandbox)(method, path_or_url, accept=..., kind=..., json=...)` with a token for all scopes."""

    def for_sandbox(sandbox: Served, scopes: str = " ".join(SCOPES)) -> Call:
        token = toy.ask(sandbox, scopes).json()["access_token"]

        def call(method: str, url: str, accept: str = "*/*", kind: str = "", **more: Any) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}", "Accept": accept}
            if kind:
                headers["Content-Type"] = kind
            full = url if url.startswith("http") else sandbox.base_url + url
            return requests.request(method, full, headers=headers | more.pop("headers", {}), timeout=10, **more)

        return call

    return for_sandbox


def control(sandbox: Served, path: str, body: Any = None, method: str = "POST") -> Any:
    answer = requests.request(method, f"{sandbox.base_url}/control/{path}", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()
