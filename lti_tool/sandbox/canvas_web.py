"""Manners that Canvas's services share: opaque paging, and refusals in JSON."""

import base64
import json
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import Response, jsonify, request

from lti_tool.sandbox.state import Campus

T = TypeVar("T")


class Refusal(Exception):
    """An answer that ends the request."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.status, self.body, self.headers = status, body, headers or {}


def refusal_answer(refusal: Refusal) -> Response:
    answer = jsonify(refusal.body)
    answer.status_code = refusal.status
    answer.headers.update(refusal.headers)
    return answer


def services_refusal(status: int, words: str) -> Refusal:
    """The LTI services' shape: `{"errors": {"type": ..., "message": ...}}`."""
    kinds = {
        400: "bad_request",
        401: "unauthorized",
        403: "forbidden",
        404: "not_found",
        412: "precondition_failed",
        422: "unprocessable_entity",
    }
    return Refusal(status, {"errors": {"type": kinds[status], "message": words}})


def api_refusal(status: int, words: str) -> Refusal:
    """The REST API's shape: `{"errors": [{"message": ...}]}`."""
    headers = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'} if status == 401 else {}
    return Refusal(status, {"errors": [{"message": words}]}, headers)


def bookmark(offset: int) -> str:
    """An opaque page mark. Its letters' case matters: a client that lower-cases the Link header breaks."""
    return "bookmark:" + base64.urlsafe_b64encode(json.dumps(["Pos", offset]).encode()).decode().rstrip("=")


def offset_of(mark: str) -> int:
    """Where a page mark points; a first page for `1` or none, refused when it is nothing this sandbox made."""
    if mark in ("", "1", "first"):
        return 0
    try:
        text = mark.removeprefix("bookmark:")
        kind, offset = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if kind != "Pos" or not mark.startswith("bookmark:"):
            raise ValueError(mark)
        return int(offset)
    except (ValueError, TypeError):
        raise api_refusal(400, "page is invalid") from None


def paged(here: Campus, rows: Sequence[T], *, size: int, most: int, name: str = "per_page") -> tuple[list[T], str]:
    """One page of `rows` and the Link header for it. `size` is Canvas's default, `most` its limit, `name` the
    parameter that asks for less."""
    asked = request.args.get(name, size, int)
    count = min(max(1, asked if asked > 0 else size), most)
    start = offset_of(request.args.get("page", ""))
    kept = [(key, value) for key, value in parse_qsl(request.query_string.decode()) if key not in ("page", "per_page")]

    def at(relation: str, offset: int) -> str:
        query = urlencode([*kept, ("page", bookmark(offset)), ("per_page", str(count))])
        return f'<{here.url(request.path)}?{query}>; rel="{relation}"'

    links = [at("current", start)]
    if start + count < len(rows):
        links.append(at("next", start + count))
    links.append(at("first", 0))
    return list(rows[start : start + count]), ",".join(links)
