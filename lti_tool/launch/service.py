"""Use cases around registrations: add an LMS, note and decide deployments, choose a course's framework.

The caller opens the transaction (`kit.db.writing`); nothing here commits.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select, update

from lti_tool.kit.db import Session, insert_once, upsert
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.launch.domain.claims import is_id, is_url
from lti_tool.launch.models import Course, Deployment, Institution, Platform, ResourceLink
from lti_tool.launch.queries import CourseUnknown, DeploymentInfo, PlatformInfo, deployment_info

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class PlatformWrong(Invalid):
    """What was given for a registration cannot be used; `details` has a line for each fault."""

    reason = "platform_wrong"

    def __init__(self, details: list[str]) -> None:
        super().__init__("The LMS was not added.", "Put right what is listed and try again.")
        self.details = tuple(details)


class InstitutionUnclear(Invalid):
    reason = "institution_unclear"


class DeploymentUnknown(NotFound):
    reason = "deployment_unknown"


class DeploymentInUse(Invalid):
    reason = "deployment_in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlatform:
    """A registration as an administrator copies it from the LMS."""

    issuer: str
    client_id: str
    auth_login_url: str
    auth_token_url: str
    jwks_url: str
    name: str = ""
    auth_audience: str | None = None
    institution: str = ""
    """The institution's name; may be left out while there is only one."""

    def faults(self, *, allow_http: bool) -> list[str]:
        """What is wrong with it, a sentence each."""
        said = []
        if not is_id(self.client_id):
            said.append("The client id is missing or too long.")
        addresses = {
            "issuer": self.issuer,
            "auth login URL": self.auth_login_url,
            "auth token URL": self.auth_token_url,
            "JWKS URL": self.jwks_url,
        }
        for name, url in addresses.items():
            if not is_url(url):
                said.append(f"The {name} is no web address (https://...).")
            elif urlsplit(url).scheme != "https" and not allow_http and urlsplit(url).hostname not in LOOPBACK:
                said.append(f"The {name} must begin with https.")
        return said


def add_platform(session: Session, new: NewPlatform, now: datetime, *, allow_http: bool = False) -> int:
    """Add a registration, or bring the one with the same issuer and client id up to date; its row's id. Raises
    PlatformWrong with every fault at once, InstitutionUnclear."""
    if wrong := new.faults(allow_http=allow_http):
        raise PlatformWrong(wrong)
    values = {
        "auth_login_url": new.auth_login_url,
        "auth_token_url": new.auth_token_url,
        "auth_audience": new.auth_audience,
        "jwks_url": new.jwks_url,
        # another key set may be meant: ask for it anew
        "jwks": None,
        "jwks_fetched_at": None,
        "jwks_tried_at": None,
    }
    keys = {"issuer": new.issuer, "client_id": new.client_id}
    standing = session.scalar(select(Platform.id).filter_by(**keys))
    if standing is not None:
        session.execute(update(Platform).where(Platform.id == standing).values(**values))
        return standing
    first = {"name": new.name or urlsplit(new.issuer).hostname or "LMS", "family": "", "created_at": now}
    institution_id = the_institution(session, new.institution, now)
    return upsert(session, Platform, keys, {**values, **first, "institution_id": institution_id})


def the_institution(session: Session, name: str, now: datetime) -> int:
    """The institution with this name, made if there is none; without a name the only one there is."""
    if not name:
        found = session.scalars(select(Institution.id).limit(2)).all()
        if len(found) > 1:
            raise InstitutionUnclear("There are several institutions.", "Say which one with --institution NAME.")
        if found:
            return found[0]
    made = session.scalar(select(Institution.id).where(Institution.name == (name or "Institution")))
    if made is not None:
        return made
    row = Institution(name=name or "Institution", created_at=now)
    session.add(row)
    session.flush()
    return row.id


def note_deployment(session: Session, platform: PlatformInfo, deployment_id: str, now: datetime) -> None:
    """Keep a deployment seen for the first time as pending; one that stands stays as it is."""
    values = {
        "platform_id": platform.id,
        "institution_id": platform.institution_id,
        "deployment_id": deployment_id,
        "status": "pending",
        "created_at": now,
    }
    insert_once(session, Deployment, ["platform_id", "deployment_id"], values)


def add_deployment(session: Session, platform_id: int, deployment_id: str, now: datetime) -> DeploymentInfo:
    """Add an approved deployment, or approve the one that stands, whichever institution it is of."""
    if not is_id(deployment_id):
        raise PlatformWrong(["The deployment id is missing or too long."])
    keys = {"platform_id": platform_id, "deployment_id": deployment_id}
    institution_id = session.scalars(select(Platform.institution_id).where(Platform.id == platform_id)).one()
    first = {"institution_id": institution_id, "status": "approved", "created_at": now}
    insert_once(session, Deployment, list(keys), keys | first)
    row = session.scalars(select(Deployment).filter_by(**keys)).one()
    row.status = "approved"
    session.flush()
    return deployment_info(row)


def decide_deployment(session: Session, institution_id: int, row_id: int, *, approved: bool) -> DeploymentInfo:
    """Approve or refuse a deployment of this institution. Raises DeploymentUnknown. Other processes see it within
    half a minute."""
    row = session.get(Deployment, row_id)
    if row is None or row.institution_id != institution_id:
        raise DeploymentUnknown("There is no such deployment.", "Reload the list of connections.")
    row.status = "approved" if approved else "refused"
    session.flush()
    return deployment_info(row)


def assign_deployment(session: Session, row_id: int, institution: str, now: datetime) -> DeploymentInfo:
    """Give a deployment to the institution with this name, made if there is none: so one LMS serves several. Only while
    no course has opened the tool there, since what a course has kept stays with its institution. For whoever runs the
    installation: institutions know nothing of each other. Raises DeploymentUnknown, DeploymentInUse."""
    row = session.get(Deployment, row_id)
    if row is None:
        raise DeploymentUnknown("There is no such deployment.", "See `lti-tool platform list`.")
    wanted = the_institution(session, institution, now)
    if row.institution_id != wanted:
        if session.scalar(select(Course.id).where(Course.deployment_id == row.id).limit(1)) is not None:
            raise DeploymentInUse(
                "Courses have opened Waymark from this deployment, and what they kept stays with their institution.",
                "Install the tool once more in the LMS for the other institution, and assign that deployment.",
            )
        row.institution_id = wanted
        session.flush()
    return deployment_info(row)


def set_framework_version(session: Session, course_id: int, version_id: int | None) -> None:
    """Let a course work with a published framework version (the frameworks room checks that it is one)."""
    row = session.scalar(select(Course).where(Course.id == course_id))
    if row is None:
        raise CourseUnknown("There is no such course.", "Open Waymark from the course in your LMS once.")
    row.framework_version_id = version_id
    session.flush()


def hold_framework_version(session: Session, version_id: int) -> int:
    """Courses without a choice of their own stay with this version. Returns how many."""
    held = update(Course).where(Course.framework_version_id.is_(None)).values(framework_version_id=version_id)
    return int(session.execute(held).rowcount)  # type: ignore[attr-defined]


def forget_line_item(session: Session, course_id: int, url: str) -> None:
    """The LMS has no such column any more: no link of the course leads to it. A launch that names one again wins."""
    links = update(ResourceLink).where(ResourceLink.course_id == course_id, ResourceLink.line_item_url == url)
    session.execute(links.values(line_item_url=None))


def pending_deployments(session: Session, institution_id: int) -> int:
    """How many deployments wait for an administrator of this institution."""
    query = select(func.count()).select_from(Deployment)
    return session.scalar(query.where(Deployment.institution_id == institution_id, Deployment.status == "pending")) or 0
