"""A learner's page: their own, and the instructor's view of it."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_tool.diagnostics import estimating, learner_page, queries, reading, service
from lti_tool.diagnostics.mastery.levels import belief, place
from lti_tool.diagnostics.queries import Asked
from lti_tool.diagnostics.subject import Subject, day, learner_address, own_address
from lti_tool.grading import queries as grading
from lti_tool.kit import clock
from lti_tool.kit.db import db, writing
from lti_tool.kit.errors import Invalid, NotFound
from lti_tool.launch import queries as launch
from lti_tool.web.components.maps import LearnerMap, ListItem, StripArea
from lti_tool.web.components.words import Chart, StepCard
from lti_tool.web.guard import needs
from lti_tool.web.pages import Page
from lti_tool.web.said import go
from lti_tool.web.viewer import May, Viewer

bp = Blueprint("diagnostics", __name__, url_prefix="/diagnostics")


@dataclass(frozen=True, kw_only=True)
class LearnerPage(Page):
    own: bool
    name: str
    course: str
    lede: str
    updated: str
    pieces: int
    strip: tuple[StripArea, ...]
    steps: tuple[StepCard, ...]
    more_steps: tuple[StepCard, ...]
    declined: int
    strongest: tuple[ListItem, ...]
    to_strengthen: tuple[ListItem, ...]
    map: LearnerMap
    chart: Chart | None
    asked: tuple[Asked, ...]
    back: str


def course_of(viewer: Viewer) -> launch.CourseInfo:
    if viewer.course_id is None:
        raise NotFound("This was not opened from a course.", "Open Waymark from a course in your LMS.")
    return launch.course(db.session(), viewer.course_id)


@bp.get("/map")
@needs(May.SEE_OWN_MAP)
def own_map(viewer: Viewer) -> str:
    """Where I stand."""
    if viewer.person_id is None:
        raise NotFound("Your LMS did not say who you are.", "Ask whoever runs the course.")
    return _page(viewer, viewer.person_id, own=True)


@bp.get("/learners/<int:person_id>")
@needs(May.SEE_COURSE)
def learner(viewer: Viewer, person_id: int) -> str:
    """The same page as the instructor sees it."""
    _of_this_course(viewer, person_id)
    return _page(viewer, person_id, own=False)


def _of_this_course(viewer: Viewer, person_id: int) -> None:
    course_id = course_of(viewer).id
    if launch.role_in(db.session(), course_id, person_id) != "learner":
        raise NotFound("This learner is not in your course.", "Go back to the class and choose somebody there.")


def _page(viewer: Viewer, person_id: int, *, own: bool) -> str:
    session, course = db.session(), course_of(viewer)
    address = own_address if own else learner_address(person_id)
    subject = reading.subject_of(session, course, person_id, address, own=own, now=clock.now())
    opened = _opened(subject)
    evidence = grading.evidence_cell(session, person_id, opened[0]) if opened else ()
    steps = reading.steps_of(session, subject, person_id)
    decline = url_for("diagnostics.decline") if own else None
    first, more = steps[: learner_page.SHOWN_STEPS], steps[learner_page.SHOWN_STEPS :]
    strongest, weakest = learner_page.short_lists(subject)
    version = subject.framed.version
    newest = max((cell.updated_at for cell in subject.cells.values()), default=None)
    name = viewer.name if own else launch.person(session, person_id).shown_as
    page = LearnerPage(
        title="Where you stand" if own else name,
        own=own,
        name=name,
        course=course.title,
        lede=learner_page.lede(subject),
        updated=day(newest) if newest else "",
        pieces=sum(cell.standing.n for cell in subject.cells.values()),
        strip=learner_page.strip(subject),
        steps=learner_page.cards(subject, first, decline),
        more_steps=learner_page.cards(subject, more, decline),
        declined=len(queries.declined(session, person_id)),
        strongest=strongest,
        to_strengthen=weakest,
        map=learner_page.heat_map(subject, opened, evidence),
        chart=_chart(subject, person_id, own=own),
        asked=tuple(queries.open_checks(session, course.id, [person_id])),
        back="" if own else url_for("diagnostics.cohort"),
        levels=min(6, max(4, version.level_count)),
        foot=version.attribution,
        foot_url=version.source_url,
    )
    return render_template("diagnostics/learner.html", page=page)


def _opened(subject: Subject) -> tuple[int, int] | None:
    item = request.args.get("open", type=int)
    if item is None or item not in subject.framed.by_id:
        return None
    level = request.args.get("level", 0, type=int)
    return item, min(max(level, 0), subject.level_count)


def _chart(subject: Subject, person_id: int, *, own: bool) -> Chart | None:
    if not any(cell.standing.level for cell in subject.cells.values()):
        return None
    where = url_for("diagnostics.own_over_time") if own else url_for("diagnostics.over_time", person_id=person_id)
    return Chart(
        id="over-time",
        title="Over time",
        description="One small drawing for each competency that has enough evidence: the line is the most likely level"
        " after each result, the band shows how sure that was. The map holds where it stands now.",
        src=where,
    )


@bp.get("/map/over-time.json")
@needs(May.SEE_OWN_MAP)
def own_over_time(viewer: Viewer) -> Response:
    if viewer.person_id is None:
        raise NotFound("Your LMS did not say who you are.", "Ask whoever runs the course.")
    return _over_time(viewer, viewer.person_id)


@bp.get("/learners/<int:person_id>/over-time.json")
@needs(May.SEE_COURSE)
def over_time(viewer: Viewer, person_id: int) -> Response:
    _of_this_course(viewer, person_id)
    return _over_time(viewer, person_id)


def _over_time(viewer: Viewer, person_id: int) -> Response:
    """The profile over time as a Vega-Lite specification: competencies with enough evidence, read off today's cuts."""
    from lti_tool.diagnostics import charts

    session, course = db.session(), course_of(viewer)
    framed = reading.framework_of(session, course)
    cells = queries.learner_cells(session, person_id, framed.version.id)
    cuts = queries.cuts(session, framed.version.id)
    cohort = estimating.cohort_of_levels(session, framed.version.id)
    points = []
    for observation, state in estimating.history(session, person_id, framed.version.id):
        for key in observation.competencies:
            item = int(key)
            if item in framed.by_id and item in cells and cells[item].standing.level:
                standing = place(belief(state, cohort, key), cuts[item])
                label = framed.by_id[item].label
                assert observation.at is not None
                points.append((label, _day(observation.at), standing.estimate, standing.low90, standing.high90))
    return jsonify(charts.over_time(points, [level.name for level in framed.version.levels]))


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


@bp.post("/steps/decline")
@needs(May.SEE_OWN_MAP)
def decline(viewer: Viewer) -> Response:
    """ "Not for me": the step goes, and can be had back."""
    framed = reading.framework_of(db.session(), course_of(viewer))
    item = request.form.get("item", type=int)
    if viewer.person_id is None or item is None or item not in framed.by_id:
        raise Invalid("This step is not on your list.", "Go back and choose one that is.")
    with writing(db.session()) as session:
        service.decline_step(session, viewer.person_id, item, clock.now())
    return go(own_address(), say=f"Put aside: {framed.by_id[item].title}. You can have it back below the steps.")


@bp.post("/steps/restore")
@needs(May.SEE_OWN_MAP)
def restore(viewer: Viewer) -> Response:
    """Everything that was put aside is offered again."""
    if viewer.person_id is None:
        raise Invalid("Your LMS did not say who you are.", "Ask whoever runs the course.")
    with writing(db.session()) as session:
        for item in queries.declined(session, viewer.person_id):
            service.restore_step(session, viewer.person_id, item)
    return go(own_address(), say="The steps you had put aside are back.")


@bp.post("/checks")
@needs(May.SEE_OWN_MAP)
def ask_check(viewer: Viewer) -> Response:
    """A learner asks the teacher to look again."""
    course = course_of(viewer)
    if viewer.person_id is None:
        raise Invalid("Your LMS did not say who you are.", "Ask whoever runs the course.")
    with writing(db.session()) as session:
        service.ask_check(session, course.id, viewer.person_id, request.form.get("words", ""), clock.now())
    return go(own_address(), say="Sent. Your teacher sees it beside your map.")


@bp.post("/checks/<int:request_id>/settle")
@needs(May.SEE_COURSE)
def settle_check(viewer: Viewer, request_id: int) -> Response:
    course = course_of(viewer)
    with writing(db.session()) as session:
        service.settle_check(session, course.id, request_id, clock.now())
    return go(url_for("diagnostics.cohort"), say="Settled.")
