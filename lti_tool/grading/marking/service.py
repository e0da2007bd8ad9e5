"""Keeping marks: from an LMS, a file or marking in the tool, all by the same door."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.courses import version_of
from lti_tool.grading.evidence import service as evidence
from lti_tool.grading.marking.domain import Mark, MarksRefused, out_of_range
from lti_tool.grading.models import Assessment, CriterionScore, Score
from lti_tool.grading.passback import service as passback
from lti_tool.grading.slices import slices
from lti_tool.launch import queries as launch


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many marks were new, changed, shown or hidden since, or just as before; who has changed evidence."""

    new: int = 0
    changed: int = 0
    released: int = 0
    withheld: int = 0
    same: int = 0
    learners: frozenset[int] = frozenset()


def record_scores(session: Session, assessment_id: int, marks: Iterable[Mark], now: datetime) -> Recorded:
    """Keep marks of one assessment, at most one a learner, and all that follows from them, in one transaction.

    A changed mark supersedes the one before it; the same mark again changes nothing. Evidence follows, and for our own
    assessments a shown mark is due in the gradebook. Raises MarksRefused when a mark of an assessment made here, or of
    a file, is out of range: then nothing is kept. An LMS's own marks are kept as they are.
    """
    # locks the assessment against a second marker at the same moment
    session.execute(select(Assessment.id).where(Assessment.id == assessment_id).with_for_update())
    assessment = assessments.get(session, assessment_id)
    wanted = {mark.person_id: mark for mark in marks}
    if assessment.strict:
        _refuse_out_of_range(session, assessment, wanted.values())
    before = _present(session, assessment_id, wanted)
    fresh: list[Mark] = []
    shown: list[int] = []
    hidden: list[int] = []
    changed = 0
    for person_id, mark in wanted.items():
        old = before.get(person_id)
        if old is None or old.fingerprint != mark.fingerprint:
            fresh.append(mark)
            changed += old is not None
        elif mark.released != (old.released_at is not None):
            (shown if mark.released else hidden).append(old.id)
    _supersede(session, [before[mark.person_id].id for mark in fresh if mark.person_id in before], now)
    _insert(session, assessment, fresh, now)
    for ids, released_at in ((shown, now), (hidden, None)):
        for part in slices(ids):
            session.execute(update(Score).where(Score.id.in_(part)).values(released_at=released_at))
    touched = [mark.person_id for mark in fresh] + [
        old.person_id for old in before.values() if old.id in {*shown, *hidden}
    ]
    learners = follow(session, assessment, touched, now)
    passback.queue(session, assessment, touched, now)
    return Recorded(
        len(fresh) - changed,
        changed,
        len(shown),
        len(hidden),
        len(wanted) - len(fresh) - len(shown) - len(hidden),
        learners,
    )


def take_back(session: Session, assessment_id: int, people: Iterable[int], now: datetime) -> int:
    """There is no mark of these learners any more: the present one, where there is any, is superseded by none, and
    evidence follows. How many."""
    present = _present(session, assessment_id, people)
    _supersede(session, [row.id for row in present.values()], now)
    follow(session, assessments.get(session, assessment_id), list(present), now)
    return len(present)


def release(session: Session, assessment_id: int, now: datetime, *, person_id: int | None = None) -> int:
    """Show the hidden marks of one of our own assessments to their learners, or one learner's. The number shown."""
    assessment = assessments.get(session, assessment_id)
    hidden = [Score.assessment_id == assessment_id, Score.superseded_at.is_(None), Score.released_at.is_(None)]
    if person_id is not None:
        hidden.append(Score.person_id == person_id)
    people = session.scalars(select(Score.person_id).where(*hidden)).all()
    session.execute(update(Score).where(*hidden).values(released_at=now))
    follow(session, assessment, people, now)
    passback.queue(session, assessment, people, now)
    return len(people)


def follow(
    session: Session, assessment: assessments.AssessmentInfo, people: Sequence[int] | None, now: datetime
) -> frozenset[int]:
    """Bring the assessment's evidence in line for these learners, or all (None). Whose evidence changed."""
    course = launch.course(session, assessment.course_id)
    version_id = version_of(session, course)
    if version_id is None or people == []:
        return frozenset()
    scope = evidence.Scope(
        institution_id=course.institution_id,
        course_id=course.id,
        version_id=version_id,
        item_ids=frozenset(frameworks.framed(session, version_id).by_id),
        criterion_ids=tuple(one.id for one in assessments.criteria(session, [assessment.id], active_only=False)),
        person_ids=None if people is None else tuple(people),
    )
    return evidence.follow(session, scope, now)


def _refuse_out_of_range(session: Session, assessment: assessments.AssessmentInfo, marks: Iterable[Mark]) -> None:
    known = assessments.sheet(session, assessment).by_id
    tops = {criterion.id: criterion.max_points for criterion in known.values()}
    titles = {criterion.id: criterion.title for criterion in known.values()}
    faults: list[str] = []
    for mark in marks:
        strange = [one for one in mark.criteria if one.criterion_id not in known]
        faults += ["A mark is for a criterion that is not in the rubric."] if strange else []
        faults += [] if strange else out_of_range(mark, tops, titles)
    if faults:
        raise MarksRefused(faults)


def _present(session: Session, assessment_id: int, people: Iterable[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for ids in slices(people):
        rows = session.execute(
            select(Score.id, Score.person_id, Score.fingerprint, Score.released_at).where(
                Score.assessment_id == assessment_id, Score.person_id.in_(ids), Score.superseded_at.is_(None)
            )
        )
        found.update((row.person_id, row) for row in rows)
    return found


def _supersede(session: Session, ids: Iterable[int], now: datetime) -> None:
    for part in slices(ids):
        session.execute(update(Score).where(Score.id.in_(part)).values(superseded_at=now))


def _insert(session: Session, assessment: assessments.AssessmentInfo, marks: Sequence[Mark], now: datetime) -> None:
    if not marks:
        return

    ids = session.scalars(
        insert(Score).returning(Score.id, sort_by_parameter_order=True),
        [
            {
                "institution_id": assessment.institution_id,
                "assessment_id": assessment.id,
                "person_id": mark.person_id,
                "attempt": mark.attempt,
                "points": mark.points,
                "max_points": mark.max_points,
                "comment": mark.comment,
                "marker": mark.marker,
                "marked_at": mark.marked_at,
                "recorded_at": now,
                "released_at": now if mark.released else None,
                "fingerprint": mark.fingerprint,
            }
            for mark in marks
        ],
    ).all()
    parts = [
        {
            "institution_id": assessment.institution_id,
            "score_id": score_id,
            "criterion_id": one.criterion_id,
            "rating_id": one.rating_id,
            "points": one.points,
            "comment": one.comment,
        }
        for score_id, mark in zip(ids, marks, strict=True)
        for one in mark.criteria
    ]
    if parts:
        session.execute(insert(CriterionScore), parts)
