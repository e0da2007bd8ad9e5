"""The landing: the first page after a launch writes down who came, from where, with which role, and what the link
opens. Everything in one transaction, every row by its unique key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lti_tool.kit import outbox
from lti_tool.kit.db import Base, Session, everywhere, scoped
from lti_tool.kit.ids import CourseId, InstitutionId, PersonId, PlatformId
from lti_tool.launch import copies
from lti_tool.launch.domain import claims as c
from lti_tool.launch.domain.facts import CourseFacts, Facts, LinkFacts, PersonFacts, origins, read
from lti_tool.launch.domain.roles import CourseRole
from lti_tool.launch.events import LaunchesExpired, RosterDue
from lti_tool.launch.models import Course, Membership, Person, Platform, ResourceLink
from lti_tool.launch.sessions import Landing, end_others, keep_viewer
from lti_tool.web.viewer import Role, Viewer

ROSTER_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Landed:
    """Who is here now, and what they came for."""

    viewer: Viewer
    facts: Facts


def land(session: Session, landing: Landing, now: datetime) -> Landed:
    """Write down a claimed launch. The caller's transaction holds the claim too, so a failure undoes both."""
    facts = read(landing.claims)
    with everywhere(session):  # the registration may be another institution's that lets this one install it
        platform: Any = session.execute(
            select(Platform.family, Platform.issuer, Platform.auth_login_url).where(Platform.id == landing.platform_id)
        ).one()
        if facts.family and facts.family != platform.family:
            session.execute(update(Platform).where(Platform.id == landing.platform_id).values(family=facts.family))
    with scoped(session, landing.institution_id):
        return _written_down(session, landing, facts, platform, now)


def _written_down(session: Session, landing: Landing, facts: Facts, platform: Row[Any], now: datetime) -> Landed:
    person = _person(session, landing, facts.person, now) if facts.person else None
    course = _course(session, landing, facts.course, now) if facts.course else None
    if person is not None and course is not None:
        before = session.scalar(select(Membership.role).filter_by(course_id=course.id, person_id=person.id))
        _membership(session, landing, course.id, person.id, facts.course_role)
        if before is not None and before != facts.course_role.value:
            end_others(session, landing.nonce, person.id, course.id, now)  # what was open with the old role
    link = _link(session, landing, course.id, facts.link, facts) if course is not None and facts.link else None
    viewer = Viewer(
        institution_id=InstitutionId(landing.institution_id),
        platform_id=PlatformId(landing.platform_id),
        person_id=PersonId(person.id) if person is not None else None,
        course_id=CourseId(course.id) if course is not None else None,
        course_title=course.title if course is not None else "",
        roles=viewer_roles(facts),
        session_hash=landing.session_hash,
        name=person.name if person is not None else "",
        is_test=person.is_test if person is not None else False,
        opens=link.opens if link is not None else "",
        assessment_ref=link.assessment_ref if link is not None else None,
        frame_origins=tuple(
            dict.fromkeys((*origins((platform.issuer, platform.auth_login_url)), *facts.frame_origins))
        ),
    )
    still_needed = {c.MESSAGE_TYPE: facts.message}
    if c.DEEP_LINKING in landing.claims:
        still_needed[c.DEEP_LINKING] = landing.claims[c.DEEP_LINKING]
    keep_viewer(session, landing.nonce, viewer, still_needed)
    if course is not None and Role.INSTRUCTOR in viewer.roles:
        _ask_for_roster(session, course, now)
    return Landed(viewer, facts)


def viewer_roles(facts: Facts) -> frozenset[Role]:
    """An anonymous visitor has no other role, whatever the token says; without a course there is no course role."""
    if facts.person is None:
        return frozenset({Role.ANONYMOUS})
    roles = {Role.ADMINISTRATOR} if facts.administers else set()
    if facts.course is not None and facts.course_role is not CourseRole.OTHER:
        roles.add(Role(facts.course_role.value))
    return frozenset(roles or {Role.OTHER})


def _person(session: Session, landing: Landing, facts: PersonFacts, now: datetime) -> Row[Any]:
    # An LMS that sends no name any more (its privacy settings) does not erase the one that is known.
    known = {"name": facts.name, "email": facts.email, "lms_user_id": facts.lms_user_id}
    return put(
        session,
        Person,
        {"institution_id": landing.institution_id, "platform_id": landing.platform_id, "subject": facts.subject},
        {name: value for name, value in known.items() if value} | {"is_test": facts.is_test, "seen_at": now},
        {},
        ("id", "name", "is_test"),
    )


def _course(session: Session, landing: Landing, facts: CourseFacts, now: datetime) -> Row[Any]:
    known = {
        "title": facts.title,
        "label": facts.label,
        "lms_course_id": facts.lms_course_id,
        "line_items_url": facts.line_items_url,
        "ags_scopes": list(facts.ags_scopes),
        "roster_url": facts.roster_url,
        "history": list(facts.history),
    }
    row = put(
        session,
        Course,
        {"deployment_id": landing.deployment_id, "context_id": facts.context_id},
        {name: value for name, value in known.items() if value},
        {"institution_id": landing.institution_id, "platform_id": landing.platform_id, "created_at": now},
        ("id", "title", "institution_id", "roster_url", "roster_synced_at", "created_at"),
    )
    if facts.history and row.created_at == now:  # a copy, seen for the first time
        chosen = copies.framework_before(session, landing.platform_id, facts.history)
        session.execute(update(Course).where(Course.id == row.id).values(framework_version_id=chosen))
    return row


def _membership(session: Session, landing: Landing, course_id: int, person_id: int, role: CourseRole) -> None:
    put(
        session,
        Membership,
        {"course_id": course_id, "person_id": person_id},
        {"role": role.value, "role_from": "launch", "active": True},
        {"institution_id": landing.institution_id},
        ("id",),
    )


def _link(session: Session, landing: Landing, course_id: int, link: LinkFacts, facts: Facts) -> Row[Any]:
    opens, ref = facts.opens, facts.ref
    if ref is None and link.history and (before := copies.link_before(session, landing.platform_id, link.history)):
        opens, ref = before.opens, before.assessment_ref  # a copy that lost its custom parameters
    # What a link opens is said by our own custom parameters; a launch without them changes nothing. The line item's
    # address is kept too: Moodle stops sending it once the link has a second one.
    known = {
        "title": link.title,
        "opens": opens,
        "assessment_ref": ref,
        "line_item_url": link.line_item_url,
    }
    return put(
        session,
        ResourceLink,
        {"course_id": course_id, "link_id": link.link_id},
        {name: value for name, value in known.items() if value},
        {"institution_id": landing.institution_id},
        ("id", "opens", "assessment_ref"),
    )


def _ask_for_roster(session: Session, course: Row[Any], now: datetime) -> None:
    """At most once an hour for a course, and once a day for what has expired."""
    synced = course.roster_synced_at
    if course.roster_url and (synced is None or synced < now - ROSTER_EVERY):
        key = f"{course.id}/{now:%Y%m%d%H}"
        outbox.post(session, RosterDue(course_id=course.id), institution_id=course.institution_id, key=key)
    outbox.post(session, LaunchesExpired(day=f"{now:%Y-%m-%d}"), institution_id=None, key=f"{now:%Y-%m-%d}")


def put(
    session: Session,
    model: type[Base],
    keys: Mapping[str, Any],
    always: Mapping[str, Any],
    first: Mapping[str, Any],
    returning: tuple[str, ...],
) -> Row[Any]:
    """Insert or update by a unique key in one statement: `always` is written each time, `first` only into a new
    row. Returns the named columns as they stand."""
    table: Any = model.__table__
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**keys, **always, **first)
    statement = statement.on_conflict_do_update(index_elements=list(keys), set_=dict(always) or dict(keys))
    return session.execute(statement.returning(*(table.c[name] for name in returning))).one()
