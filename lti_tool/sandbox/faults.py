"""Misbehaviour on request, so that tests can see how a tool takes it.

`POST /control/faults` with `{"SERVICE": KIND}` or `{"SERVICE": {"kind": KIND, "count": 3, "seconds": 2, "after": 5}}`;
null ends one, `DELETE /control/faults` ends all. Services: token, ags, nrps, rest, jwks, auth, registration.

| kind | what happens |
|---|---|
| `html404` | 404 and an HTML page, as Moodle does when it cannot fetch the tool's keys |
| `html` | 200 and an HTML page where JSON belongs |
| `500`, `502`, `503` | that status, an HTML page |
| `401`, `403` | refused, in the service's own JSON |
| `406` | the media type is refused, as when a proxy on the way rewrites the Accept header |
| `401once` | one 401, and every access token given so far is dead (REST tokens stay) |
| `429` | 429 with `Retry-After: 1` |
| `throttle` | Canvas's 403 "Rate Limit Exceeded" with `X-Rate-Limit-Remaining: 0.0` |
| `slow` | the true answer after `seconds` (2) |
| `timeout` | no answer for `seconds` (30), then 504 |
| `lost` | the request is carried out, and the answer is a 502: the caller cannot know |
| `garbage` | 200, right media type, broken JSON |

`count` limits how many requests suffer (`401once`: 1, else no limit); `after` lets that many through first.
"""

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import Flask, Response, request

SERVICES = ("token", "ags", "nrps", "rest", "jwks", "auth", "registration")
KINDS = (
    "html404",
    "html",
    "500",
    "502",
    "503",
    "401",
    "403",
    "406",
    "401once",
    "429",
    "throttle",
    "slow",
    "timeout",
    "lost",
    "garbage",
)
PAGE = '<!DOCTYPE html>\n<html lang="en"><head><title>Error</title></head><body><h1>Error</h1><p>{}</p></body></html>\n'


class FaultWrong(ValueError):
    """The request for a fault makes no sense."""


@dataclass
class Fault:
    kind: str
    count: int | None = None
    after: int = 0
    seconds: float = 2
    hits: int = 0

    def facts(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "count": self.count,
            "after": self.after,
            "seconds": self.seconds,
            "hits": self.hits,
        }


@dataclass
class Faults:
    active: dict[str, Fault] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def set(self, wanted: object) -> None:
        """Takes the JSON described above; `FaultWrong` when it is none of it."""
        if not isinstance(wanted, dict):
            raise FaultWrong("send an object of service and kind")
        read = {service: _read(service, each) for service, each in wanted.items()}
        with self.lock:
            for service, fault in read.items():
                if fault is None:
                    self.active.pop(service, None)
                else:
                    self.active[service] = fault

    def clear(self) -> None:
        with self.lock:
            self.active.clear()

    def take(self, service: str) -> Fault | None:
        """The fault that this request suffers, used up by one."""
        with self.lock:
            fault = self.active.get(service)
            if fault is None:
                return None
            if fault.after > 0:
                fault.after -= 1
                return None
            if fault.count is not None and fault.hits >= fault.count:
                return None
            fault.hits += 1
            return fault


def _read(service: object, wanted: object) -> Fault | None:
    if service not in SERVICES:
        raise FaultWrong(f"no service {service!r}; there are {', '.join(SERVICES)}")
    if wanted is None:
        return None
    entry = {"kind": str(wanted)} if isinstance(wanted, str | int) else wanted
    if not isinstance(entry, dict) or entry.get("kind") not in KINDS:
        raise FaultWrong(f"no such fault {wanted!r}; there are {', '.join(KINDS)}")
    kind = str(entry["kind"])
    count = entry.get("count", 1 if kind == "401once" else None)
    seconds = entry.get("seconds", 30 if kind == "timeout" else 2)
    return Fault(kind, None if count is None else int(count), int(entry.get("after", 0)), float(seconds))


def page(status: str, words: str) -> Response:
    return Response(PAGE.format(words), status=status, mimetype="text/html")


def install(app: Flask, faults: Faults, service_of: Any, on_401once: Any) -> None:
    """Hooks the faults into the application. `service_of(path)` names the service of a request, or None."""

    @app.before_request
    def suffer() -> Response | None:
        service = service_of(request.path)
        fault = faults.take(service) if service else None
        request.environ["sandbox.fault"] = fault.kind if fault else ""
        if fault is None or fault.kind == "lost":
            return None
        if fault.kind in ("slow", "timeout"):
            time.sleep(fault.seconds)
            return None if fault.kind == "slow" else page("504", "The sandbox did not answer in time.")
        if fault.kind == "401once":
            on_401once()
        return answer(fault.kind)

    @app.after_request
    def lose(response: Response) -> Response:
        if request.environ.get("sandbox.fault") == "lost":
            return page("502", "The answer was lost on the way.")
        return response


def answer(kind: str) -> Response:
    if kind == "html404":
        return page("404", "Exception - Argument #1 ($jwks) must be of type array, null given")
    if kind == "html":
        return page("200", "This is a page, not the answer you want.")
    if kind == "garbage":
        return Response('{"id": "1", "label":', mimetype="application/json")
    if kind == "429":
        return Response('{"errors": [{"message": "Too many requests"}]}', 429, {"Retry-After": "1"}, "application/json")
    if kind == "throttle":
        limits = {"X-Rate-Limit-Remaining": "0.0", "X-Request-Cost": "0.1"}
        return Response("403 Forbidden (Rate Limit Exceeded)\n", 403, limits, "text/plain")
    if kind in ("401", "401once"):
        return Response(
            '{"errors": {"type": "unauthorized", "message": "Access token expired"}}', 401, {}, "application/json"
        )
    if kind == "406":
        return Response('{"errors": {"type": "not_acceptable"}}', 406, {}, "application/json")
    if kind == "403":
        return Response('{"errors": {"type": "forbidden", "message": "Forbidden"}}', 403, {}, "application/json")
    return page(kind, "The sandbox was asked to fail.")
