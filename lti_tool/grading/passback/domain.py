"""The words and rules of a delivery."""

from datetime import timedelta
from enum import StrEnum

TRIES = 60
"""Back-off grows to an hour, so this is about two and a half days; then a person decides, on a page that says why."""
LONGEST = timedelta(hours=1)


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    RETRYING = "retrying"
    STOPPED = "stopped"
    """Trying the same again will not help: somebody has to change something, then send it again."""
    SET_ASIDE = "set_aside"
    """Not to be sent: the LMS's test student, or somebody decided so."""


def wait(attempt: int, at_least: timedelta) -> timedelta:
    """How long to wait after this many tries: 2, 4, 8 ... seconds up to an hour, and what the LMS asks for."""
    return max(at_least, min(LONGEST, timedelta(seconds=2 ** min(attempt, 12))))


def comment_with_link(comment: str, link: str) -> str:
    """The comment with a plain link to the learner's report under it: gradebooks show no markup."""
    return f"{comment}\n\nReport: {link}".strip() if link else comment
