"""The gradebook's columns that belong to tools, and what happened to every score sent to them.

For each line item and person `Result` counts the posts: accepted, rejected, `doubled` (the very same score, timestamp
included, accepted again) and `repeated` (an accepted post that changed neither mark nor comment). A tool that sends
each mark once leaves `doubled` and `repeated` at 0.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class LineItem:
    id: int
    course_id: int
    client_id: str
    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    link_id: int | None = None
    """The coupled link; None for a column of its own."""
    own: bool = False
    """Made by the LMS for a graded link, not by the tool."""
    review: dict[str, Any] | None = None
    """submissionReview, as deep linking set it."""
    submission_type: dict[str, Any] | None = None
    """Canvas's extension, as sent when the line item was made."""


@dataclass
class Result:
    score: float | None = None
    """None: no mark, or one that was taken away."""
    maximum: float = 0
    comment: str = ""
    stamp: datetime | None = None
    """The timestamp that a later score must beat."""
    activity: str = ""
    grading: str = ""
    accepted: int = 0
    rejected: int = 0
    doubled: int = 0
    repeated: int = 0
    submissions: int = 0
    """Canvas: each new submission puts the work into the teacher's "needs grading" list and mails."""
    needs_grading: bool = False
    seen: set[str] = field(default_factory=set)
    log: list[dict[str, Any]] = field(default_factory=list)
    """Every post in order: status, timestamp, score; the newest 50."""

    def accept(
        self,
        *,
        score: float | None,
        maximum: float,
        comment: str,
        stamp: datetime,
        sent: dict[str, Any],
    ) -> None:
        """Keeps an accepted score. `sent` is the body of the request."""
        fingerprint = repr(
            [
                sent.get(name)
                for name in ("timestamp", "scoreGiven", "scoreMaximum", "activityProgress", "gradingProgress")
            ]
        )
        if fingerprint in self.seen:
            self.doubled += 1
        elif self.accepted and (score, maximum, comment) == (self.score, self.maximum, self.comment):
            self.repeated += 1
        self.seen.add(fingerprint)
        self.accepted += 1
        self.score, self.maximum, self.comment, self.stamp = score, maximum, comment, stamp
        self.activity, self.grading = str(sent.get("activityProgress", "")), str(sent.get("gradingProgress", ""))
        self._note(200, sent)

    def reject(self, status: int, sent: dict[str, Any]) -> None:
        self.rejected += 1
        self._note(status, sent)

    def _note(self, status: int, sent: dict[str, Any]) -> None:
        entry = {"status": status, "timestamp": sent.get("timestamp"), "scoreGiven": sent.get("scoreGiven")}
        self.log = [*self.log[-49:], entry]

    def facts(self, *, log: bool = False) -> dict[str, Any]:
        """What `/control/state` shows; the log of posts only when asked for."""
        told = {
            "score": self.score,
            "maximum": self.maximum,
            "comment": self.comment,
            "timestamp": self.stamp.isoformat() if self.stamp else None,
            "activityProgress": self.activity,
            "gradingProgress": self.grading,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "doubled": self.doubled,
            "repeated": self.repeated,
            "submissions": self.submissions,
            "needs_grading": self.needs_grading,
        }
        return told | {"log": self.log} if log else told


def number(value: float) -> float | int:
    """JSON as PHP and Ruby write it: 100, not 100.0."""
    return int(value) if float(value).is_integer() else value


def read_stamp(text: object) -> datetime | None:
    """An ISO 8601 time with its date and time of day, or None. Without a zone it is UTC, as Moodle reads it."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
