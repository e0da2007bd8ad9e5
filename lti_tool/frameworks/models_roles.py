"""Tables of role profiles: which level of which competency a role or a programme asks for."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class RoleProfile(Base, Owned):
    """A role, a programme or a stage of a career, measured by one framework."""

    __tablename__ = "role_profile"
    __table_args__ = (UniqueConstraint("framework_id", "title"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    framework_id: Mapped[int] = mapped_column(ForeignKey("framework.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class RoleTarget(Base, Owned):
    """The level that a role asks of one competency, named by its key: that outlives the framework's versions."""

    __tablename__ = "role_target"
    __table_args__ = (UniqueConstraint("role_id", "item_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role_profile.id", ondelete="CASCADE"))
    item_key: Mapped[str] = mapped_column(String(255))
    level: Mapped[int]
