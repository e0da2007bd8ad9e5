"""Work handed in to our own assessments, and the one-time tickets by which it is downloaded."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, undefer

from lti_tool.grading.assessments.queries import AssessmentInfo
from lti_tool.grading.marking.files import FileKept
from lti_tool.grading.models import Assessment, DownloadTicket, Submission
from lti_tool.kit.errors import Invalid, NotFound

MOST_TEXT = 100_000
TICKET_LIFE = timedelta(seconds=60)


class HandInRefused(Invalid):
    reason = "hand_in_refused"


class SubmissionUnknown(NotFound):
    reason = "submission_unknown"


class TicketSpent(NotFound):
    reason = "ticket_spent"


@dataclass(frozen=True, slots=True)
class SubmissionInfo:
    """One attempt, without its file's content."""

    id: int
    assessment_id: int
    person_id: int
    attempt: int
    text: str
    file_name: str
    file_size: int
    submitted_at: datetime


def hand_in(
    session: Session, assessment: AssessmentInfo, person_id: int, text: str, file: FileKept | None, now: datetime
) -> int:
    """Keep a new attempt; its number, from 1. Earlier ones stay. Raises HandInRefused."""
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words and file is None:
        raise HandInRefused("There is nothing to hand in yet.", "Write something, or choose a file.")
    if len(words) > MOST_TEXT:
        raise HandInRefused(f"The text is longer than {MOST_TEXT:,} characters.", "Hand it in as a file instead.")
    # one at a time, so that two quick presses become two attempts and not an error
    session.execute(select(Assessment.id).where(Assessment.id == assessment.id).with_for_update())
    last = session.scalar(
        select(func.max(Submission.attempt)).where(
            Submission.assessment_id == assessment.id, Submission.person_id == person_id
        )
    )
    row = Submission(
        institution_id=assessment.institution_id,
        assessment_id=assessment.id,
        person_id=person_id,
        attempt=(last or 0) + 1,
        text=words,
        file_name=file.name if file else "",
        file_type=file.media_type if file else "",
        file_data=file.data if file else None,
        submitted_at=now,
    )
    session.add(row)
    session.flush()
    return row.attempt


def attempts(session: Session, assessment_id: int, person_id: int) -> tuple[SubmissionInfo, ...]:
    """A learner's attempts, the latest first."""
    return _read(session, Submission.assessment_id == assessment_id, Submission.person_id == person_id)


def latest(session: Session, assessment_id: int) -> dict[int, SubmissionInfo]:
    """Person id to the latest attempt."""
    found: dict[int, SubmissionInfo] = {}
    for one in _read(session, Submission.assessment_id == assessment_id):
        found.setdefault(one.person_id, one)
    return found


def get(session: Session, submission_id: int) -> SubmissionInfo:
    """Raises SubmissionUnknown, also for another institution's."""
    found = _read(session, Submission.id == submission_id)
    if not found:
        raise SubmissionUnknown("This work is not here.", "Go back to the assessment.")
    return found[0]


def _read(session: Session, *where: object) -> tuple[SubmissionInfo, ...]:
    rows = session.execute(
        select(
            Submission.id,
            Submission.assessment_id,
            Submission.person_id,
            Submission.attempt,
            Submission.text,
            Submission.file_name,
            func.coalesce(func.length(Submission.file_data), 0).label("file_size"),
            Submission.submitted_at,
        )
        .where(*where)  # type: ignore[arg-type]
        .order_by(Submission.attempt.desc())
    )
    return tuple(SubmissionInfo(**row._mapping) for row in rows)


def give_ticket(session: Session, institution_id: int, submission_id: int, now: datetime) -> str:
    """A ticket for one download within a minute. Only its hash is kept."""
    ticket = secrets.token_urlsafe(24)
    session.execute(delete(DownloadTicket).where(DownloadTicket.expires_at < now))
    session.add(
        DownloadTicket(
            institution_id=institution_id,
            ticket_hash=_hash(ticket),
            submission_id=submission_id,
            expires_at=now + TICKET_LIFE,
        )
    )
    session.flush()
    return ticket


def spend_ticket(session: Session, ticket: str, now: datetime) -> FileKept:
    """The file behind a ticket, once. Raises TicketSpent. Before the institution is known: `kit.db.everywhere`."""
    spent: Sequence[tuple[int, datetime]] = [
        (row.submission_id, row.expires_at)
        for row in session.execute(
            delete(DownloadTicket)
            .where(DownloadTicket.ticket_hash == _hash(ticket))
            .returning(DownloadTicket.submission_id, DownloadTicket.expires_at),
            execution_options={"synchronize_session": False},
        )
    ]
    if not spent or spent[0][1] < now:
        raise TicketSpent(
            "This download was used already, or is more than a minute old.",
            "Go back to the page it came from and press Download again.",
        )
    row = session.scalars(
        select(Submission).options(undefer(Submission.file_data)).where(Submission.id == spent[0][0])
    ).one()
    return FileKept(row.file_name, row.file_type, row.file_data or b"")


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
