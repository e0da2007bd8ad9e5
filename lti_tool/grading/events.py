"""What happens in this room, in the past tense: plain values that travel by the outbox, known by their ids."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AssessmentArrived:
    """An assessment is new here, or its criteria changed: each open criterion wants suggestions."""

    assessment_id: int


@dataclass(frozen=True)
class AlignmentChanged:
    """A criterion's mapping was decided, changed or undone. Its evidence was replayed in the same transaction."""

    criterion_id: int
    version_id: int


@dataclass(frozen=True)
class EvidenceRecorded:
    """A learner's evidence on a framework version changed: new, superseded, replayed, released or withheld."""

    person_id: int
    version_id: int
    course_id: int


@dataclass(frozen=True)
class IntakeDue:
    """It is time to read a course's assessments and marks from its LMS."""

    course_id: int


@dataclass(frozen=True)
class PassbackDue:
    """Grades wait to be sent to the gradebook: one, or those that were given together."""

    delivery_ids: list[int]


@dataclass(frozen=True)
class SuggestionsDue:
    """A course's open criteria want suggestions anew: its framework changed, or somebody asked."""

    course_id: int


@dataclass(frozen=True)
class CourseMoved:
    """A course works with another framework version; `items` pairs each competency that went along with the new one."""

    course_id: int
    from_version_id: int
    version_id: int
    items: list[list[int]]
