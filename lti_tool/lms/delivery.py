"""Posting a score: what is sent, and what each answer means for the delivery."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lti_tool.kit.errors import Fault
from lti_tool.kit.http import Answer, NotJson
from lti_tool.kit.urls import host_of
from lti_tool.lms.calls import SHORTEST_WAIT, http_date, is_page, refusal, retry_after
from lti_tool.lms.faults import Throttled, is_throttled, may_pass
from lti_tool.lms.values import Family, Score

CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
ONE_SECOND = timedelta(seconds=1)

_OLDER_TIMESTAMP = re.compile(r"(?i)timestamp\b.{0,80}\bbefore\b|before last updated|earlier timestamp")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The gradebook has the score, under this timestamp."""

    timestamp: datetime


@dataclass(frozen=True, slots=True)
class TryLater:
    """Not taken now. Try again after `after`; with a later timestamp (whole seconds) if `later_timestamp`.

    `reason` is a snake_case code; `words` and `next_step` are for people and hold no personal data.
    """

    after: timedelta
    reason: str
    words: str
    next_step: str = ""
    later_timestamp: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken, and trying the same again will not help; `next_step` says what may."""

    reason: str
    words: str
    next_step: str


Outcome = Delivered | TryLater | Refused


def next_timestamp(now: datetime, last: datetime | None) -> datetime | None:
    """The timestamp for a score posted now, after one at `last` for the same line item and user.

    A whole second in UTC, later than `last` and not in the future. None when this second is used up: wait
    one. Moodle compares whole seconds, and a future time would block every later score.
    """
    stamp = now.astimezone(UTC).replace(microsecond=0)
    return stamp if last is None or stamp > last else None


def score_as_json(score: Score, family: Family) -> dict[str, Any]:
    """The body of a score.

    Always FullyGraded with a score (Moodle erases the mark for anything else), always with the comment
    (Moodle erases the old one when it is left out).
    """
    given, maximum = (int(n) if float(n).is_integer() else n for n in (score.given, score.maximum))
    body: dict[str, Any] = {
        "userId": score.user_id,
        "scoreGiven": given,
        "scoreMaximum": maximum,
        "comment": score.comment,
        "timestamp": score.timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    if family is Family.CANVAS:
        # Otherwise Canvas takes each mark for new work and mails the teachers that it needs grading.
        body[CANVAS_SUBMISSION] = {"new_submission": False}
    return body


def outcome_of_answer(answer: Answer, score: Score) -> Outcome:
    """What an LMS's answer to a score means. Its reason phrase is not quoted: Moodle puts the score there."""
    host, status = host_of(answer.url), answer.status
    if answer.ok:
        if is_page(answer):
            return TryLater(
                SHORTEST_WAIT,
                "lms_answered_a_page",
                f"{host} answered with a web page instead of taking the mark.",
                "The site may be in maintenance; it is tried again.",
            )
        if _is_broken_json(answer):  # something between cut it short, or made it up: sent twice is better than never
            return TryLater(
                SHORTEST_WAIT,
                "lms_odd_answer",
                f"{host} gave a broken answer, so it is not sure that it took the mark.",
                "It is sent again.",
            )
        return Delivered(score.timestamp)
    if status == 409 or (status == 400 and _says_older_timestamp(answer)):
        return TryLater(
            _until_past(answer, score),
            "timestamp_not_later",
            f"{host} has a mark of the same second or a later one.",
            "It is sent again with a later time.",
            later_timestamp=True,
        )
    if is_throttled(answer):
        return TryLater(retry_after(answer), "lms_throttled", f"{host} asks to slow down.", "It is sent again later.")
    if status == 422 or (status == 400 and _moodle_knows_no_such_learner(answer)):
        return Refused(
            "not_a_student",
            f"{host} does not take a mark for this person: not, or no longer, a student of the course.",
            "Check the person's enrolment in the LMS, then send it again.",
        )
    if status == 404 and not is_page(answer):
        return Refused(
            "line_item_gone",
            f"{host} has no such column in its gradebook (any more).",
            "If it was deleted on purpose, nothing is to be done; else make the activity's column again and resend.",
        )
    fault = refusal(answer, "its gradebook")
    if status < 500 and not is_page(answer):
        return Refused(
            "not_authorised" if status in (401, 403) else "not_accepted",
            fault.words if status in (401, 403) else f"{host} did not accept the mark (status {status}).",
            fault.next_step,
        )
    return outcome_of_fault(fault)


def outcome_of_fault(fault: Fault) -> Outcome:
    """What trouble on the way (network, tokens, the LMS itself) means for a delivery."""
    if isinstance(fault, Throttled):
        return TryLater(fault.after, fault.reason, fault.words, fault.next_step)
    if may_pass(fault):
        return TryLater(SHORTEST_WAIT, fault.reason, fault.words, fault.next_step)
    return Refused(fault.reason, fault.words, fault.next_step)


def _is_broken_json(answer: Answer) -> bool:
    """Labelled as JSON and none. Nothing at all is fine: Moodle answers so."""
    if not answer.body.strip() or "json" not in answer.headers.get("content-type", "").lower():
        return False
    try:
        answer.json()
    except NotJson:
        return True
    return False


def _says_older_timestamp(answer: Answer) -> bool:
    # Canvas has no status of its own for this; `timestamp` alone would match a badly formed one as well.
    return bool(_OLDER_TIMESTAMP.search(answer.text[:2000]))


def _moodle_knows_no_such_learner(answer: Answer) -> bool:
    """Moodle says 400 with `[]` for whoever cannot have a mark; what we send is otherwise well formed."""
    try:
        said = json.loads(answer.body or b"[]")
    except ValueError:
        return False
    return said == [] and answer.reason.startswith("Incorrect score received")


def _until_past(answer: Answer, score: Score) -> timedelta:
    """How long until the present time is later than what the LMS may hold.

    Moodle stamps an erased mark with its own clock, which may be ahead of ours: wait out the difference.
    """
    there = http_date(answer.headers.get("date", ""))
    ahead = there - score.timestamp if there else timedelta(0)
    return max(ONE_SECOND, min(ahead + ONE_SECOND, timedelta(minutes=5)))
