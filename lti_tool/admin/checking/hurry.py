"""The HTTP client of a check: it never waits long, stops when the check's time is up, and reads what time it is
elsewhere."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from lti_tool.kit.http import Answer, Http, Unreachable
from lti_tool.kit.urls import host_of
from lti_tool.lms.calls import http_date

WHOLE_SECONDS = 60.0
CONNECT_SECONDS, READ_SECONDS = 4.0, 8.0
MAX_BYTES = 4 * 1024 * 1024


class OutOfTime(Unreachable):
    """The check has taken as long as it may."""

    reason = "out_of_time"


class HurriedHttp(Http):
    """For one check, in one thread. `skews` holds by how many seconds each server's clock is ahead, by its name and
    port, as its last answer says."""

    def __init__(self, clock: Callable[[], datetime], *, allow_private: bool, seconds: float = WHOLE_SECONDS) -> None:
        super().__init__(allow_private=allow_private)
        self._clock, self._until = clock, time.monotonic() + seconds
        self.skews: dict[str, float] = {}

    def send(self, method: str, url: str, **options: Any) -> Answer:
        left = self._until - time.monotonic()
        if left < 1:
            raise OutOfTime(f"There was no time left to ask {host_of(url)}.", "Check again in a few minutes.")
        options["timeout"] = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        options["max_bytes"] = min(MAX_BYTES, options.get("max_bytes", MAX_BYTES))
        asked = self._clock()
        answer = super().send(method, url, **options)
        self._note_time(answer, asked, self._clock())
        return answer

    def _note_time(self, answer: Answer, asked: datetime, answered: datetime) -> None:
        there = http_date(answer.headers.get("date", ""))
        if there is None or "age" in answer.headers:  # a cache's answer carries an old date
            return
        here = asked + (answered - asked) / 2
        self.skews[urlsplit(answer.url).netloc] = (there - here).total_seconds()
