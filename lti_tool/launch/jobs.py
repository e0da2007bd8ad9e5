"""What the launch room does outside a request."""

from datetime import timedelta

from flask import current_app

from lti_tool.kit import audit, clock
from lti_tool.kit.errors import Fault, Unavailable
from lti_tool.kit.jobs import DayBegan
from lti_tool.kit.log import get_logger
from lti_tool.kit.outbox import GiveUp, TryAgain, Work, handles
from lti_tool.launch import keys, queries, sessions
from lti_tool.launch.events import LaunchesExpired, RosterDue
from lti_tool.launch.parts import parts
from lti_tool.launch.queries import CourseInfo
from lti_tool.launch.roster import sync_roster
from lti_tool.lms.faults import Throttled
from lti_tool.lms.values import Member

log = get_logger(__name__)


@handles(RosterDue)
def read_roster(event: RosterDue, work: Work) -> None:
    """Read the course's names and roles, outside any transaction, then write the differences."""
    now = clock.now()
    course = queries.course(work.session, event.course_id)
    if not course.roster_url:
        return
    try:
        members = _members(course, work)
    except Throttled as asked:
        raise TryAgain(asked.words, asked.after) from asked
    except Unavailable:
        raise
    except Fault as refused:  # nobody but an administrator of the LMS can change it; the next launch asks again
        raise GiveUp(str(refused)) from refused
    with work.writing() as session:
        change = sync_roster(session, course, members, now)
    log.info("roster.read", course=course.id, listed=change.listed, joined=change.joined, left=change.left)


def _members(course: CourseInfo, work: Work) -> tuple[Member, ...]:
    """With a link of the course named, Canvas adds each person's own id; without, the list is as good otherwise."""
    now = clock.now()
    links = queries.links(work.session, course.id) if course.family == "canvas" else []
    nrps = parts().services.nrps_for(work.session, course)
    url = str(course.roster_url)
    if links:
        try:
            return nrps.members(url, now=now, rlid=links[-1].link_id)
        except Throttled:
            raise
        except Fault as fault:
            log.info("roster.without_link", course=course.id, reason=fault.reason)
    return nrps.members(url, now=now)


@handles(LaunchesExpired)
def forget_launches(_event: LaunchesExpired, work: Work) -> None:
    """Sessions that ended more than a day ago, with the claims that were left of them."""
    with work.writing() as session:
        gone = sessions.forget_expired(session, clock.now() - timedelta(days=1))
    log.info("launches.forgotten", count=gone)


@handles(DayBegan)
def look_after_keys(_event: DayBegan, work: Work) -> None:
    """Our own keys by their age, see `keys.look_after`."""
    days = current_app.extensions["waymark.settings"].key_days
    sealer = current_app.extensions["waymark.sealer"]
    with work.writing() as session:
        now = clock.now()
        turned = keys.look_after(session, sealer, now, timedelta(days=days) if days else None)
        if turned is not None:
            for one in queries.institutions(session):
                what = f"Key {turned.kid}"
                audit.record(session, "Waymark, by schedule", "keys.rotated", what, now=now, institution_id=one)
    if turned is not None:
        log.info("keys.rotated", kid=turned.kid)
