"""The job behind every grade that leaves: claim, post, keep what the LMS said."""

import time
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lti_tool.grading.assessments import line_items
from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.events import PassbackDue
from lti_tool.grading.passback import posting, service
from lti_tool.grading.passback.domain import TRIES, wait
from lti_tool.grading.passback.service import Ready
from lti_tool.grading.slices import slices
from lti_tool.kit import clock, outbox
from lti_tool.kit.db import writing
from lti_tool.kit.log import get_logger
from lti_tool.launch.parts import parts
from lti_tool.lms.delivery import Delivered, Refused, TryLater

log = get_logger(__name__)

PATIENCE = 45.0
"""Seconds after which the rest of a slow batch is given back: the lease on it runs out after two minutes."""
NEXT_SECOND = timedelta(seconds=1)
AGAIN = "A grade was sent within this second."


@outbox.handles(PassbackDue)
def send_grades(event: PassbackDue, work: outbox.Work) -> None:
    """Safe to run twice: a repeated post carries a later timestamp and the newest mark.

    A few grades leave beside each other, then what the LMS said of them is kept; so a kill repeats few. Trouble with
    one does not hold up the others, trouble with the LMS itself holds up the rest.
    """
    session, began = work.session, time.monotonic()
    with writing(session):
        ready, later = service.claim(session, event.delivery_ids, parts().launch_url, clock.now())
    if not ready and len(event.delivery_ids) == 1 and later:
        raise outbox.TryAgain(AGAIN, after=NEXT_SECOND)
    again: dict[timedelta, list[int]] = {NEXT_SECOND: later} if later else {}
    waves = list(slices(ready, posting.AT_ONCE))
    for at, wave in enumerate(waves):
        outcomes = posting.post(session, wave)
        now = clock.now()
        down = next((one for one in outcomes if isinstance(one, TryLater) and not one.later_timestamp), None)
        rest = [one for later_wave in waves[at + 1 :] for one in later_wave]
        last = not rest or down is not None or time.monotonic() - began > PATIENCE
        if last:
            # nobody else may touch the rest meanwhile: it comes back with the same words, or at once if only slow
            wave, outcomes = [*wave, *rest], [*outcomes, *(down or posting.SLOW for _ in rest)]
        alone = outcomes[0] if len(event.delivery_ids) == 1 else None
        if alone is not None and not isinstance(alone, Delivered):
            _put_off_alone(session, wave[0], alone, now)
        with work.writing() if last else writing(session):
            told = list(zip(wave, outcomes, strict=True))
            service.keep_sent(session, [one for one, outcome in told if isinstance(outcome, Delivered)], now)
            for one, outcome in told:
                after = None if isinstance(outcome, Delivered) else keep_trouble(session, one, outcome, now)
                if after is not None:
                    again.setdefault(after, []).append(one.delivery_id)
            if last:
                for after, ids in again.items():
                    service.send(session, ids, work.institution_id, now + after)
        if last:
            log.info("passback.sent", deliveries=len(event.delivery_ids), put_off=sum(map(len, again.values())))
            return
    if again:  # nothing was ready, and something has to wait for the next second
        with work.writing():
            for after, ids in again.items():
                service.send(session, ids, work.institution_id, clock.now() + after)


def _put_off_alone(session: Session, one: Ready, outcome: TryLater | Refused, now: datetime) -> None:
    """A single grade's row in the outbox tells the same story as its delivery: tried again, or a dead letter."""
    with writing(session):
        after = keep_trouble(session, one, outcome, now)
    if after is None:
        raise outbox.GiveUp(outcome.words)
    raise outbox.TryAgain(outcome.words, after=after)


def keep_trouble(session: Session, one: Ready, outcome: TryLater | Refused, now: datetime) -> timedelta | None:
    """Keep why a grade was not taken, in the caller's transaction; when it is to be tried again, if at all."""
    log.info("passback.not_taken", delivery=one.delivery_id, attempt=one.attempt, reason=outcome.reason)
    if isinstance(outcome, Refused) and outcome.reason == "line_item_gone":
        # this try may have been the first to look the column up
        gone = one.line_item_url or assessments.get(session, one.assessment_id).line_item_url
        if gone:
            line_items.forget(session, one.assessment_id, gone)
    if isinstance(outcome, Refused) or one.attempt >= TRIES:
        service.keep_trouble(session, one, outcome, None, now)
        return None
    after = outcome.after if outcome.later_timestamp or outcome in posting.SHORTLY else wait(one.attempt, outcome.after)
    service.keep_trouble(session, one, outcome, now + after, now)
    return after
