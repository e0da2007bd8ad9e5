"""How Moodle's LTI services say no: JSON that repeats the request, and the words in the status line."""

import json

from flask import Response, request


class Refusal(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def service_error(refusal: Refusal) -> Response:
    body = {
        "status": refusal.status,
        "reason": refusal.reason,
        "request": {
            "method": request.method,
            "url": request.full_path.removesuffix("?"),
            "accept": request.headers.get("Accept", ""),
            "contentType": request.headers.get("Content-Type", ""),
        },
    }
    status = f"{refusal.status} {refusal.reason.strip()}".encode().decode("latin-1")
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, {"Content-Type": "application/json; charset=utf-8"})
