"""Tables of the generator: a brief being written or worked on, its documents, and its stages."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class Generation(Base, Owned):
    __tablename__ = "generation"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    """`writing` (the brief), `working`, `done`, `unserved` (no draft: the sources have nothing near) or `cancelled`."""
    brief: Mapped[dict[str, Any]]
    """The fields as they were typed."""
    outline: Mapped[dict[str, Any]]
    """The draft as far as it has come."""
    calls: Mapped[int] = mapped_column(default=0)
    """Questions asked of a language model, counted before each is asked."""
    given_up: Mapped[str] = mapped_column(Text, default="")
    """Why the language model is not asked any more."""
    version_id: Mapped[int | None] = mapped_column(ForeignKey("framework_version.id", ondelete="SET NULL"), index=True)
    read_at: Mapped[dict[str, Any]]
    """Key of an item to when a person ticked it as read."""
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class GenerationDocument(Base, Owned):
    """A document's words; the file itself is not kept."""

    __tablename__ = "generation_document"
    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generation.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    cut: Mapped[bool] = mapped_column(default=False)


class GenerationStage(Base, Owned):
    """One stage with what came of it. Model, prompt and input are kept as names and hashes, never as text."""

    __tablename__ = "generation_stage"
    __table_args__ = (UniqueConstraint("generation_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int] = mapped_column(ForeignKey("generation.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(20), default="waiting")
    """`waiting`, `working`, `done` or `stopped`."""
    engine: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    model: Mapped[str] = mapped_column(String(120), default="")
    prompt_version: Mapped[str] = mapped_column(String(80), default="")
    input_hash: Mapped[str] = mapped_column(String(64), default="")
    finished_at: Mapped[datetime | None]
