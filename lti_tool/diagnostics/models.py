"""Tables of the diagnostics room: what all evidence says of each learner, with its uncertainty, and what comes next."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class LearnerState(Base, Owned):
    """A learner's belief state on one framework version: general ability and its star of competencies."""

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


class EvidenceTrace(Base, Owned):
    """What the update returned for one evidence row: enough to replay this learner alone, in order."""

    __tablename__ = "evidence_trace"
    __table_args__ = (UniqueConstraint("evidence_id"), Index("ix_trace_learner", "person_id", "version_id", "position"))
    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    position: Mapped[int]
    trace: Mapped[dict[str, Any]]


class Estimate(Base, Owned):
    """One cell of the heat map: where a learner stands on one competency, how sure that is, from how much."""

    __tablename__ = "estimate"
    __table_args__ = (UniqueConstraint("person_id", "version_id", "item_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    mean: Mapped[float]
    sd: Mapped[float]
    pieces: Mapped[int]
    level: Mapped[int | None]
    """None: not enough evidence yet."""
    lowest: Mapped[int]
    highest: Mapped[int]
    """The levels that are also possible."""
    probabilities: Mapped[list[Any]]
    updated_at: Mapped[datetime]


class EstimatePoint(Base, Owned):
    """An estimate as it stood after a day's evidence: the profile over time."""

    __tablename__ = "estimate_point"
    __table_args__ = (UniqueConstraint("person_id", "version_id", "item_id", "day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    day: Mapped[str] = mapped_column(String(10))
    mean: Mapped[float]
    sd: Mapped[float]
    pieces: Mapped[int]
    level: Mapped[int | None]


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


class StepChoice(Base, Owned):
    """A learner's answer to a next step: "not for me", or done."""

    __tablename__ = "step_choice"
    __table_args__ = (UniqueConstraint("person_id", "item_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    choice: Mapped[str] = mapped_column(String(20))
    chosen_at: Mapped[datetime]
