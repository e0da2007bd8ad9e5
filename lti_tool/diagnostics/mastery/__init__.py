"""Mastery: what all of a learner's marks say about each competency, and how sure that is.

Start with `observe` (one mark changes a `LearnerState` and a little of the `CohortState`) and `standing` (where that
puts the learner on the framework's levels). `replay` recomputes one learner alone from stored traces; `cohort_rows`
stores the cohort; `words` says it to a student. Pure computation: no database, no clock, no dependencies.
"""
