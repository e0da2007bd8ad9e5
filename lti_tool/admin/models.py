"""Tables of the admin room: what connection checks found. The audit trail is the kit's, so that every room may write
to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.audit import AuditEntry
from lti_tool.kit.db import Base, Owned

__all__ = ["AuditEntry", "ConnectionCheck"]


class ConnectionCheck(Base, Owned):
    """One check of one platform, asked for by somebody and done by a worker."""

    __tablename__ = "connection_check"
    __table_args__ = (Index("ix_connection_check_newest", "platform_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    asked_by: Mapped[str] = mapped_column(String(255))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    findings: Mapped[list[Any] | None]
    """A list of `checking.domain.Finding.as_json()`."""
