"""Keeping what was read of a course. Reading the same course again writes nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.grading.assessments import queries as assessments
from lti_tool.grading.events import AssessmentArrived
from lti_tool.grading.intake import rubrics
from lti_tool.grading.intake.domain import IntakeCounts, mark_from
from lti_tool.grading.marking import service as marking
from lti_tool.grading.models import Assessment
from lti_tool.kit import outbox
from lti_tool.launch.queries import CourseInfo
from lti_tool.lms.values import Assignment, CourseSnapshot, LearnerMark

FILE = "file"


def keep_snapshot(
    session: Session,
    course: CourseInfo,
    source: str,
    snapshot: CourseSnapshot,
    people: Mapping[str, int],
    now: datetime,
) -> IntakeCounts:
    """Keep a course as it was read from `source` (`moodle`, `canvas` or `file`), in the caller's transaction.

    Only changed assessments, rubrics and marks are written; what the LMS no longer lists becomes inactive and keeps
    its evidence. `people` maps the LMS's user ids to persons: marks of others are counted and told, never invented.
    Posts `AssessmentArrived` where criteria are new or reworded.
    """
    counts = IntakeCounts(warnings=[str(warning) for warning in snapshot.warnings])
    kept: dict[str, rubrics.KeptAssessment] = {}
    for given in _not_our_own(session, course, snapshot.assignments):
        one = kept[given.source_id] = rubrics.keep(session, course, source, given, counts, now)
        if one.arrived:
            outbox.post(session, AssessmentArrived(one.id), institution_id=course.institution_id)
        if one.rescaled:
            marking.follow(session, assessments.get(session, one.id), None, now)
    if snapshot.complete and source != FILE:  # what could not be read is unknown, not gone
        _retire(session, course, source, {one.id for one in kept.values()}, counts)
    _keep_marks(session, snapshot.marks, kept, people, counts, now, summed=source == FILE)
    _take_back(session, snapshot, kept, people, counts, now)
    return counts


def _not_our_own(session: Session, course: CourseInfo, given: Iterable[Assignment]) -> list[Assignment]:
    """Canvas lists our own columns among its assignments; their marks are ours already."""
    own = {(one.title, one.max_points) for one in assessments.of_course(session, course.id, source=assessments.OWN)}
    return [one for one in given if one.rubric is not None or (one.title, one.max_points) not in own]


def _retire(session: Session, course: CourseInfo, source: str, listed: set[int], counts: IntakeCounts) -> None:
    for row in session.scalars(
        select(Assessment).where(
            Assessment.course_id == course.id, Assessment.source == source, Assessment.active.is_(True)
        )
    ):
        if row.id not in listed:
            row.active = False
            counts.assessments_gone += 1
    session.flush()


def _take_back(
    session: Session,
    snapshot: CourseSnapshot,
    kept: Mapping[str, rubrics.KeptAssessment],
    people: Mapping[str, int],
    counts: IntakeCounts,
    now: datetime,
) -> None:
    """A mark that the LMS took away (given to the wrong person, excused) ends here too."""
    without: dict[int, list[int]] = {}
    for source_id, user in snapshot.unmarked - {
        (mark.assignment_source_id, mark.user_source_id) for mark in snapshot.marks
    }:
        if source_id in kept and user in people:
            without.setdefault(kept[source_id].id, []).append(people[user])
    for assessment_id, learners in without.items():
        counts.marks_taken_back += marking.take_back(session, assessment_id, learners, now)


def _keep_marks(
    session: Session,
    given: Iterable[LearnerMark],
    kept: Mapping[str, rubrics.KeptAssessment],
    people: Mapping[str, int],
    counts: IntakeCounts,
    now: datetime,
    *,
    summed: bool,
) -> None:
    by_assessment: dict[str, dict[str, LearnerMark]] = {}
    strangers: set[str] = set()
    for mark in given:
        if mark.assignment_source_id not in kept or (mark.total is None and mark.rubric_points is None):
            continue  # a comment alone is no mark
        if mark.user_source_id not in people:
            strangers.add(mark.user_source_id)
            counts.unknown_marks += 1
            continue
        of_learner = by_assessment.setdefault(mark.assignment_source_id, {})
        before = of_learner.get(mark.user_source_id)
        if before is None or before.attempt <= mark.attempt:
            of_learner[mark.user_source_id] = mark
    for source_id, marks in by_assessment.items():
        assessment_id = kept[source_id].id
        known = rubrics.known_criteria(session, assessment_id)
        read = [mark_from(mark, people[user], known, now, summed=summed) for user, mark in marks.items()]
        counts.out_of_range += sum(odd for _, odd in read)
        done = marking.record_scores(session, assessment_id, [mark for mark, _ in read], now)
        counts.marks_new += done.new
        counts.marks_changed += done.changed
        counts.marks_released += done.released
        counts.marks_withheld += done.withheld
        counts.marks_same += done.same
    counts.unknown_learners = len(strangers)
    if strangers:
        counts.warnings.append(
            f"{counts.unknown_marks} marks belong to {len(strangers)} learners who are not known here. "
            "They are kept out until these learners open Waymark, or the course list arrives."
        )
    if counts.out_of_range:
        counts.warnings.append(
            f"{counts.out_of_range} criterion marks are outside their criterion’s range; "
            "they count as the nearest rating."
        )
