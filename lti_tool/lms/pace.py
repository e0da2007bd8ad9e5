"""Which LMSs asked to slow down, and until when. Until then nobody of this process asks them: the next course's roster
and the next mark wait as well, instead of each finding out for itself."""

from datetime import datetime, timedelta

from lti_tool.lms.faults import Throttled

SHORTEST = timedelta(seconds=1)


class Pace:
    """Shared by the threads of a process; by the platform's id."""

    def __init__(self) -> None:
        self._until: dict[int, datetime] = {}

    def slow(self, platform_id: int, until: datetime) -> None:
        self._until[platform_id] = max(until, self._until.get(platform_id, until))

    def check(self, platform_id: int, host: str, now: datetime) -> None:
        """Raises Throttled while the LMS wants to be left alone."""
        until = self._until.get(platform_id)
        if until is None:
            return
        if until <= now:
            self._until.pop(platform_id, None)
            return
        raise Throttled(f"{host} asks to slow down.", "It is tried again later.", max(SHORTEST, until - now))
