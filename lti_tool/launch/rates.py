"""How many logins one address may start. Flask-Limiter's memory storage starts a thread at almost every hit and hooks
into every request, which costs a tenth of a whole launch; a counter for each window does the same."""

import re
import threading
import time
from ipaddress import ip_address, ip_network

from werkzeug.exceptions import TooManyRequests

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_RATE = re.compile(r"(\d+) ?(?:per|/) ?(second|minute|hour)")


class Rate:
    """At most so many in each window of time, counted per address in this process."""

    def __init__(self, words: str) -> None:
        """`words` like "600 per minute". Raises ValueError."""
        found = _RATE.fullmatch(words.strip())
        if found is None:
            raise ValueError(f"{words!r} is no rate: write it like 600 per minute")
        self.most, self.seconds = int(found[1]), _SECONDS[found[2]]
        self._window = 0
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def count(self, address: str | None) -> None:
        """Count one from this address. Raises TooManyRequests (429) once there are too many in this window."""
        now = time.time()
        window = int(now // self.seconds)
        key = _network(address or "")
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            self._counts[key] = count = self._counts.get(key, 0) + 1
        if count > self.most:
            raise TooManyRequests(retry_after=int((window + 1) * self.seconds - now) + 1)


def _network(address: str) -> str:
    """IPv6 gives every household 2**64 addresses: those count as one."""
    if ":" not in address:
        return address
    try:
        found = ip_address(address.split("%", 1)[0])
    except ValueError:
        return address
    return str(ip_network(f"{found}/64", strict=False))
