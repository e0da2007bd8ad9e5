"""The copilot's turn: outside any transaction it reads and ranks, then one transaction keeps what it offers."""

from datetime import timedelta

from flask import current_app

from lti_tool.grading.alignments import record, suggesting
from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.courses import version_of
from lti_tool.grading.events import AlignmentChanged, AssessmentArrived, SuggestionsDue
from lti_tool.grading.marking import service as marking
from lti_tool.grading.models import Assessment, Criterion
from lti_tool.kit import clock, outbox
from lti_tool.kit.db import writing
from lti_tool.kit.log import get_logger
from lti_tool.launch import queries as launch
from lti_tool.llm.ledger import Use

log = get_logger(__name__)
SETTLE = timedelta(seconds=30)


@outbox.handles(AssessmentArrived)
def suggest_for_assessment(event: AssessmentArrived, work: outbox.Work) -> None:
    """All that waits in the course is asked about at once: criteria that come together teach each other."""
    _suggest(work, assessments.get(work.session, event.assessment_id).course_id, again=False)


@outbox.handles(SuggestionsDue)
def suggest_again(event: SuggestionsDue, work: outbox.Work) -> None:
    _suggest(work, event.course_id, again=True)


@outbox.handles(AlignmentChanged)
def reconsider(event: AlignmentChanged, work: outbox.Work) -> None:
    """Where the acceptance rule is on, each decision may move what it is sure of. Otherwise nothing follows."""
    session = work.session
    if not record.rule(session, event.version_id).on:
        return
    criterion = session.get(Criterion, event.criterion_id)
    course_id = session.get_one(Assessment, criterion.assessment_id).course_id if criterion else None
    if course_id is None:
        return
    now = clock.now()
    with work.writing():  # decisions come in runs: one asking for each half minute
        outbox.post(
            session,
            SuggestionsDue(course_id),
            institution_id=work.institution_id,
            due=now + SETTLE,
            key=f"{course_id}/{int(now.timestamp()) // int(SETTLE.total_seconds())}",
        )


def _suggest(work: outbox.Work, course_id: int, *, again: bool) -> None:
    session = work.session
    course = launch.course(session, course_id)
    version_id = version_of(session, course)
    if version_id is None:
        return  # the review page asks again as soon as there is a framework
    with writing(session):
        reopened = suggesting.reopen_for_version(session, course_id, version_id)
        if reopened:
            for assessment in assessments.of_course(session, course_id):
                marking.follow(session, assessment, None, clock.now())
    asked = suggesting.waiting(session, course_id, version_id, again=again)
    if not asked.criteria or not asked.competencies:
        return
    decisions = record.confirmed(session, version_id)
    staff = [one.person.name for one in launch.people_of(session, course_id) if one.role != "learner"]
    session.rollback()  # nothing is held while models think
    from lti_tool.grading.copilot.engines import engines
    from lti_tool.grading.copilot.suggest import suggest

    settings = current_app.extensions["waymark.settings"]
    with engines(settings, record=_note_use, names=tuple(filter(None, staff))) as engine:
        offers = suggest(asked.criteria, asked.competencies, decisions, engine, top=suggesting.KEPT)
    now = clock.now()
    with work.writing():
        kept = suggesting.keep(session, version_id, offers, now)
        accepted = suggesting.accept_by_rule(session, version_id, offers, now)
    log.info("copilot.suggested", course=course_id, criteria=kept, accepted_by_rule=accepted)


def _note_use(use: Use) -> None:
    log.info(
        "model.used",
        model=use.model,
        operation=use.operation,
        input_tokens=use.input_tokens,
        output_tokens=use.output_tokens,
        searches=use.searches,
        input_hash=use.input_hash,
    )
