"""Files by a signed address: a download leaves the frame and its session behind, so the address says what it is for."""

import re
from typing import Any

from flask import Response, current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from lti_tool.kit.errors import NotFound


class Tickets:
    """Signed addresses of one use (`salt`), good for some seconds. `again` says where to get another."""

    def __init__(self, salt: str, seconds: int, again: str) -> None:
        self.salt, self.seconds, self.again = salt, seconds, again

    def sign(self, *said: object) -> str:
        return self._signer().dumps(said)

    def read(self, ticket: str) -> list[Any]:
        """What was signed. Raises NotFound when it is too old or not ours."""
        try:
            found: list[Any] = self._signer().loads(ticket, max_age=self.seconds)
        except BadSignature:
            raise NotFound("This file is not offered any more.", self.again) from None
        return found

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt=self.salt)


def attachment(data: bytes, mimetype: str, name: str) -> Response:
    answer = Response(data, mimetype=mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def slug(title: str, longest: int, otherwise: str) -> str:
    """A title as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:longest] or otherwise
