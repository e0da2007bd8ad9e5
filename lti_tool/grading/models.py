"""Tables of the grading room: assessments and rubrics, alignments, submissions, scores, evidence, passback.

Scores and evidence are append-only: a regrade supersedes (`superseded_at`), nothing is overwritten.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class LmsConnection(Base, Owned):
    """The second connection to an LMS, for what AGS does not carry: its web services or REST, with a sealed token."""

    __tablename__ = "lms_connection"
    __table_args__ = (UniqueConstraint("platform_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    """`moodle` or `canvas`."""
    base_url: Mapped[str] = mapped_column(String(1000))
    token_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    worked_at: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(Text)


class Intake(Base, Owned):
    """One run of reading a course's assessments: what came, what was warned, when."""

    __tablename__ = "intake"
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]]
    warnings: Mapped[list[Any]]
    trouble: Mapped[str | None] = mapped_column(Text)


class Assessment(Base, Owned):
    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("course_id", "source", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(20))
    """`tool` (our own graded link), `moodle`, `canvas` or `file`."""
    source_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(500))
    instructions: Mapped[str] = mapped_column(Text, default="")
    max_points: Mapped[float | None]
    due_at: Mapped[datetime | None]
    fingerprint: Mapped[str] = mapped_column(String(64))
    line_item_url: Mapped[str | None] = mapped_column(String(2000))
    """Our line item in the LMS's gradebook; only our own assessments have one."""
    active: Mapped[bool] = mapped_column(default=True)
    """False when the LMS no longer lists it: kept for its evidence."""
    created_at: Mapped[datetime]


class Criterion(Base, Owned):
    __tablename__ = "criterion"
    __table_args__ = (UniqueConstraint("assessment_id", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id", ondelete="CASCADE"))
    source_id: Mapped[str] = mapped_column(String(255))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    max_points: Mapped[float]
    active: Mapped[bool] = mapped_column(default=True)
    review: Mapped[str] = mapped_column(String(20), default="waiting")
    """`waiting` for suggestions, `to_check`, `accepted`, `left_out`."""
    no_match: Mapped[bool] = mapped_column(default=False)
    engine: Mapped[str] = mapped_column(String(20), default="")
    """Which engine made the present suggestions: `cohere` or `local`."""
    fell_back_because: Mapped[str] = mapped_column(Text, default="")


class Rating(Base, Owned):
    """One rating (level) of a criterion, worth `points`."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("criterion_id", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id", ondelete="CASCADE"))
    source_id: Mapped[str] = mapped_column(String(255))
    points: Mapped[float]
    title: Mapped[str] = mapped_column(Text, default="")
    description: Mapped[str] = mapped_column(Text, default="")


class Suggestion(Base, Owned):
    """What the copilot offered for a criterion: kept with engine, model, prompt version and input hash."""

    __tablename__ = "suggestion"
    __table_args__ = (UniqueConstraint("criterion_id", "version_id", "rank"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    rank: Mapped[int]
    score: Mapped[float]
    confidence: Mapped[float]
    confidence_word: Mapped[str] = mapped_column(String(20))
    rationale: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(String(20))
    model: Mapped[str] = mapped_column(String(80))
    prompt_version: Mapped[str] = mapped_column(String(40))
    input_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Alignment(Base, Owned):
    """A criterion gives evidence for a competency, decided by a person or by a rule that they switched on.
    A changed decision ends this row and writes another."""

    __tablename__ = "alignment"
    __table_args__ = (
        Index(
            "uq_alignment_present",
            "criterion_id",
            "item_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    weight: Mapped[float]
    """Share of the criterion, 0 to 1; the present alignments of one criterion add up to 1."""
    decided_by: Mapped[str] = mapped_column(String(20))
    """`person` or `rule`."""
    decided_by_id: Mapped[int | None]
    suggested_rank: Mapped[int | None]
    """The rank at which the copilot had offered it; None when a person found it."""
    confidence: Mapped[float | None]
    decided_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Submission(Base, Owned):
    """Work handed in to one of our own assessments: text, or a file, or both. A new attempt is a new row."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("assessment_id", "person_id", "attempt"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
    text: Mapped[str] = mapped_column(Text, default="")
    file_name: Mapped[str] = mapped_column(String(255), default="")
    file_type: Mapped[str] = mapped_column(String(120), default="")
    file_data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    submitted_at: Mapped[datetime]


class Score(Base, Owned):
    """One marking of one learner's work. Present while `superseded_at` is empty; at most one present row."""

    __tablename__ = "score"
    __table_args__ = (
        Index(
            "uq_score_present",
            "assessment_id",
            "person_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int] = mapped_column(default=0)
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    marker: Mapped[str] = mapped_column(String(255), default="")
    """Who marked, as the source names them (an id), for rater severity; never shown."""
    marked_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    """Empty: the LMS has not shown this mark to the student, and neither do we."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    superseded_at: Mapped[datetime | None]


class CriterionScore(Base, Owned):
    """A criterion's mark. A criterion that was not marked has no row: missing is not zero."""

    __tablename__ = "criterion_score"
    __table_args__ = (UniqueConstraint("score_id", "criterion_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("score.id", ondelete="CASCADE"))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id", ondelete="CASCADE"), index=True)
    rating_id: Mapped[int | None] = mapped_column(ForeignKey("rating.id", ondelete="SET NULL"))
    points: Mapped[float]
    comment: Mapped[str] = mapped_column(Text, default="")


class Evidence(Base, Owned):
    """One observation of one learner on one competency: from one criterion's mark, by one alignment, on one
    framework version. Present while `superseded_at` is empty. Only released evidence counts."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_learner", "person_id", "version_id", "item_id", "observed_at"),
        Index(
            "uq_evidence_present",
            "criterion_score_id",
            "item_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id", ondelete="CASCADE"), index=True)
    criterion_score_id: Mapped[int] = mapped_column(ForeignKey("criterion_score.id", ondelete="CASCADE"))
    alignment_id: Mapped[int] = mapped_column(ForeignKey("alignment.id", ondelete="CASCADE"), index=True)
    fraction: Mapped[float]
    """Share of the criterion's points, 0 to 1."""
    levels: Mapped[int]
    """How many ratings the criterion has: the steps of a graded observation are one fewer."""
    weight: Mapped[float]
    rater: Mapped[str] = mapped_column(String(255), default="")
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]


class Delivery(Base, Owned):
    """A grade on its way to the gradebook: one row for each (line item, learner), the newest score wins."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("assessment_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessment.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("score.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(20))
    """`waiting`, `sent`, `retrying`, `stopped` or `set_aside`."""
    attempts: Mapped[int] = mapped_column(default=0)
    sent_score_id: Mapped[int | None]
    sent_timestamp: Mapped[datetime | None]
    """The timestamp of the last post for this line item and learner: the next is at least a whole second later."""
    sent_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(60), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    next_step: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[datetime]


class AlignmentRule(Base, Owned):
    """Accepting without asking, on one framework version: off unless a person switched it on."""

    __tablename__ = "alignment_rule"
    __table_args__ = (UniqueConstraint("institution_id", "version_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    on: Mapped[bool]
    changed_by_id: Mapped[int | None]
    changed_at: Mapped[datetime]


class DownloadTicket(Base, Owned):
    """One download of one file, once, within a minute: a request that leaves the frame carries no session."""

    __tablename__ = "download_ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_hash: Mapped[str] = mapped_column(String(64), unique=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Lease(Base, Owned):
    """Somebody is at it: one intake of a course, one creation of a line item at a time, whoever does it."""

    __tablename__ = "lease"
    __table_args__ = (UniqueConstraint("institution_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime]
