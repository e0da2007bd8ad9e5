"""Shapes of Moodle's web services (4.5), as far as this tool reads them."""

from pydantic import Field

from lti_tool.lms.wire import Id, Number, Plain, Points, Rows, Text, UnixTime, Wire, Yes

ACTIVE_INSTANCE = 1
"""A filled-in form that counts; others are unfinished, archived, or older than a change of the form."""
READY = 20
"""Status of a form that is ready for use; 10 is a draft, which comes in spite of `activeonly`."""


class ErrorWire(Wire):
    """What comes, with status 200, when a call failed."""

    exception: Text = ""
    errorcode: Text = ""
    message: Text = ""


class WarningWire(Wire):
    """Lack of access often arrives as empty data and one of these."""

    item: Text = ""
    itemid: Number = None
    warningcode: Text = ""
    message: Text = ""


class WarnedWire(Wire):
    """The part that most answers share."""

    warnings: Rows = Field(default_factory=list)


class FunctionWire(Wire):
    name: Id


class SiteWire(Wire):
    """core_webservice_get_site_info: `functions` are what this very token may call."""

    sitename: Text = ""
    release: Text = ""
    userid: Id
    functions: list[FunctionWire] = Field(default_factory=list)


class AssignmentWire(Wire):
    """An assignment; `grade` is its maximum, below 0 for a scale, 0 when not graded."""

    id: Id
    cmid: Id
    name: Plain
    intro: Plain = ""
    grade: Number = None
    duedate: UnixTime = None
    blindmarking: Yes = False
    revealidentities: Yes = False
    markingworkflow: Yes = False


class AssignmentCourseWire(Wire):
    id: Id
    assignments: Rows = Field(default_factory=list)


class AssignmentsWire(WarnedWire):
    """mod_assign_get_assignments."""

    courses: list[AssignmentCourseWire]


class LevelWire(Wire):
    id: Id
    score: Points
    definition: Plain = ""


class RubricCriterionWire(Wire):
    id: Id
    sortorder: Number = None
    description: Plain = ""
    levels: list[LevelWire] = Field(default_factory=list)


class RubricWire(Wire):
    rubric_criteria: list[RubricCriterionWire] = Field(default_factory=list)


class GuideCriterionWire(Wire):
    id: Id
    sortorder: Number = None
    shortname: Plain = ""
    description: Plain = ""
    maxscore: Number = None


class GuideWire(Wire):
    guide_criteria: list[GuideCriterionWire] = Field(default_factory=list)


class DefinitionWire(Wire):
    id: Id
    method: Text = ""
    name: Plain = ""
    description: Plain = ""
    status: Number = None
    rubric: RubricWire | None = None
    guide: GuideWire | None = None


class AreaWire(Wire):
    cmid: Id
    activemethod: Text = ""
    definitions: list[DefinitionWire] = Field(default_factory=list)


class DefinitionsWire(WarnedWire):
    """core_grading_get_definitions."""

    areas: list[AreaWire]


class FillingWire(Wire):
    """A criterion in a filled-in form: `levelid` in a rubric, `score` in a guide."""

    criterionid: Id
    levelid: Id | None = None
    score: Number = None
    remark: Plain = ""


class FillingsWire(Wire):
    criteria: list[FillingWire] = Field(default_factory=list)


class InstanceWire(Wire):
    """A filled-in form. `itemid` is the id of a grade, not of a user."""

    id: Id
    itemid: Id
    status: Number = None
    timemodified: UnixTime = None
    rubric: FillingsWire | None = None
    guide: FillingsWire | None = None


class InstancesWire(WarnedWire):
    """core_grading_get_gradingform_instances."""

    instances: Rows


class GradeWire(Wire):
    """A grade as text with five decimals; -1 when there is none yet. `attemptnumber` counts from 0."""

    id: Id
    userid: Id
    attemptnumber: int = 0
    timemodified: UnixTime = None
    grader: Number = None
    grade: Number = None


class GradesOfAssignmentWire(Wire):
    assignmentid: Id
    grades: Rows = Field(default_factory=list)


class GradesWire(WarnedWire):
    """mod_assign_get_grades: the last attempt only."""

    assignments: list[GradesOfAssignmentWire]


class FlagWire(Wire):
    userid: Id
    workflowstate: Text = ""


class FlagsOfAssignmentWire(Wire):
    assignmentid: Id
    userflags: Rows = Field(default_factory=list)


class FlagsWire(WarnedWire):
    """mod_assign_get_user_flags: no row for who was not marked yet."""

    assignments: list[FlagsOfAssignmentWire]


class SubmissionWire(Wire):
    """`userid` is 0 for the work of a team."""

    userid: int
    attemptnumber: int = 0
    status: Text = ""
    timemodified: UnixTime = None


class SubmissionsOfAssignmentWire(Wire):
    assignmentid: Id
    submissions: Rows = Field(default_factory=list)


class SubmissionsWire(WarnedWire):
    """mod_assign_get_submissions."""

    assignments: list[SubmissionsOfAssignmentWire]


class RoleWire(Wire):
    shortname: Text = ""


class UserWire(Wire):
    """core_enrol_get_enrolled_users; many fields come only to who may see them."""

    id: Id
    fullname: Text = ""
    firstname: Text = ""
    lastname: Text = ""
    email: Text = ""
    roles: list[RoleWire] = Field(default_factory=list)


class GradeItemWire(Wire):
    """One line of a learner's gradebook."""

    itemmodule: Text = ""
    iteminstance: Text = ""
    hidden: Yes = Field(False, alias="gradeishidden")


class UserGradesWire(Wire):
    gradeitems: Rows = Field(default_factory=list)


class GradebookWire(WarnedWire):
    """gradereport_user_get_grade_items."""

    usergrades: list[UserGradesWire]
