"""What the walks' LMSs begin with. Everybody is fictional, every mark made up."""

from datetime import UTC, datetime, timedelta

from lti_tool.sandbox.seed import (
    Assignment,
    Course,
    Criterion,
    Enrolment,
    Filling,
    Level,
    Link,
    Person,
    Role,
    Rubric,
    Seed,
    ServiceToken,
    Work,
)

TEACHER, HELPER, ADMIN, OTHER_TEACHER = 11, 12, 13, 14
MAPLE, ROWAN, LINDEN, HAZEL, ALDER, CEDAR, TEST = 21, 22, 23, 24, 25, 26, 29
COURSE, SECOND = 5, 6
MAP, SECOND_MAP = 71, 72
TOKEN = "token-of-the-walk"
SOURCES, MEDIA = 31, 32
FRAMEWORK = """id,parent,title,description,level 1,level 2,level 3,level 4
A,,Information,,,,,
A1,A,Searching for information,Framing a search and finding what answers the question,Asks,Searches,Refines,Leads
A2,A,Judging sources,Weighing the reliability of sources and their authors,Notices,Compares,Weighs,Teaches
A3,A,Managing data,Keeping files and data in order,Saves,Sorts,Structures,Designs
B,,Creating,,,,,
B1,B,Making media,Making pictures and sound and video for an audience,Copies,Adapts,Makes,Invents
B2,B,Licences and credit,Crediting others and choosing licences,Knows,Credits,Chooses,Advises
B3,B,Writing together,Editing a text together with others,Reads,Comments,Edits,Leads
"""
TITLES = {
    "A1": "Searching for information",
    "A2": "Judging sources",
    "A3": "Managing data",
    "B1": "Making media",
    "B2": "Licences and credit",
    "B3": "Writing together",
}


def people(*more: Person) -> tuple[Person, ...]:
    named = {
        TEACHER: ("Tamarack", "Sample"),
        HELPER: ("Sorrel", "Sample"),
        ADMIN: ("Quince", "Sample"),
        OTHER_TEACHER: ("Juniper", "Sample"),
        MAPLE: ("Maple", "Example"),
        ROWAN: ("Rowan", "Example"),
        LINDEN: ("Linden", "Example"),
        HAZEL: ("Hazel", "Example"),
        ALDER: ("Alder", "Example"),
        CEDAR: ("Cedar", "Example"),
        TEST: ("Test", "Student"),
    }
    return (
        *(
            Person(number, given, family, f"{given.lower()}@example.org", given.lower(), admin=number == ADMIN)
            for number, (given, family) in named.items()
        ),
        *more,
    )


def rubric(number: int, name: str, *criteria_texts: str, scores: tuple[float, ...] = (0, 1, 2, 3)) -> Rubric:
    """Criteria 10n+1, 10n+2, ... of rubric n, their levels ten times that and the place of the score."""
    words = ("Nothing yet", "A little", "Most of it", "All of it")
    criteria = []
    for at, text in enumerate(criteria_texts, 1):
        own = 10 * number + at
        levels = [Level(10 * own + place, score, words[place]) for place, score in enumerate(scores)]
        criteria.append(Criterion(own, text, tuple(levels)))
    return Rubric(number, name, tuple(criteria))


def level(criterion: int, place: int, remark: str = "") -> Filling:
    """The rating at this place from below, 0 to 3."""
    return Filling(criterion, 10 * criterion + place, remark=remark)


def when(day: int, hour: int = 9) -> datetime:
    """Some day of the term, in the past."""
    return datetime(2026, 10, 1, hour, tzinfo=UTC) + timedelta(days=day)


def work(person: int, day: int, *fillings: Filling, released: bool = True, comment: str = "") -> Work:
    return Work(
        person,
        submitted_at=when(day, 8),
        fillings=fillings,
        marked_at=when(day) if fillings else None,
        released=released,
        comment=comment,
    )


def learners(*ids: int, role: Role = Role.LEARNER) -> tuple[Enrolment, ...]:
    return tuple(Enrolment(each, role) for each in ids)


SOURCE_RUBRIC = rubric(41, "Rubric of sources", "Frames the search for information", "Judges how reliable sources are")
MEDIA_RUBRIC = rubric(42, "Rubric of media", "Makes media for an audience", "Credits others and chooses a licence")
FRAME, JUDGE, MAKE, CREDIT = 411, 412, 421, 422
KEY = {
    "Frames the search for information": "A1",
    "Judges how reliable sources are": "A2",
    "Makes media for an audience": "B1",
    "Credits others and chooses a licence": "B2",
}
"""Which competency each criterion is mapped to, by the people of these walks."""


def course(*assignments: Assignment, **more: object) -> Course:
    facts: dict[str, object] = {
        "title": "Digital practice",
        "label": "DP1",
        "enrolments": (
            Enrolment(TEACHER, Role.INSTRUCTOR),
            Enrolment(HELPER, Role.ASSISTANT),
            *learners(MAPLE, ROWAN, LINDEN, HAZEL, ALDER, CEDAR),
            Enrolment(TEST, Role.TEST_STUDENT),
        ),
        "links": (Link(MAP, "Waymark"),),
        "assignments": assignments,
    }
    return Course(COURSE, **{**facts, **more})  # type: ignore[arg-type]


def seed(*courses: Course, people_more: tuple[Person, ...] = ()) -> Seed:
    return Seed(people(*people_more), courses, (ServiceToken(TOKEN, ADMIN),))
