"""Shapes of Canvas's REST answers, as far as this tool reads them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from lti_tool.lms.wire import Id, IdOrNone, IsoTime, Number, Plain, Text, Wire, Yes


def _map(value: Any) -> Any:
    return value or {}


class RatingWire(Wire):
    """A rating; ids like `blank` and `blank_2` are unique only within the rubric."""

    id: Text = ""
    description: Plain = ""
    long_description: Plain = ""
    points: Number = None


class CriterionWire(Wire):
    id: Id
    description: Plain = ""
    long_description: Plain = ""
    points: Number = None
    criterion_use_range: Yes = False
    ignore_for_scoring: Yes = False
    ratings: list[RatingWire] = Field(default_factory=list)
    outcome_id: IdOrNone = None
    learning_outcome_id: IdOrNone = None


class RubricSettingsWire(Wire):
    id: IdOrNone = None
    title: Plain = ""


class AssignmentWire(Wire):
    """An assignment with its own copy of the rubric (the rubric endpoints need more rights)."""

    id: Id
    name: Plain = ""
    description: Plain = ""
    points_possible: Number = None
    grading_type: Text = ""
    due_at: IsoTime = None
    html_url: Text = ""
    published: Yes = True
    post_manually: Yes = False
    anonymous_grading: Yes = False
    rubric: list[CriterionWire] | None = None
    rubric_settings: RubricSettingsWire | None = None


class AssessmentWire(Wire):
    """What was given on one criterion. `points` may be null beside a comment."""

    rating_id: Text = ""
    comments: Plain = ""
    points: Number = None


class SubmissionWire(Wire):
    """A submission; there is one for each student, handed in or not.

    `posted_at` null means hidden from the student. `user_id` is missing in anonymous grading.
    `rubric_assessment` holds the graders' own assessment only, not those of peers or provisional ones.
    """

    user_id: IdOrNone = None
    attempt: Number = None
    score: Number = None
    workflow_state: Text = ""
    graded_at: IsoTime = None
    submitted_at: IsoTime = None
    posted_at: IsoTime = None
    excused: Yes = False
    grader_id: Number = None
    rubric_assessment: Annotated[dict[str, AssessmentWire], BeforeValidator(_map)] = Field(default_factory=dict)


class UserWire(Wire):
    id: Id
