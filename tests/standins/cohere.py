"""Cohere's API on loopback, stricter than the real one: it refuses requests that the real one might let pass, and
misbehaves on request.

    with CohereStandIn() as cohere:
        cohere.misbehave("/v2/chat", Trouble.THROTTLED)
        ...
        assert cohere.complaints == []
"""

import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jsonschema

KEY = "a-key-of-the-stand-in"
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


class Trouble(Enum):
    THROTTLED = auto()
    """429 with `Retry-After: 1`."""
    DOWN = auto()
    """500."""
    SLOW = auto()
    """No answer until the stand-in closes."""
    CUT_OFF = auto()
    """The connection ends in the middle of the body."""
    NOT_JSON = auto()
    """A page of HTML with status 200."""
    EMPTY = auto()
    """`200 {}`."""
    STOPPED_EARLY = auto()
    """Chat only: the limit of tokens was reached."""
    CHATTY = auto()
    """Chat only: words instead of JSON."""
    UNKNOWN_ID = auto()
    """Chat only: an id that was not offered."""
    TWICE = auto()
    """Chat only: the same id twice."""
    OTHER_SHAPE = auto()
    """Another JSON object than asked for; for rerank and embed, too few results."""


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """Of a chat: the object in the user's message."""
        data: dict[str, Any] = json.loads(self.body["messages"][-1]["content"])
        return data


def most_words_shared(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices of a simple mind: the competency with the most words of the criterion."""
    wanted = set(re.findall(r"\w+", data["criterion"].lower()))
    best = max(data["competencies"], key=lambda one: len(wanted & set(re.findall(r"\w+", one["text"].lower()))))
    return [{"id": best["id"], "confidence": 0.9, "rationale": "Most words of the criterion occur in it."}]


@dataclass
class CohereStandIn:
    choose: Callable[[Mapping[str, Any]], list[dict[str, Any]]] = most_words_shared
    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    """Chat only: the whole reply to the object in the user's message, where it is no choice of competencies."""
    forbidden: tuple[str, ...] = ()
    """Words, such as names of people, that must not arrive."""
    received: list[Received] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self.closing = threading.Event()

    def misbehave(self, path: str, *troubles: Trouble) -> None:
        """In the next requests to the path, one trouble each."""
        self._troubles[path].extend(troubles)

    def next_trouble(self, path: str) -> Trouble | None:
        waiting = self._troubles[path]
        return waiting.popleft() if waiting else None

    def calls(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    standin: CohereStandIn

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answers = {"/v2/chat": self._chat, "/v2/rerank": self._rerank, "/v2/embed": self._embed}
        if self.path not in answers:
            return self._send(404, {"message": "no such path"})
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._send(401, {"message": "invalid api token"})
        body = json.loads(raw)
        self.standin.received.append(Received(self.path, dict(self.headers), body))
        complaints = [*CHECKS[self.path](body), *self._leaks(raw.decode())]
        if complaints:
            self.standin.complaints += complaints
            return self._send(400, {"message": "; ".join(complaints)})
        trouble = self.standin.next_trouble(self.path)
        match trouble:
            case Trouble.THROTTLED:
                return self._send(429, {"message": "too many requests"}, {"Retry-After": "1"})
            case Trouble.DOWN:
                return self._send(500, {"message": "internal error"})
            case Trouble.SLOW:
                self.standin.closing.wait(20)
                self.close_connection = True
                return None
            case Trouble.NOT_JSON:
                return self._bytes(200, b"<html>Welcome to the guest network</html>", {"Content-Type": "text/html"})
            case Trouble.EMPTY:
                return self._send(200, {})
        whole = json.dumps(answers[self.path](body, trouble)).encode()
        if trouble is Trouble.CUT_OFF:
            self._bytes(200, whole[: len(whole) // 2], {"Content-Length": str(len(whole))})
            self.close_connection = True
            return None
        return self._bytes(200, whole, {"Content-Type": "application/json"})

    def _leaks(self, text: str) -> list[str]:
        found = [f"an address arrived: {one}" for one in EMAIL.findall(text)]
        return found + [f"{word} arrived" for word in self.standin.forbidden if word.lower() in text.lower()]

    def _chat(self, body: dict[str, Any], trouble: Trouble | None) -> dict[str, Any]:
        data = json.loads(body["messages"][-1]["content"])
        if self.standin.answer is not None:
            reply: Any = self.standin.answer(data)
        else:
            choices = self.standin.choose(data)
            if trouble is Trouble.UNKNOWN_ID:
                choices = [{"id": "c99", "confidence": 1.0, "rationale": "Made up."}]
            if trouble is Trouble.TWICE:
                choices = [choices[0], choices[0]]
            reply = {"choices": choices}
        if trouble is Trouble.OTHER_SHAPE:
            reply = {"answer": 42}
        text = "Certainly! Here is my choice." if trouble is Trouble.CHATTY else json.dumps(reply)
        return {
            "id": "chat-1",
            "finish_reason": "MAX_TOKENS" if trouble is Trouble.STOPPED_EARLY else "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": text}]},
            "usage": {"billed_units": {"input_tokens": 321, "output_tokens": 45}},
        }

    def _rerank(self, body: dict[str, Any], trouble: Trouble | None) -> dict[str, Any]:
        wanted = set(re.findall(r"\w+", body["query"].lower()))
        shared = [len(wanted & set(re.findall(r"\w+", text.lower()))) / len(wanted) for text in body["documents"]]
        order = sorted(range(len(shared)), key=lambda place: -shared[place])
        results = [{"index": place, "relevance_score": shared[place]} for place in order]
        if trouble is Trouble.OTHER_SHAPE:
            results = results[:-1]
        return {"id": "rerank-1", "results": results, "meta": {"billed_units": {"search_units": 1}}}

    def _embed(self, body: dict[str, Any], trouble: Trouble | None) -> dict[str, Any]:
        texts = body["texts"][:-1] if trouble is Trouble.OTHER_SHAPE else body["texts"]
        rows = [[float(len(text) + place) for place in range(body["output_dimension"])] for text in texts]
        return {"id": "e", "embeddings": {"float": rows}, "texts": texts, "response_type": "embeddings_by_type"}

    def _send(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self._bytes(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _bytes(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _check_chat(body: dict[str, Any]) -> list[str]:
    found = []
    roles = [message.get("role") for message in body.get("messages", [])]
    if roles != ["system", "user"]:
        found.append(f"roles {roles}: instructions and data in a message each")
    elif "JSON" not in body["messages"][0]["content"]:
        found.append("the prompt must say JSON")
    form = body.get("response_format", {})
    if form.get("type") != "json_object" or "json_schema" not in form:
        return [*found, "no JSON schema"]
    jsonschema.Draft202012Validator.check_schema(form["json_schema"])
    if '"enum"' not in json.dumps(form["json_schema"]):
        found.append("the offered ids are not an enum")
    if body.get("temperature") != 0:
        found.append("temperature is not 0")
    if not isinstance(body.get("max_tokens"), int):
        found.append("no max_tokens")
    return found + _check_model(body)


def _check_rerank(body: dict[str, Any]) -> list[str]:
    texts = body.get("documents", [])
    found = [] if texts and all(isinstance(text, str) and text for text in texts) else ["documents are not texts"]
    if not body.get("query"):
        found.append("no query")
    if body.get("top_n") != len(texts):
        found.append("not all results are asked for")
    return found + _check_model(body)


def _check_embed(body: dict[str, Any]) -> list[str]:
    found = [] if 1 <= len(body.get("texts", [])) <= 96 else ["1 to 96 texts at a time"]
    if body.get("embedding_types") != ["float"]:
        found.append("embedding_types is not float")
    if body.get("input_type") not in ("search_document", "search_query", "classification", "clustering"):
        found.append("no input_type")
    if not isinstance(body.get("output_dimension"), int):
        found.append("no output_dimension")
    return found + _check_model(body)


def _check_model(body: dict[str, Any]) -> list[str]:
    return [] if body.get("model") else ["no model"]


CHECKS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "/v2/chat": _check_chat,
    "/v2/rerank": _check_rerank,
    "/v2/embed": _check_embed,
}
