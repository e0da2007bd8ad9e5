"""The proof of the proof: in this browser a plain third-party cookie is blocked and a partitioned one is not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import Browsers


class Probe(BaseHTTPRequestHandler):
    """On any host: `/outer` frames localhost's `/set`, which sets both cookies and goes on to `/see`."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        self.send_response(303 if self.path == "/set" else 200)
        if self.path == "/set":
            self.send_header("Location", "/see")
            self.send_header("Set-Cookie", "plain=1; Secure; SameSite=None; Path=/")
            self.send_header("Set-Cookie", "__Host-parted=1; Secure; SameSite=None; Path=/; Partitioned")
            self.end_headers()
            return
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path == "/outer":
            self.wfile.write(f'<iframe src="http://localhost:{port}/set"></iframe>'.encode())
        else:
            self.wfile.write(f"<p>{self.headers.get('Cookie', 'nothing')}</p>".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def probe() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Probe)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_third_party_cookies_are_blocked_and_partitioned_ones_are_not(browsers: Browsers, probe: int) -> None:
    page = browsers.new()
    for _ in range(2):
        page.goto(f"http://localhost:{probe}/see")  # the rule stays on the way to another site and back
        page.goto(f"http://127.0.0.1:{probe}/outer")
        seen = page.frame_locator("iframe").locator("p").inner_text()
        assert "__Host-parted=1" in seen
        assert "plain" not in seen
