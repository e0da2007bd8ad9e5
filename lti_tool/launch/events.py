"""News of the launch room, delivered by the outbox."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RosterDue:
    """A teacher opened the course: its names and roles may have changed."""

    course_id: int


@dataclass(frozen=True, slots=True)
class LaunchesExpired:
    """Sessions of an earlier day can be forgotten."""

    day: str
