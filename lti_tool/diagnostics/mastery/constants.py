"""The numbers of the mastery model: what is believed before any mark is seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constants:
    """One set for every course. Ability and difficulty are in logits, `_sd` are standard deviations of prior beliefs.

    The set was chosen once over several public data sets (school mathematics, a language examination, engineering,
    rubric ratings) and is not tuned to any institution: what differs between cohorts is learned from their marks.
    """

    general_sd: float = 1.3  # how far learners differ in general ability, until their own cohort says otherwise
    competency_ratio: float = 0.55  # sd of one competency around the learner's general ability, as a share of it
    item_sd: float = 1.5  # difficulty of one step of one item or criterion
    competency_sd: float = 0.6  # difficulty that the items of one competency share
    step_sd: float = 1.0  # difficulty that one step of a rating scale has in common everywhere
    rater_sd: float = 0.5  # severity of a rater
    slope_sd: float = 0.4  # log of how sharply an item tells learners apart
    practice_sd: float = 0.1  # cohort-wide gain per log(1 + pieces of evidence)
    competency_drift: float = 0.015  # variance that each mark adds to a competency: recent evidence weighs more
    general_drift: float = 0.005  # the same for general ability
    day_drift: float = 0.001  # variance added per day without evidence, never beyond the prior
    guess: float = 0.01  # chance to pass without the competency (multiple choice: one over the options)
    slip: float = 0.01  # chance to miss with it
    link_variance: float = 2.9  # makes the probit link follow the logistic one: (16 sqrt(3) / (15 pi))^-2
    spread_weight: float = 30.0  # how many learners the prior spread of general ability is worth
    spread_marks: int = 20  # only a learner's first marks re-estimate it
    ratio_weight: float = 60.0  # how many (learner, competency) pairs the prior `competency_ratio` is worth
    ratio_marks: int = 6  # only the first marks on a competency re-estimate it
    weakest_lean: float = 1.5  # how far an item on several competencies leans on the learner's weakest one
    rating_correlation: float = 0.63  # of two ratings of one performance: single-rating ICC .57 to .69
    enough: int = 3  # pieces of evidence before a cell claims a level: three ratings reach an ICC of .80
    possible: float = 0.2  # "perhaps": at least this chance of being at that level or beyond


DEFAULT = Constants()
