"""Tables of a framework's life: where a version is tried, what people say of it, who agreed, when it is looked at
again; and the tokens by which other systems read what is not published openly."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class PilotCourse(Base, Owned):
    """A course in which a version is tried before it is rolled out."""

    __tablename__ = "pilot_course"
    __table_args__ = (UniqueConstraint("version_id", "course_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class FrameworkFeedback(Base, Owned):
    """What somebody who works with a version says of it, from inside the LMS. Open while `settled_at` is empty."""

    __tablename__ = "framework_feedback"
    __table_args__ = (Index("ix_framework_feedback_open", "version_id", "settled_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id", ondelete="CASCADE"))
    """Empty: the framework as a whole."""
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    given_as: Mapped[str] = mapped_column(String(20))
    """`instructor`, `learner` or `administrator`: whose side it is seen from."""
    mark: Mapped[str] = mapped_column(String(20))
    """`clear`, `unclear`, `missing`, `outdated` or `gap`."""
    words: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answer: Mapped[str] = mapped_column(Text, default="")


class SignOff(Base, Owned):
    """Leadership or employees said yes or not yet to a version. The latest of each side counts; none is overwritten."""

    __tablename__ = "framework_sign_off"
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"), index=True)
    side: Mapped[str] = mapped_column(String(20))
    """`leadership` or `employees`."""
    agreed: Mapped[bool]
    who: Mapped[str] = mapped_column(String(255))
    """The person or body, as the administrator writes it."""
    note: Mapped[str] = mapped_column(Text, default="")
    signed_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class Waiver(Base, Owned):
    """Going on without what is asked for, with the reason and who takes it upon them."""

    __tablename__ = "framework_waiver"
    __table_args__ = (UniqueConstraint("version_id", "of"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("framework_version.id", ondelete="CASCADE"))
    of: Mapped[str] = mapped_column(String(20))
    """`feedback` (pilot feedback is still open) or `sign_off`."""
    reason: Mapped[str] = mapped_column(Text)
    waived_at: Mapped[datetime]
    waived_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class FrameworkReview(Base, Owned):
    """A framework was looked through (`review`, yearly) or made anew (`overhaul`, every two to three years)."""

    __tablename__ = "framework_review"
    id: Mapped[int] = mapped_column(primary_key=True)
    framework_id: Mapped[int] = mapped_column(ForeignKey("framework.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class ApiToken(Base, Owned):
    """Lets another system of the institution read its frameworks. Only the hash is kept: the token is shown once."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    ending: Mapped[str] = mapped_column(String(8))
    """The last letters, by which people tell tokens apart."""
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PendingImport(Base, Owned):
    """An uploaded file between its preview and the decision. Thrown away when decided, and after an hour."""

    __tablename__ = "pending_import"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """Compressed (zlib)."""
    created_at: Mapped[datetime]
