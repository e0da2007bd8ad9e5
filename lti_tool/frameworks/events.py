"""What happens in this room, in the past tense: plain values that travel by the outbox."""

from dataclasses import dataclass


@dataclass(frozen=True)
class VersionChosen:
    """Somebody chose this version for a course: its mapping and evidence are to follow."""

    course_id: int
    version_id: int
    by_id: int | None = None
