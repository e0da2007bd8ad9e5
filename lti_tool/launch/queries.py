"""What the launch room knows, for the rooms above: frozen values, never rows.

Every function on people, courses and links reads inside the session's institution scope (`kit.db.scoped`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from lti_tool.kit.db import Session
from lti_tool.kit.errors import NotFound
from lti_tool.kit.ids import CourseId, DeploymentId, InstitutionId, PersonId, PlatformId
from lti_tool.launch.infos import CourseInfo, DeploymentInfo, LinkInfo, MemberInfo, PersonInfo, PlatformInfo
from lti_tool.launch.models import Course, Deployment, Institution, Membership, Person, Platform, ResourceLink

__all__ = [
    "CourseInfo",
    "CourseUnknown",
    "DeploymentInfo",
    "LinkInfo",
    "MemberInfo",
    "PersonInfo",
    "PersonUnknown",
    "PlatformInfo",
    "PlatformUnknown",
    "course",
    "courses",
    "deployment_info",
    "deployments",
    "institutions",
    "last_opened",
    "learner_by_subject",
    "learners",
    "link_to",
    "links",
    "people",
    "people_of",
    "person",
    "person_by_lms_id",
    "platform",
    "platforms",
    "role_in",
]


class CourseUnknown(NotFound):
    reason = "course_unknown"


class PersonUnknown(NotFound):
    reason = "person_unknown"


class PlatformUnknown(NotFound):
    reason = "platform_unknown"


def course(session: Session, course_id: int) -> CourseInfo:
    """One course. Raises CourseUnknown, also for another institution's."""
    found = _courses(session, Course.id == course_id)
    if not found:
        raise CourseUnknown("There is no such course.", "Open Waymark from the course in your LMS once.")
    return found[0]


def courses(session: Session) -> list[CourseInfo]:
    """Every course of the institution in scope, by title."""
    return _courses(session)


def person(session: Session, person_id: int) -> PersonInfo:
    """One person. Raises PersonUnknown, also for another institution's."""
    found = people(session, [person_id])
    if not found:
        raise PersonUnknown("There is no such person here.", "Go back to the class and choose somebody there.")
    return found[PersonId(person_id)]


def people(session: Session, ids: Iterable[int]) -> dict[PersonId, PersonInfo]:
    """The people with these ids, those that exist in the institution in scope."""
    rows = session.scalars(select(Person).where(Person.id.in_(list(ids))))
    return {PersonId(row.id): _person(row) for row in rows}


def people_of(session: Session, course_id: int, *, active_only: bool = True) -> list[MemberInfo]:
    """The course's members, by name then id."""
    query = (
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.course_id == course_id)
        .order_by(Person.name, Person.id)
    )
    if active_only:
        query = query.where(Membership.active)
    return [
        MemberInfo(_person(who), member.role, member.active, member.section) for member, who in session.execute(query)
    ]


def learners(session: Session, course_id: int) -> list[PersonInfo]:
    """Active members whose role is learner, by name then id; the LMS's test student is among them (`is_test`)."""
    return [member.person for member in people_of(session, course_id) if member.role == "learner"]


def role_in(session: Session, course_id: int, person_id: int) -> str | None:
    """The person's role in the course while active there, else None."""
    return session.scalar(
        select(Membership.role).where(
            Membership.course_id == course_id, Membership.person_id == person_id, Membership.active
        )
    )


def person_by_lms_id(session: Session, platform_id: int, ids: Collection[str]) -> dict[str, PersonId]:
    """Who each of the LMS's own user ids is: matched by the id learned at launch or from the roster, or by `sub`
    where the LMS uses one id for both (Moodle). Unknown ids are left out."""
    wanted = set(ids)
    rows = session.execute(
        select(Person.id, Person.subject, Person.lms_user_id).where(
            Person.platform_id == platform_id, or_(Person.lms_user_id.in_(wanted), Person.subject.in_(wanted))
        )
    ).all()
    by_subject = {subject: PersonId(who) for who, subject, _ in rows if subject in wanted}
    by_own_id = {own: PersonId(who) for who, _, own in rows if own in wanted}
    return by_subject | by_own_id


def learner_by_subject(session: Session, platform_id: int, course_id: int, subject: str) -> PersonId | None:
    """The learner of this course whom the LMS calls by this `sub`, suspended or not."""
    found = session.scalar(
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.platform_id == platform_id, Person.subject == subject)
        .where(Membership.course_id == course_id, Membership.role == "learner")
    )
    return None if found is None else PersonId(found)


def links(session: Session, course_id: int) -> list[LinkInfo]:
    """The course's placements of the tool that have been opened at least once."""
    rows = session.scalars(select(ResourceLink).where(ResourceLink.course_id == course_id).order_by(ResourceLink.id))
    return [
        LinkInfo(r.id, CourseId(r.course_id), r.link_id, r.title, r.opens, r.assessment_ref, r.line_item_url)
        for r in rows
    ]


def link_to(session: Session, course_id: int, assessment_ref: str) -> LinkInfo | None:
    """The placement that opens an assessment of ours, best one with a line item."""
    found = [link for link in links(session, course_id) if link.assessment_ref == assessment_ref]
    return min(found, key=lambda link: (link.line_item_url is None, link.id), default=None)


def platform(session: Session, platform_id: int) -> PlatformInfo:
    """One registration, whatever the scope. Raises PlatformUnknown."""
    row = session.get(Platform, platform_id)
    if row is None:
        raise PlatformUnknown("There is no such connection to an LMS.", "Add it with `lti-tool platform add`.")
    return _platform(row)


def platforms(session: Session, institution_id: int | None = None) -> list[PlatformInfo]:
    """The registrations of an institution; of all when None (commands only)."""
    query = select(Platform).order_by(Platform.id)
    if institution_id is not None:
        query = query.where(Platform.institution_id == institution_id)
    return [_platform(row) for row in session.scalars(query)]


def institutions(session: Session) -> list[InstitutionId]:
    """Every institution; for what concerns all of them."""
    return [InstitutionId(one) for one in session.scalars(select(Institution.id).order_by(Institution.id))]


def last_opened(session: Session) -> dict[PlatformId, datetime]:
    """When somebody of the institution in scope last opened the tool from each LMS."""
    rows = session.execute(select(Person.platform_id, func.max(Person.seen_at)).group_by(Person.platform_id))
    return {PlatformId(platform_id): at for platform_id, at in rows if at is not None}


def deployments(session: Session, institution_id: int | None = None) -> list[DeploymentInfo]:
    """Where the tool is installed, pending ones first; of all institutions when None (commands only)."""
    query = select(Deployment).order_by(Deployment.status.desc(), Deployment.id)
    if institution_id is not None:
        query = query.where(Deployment.institution_id == institution_id)
    return [deployment_info(row) for row in session.scalars(query)]


def deployment_info(row: Deployment) -> DeploymentInfo:
    return DeploymentInfo(
        DeploymentId(row.id),
        PlatformId(row.platform_id),
        InstitutionId(row.institution_id),
        row.deployment_id,
        row.status,
        row.created_at,
    )


def _courses(session: Session, *where: ColumnElement[bool]) -> list[CourseInfo]:
    query = select(Course, Platform.family).join(Platform, Platform.id == Course.platform_id)
    rows = session.execute(query.where(*where).order_by(Course.title, Course.id))
    return [
        CourseInfo(
            CourseId(row.id),
            InstitutionId(row.institution_id),
            PlatformId(row.platform_id),
            DeploymentId(row.deployment_id),
            family,
            row.context_id,
            row.lms_course_id,
            row.title,
            row.label,
            row.framework_version_id,
            row.line_items_url,
            frozenset(row.ags_scopes or ()),
            row.roster_url,
            row.roster_synced_at,
            tuple(row.history or ()),
        )
        for row, family in rows
    ]


def _person(row: Person) -> PersonInfo:
    return PersonInfo(
        PersonId(row.id),
        InstitutionId(row.institution_id),
        PlatformId(row.platform_id),
        row.subject,
        row.lms_user_id,
        row.name,
        row.is_test,
    )


def _platform(row: Platform) -> PlatformInfo:
    return PlatformInfo(
        PlatformId(row.id),
        InstitutionId(row.institution_id),
        row.name,
        row.issuer,
        row.client_id,
        row.family,
        row.auth_login_url,
        row.auth_token_url,
        row.auth_audience,
        row.jwks_url,
        row.jwks_fetched_at,
    )
