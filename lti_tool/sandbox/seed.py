"""What a sandbox starts with: people, courses, assignments with rubrics, and marks per criterion.

A seed is one plain value. Build it in Python from the dataclasses below, or write it as JSON with the same names
(`load`, `loads`, `dumps`). Rules that hold for every field:

- Ids are whole numbers, unique within their kind on the whole site. Each LMS shows them in its own way: Moodle's
  `sub` is the person's id as text, Canvas's is a UUID worked out from it (or `Person.lti_id`), and so on.
- Times are ISO 8601 with a zone (`2026-10-05T09:00:00Z`). A seed never reads the clock.
- Everyone is fictional and says so: "Maple Example", not a name a real person could have.
- Lists are tuples in Python and arrays in JSON. Fields with a default may be left out. Unknown fields, unknown
  people, criteria or levels, and ids used twice stop the load with the place of the fault (`SeedWrong`).

The smallest useful seed in JSON:

    {"people": [{"id": 11, "given": "Tamarack", "family": "Example"},
                {"id": 21, "given": "Maple", "family": "Example"}],
     "courses": [{"id": 5, "title": "Digital practice", "label": "DP1",
       "enrolments": [{"person": 11, "role": "instructor"}, {"person": 21, "role": "learner"}],
       "links": [{"id": 7, "title": "Waymark"}],
       "assignments": [{"id": 31, "name": "Source check", "points": 9,
         "rubric": {"id": 41, "name": "Judging information", "criteria": [
           {"id": 51, "description": "Framing the search", "levels": [
             {"id": 61, "score": 0, "definition": "None"}, {"id": 62, "score": 3, "definition": "Plans several"}]}]},
         "work": [{"person": 21, "submitted_at": "2026-10-05T09:00:00Z", "marked_at": "2026-10-06T09:00:00Z",
           "fillings": [{"criterion": 51, "level": 62, "remark": "Careful"}]}]}]}]}
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person is in one course. Site administrators have `Person.admin` and need no enrolment."""

    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"
    """Teaching assistant. Moodle's non-editing teacher: Instructor in a launch, Learner in names and roles."""
    LEARNER = "learner"
    TEST_STUDENT = "test-student"
    """Canvas's "Student View". It shows up in launches and the roster and never takes a grade. Left out by Moodle."""


@dataclass(frozen=True)
class Person:
    id: int
    given: str
    family: str
    email: str = ""
    username: str = ""
    sis_id: str = ""
    """The student record system's id: `lis_person_sourcedid`, `sis_user_id`, `idnumber`."""
    admin: bool = False
    suspended: bool = False
    """The account is suspended. Moodle still lists it as Active (an enrolment that is suspended is not listed)."""
    lti_id: str = ""
    """Canvas's LTI user id, a UUID; worked out from `id` when empty. Moodle uses `id` itself."""
    locale: str = "en"

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True)
class Enrolment:
    person: int
    role: Role = Role.LEARNER
    suspended: bool = False
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Group:
    id: int
    name: str


@dataclass(frozen=True)
class Level:
    """One rung of a criterion. Scores need not start at 0 nor rise by one; they must differ within a criterion."""

    id: int
    score: float
    definition: str
    long: str = ""
    """Canvas's `long_description` of a rating. Moodle has none."""


@dataclass(frozen=True)
class Criterion:
    id: int
    description: str
    levels: tuple[Level, ...]
    long: str = ""

    def level(self, level_id: int) -> Level:
        return next(level for level in self.levels if level.id == level_id)

    @property
    def maximum(self) -> float:
        return max(level.score for level in self.levels)

    @property
    def minimum(self) -> float:
        return min(level.score for level in self.levels)


@dataclass(frozen=True)
class Rubric:
    id: int
    name: str
    criteria: tuple[Criterion, ...]
    description: str = ""
    draft: bool = False
    """Moodle lists a draft (status 10) even when only active ones are asked for."""


@dataclass(frozen=True)
class Filling:
    """The mark on one criterion. A criterion without a filling is "not assessed": absent, never 0."""

    criterion: int
    level: int | None = None
    points: float | None = None
    """Canvas only: points between two ratings, or with `level` None and `points` None a comment without a mark."""
    remark: str = ""


@dataclass(frozen=True)
class Work:
    """What one learner handed in for one assignment, and its marking. Leave it out for "nothing handed in"."""

    person: int
    submitted_at: datetime | None = None
    text: str = ""
    fillings: tuple[Filling, ...] = ()
    grade: float | None = None
    """The mark as a whole, out of `Assignment.points`. None: worked out from the fillings, as each LMS does."""
    marked_at: datetime | None = None
    """None: not marked yet, whatever the fillings."""
    marker: int | None = None
    """Person id; the course's first instructor when None."""
    comment: str = ""
    released: bool = True
    """May the learner see the mark? Canvas: `posted_at` is null when not. Moodle: with `Assignment.marking_workflow`
    the workflow state is "released" or not; without it every mark is shown and this is ignored."""
    workflow: str = ""
    """Moodle's workflow state, to be exact: notmarked, inmarking, readyforreview, inreview, readyforrelease or
    released."""
    attempt: int = 1
    excused: bool = False
    late: bool = False


@dataclass(frozen=True)
class Assignment:
    """One of the LMS's own assignments (not a link to the tool)."""

    id: int
    name: str
    points: float = 100
    cmid: int = 0
    """Moodle's course module id; `id` + 1000 when 0."""
    rubric: Rubric | None = None
    """None: simple grading, one mark without criteria."""
    description: str = ""
    due: datetime | None = None
    work: tuple[Work, ...] = ()
    marking_workflow: bool = False
    """Moodle: marks go through states and show only when released."""
    blind: bool = False
    """Moodle's blind marking, Canvas's anonymous grading."""
    post_manually: bool = False
    """Canvas: marks stay hidden until posted."""

    @property
    def module_id(self) -> int:
        return self.cmid or self.id + 1000


@dataclass(frozen=True)
class Link:
    """A resource link of the tool in a course, as an instructor would have added it."""

    id: int
    title: str
    description: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    """Values may hold variables ("$Person.sourcedId"); unknown ones reach the tool as written."""
    score_maximum: float | None = None
    """None: no grade. A number: the LMS makes a line item for the link by itself."""
    url: str = ""
    """Target link URI; the tool's launch URL when empty."""
    new_window: bool = False
    resource_id: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Course:
    id: int
    title: str
    label: str
    sis_id: str = ""
    summary: str = ""
    enrolments: tuple[Enrolment, ...] = ()
    groups: tuple[Group, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    links: tuple[Link, ...] = ()

    def enrolment(self, person_id: int) -> Enrolment | None:
        return next((each for each in self.enrolments if each.person == person_id), None)

    def learners(self) -> list[int]:
        """Person ids that can have a mark, suspended enrolments among them."""
        return [each.person for each in self.enrolments if each.role is Role.LEARNER]

    def assignment(self, assignment_id: int) -> Assignment | None:
        return next((each for each in self.assignments if each.id == assignment_id), None)


@dataclass(frozen=True)
class ServiceToken:
    """A web-service (Moodle) or access (Canvas) token: what it may do is what its person may do."""

    token: str
    person: int
    expired: bool = False
    rest: bool = True
    """Moodle: the right to use REST (`webservice/rest:use`)."""
    functions: tuple[str, ...] | None = None
    """Moodle: the functions of the token's service; None for all that the sandbox has."""


@dataclass(frozen=True)
class Seed:
    people: tuple[Person, ...]
    courses: tuple[Course, ...]
    tokens: tuple[ServiceToken, ...] = ()
    site: str = "Sandbox College"
    made_at: datetime = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    """When courses and rubrics were made: `created_at`, `timecreated` and the like."""

    def person(self, person_id: int) -> Person | None:
        return next((each for each in self.people if each.id == person_id), None)

    def course(self, course_id: int) -> Course | None:
        return next((each for each in self.courses if each.id == course_id), None)
