"""What a learner says on their own page: not for me, offer it again, please look at this once more."""

from flask import request, url_for
from werkzeug.wrappers import Response

from lti_tool.diagnostics import queries, reading, service
from lti_tool.diagnostics.doors import ID, bp, course_of, learner_of, oneself
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid
from lti_tool.web.guard import needs
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer


@bp.post("/steps/decline")
@needs(May.SEE_OWN_MAP)
def decline(viewer: Viewer) -> Response:
    """ "Not for me": the step goes, and can be had back."""
    person_id, framed = oneself(viewer), reading.framework_of(db.session(), course_of(viewer))
    item = request.form.get("item", type=int)
    if item is None or item not in framed.by_id:
        raise Invalid("This step is not on your list.", "Go back and choose one that is.")
    with writing(db.session()) as session:
        service.decline_step(session, person_id, item, viewer.institution_id, clock.now())
    words = f"Put aside: {framed.by_id[item].title}. You can have it back below the steps."
    return go(url_for("diagnostics.own_map"), say=words)


@bp.post("/steps/restore")
@needs(May.SEE_OWN_MAP)
def restore(viewer: Viewer) -> Response:
    """Everything of this framework that was put aside is offered again."""
    person_id, framed = oneself(viewer), reading.framework_of(db.session(), course_of(viewer))
    with writing(db.session()) as session:
        service.restore_steps(session, person_id, queries.declined(session, person_id) & framed.by_id.keys())
    return go(url_for("diagnostics.own_map"), say="The steps you had put aside are back.")


@bp.post("/checks")
@needs(May.SEE_OWN_MAP)
def ask_check(viewer: Viewer) -> Response:
    """A learner asks the teacher to look again."""
    course, person_id = course_of(viewer), oneself(viewer)
    with writing(db.session()) as session:
        service.ask_check(session, course.id, person_id, request.form.get("words", ""), clock.now())
    return go(url_for("diagnostics.own_map"), say="Sent. Your teacher sees it beside your map.")


@bp.post(f"/checks/<{ID}:request_id>/settle")
@needs(May.SEE_COURSE)
def settle_check(viewer: Viewer, request_id: int) -> Response:
    """The instructor has looked."""
    course = course_of(viewer)
    about = request.form.get("learner", type=int)
    back = url_for("diagnostics.cohort")
    if about is not None:
        back = url_for("diagnostics.learner", person_id=learner_of(course, about))
    with writing(db.session()) as session:
        service.settle_check(session, course.id, request_id, clock.now())
    return go(back, say="Settled.")
