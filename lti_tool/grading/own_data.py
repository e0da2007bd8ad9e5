"""What the grading room keeps about one person, as far as that person may see it."""

from sqlalchemy import select

from lti_tool.grading.marking.queries import shown_marks
from lti_tool.grading.models import Assessment, Score, Submission
from lti_tool.kit.db import Session
from lti_tool.launch.own_data import TELLS, Kept


def handed_in(session: Session, person_id: int) -> Kept:
    found = session.execute(
        select(Assessment.title, Submission.attempt, Submission.submitted_at, Submission.text, Submission.file_name)
        .join(Assessment, Assessment.id == Submission.assessment_id)
        .where(Submission.person_id == person_id)
        .order_by(Submission.id)
    )
    rows = tuple(
        {
            "task": one.title,
            "attempt": one.attempt,
            "handed_in": one.submitted_at.isoformat(),
            "text": one.text,
            "file": one.file_name,
        }
        for one in found
    )
    return Kept("work", "Your work", "What you handed in to Waymark: texts, and files by their names.", rows)


def marks(session: Session, person_id: int) -> Kept:
    """Marks that are not released yet are nobody's to download."""
    titles: dict[int, str] = {
        row.id: row.title
        for row in session.execute(
            select(Assessment.id, Assessment.title)
            .join(Score, Score.assessment_id == Assessment.id)
            .where(Score.person_id == person_id, Score.superseded_at.is_(None))
        )
    }
    found = shown_marks(session, person_id, list(titles))
    rows = tuple(
        {"task": titles[id_], "points": mark.points, "of": mark.max_points, "comment": mark.comment}
        for id_, mark in sorted(found.items())
    )
    words = "Your marks, also those that were given in the LMS, with the comments, once they are released to you."
    return Kept("marks", "Your marks", words, rows)


def install() -> None:
    """Told once, however many applications there are."""
    TELLS.extend(tell for tell in (handed_in, marks) if tell not in TELLS)
