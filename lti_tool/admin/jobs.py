"""What the admin room does outside a request."""

from flask import current_app

from lti_tool.admin.checking import service
from lti_tool.admin.checking.domain import Finding
from lti_tool.admin.checking.service import CheckDue
from lti_tool.kit import clock
from lti_tool.kit.db import Session
from lti_tool.kit.log import get_logger
from lti_tool.kit.outbox import Work, handles
from lti_tool.launch.parts import parts
from lti_tool.settings import Settings

log = get_logger(__name__)


@handles(CheckDue)
def check_connection(event: CheckDue, work: Work) -> None:
    """Ask everybody outside any transaction, then keep what they said."""
    check = service.check(work.session, event.check_id)
    if check is None or not check.running:
        return
    found = look_at(work.session, check.platform_id)
    with work.writing() as session:
        service.keep(session, check.id, check.platform_id, found, clock.now())
    log.info("connection.checked", platform=check.platform_id, bad=[one.code for one in found if one.code])


def look_at(session: Session, platform_id: int) -> tuple[Finding, ...]:
    """One check, now, in this thread; the session's transaction is ended before anybody is asked."""
    settings: Settings = current_app.extensions["waymark.settings"]
    ring = parts().ring
    published = [key["kid"] for key in ring.published(clock.now())["keys"]]
    facts = service.facts_of(
        session,
        platform_id,
        base_url=settings.base_url,
        published=published,
        sealer=current_app.extensions["waymark.sealer"],
    )
    session.rollback()
    return service.look(
        facts, lambda claims: ring.sign(claims, clock.now()), clock.now, allow_private=settings.allow_private
    )
