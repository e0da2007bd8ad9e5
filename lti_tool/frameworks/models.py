"""Tables of the frameworks room: a framework, its versions (a published one never changes), and what they hold."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.frameworks.generate.models import Generation, GenerationDocument, GenerationStage
from lti_tool.frameworks.models_life import (
    ApiToken,
    FrameworkFeedback,
    FrameworkReview,
    PendingImport,
    PilotCourse,
    SignOff,
    Waiver,
)
from lti_tool.frameworks.models_roles import RoleProfile, RoleTarget
from lti_tool.kit.db import Base, Owned

__all__ = [
    "ApiToken",
    "Association",
    "Framework",
    "FrameworkFeedback",
    "FrameworkReview",
    "FrameworkVersion",
    "Generation",
    "GenerationDocument",
    "GenerationStage",
    "Item",
    "Level",
    "PendingImport",
    "PilotCourse",
    "RoleProfile",
    "RoleTarget",
    "SignOff",
    "Waiver",
]


class Framework(Base, Owned):
    __tablename__ = "framework"
    __table_args__ = (UniqueConstraint("institution_id", "identifier"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    identifier: Mapped[str] = mapped_column(String(255))
    """The identifier of the source (CASE: the document's), by which a re-import finds it."""
    title: Mapped[str] = mapped_column(String(500))
    is_default: Mapped[bool] = mapped_column(default=False)
    """Courses that chose no framework work with the newest published version of this one."""
    is_open: Mapped[bool] = mapped_column(default=False)
    """Anybody may read its published version by the CASE API; otherwise only with a token of the institution."""
    review_months: Mapped[int] = mapped_column(default=12)
    overhaul_months: Mapped[int] = mapped_column(default=30)
    created_at: Mapped[datetime]


class FrameworkVersion(Base, Owned):
    __tablename__ = "framework_version"
    __table_args__ = (UniqueConstraint("framework_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    framework_id: Mapped[int] = mapped_column(ForeignKey("framework.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    """`draft`, `pilot`, `published` or `retired`. Only a draft's content may change."""
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("framework_version.id", ondelete="SET NULL"))
    """The version that this one was copied from."""
    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(Text, default="")
    source_version: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(20), default="")
    publisher: Mapped[str] = mapped_column(String(255), default="")
    licence: Mapped[str] = mapped_column(Text, default="")
    attribution: Mapped[str] = mapped_column(Text, default="")
    source_url: Mapped[str] = mapped_column(String(1000), default="")
    format: Mapped[str] = mapped_column(String(20))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Hash of the content: importing the same file again adds nothing."""
    extra: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class Level(Base, Owned):
    """A proficiency level of a version, 1 the lowest."""

    __tablename__ = "level"
    __table_args__ = (UniqueConstraint("version_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    months: Mapped[int | None]
    """What reaching it from the level below is meant to take."""


class Item(Base, Owned):
    """A category, competency, skill or indicator of a version."""

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("version_id", "key"),
        Index("ix_item_version_assessed", "version_id", "assessed"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    assessed: Mapped[bool] = mapped_column(default=False)
    """Is this what rubric criteria are aligned to and learners are placed on?"""
    code: Mapped[str] = mapped_column(String(120), default="")
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[str] = mapped_column(String(20), default="")
    level_number: Mapped[int | None]
    """Of an indicator: the level it shows."""
    position: Mapped[int]
    descriptors: Mapped[dict[str, Any]]
    """Level number (as text, JSON has no other keys) to this level's descriptor."""
    extra: Mapped[dict[str, Any]]


class Association(Base, Owned):
    __tablename__ = "association"
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"), index=True)
    type: Mapped[str] = mapped_column(String(40))
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    origin_key: Mapped[str] = mapped_column(String(500))
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"), index=True)
    destination_key: Mapped[str] = mapped_column(String(1000))
    extra: Mapped[dict[str, Any]]


class LintDismissal(Base, Owned):
    """Advice on a framework that a person set aside, with the reason. It holds for every version of the framework in
    which these words still stand: `text_hash` is of the words that the finding is about."""

    __tablename__ = "lint_dismissal"
    __table_args__ = (UniqueConstraint("framework_id", "rule", "item_key", "text_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    framework_id: Mapped[int] = mapped_column(ForeignKey("framework.id", ondelete="CASCADE"))
    rule: Mapped[str] = mapped_column(String(40))
    item_key: Mapped[str] = mapped_column(String(255))
    """Of the item that the finding stands at; "" for one about the whole framework."""
    text_hash: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    dismissed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    dismissed_at: Mapped[datetime]


class FrameworkEdit(Base, Owned):
    """One change that somebody made to a draft in the editor. Rows are only ever added: undoing is another edit."""

    __tablename__ = "framework_edit"
    __table_args__ = (
        UniqueConstraint("version_id", "seq"),
        UniqueConstraint("version_id", "client", "sent"),
        Index("ix_framework_edit_target", "version_id", "target", "seq"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    seq: Mapped[int]
    """Counts from 1 within the version. The revision of an item is the `seq` of the last edit of it."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    client: Mapped[str] = mapped_column(String(40))
    """The open page that it came from; `sent` counts what this page sent, so that sending twice changes once."""
    sent: Mapped[int]
    target: Mapped[str] = mapped_column(String(255))
    """The key of the item it is about, `#level` and a number for a level, `#about` for the framework itself."""
    op: Mapped[dict[str, Any]]
    inverse: Mapped[dict[str, Any]]
    undoes: Mapped[int | None]
    """The `seq` of the edit that this one takes back."""
    at: Mapped[datetime]


class ItemPlace(Base, Owned):
    """Where somebody put an item in the drawing of a version, in the drawing's own units."""

    __tablename__ = "item_place"
    __table_args__ = (UniqueConstraint("version_id", "item_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_key: Mapped[str] = mapped_column(String(255))
    x: Mapped[float]
    y: Mapped[float]
