"""Tables of the launch room. Login and launch run before the institution is known, and say `everywhere` to look up a
platform, a deployment or a session. A platform is one institution's, but may serve courses of others (see Deployment),
so it is no scoped row."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.kit.db import Base, Owned


class Institution(Base):
    __tablename__ = "institution"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Platform(Base):
    """One registration: an issuer and our client id there (every Canvas cloud tenant shares one issuer)."""

    __tablename__ = "platform"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    family: Mapped[str] = mapped_column(String(40), default="")
    """`canvas`, `moodle` or another product family code, learned at the first launch."""
    auth_login_url: Mapped[str] = mapped_column(String(1000))
    auth_token_url: Mapped[str] = mapped_column(String(1000))
    auth_audience: Mapped[str | None] = mapped_column(String(1000))
    jwks_url: Mapped[str] = mapped_column(String(1000))
    jwks: Mapped[dict[str, Any] | None]
    """The last good key set; `jwks_tried_at` is claimed by an UPDATE so that one process refetches at a time."""
    jwks_fetched_at: Mapped[datetime | None]
    jwks_tried_at: Mapped[datetime | None]
    scopes: Mapped[list[Any] | None]
    created_at: Mapped[datetime]


class Deployment(Base, Owned):
    """Where in an LMS the tool is installed. An unknown one is kept as `pending` until an administrator approves."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    deployment_id: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(20))
    """`pending`, `approved` or `refused`."""
    created_at: Mapped[datetime]


class ToolKey(Base):
    """A signing key of ours: several are published, one signs."""

    __tablename__ = "tool_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(String(80), unique=True)
    private_sealed: Mapped[str] = mapped_column(Text)
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    """Published from then on."""
    signs_from: Mapped[datetime | None]
    """Empty: a key in reserve, published before it is needed."""
    retired_at: Mapped[datetime | None]
    """Published no more from then on; set, ahead of time, when another key takes over."""


class Launch(Base, Owned):
    """One launch, written by one INSERT: the replay check (nonce), the session and its claims in one row."""

    __tablename__ = "launch"
    __table_args__ = (Index("ix_launch_expires_at", "expires_at"),)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_hash: Mapped[str] = mapped_column(String(64), unique=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    """Empty, with the deployment, for an administrator who came by an invitation instead of through an LMS."""
    deployment_id: Mapped[int | None] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    # no index: nothing looks for it, and the one INSERT of a launch would pay for it
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id", ondelete="CASCADE"))
    claims: Mapped[dict[str, Any]]
    """What the landing needs; cut down to what a message still needs (deep linking) once landed."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    landed_at: Mapped[datetime | None]
    person_id: Mapped[int | None]
    course_id: Mapped[int | None]
    viewer: Mapped[dict[str, Any] | None]
    """Who this session is, as the landing found it: roles, names shown, what the link opens, frame origins."""


class Person(Base, Owned):
    __tablename__ = "person"
    # with the institution: one LMS may serve several, each with its own deployment and its own rows
    __table_args__ = (
        UniqueConstraint("institution_id", "platform_id", "subject"),
        Index("ix_person_lms", "platform_id", "lms_user_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    lms_user_id: Mapped[str | None] = mapped_column(String(255))
    """The LMS's own user id where it differs from `sub` (Canvas), for joining REST marks."""
    name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str] = mapped_column(String(255), default="")
    is_test: Mapped[bool] = mapped_column(default=False)
    """Canvas's Test Student: seen by instructors, never sent a grade."""
    seen_at: Mapped[datetime | None]


class Course(Base, Owned):
    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    context_id: Mapped[str] = mapped_column(String(255))
    lms_course_id: Mapped[str | None] = mapped_column(String(255))
    """The id that the LMS's own REST API uses (Canvas: `$Canvas.course.id`; Moodle: the context id)."""
    title: Mapped[str] = mapped_column(String(500), default="")
    label: Mapped[str] = mapped_column(String(255), default="")
    framework_version_id: Mapped[int | None]
    """The published framework version this course works with."""
    line_items_url: Mapped[str | None] = mapped_column(String(2000))
    ags_scopes: Mapped[list[Any] | None]
    roster_url: Mapped[str | None] = mapped_column(String(2000))
    roster_synced_at: Mapped[datetime | None]
    history: Mapped[list[Any] | None]
    """The context ids that this course was copied from, the latest first, where the LMS tells."""
    created_at: Mapped[datetime]


class Membership(Base, Owned):
    """A person in a course. A role learned at launch wins over one from names and roles."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("course_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    """`instructor`, `assistant`, `learner` or `other`."""
    role_from: Mapped[str] = mapped_column(String(10))
    """`launch` or `roster`."""
    active: Mapped[bool] = mapped_column(default=True)
    section: Mapped[str] = mapped_column(String(255), default="")


class ResourceLink(Base, Owned):
    """A placement of the tool in a course. Our own id travels in `custom` and survives a course copy."""

    __tablename__ = "resource_link"
    __table_args__ = (UniqueConstraint("course_id", "link_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    link_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(500), default="")
    opens: Mapped[str] = mapped_column(String(40), default="map")
    """`map`, or `assessment` with `assessment_ref` naming which."""
    assessment_ref: Mapped[str | None] = mapped_column(String(64))
    line_item_url: Mapped[str | None] = mapped_column(String(2000))


class AccessToken(Base):
    """Access tokens for LMS services, shared by all processes, sealed at rest."""

    __tablename__ = "access_token"
    __table_args__ = (UniqueConstraint("platform_id", "scopes"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    scopes: Mapped[str] = mapped_column(String(1000))
    token_sealed: Mapped[str] = mapped_column(Text)
    """Empty while there is none."""
    expires_at: Mapped[datetime]
    asking_until: Mapped[datetime | None]
    """A process is asking the LMS for a new one: the others wait for it until then."""


class Invitation(Base, Owned):
    """A link that works once: for an institution's first administrator, or for an LMS to register itself."""

    __tablename__ = "invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(30))
    """`administrator` or `register_platform`."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_sealed: Mapped[str] = mapped_column(Text, default="")
    """Only of an open registration address, which its administrators may look at again until it is used."""
    made_by: Mapped[str] = mapped_column(String(255), default="")
    """In words: a name, or the command line."""
    person_id: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    claim: Mapped[str] = mapped_column(String(64), default="")
    """Whose attempt is under way: a registration talks to the LMS for a while, and nobody else may begin then."""
    claimed_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(60), default="")
    """Reason code of the last attempt that came to nothing; it leaves the invitation as good as before."""
    used_at: Mapped[datetime | None]
    used_for: Mapped[str] = mapped_column(String(500), default="")
    """The issuer that was registered."""
    revoked_at: Mapped[datetime | None]
