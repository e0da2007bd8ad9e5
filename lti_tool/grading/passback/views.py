"""Sending grades again, by the people who marked."""

from flask import url_for
from werkzeug.wrappers import Response

from lti_tool.grading.door import bp, own_assessment
from lti_tool.grading.passback import service
from lti_tool.grading.passback.queries import deliveries
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.web.guard import needs
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@bp.post("/assessments/<ref>/send")
@needs(May.MARK)
def send_all(viewer: Viewer, ref: str) -> Response:
    """Send what is not in the gradebook yet, now."""
    one, now = own_assessment(viewer, ref), clock.now()
    with writing(db.session()) as session:
        due = deliveries(session, assessment_id=one.id, states=service.OPEN, limit=5000)
        for delivery in due:
            service.retry_delivery(session, delivery.id, now)
    return go(url_for("grading.marking", ref=ref), say=_sent_again(len(due)))


@bp.post("/assessments/<ref>/send/<int:person_id>")
@needs(May.MARK)
def send_one(viewer: Viewer, ref: str, person_id: int) -> Response:
    one, now = own_assessment(viewer, ref), clock.now()
    with writing(db.session()) as session:
        due = deliveries(session, assessment_id=one.id, person_id=person_id)
        if not due:
            raise service.DeliveryUnknown("No grade of this learner is on its way.", "Mark the work first.")
        service.retry_delivery(session, due[0].id, now)
    return go(url_for("grading.mark", ref=ref, person_id=person_id), say="The grade is being sent again.")


def _sent_again(number: int) -> str:
    if not number:
        return "Every grade that may be sent is in the gradebook."
    return "1 grade is being sent again." if number == 1 else f"{number} grades are being sent again."
