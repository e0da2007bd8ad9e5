"""Tables of the diagnostics room: what all evidence says of each learner, with its uncertainty, and what comes next."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class LearnerState(Base, Owned):
    """All cells of a learner on one framework version, packed, for maps of a whole class; and how the learner stood
    some weeks ago on what has got evidence since (`keeping.Now.state`). The same numbers as the learner's `Estimate`
    rows, written with them; what the model believes in between is replayed from the traces."""

    __tablename__ = "learner_state"
    __table_args__ = (UniqueConstraint("person_id", "version_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"), index=True)
    state: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class CohortBelief(Base, Owned):
    """What is believed of one shared parameter (an item's step, a competency's difficulty, a rater's severity)."""

    __tablename__ = "cohort_belief"
    __table_args__ = (UniqueConstraint("version_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(300))
    value: Mapped[list[Any]]


class MarkTrace(Base, Owned):
    """One mark as the model took it in: the observation, and what was believed at that moment. Enough to recompute
    this learner alone. A mark whose mapping changed is another observation, with a trace of its own."""

    __tablename__ = "mark_trace"
    __table_args__ = (
        UniqueConstraint("criterion_score_id", "version_id", "signature"),
        Index("ix_mark_trace_learner", "person_id", "version_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    criterion_score_id: Mapped[int] = mapped_column(ForeignKey("criterion_score.id", ondelete="CASCADE"))
    signature: Mapped[str] = mapped_column(String(64))
    observation: Mapped[dict[str, Any]]
    trace: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]


class Estimate(Base, Owned):
    """One cell of the heat map: where a learner stands on one competency (logits), from how many pieces. The level
    is read off against the cohort's cuts, so that the whole class is measured with one ruler."""

    __tablename__ = "estimate"
    __table_args__ = (UniqueConstraint("person_id", "version_id", "item_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    mean: Mapped[float]
    sd: Mapped[float]
    pieces: Mapped[int]
    updated_at: Mapped[datetime]


class LevelCut(Base, Owned):
    """The abilities (logits, rising) at which each level of a competency begins, for this institution's learners."""

    __tablename__ = "level_cut"
    __table_args__ = (UniqueConstraint("version_id", "item_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    cuts: Mapped[list[Any]]


class Target(Base, Owned):
    """The level a course's programme expects; `item_id` empty is the default for every competency."""

    __tablename__ = "target"
    __table_args__ = (UniqueConstraint("course_id", "version_id", "item_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    level: Mapped[int]


class Resource(Base, Owned):
    """Material that closes a gap, linked to a competency and, where it helps, one level."""

    __tablename__ = "resource"
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    level: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(300))
    url: Mapped[str] = mapped_column(String(2000))
    minutes: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")


class CheckRequest(Base, Owned):
    """A learner asks the teacher to look at a result or a mapping again."""

    __tablename__ = "check_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class StepChoice(Base, Owned):
    """A learner's answer to a next step: "not for me", or done."""

    __tablename__ = "step_choice"
    __table_args__ = (UniqueConstraint("person_id", "item_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    choice: Mapped[str] = mapped_column(String(20))
    chosen_at: Mapped[datetime]
