"""The stages at work, one job each. A stage that is interrupted is done again; one that was cancelled ends there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks.generate import keeping, planning, service
from lti_tool.frameworks.generate.domain import Outline
from lti_tool.frameworks.generate.events import StageDue
from lti_tool.frameworks.generate.models import Generation, GenerationStage
from lti_tool.kit import clock, outbox
from lti_tool.kit.db import writing
from lti_tool.kit.log import get_logger
from lti_tool.llm.ledger import Use
from lti_tool.llm.opening import cohere_of, local_embedder

if TYPE_CHECKING:
    from lti_tool.frameworks.generate.asking import Asking
    from lti_tool.frameworks.generate.stages import Done

log = get_logger(__name__)
PATIENCE = 2.5
"""Writing levels takes longer than choosing among ids: so many times the usual wait, at most `LONGEST_WAIT` seconds,
twice of which stay within a job's lease."""
LONGEST_WAIT = 50.0


@outbox.handles(StageDue)
def do_stage(event: StageDue, work: outbox.Work) -> None:
    from lti_tool.frameworks.generate.asking import Cancelled

    session = work.session
    row = session.get(Generation, event.generation_id)
    if row is None or row.status != service.Status.WORKING:
        return
    brief = service.brief_of(session, row)
    steps = service.plan_of(brief, row)
    if event.position >= len(steps) or _stage(session, event).status == "done":
        return
    outline, made, given_up = keeping.from_json(row.outline), row.calls, row.given_up
    with_model = bool(row.brief.get("with_model"))
    session.rollback()  # nothing is held while models think
    from lti_tool.frameworks.generate import stages
    from lti_tool.frameworks.generate.asking import Asking
    from lti_tool.frameworks.generate.compose import Composer

    settings = current_app.extensions["waymark.settings"]
    cohere = cohere_of(settings) if with_model else None
    composer = Composer(brief, local_embedder())
    later = planning.later_questions(steps, event.position)

    def before_call(number: int) -> None:
        _claim_call(session, event.generation_id, number)

    try:
        if cohere is None:
            asking = Asking(None)
            done = stages.run(steps[event.position], outline, composer, asking, later)
        else:
            cohere.timeout, cohere.retries = min(LONGEST_WAIT, PATIENCE * settings.cohere_timeout), 0
            with cohere:
                asking = Asking(cohere.writer, made, given_up, before_call, _note_use)
                done = stages.run(steps[event.position], outline, composer, asking, later)
    except Cancelled:
        return
    findings = _findings(brief, done.outline, composer) if event.position == len(steps) - 1 else []
    with work.writing():
        _keep(session, event, len(steps), done, asking, findings)


def _stage(session: Session, event: StageDue) -> GenerationStage:
    wanted = select(GenerationStage).where(
        GenerationStage.generation_id == event.generation_id, GenerationStage.position == event.position
    )
    return session.scalars(wanted).one()


def _claim_call(session: Session, generation_id: int, number: int) -> None:
    """Counted before it is asked: a worker that is killed may repeat a question, and it counts twice. Raises Cancelled
    where a person stopped the generation meanwhile."""
    from lti_tool.frameworks.generate.asking import Cancelled

    with writing(session):
        claimed = session.execute(
            update(Generation)
            .where(Generation.id == generation_id, Generation.status == service.Status.WORKING.value)
            .values(calls=Generation.calls + 1)
            .returning(Generation.calls),
            execution_options={"synchronize_session": False},
        ).scalar_one_or_none()
    if claimed is None:
        raise Cancelled


def _findings(brief: Any, outline: Outline, composer: Any) -> list[dict[str, Any]]:
    """Everything the linter says of the draft, to be shown beside it."""
    from lti_tool.frameworks.generate.outcome import item_keys, to_draft
    from lti_tool.frameworks.lint import lint

    if not outline.items:
        return []
    draft = to_draft(brief, outline, "urn:trial")
    places = {key: place for place, key in item_keys(outline, "urn:trial").items()}
    above = {item.key: item.parent_keys[0] for item in draft.items if item.parent_keys}
    found = []
    for one in lint(draft, embed=composer.embedder.embed):
        place = places.get(one.place.item_key, places.get(above.get(one.place.item_key, "")))
        found.append(
            {
                "item": place,
                "rule": one.rule.value,
                "severity": one.severity.value,
                "level": one.place.level,
                "words": one.words,
                "reason": one.reason,
                "rewrite": one.rewrite,
            }
        )
    return found


def _keep(
    session: Session, event: StageDue, steps: int, done: Done, asking: Asking, findings: list[dict[str, Any]]
) -> None:
    row = session.scalars(select(Generation).where(Generation.id == event.generation_id).with_for_update()).one()
    if row.status != service.Status.WORKING:
        return
    now = clock.now()
    stage = _stage(session, event)
    stage.status, stage.engine, stage.words, stage.finished_at = "done", done.engine.value, done.words, now
    if asking.uses:
        last = asking.uses[-1]
        stage.model, stage.prompt_version, stage.input_hash = last.model, last.prompt_version, last.input_hash
    row.outline, row.given_up, row.changed_at = keeping.to_json(done.outline), asking.given_up, now
    if event.position + 1 < steps:
        following = StageDue(event.generation_id, event.position + 1)
        _stage(session, following).status = "working"
        service.due(session, row, following.position)
        return
    row.outline = {**row.outline, "findings": findings}
    if not done.outline.items:
        row.status = service.Status.UNSERVED.value
        return
    from lti_tool.frameworks.drafts import keep_draft
    from lti_tool.frameworks.generate.outcome import to_draft

    draft = to_draft(service.brief_of(session, row), done.outline, service.identifier(row), local_embedder())
    row.version_id = keep_draft(session, draft, row.institution_id, now).version_id
    row.status = service.Status.DONE.value
    log.info("generate.done", generation=row.id, competencies=len(done.outline.items), calls=row.calls)


def _note_use(use: Use) -> None:
    log.info(
        "model.used",
        model=use.model,
        operation=use.operation,
        input_tokens=use.input_tokens,
        output_tokens=use.output_tokens,
        input_hash=use.input_hash,
    )
