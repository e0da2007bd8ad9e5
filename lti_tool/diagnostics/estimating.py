"""From evidence to estimates: recompute the learners whose evidence changed, and nobody else.

A learner's marks are taken in order of time. A mark that was taken in before is replayed from its trace; a new one is
observed with what the cohort believes now. So a regrade, a late mark or a changed mapping needs no special case: the
present evidence is read, what is known of it is reused. Several learners are taken in together, in order of time
across all of them, so that a whole course arriving at once teaches the cohort as it would have over the term.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, insert, or_, select
from sqlalchemy.orm import Session

from lti_tool.diagnostics import keeping, since
from lti_tool.diagnostics.keeping import Now
from lti_tool.diagnostics.mastery import cohort_rows
from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.belief import LearnerState as Learner
from lti_tool.diagnostics.mastery.cohort import CohortState
from lti_tool.diagnostics.mastery.levels import belief
from lti_tool.diagnostics.mastery.observation import MOST_LEVELS, Observation
from lti_tool.diagnostics.mastery.observe import observe, retrace
from lti_tool.diagnostics.mastery.trace import Trace
from lti_tool.diagnostics.models import CohortBelief, MarkTrace
from lti_tool.diagnostics.packing import rounded
from lti_tool.grading import queries as grading
from lti_tool.grading.queries import Observed
from lti_tool.kit.db import upsert, upsert_all

LOCK = "lock"
"""The cohort's row that a refresh writes first: two workers take turns on one framework version."""


@dataclass(frozen=True)
class Mark:
    """One criterion's mark as an observation, with its place in the learner's history."""

    person_id: int
    criterion_score_id: int
    observation: Observation

    @property
    def signature(self) -> str:
        """Hash of the observation: a changed mapping or mark makes another."""
        text = json.dumps(self.observation.to_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def day(self) -> date:
        """Of the work, in UTC."""
        assert self.observation.at is not None
        return self.observation.at.date()


def marks_of(rows: Sequence[Observed]) -> list[Mark]:
    """Evidence rows of one criterion's mark are one observation on several competencies. In order of time."""
    together: dict[int, list[Observed]] = {}
    for row in rows:
        together.setdefault(row.criterion_score_id, []).append(row)
    marks = []
    for score_id, parts in together.items():
        first = parts[0]
        observation = Observation(
            item=str(first.criterion_id),
            competencies={str(part.item_id): part.weight for part in sorted(parts, key=lambda part: part.item_id)},
            score=first.fraction,
            levels=min(max(2, first.levels), MOST_LEVELS),
            rater=first.rater or None,
            at=first.observed_at,
        )
        marks.append(Mark(first.person_id, score_id, observation))
    return sorted(marks, key=_by_time)


def _by_time(mark: Mark) -> tuple[datetime, int]:
    assert mark.observation.at is not None
    return mark.observation.at, mark.criterion_score_id


def refresh(
    session: Session, institution_id: int, version_id: int, level_count: int, person_ids: Iterable[int], now: datetime
) -> int:
    """Bring these learners' estimates up to their present released evidence; the number of marks newly taken in.

    Runs inside the caller's transaction. Cost: the marks of these learners, whatever the size of the course.
    """
    people = sorted(set(person_ids))
    own = {"institution_id": institution_id, "version_id": version_id}
    upsert(session, CohortBelief, {"version_id": version_id, "name": LOCK}, {**own, "value": [now.isoformat()]})
    observed = grading.observations_of(session, people, version_id)
    by_person = {person: marks_of(observed.get(person, ())) for person in people}
    timeline = sorted((mark for marks in by_person.values() for mark in marks), key=_by_time)
    kept = _kept_traces(session, version_id, people)
    unseen = [m for m in timeline if (m.criterion_score_id, m.signature) not in kept]
    cohort = _cohort(session, version_id, {name for m in unseen for name in cohort_rows.names_for(m.observation)})
    taken = {person: _Taken(Learner(), _compared_with(marks)) for person, marks in by_person.items()}
    new_rows: list[dict[str, Any]] = []
    changed: set[str] = set()
    for mark in timeline:
        one, trace = taken[mark.person_id], kept.get((mark.criterion_score_id, mark.signature))
        one.remember(mark, cohort)
        if trace is not None:
            retrace(one.learner, mark.observation, trace, cohort.constants)
            continue
        trace = observe(one.learner, cohort, mark.observation)
        changed.update(cohort_rows.names_for(mark.observation))
        new_rows.append(
            {
                **own,
                "person_id": mark.person_id,
                "criterion_score_id": mark.criterion_score_id,
                "signature": mark.signature,
                "observation": mark.observation.to_json(),
                "trace": trace.to_json(),
                "recorded_at": now,
            }
        )
    if new_rows:
        session.execute(insert(MarkTrace), new_rows)
    rows = cohort_rows.to_rows(cohort, changed).items()
    upsert_all(session, CohortBelief, ("version_id", "name"), [{**own, "name": name, "value": it} for name, it in rows])
    touched = {int(item) for mark in timeline for item in mark.observation.competencies}
    keeping.keep_cuts(session, own, cohort, level_count, touched)
    keeping.keep_learners(session, own, [one.now(person, cohort) for person, one in taken.items()], now)
    return len(new_rows)


@dataclass
class _Taken:
    """A learner while their marks are taken in, and how they stood on the day that today is compared with."""

    learner: Learner
    compared_with: date | None
    then: dict[int, Belief] | None = None

    def remember(self, mark: Mark, cohort: CohortState) -> None:
        """Before the first mark after that day: the moment to look back at."""
        if self.then is None and self.compared_with is not None and mark.day > self.compared_with:
            self.then = _beliefs(self.learner, cohort)

    def now(self, person_id: int, cohort: CohortState) -> Now:
        return Now(person_id, _beliefs(self.learner, cohort), self.compared_with, self.then or {})


def _compared_with(marks: Sequence[Mark]) -> date | None:
    return since.compared_with({mark.day for mark in marks})


def _beliefs(learner: Learner, cohort: CohortState) -> dict[int, Belief]:
    return {int(item): rounded(belief(learner, cohort, item)) for item in learner.touched()}


def _kept_traces(session: Session, version_id: int, people: Sequence[int]) -> dict[tuple[int, str], Trace]:
    rows = session.execute(
        select(MarkTrace.criterion_score_id, MarkTrace.signature, MarkTrace.trace).where(
            MarkTrace.version_id == version_id, MarkTrace.person_id.in_(people)
        )
    )
    return {(score, signature): Trace.from_json(trace) for score, signature, trace in rows}


def _cohort(session: Session, version_id: int, names: set[str]) -> CohortState:
    """What the new marks need, and what levels are read off with; no other criterion or rater is loaded."""
    name = CohortBelief.name
    rows = session.execute(
        select(name, CohortBelief.value).where(
            CohortBelief.version_id == version_id,
            name != LOCK,
            or_(name.in_(names), and_(name.not_like("item:%"), name.not_like("rater:%"))),
        )
    )
    return cohort_rows.from_rows(dict(rows.all()))


def cohort_of_levels(session: Session, version_id: int) -> CohortState:
    """What standings are read off with; no single criterion or rater."""
    return _cohort(session, version_id, set())


def history(session: Session, person_id: int, version_id: int) -> Iterator[tuple[Observation, Learner]]:
    """Each present mark of a learner with the state after it, in order: the profile over time. The state moves on:
    read it before going on. Marks that were never taken in (no trace yet) are left out."""
    marks = marks_of(grading.observations_of(session, [person_id], version_id).get(person_id, ()))
    kept = _kept_traces(session, version_id, [person_id])
    constants = CohortState().constants
    learner = Learner()
    for mark in marks:
        trace = kept.get((mark.criterion_score_id, mark.signature))
        if trace is not None:
            retrace(learner, mark.observation, trace, constants)
            yield mark.observation, learner
