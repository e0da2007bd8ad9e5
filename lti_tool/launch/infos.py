"""What other rooms are told of courses, people, links and connections: frozen values, never rows."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.kit.ids import CourseId, DeploymentId, InstitutionId, PersonId, PlatformId


@dataclass(frozen=True, slots=True)
class CourseInfo:
    """A course as an LMS names it: (registration, deployment, context)."""

    id: CourseId
    institution_id: InstitutionId
    platform_id: PlatformId
    deployment_id: DeploymentId
    family: str
    """`canvas`, `moodle`, another product family code, or empty when never told."""
    context_id: str
    lms_course_id: str | None
    """The id that the LMS's own REST API or web services use."""
    title: str
    label: str
    framework_version_id: int | None
    line_items_url: str | None
    """The AGS container; None where the LMS grants no line items."""
    ags_scopes: frozenset[str]
    roster_url: str | None
    roster_synced_at: datetime | None
    history: tuple[str, ...] = ()
    """The contexts that it was copied from, the latest first, where the LMS tells."""


@dataclass(frozen=True, slots=True)
class PersonInfo:
    id: PersonId
    institution_id: InstitutionId
    platform_id: PlatformId
    subject: str
    """The LTI `sub`: what AGS calls `userId`."""
    lms_user_id: str | None
    """The LMS's own user id where it differs from `sub` (Canvas)."""
    name: str
    """Empty where the LMS sends no names: show `shown_as`."""
    is_test: bool

    @property
    def shown_as(self) -> str:
        """The name, or a stand-in where the LMS sends none."""
        return self.name or f"Person {self.id}"


@dataclass(frozen=True, slots=True)
class MemberInfo:
    person: PersonInfo
    role: str
    """`instructor`, `assistant`, `learner` or `other`."""
    active: bool
    section: str


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """A placement of the tool in a course."""

    id: int
    course_id: CourseId
    link_id: str
    title: str
    opens: str
    assessment_ref: str | None
    line_item_url: str | None


@dataclass(frozen=True, slots=True)
class PlatformInfo:
    """One registration with an LMS."""

    id: PlatformId
    institution_id: InstitutionId
    name: str
    issuer: str
    client_id: str
    family: str
    auth_login_url: str
    auth_token_url: str
    auth_audience: str | None
    jwks_url: str
    jwks_fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeploymentInfo:
    id: DeploymentId
    platform_id: PlatformId
    institution_id: InstitutionId
    deployment_id: str
    status: str
    """`pending`, `approved` or `refused`."""
    created_at: datetime
