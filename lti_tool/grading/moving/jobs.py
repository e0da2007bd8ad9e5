"""A pilot began: each of its courses moves to the version that is tried."""

from lti_tool.frameworks.events import VersionChosen
from lti_tool.grading.moving import service
from lti_tool.kit import clock, outbox
from lti_tool.kit.log import get_logger

log = get_logger(__name__)


@outbox.handles(VersionChosen)
def move_course(event: VersionChosen, work: outbox.Work) -> None:
    with work.writing() as session:
        moved = service.move(session, event.course_id, event.version_id, clock.now())
    log.info("course.moved", course=event.course_id, version=event.version_id, criteria=moved.criteria)
