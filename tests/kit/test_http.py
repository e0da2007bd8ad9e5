"""The HTTP client against a real server on loopback."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lti_tool.kit.addresses import may_connect
from lti_tool.kit.http import AddressRefused, Answer, AnswerTooLarge, Http, NotJson, Unreachable
from lti_tool.kit.urls import below, clean_url, same_server, with_params

Handle = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by a function of the test; remembers what was asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def _any(self) -> None:
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), self.sent))
        self.server.handle_with(self)

    def do_GET(self) -> None:
        self._any()

    def do_POST(self) -> None:
        self._any()

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handle_with: Handle) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.handle_with = handle_with
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that hang up are what some tests are about


@pytest.fixture
def serve() -> Iterator[Callable[[Handle], Server]]:
    running: list[Server] = []

    def start(handle_with: Handle) -> Server:
        server = Server(handle_with)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(allow_private=True)
    yield client
    client.close()


Serve = Callable[[Handle], Server]


def test_an_answer_carries_status_headers_body_and_reason(serve: Serve, http: Http) -> None:
    server = serve(lambda h: h.reply(409, b'{"a": 1}', X_Word="yes"))
    answer = http.send("GET", server.url + "/x")
    assert (answer.status, answer.reason, answer.ok) == (409, "Conflict", False)
    assert answer.headers["x-word"] == "yes"
    assert answer.json() == {"a": 1}


def test_it_says_who_it_is_and_keeps_one_connection(serve: Serve, http: Http) -> None:
    ports: list[int] = []

    def handle(h: Handler) -> None:
        ports.append(h.client_address[1])
        h.reply()

    server = serve(handle)
    for _ in range(3):
        http.get(server.url)
    assert server.asked[0][2]["User-Agent"].startswith("Waymark/")
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    "path", ["/a?page=bookmark:WzE%2c%7E%2F&q=x%20y", "/items?x=a%c3%a9b&&y=[1]", "/%7euser?a=b|c"]
)
def test_an_opaque_url_goes_out_byte_for_byte(serve: Serve, http: Http, path: str) -> None:
    server = serve(lambda h: h.reply())
    http.get(server.url + path)
    assert server.asked[0][1] == path


def test_text_that_no_url_can_hold_is_encoded_as_utf_8(serve: Serve, http: Http) -> None:
    server = serve(lambda h: h.reply())
    http.get(server.url + "/a b?tag=é#part")
    assert server.asked[0][1] == "/a%20b?tag=%C3%A9"


def test_params_join_the_query_that_is_there(serve: Serve, http: Http) -> None:
    server = serve(lambda h: h.reply())
    http.get(server.url + "/items?type_id=1", params={"limit": 5, "role": None, "ids": [1, 2]})
    assert server.asked[0][1] == "/items?type_id=1&limit=5&ids=1&ids=2"


def test_json_forms_and_bytes_are_sent_as_what_they_are(serve: Serve, http: Http) -> None:
    server = serve(lambda h: h.reply())
    http.post(server.url, json={"é": 1})
    http.post(server.url, data={"a": "b c"})
    http.post(server.url, json=[1], headers={"content-type": "application/vnd.x+json"})
    kinds = [(headers.get("Content-Type") or headers.get("content-type"), body) for *_, headers, body in server.asked]
    assert kinds[0] == ("application/json", b'{"\\u00e9":1}')
    assert kinds[1] == ("application/x-www-form-urlencoded", b"a=b+c")
    assert kinds[2] == ("application/vnd.x+json", b"[1]")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"])
def test_a_private_address_is_refused_before_anything_is_sent(serve: Serve, host: str) -> None:
    server = serve(lambda h: h.reply())
    with pytest.raises(Unreachable) as caught:
        Http().get(f"http://{host}:{server.server_port}/secret")
    assert caught.value.reason in ("address_refused", "unreachable")
    assert server.asked == []


def test_the_words_for_a_private_address_name_the_setting() -> None:
    with pytest.raises(AddressRefused) as caught:
        Http().get("http://10.0.0.7/jwks")
    assert "10.0.0.7" in caught.value.words
    assert "LTI_TOOL_PRIVATE_NETWORKS" in caught.value.next_step


def test_a_name_is_judged_by_every_address_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        Http().get("http://lms.example/")


@pytest.mark.parametrize(
    ("address", "public_only", "with_private"),
    [
        ("8.8.8.8", True, True),
        ("2606:4700::1", True, True),
        ("10.1.2.3", False, True),
        ("172.16.0.1", False, True),
        ("192.168.1.1", False, True),
        ("100.64.0.1", False, True),
        ("fc00::1", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("::ffff:127.0.0.1", False, True),
        ("::ffff:8.8.8.8", True, True),
        ("64:ff9b::7f00:1", False, True),
        ("64:ff9b::808:808", True, True),
        ("2002:7f00:1::", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
    ],
)
def test_which_addresses_may_be_dialled(address: str, public_only: bool, with_private: bool) -> None:
    assert may_connect(address, allow_private=False) is public_only
    assert may_connect(address, allow_private=True) is with_private


@pytest.mark.parametrize(
    "url",
    [
        "ftp://lms.example/",
        "file:///etc/passwd",
        "lms.example",
        "http://",
        "http://a:b@c/",
        "http://x:99999/",
    ],
)
def test_what_is_no_web_address_is_refused(http: Http, url: str) -> None:
    with pytest.raises(AddressRefused):
        http.get(url)


def test_redirects_are_followed_three_times_and_no_more(serve: Serve, http: Http) -> None:
    def handle(h: Handler) -> None:
        left = int(h.path[1:])
        h.reply(302, Location=f"/{left - 1}") if left else h.reply(200, b"here")

    server = serve(handle)
    answer = http.get(server.url + "/3")
    assert (answer.body, answer.url) == (b"here", server.url + "/0")
    with pytest.raises(Unreachable, match="redirects"):
        http.get(server.url + "/4")


def test_a_redirect_may_be_handed_back(serve: Serve, http: Http) -> None:
    server = serve(lambda h: h.reply(303, Location="/next"))
    assert http.get(server.url, redirects=0).headers["location"] == "/next"


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest", "file:///etc/passwd", "gopher://x/"])
def test_a_redirect_is_checked_like_any_address(serve: Serve, http: Http, where: str) -> None:
    server = serve(lambda h: h.reply(302, Location=where))
    with pytest.raises(AddressRefused):
        http.get(server.url)


def test_a_redirect_to_another_server_does_not_carry_the_token(serve: Serve, http: Http) -> None:
    other = serve(lambda h: h.reply())
    server = serve(lambda h: h.reply(302, Location=other.url + "/x"))
    http.get(server.url, headers={"Authorization": "Bearer token", "Accept": "a/b"})
    assert "Authorization" not in other.asked[0][2]
    assert other.asked[0][2]["Accept"] == "a/b"


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirected_post_says_where_to_post_instead_of_becoming_a_read(serve: Serve, http: Http, status: int) -> None:
    server = serve(lambda h: h.reply(status, Location="https://lms.example/token"))
    with pytest.raises(Unreachable) as caught:
        http.post(server.url, data={"secret": "x"})
    assert "https://lms.example" in caught.value.words
    assert len(server.asked) == 1


def test_a_post_kept_by_307_stays_on_its_server(serve: Serve, http: Http) -> None:
    other = serve(lambda h: h.reply())
    server = serve(lambda h: h.reply(307, Location="/b") if h.path == "/a" else h.reply(200))
    http.post(server.url + "/a", data=b"x")
    assert [(method, path, body) for method, path, _, body in server.asked] == [
        ("POST", "/a", b"x"),
        ("POST", "/b", b"x"),
    ]
    away = serve(lambda h: h.reply(307, Location=other.url))
    with pytest.raises(Unreachable):
        http.post(away.url, data=b"x")
    assert other.asked == []


def test_303_after_a_post_is_read(serve: Serve, http: Http) -> None:
    server = serve(lambda h: h.reply(303, Location="/done") if h.command == "POST" else h.reply(200, b"done"))
    assert http.post(server.url, data=b"x").body == b"done"
    assert server.asked[1][:2] == ("GET", "/done")


def test_an_answer_over_the_cap_is_dropped_declared_or_not(serve: Serve, http: Http) -> None:
    def endless(h: Handler) -> None:
        h.send_response(200)
        h.end_headers()
        for _ in range(100):
            h.wfile.write(b"x" * 1000)
        h.close_connection = True

    declared = serve(lambda h: h.reply(200, b"x" * 5000))
    undeclared = serve(endless)
    for server in (declared, undeclared):
        with pytest.raises(AnswerTooLarge):
            http.get(server.url, max_bytes=1000)
    assert len(http.get(declared.url, max_bytes=5000).body) == 5000


def test_a_small_answer_that_unpacks_to_a_huge_one_is_dropped(serve: Serve, http: Http) -> None:
    bomb = gzip.compress(b"0" * 20_000_000)
    server = serve(lambda h: h.reply(200, bomb, Content_Encoding="gzip"))
    assert len(bomb) < 50_000
    with pytest.raises(AnswerTooLarge):
        http.get(server.url, max_bytes=1_000_000)
    packed = serve(lambda h: h.reply(200, gzip.compress(b'{"a":1}'), Content_Encoding="gzip"))
    assert http.get(packed.url).json() == {"a": 1}


def test_chunks_are_put_together_and_a_broken_off_answer_is_trouble(serve: Serve, http: Http) -> None:
    def chunked(h: Handler) -> None:
        h.send_response(200)
        h.send_header("Transfer-Encoding", "chunked")
        h.end_headers()
        h.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n" + (b"0\r\n\r\n" if h.path == "/whole" else b"9\r\nx"))
        h.close_connection = True

    def cut(h: Handler) -> None:
        h.send_response(200)
        h.send_header("Content-Length", "100")
        h.end_headers()
        h.wfile.write(b"only this")
        h.close_connection = True

    server = serve(chunked)
    assert http.get(server.url + "/whole").body == b"abcde"
    for url in (server.url + "/cut", serve(cut).url):
        with pytest.raises(Unreachable):
            http.get(url)


def test_silence_and_dripping_both_end_in_time(serve: Serve, http: Http) -> None:
    over = threading.Event()

    def drip(h: Handler) -> None:
        h.send_response(200)
        h.end_headers()
        while not over.wait(0.05):
            try:
                h.wfile.write(b".")
            except OSError:
                break
        h.close_connection = True

    def wait(h: Handler) -> None:
        over.wait(5)

    silent = serve(wait)
    dripping = serve(drip)
    begun = time.monotonic()
    for server in (silent, dripping):
        with pytest.raises(Unreachable, match="in time"):
            http.get(server.url, timeout=(0.2, 0.2))
    over.set()
    assert time.monotonic() - begun < 4


def test_nobody_there_and_an_unknown_name_are_trouble_with_words(http: Http) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable) as caught:
            http.get(f"http://127.0.0.1:{held.getsockname()[1]}/")
    assert caught.value.status == 503
    assert "127.0.0.1" in caught.value.words
    assert caught.value.next_step


def test_the_environment_sets_no_proxy_and_cookies_are_not_kept(
    serve: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = serve(lambda h: h.reply(200, Set_Cookie="MoodleSession=abc; path=/"))
    http.get(server.url)
    http.get(server.url)
    assert "Cookie" not in server.asked[1][2]


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><p>no", b'{"a": ', b"", b"\xff\xfe{}", b"[" * 100_000])
def test_what_is_not_json_is_said_so(body: bytes) -> None:
    with pytest.raises(NotJson) as caught:
        Answer(200, {}, body, "https://lms.example/x").json()
    assert "lms.example" in caught.value.words


def test_text_follows_the_declared_charset_else_utf_8() -> None:
    assert Answer(200, {"content-type": "text/html; charset=iso-8859-1"}, b"\xe9", "http://x/").text == "é"
    assert Answer(200, {"content-type": "text/html"}, "é".encode(), "http://x/").text == "é"
    assert Answer(200, {"content-type": "text/html; charset=nonsense"}, b"\xff", "http://x/").text == "�"


def test_urls_are_built_by_parsing() -> None:
    item = "https://moodle.example/mod/lti/services.php/2/lineitems/23/lineitem?type_id=1"
    assert below(item, "scores") == item.replace("/lineitem?", "/lineitem/scores?")
    assert with_params(item, {"user_id": "4"}) == item + "&user_id=4"
    assert with_params("https://c.example/x", {"a": None}) == "https://c.example/x"
    assert clean_url(" https://c.example/é ") == "https://c.example/%C3%A9"
    assert same_server("http://c.example/a", "https://c.example/b")
    assert not same_server("http://c.example:8080/a", "http://c.example/b")
