"""What the generator posts to itself: one event for each stage, so that a stop is never more than a question away."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StageDue:
    generation_id: int
    position: int
