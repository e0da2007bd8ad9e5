"""Places with everything in them that a stranger could want, and their ids: for walks that try other people's doors."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.diagnostics.models import CheckRequest, Resource
from lti_tool.frameworks.generate.models import Generation, GenerationDocument
from lti_tool.frameworks.models import Framework, FrameworkVersion, Item
from lti_tool.frameworks.models_life import PendingImport
from lti_tool.frameworks.models_roles import RoleProfile
from lti_tool.grading.models import Assessment, Criterion, Delivery, Intake, Rating, Submission
from lti_tool.kit.db import Base, Owned
from lti_tool.kit.outbox import OutboxRow
from lti_tool.launch.models import Course, Deployment, Invitation, Person, Platform
from lti_tool.sandbox import LaunchDriver
from lti_tool.sandbox.seed import Assignment
from tests.walks import seeds, steps
from tests.walks.campus import Lms, Tool

Ids = dict[str, list[str]]


@dataclass(frozen=True)
class World:
    """A populated course: who teaches it, who learns in it, and the word that marks all that is its own."""

    lms: Lms
    course: int
    link: int
    word: str
    teacher: int
    learners: tuple[int, ...]

    def enter(self, person: int) -> Any:
        return self.lms.be(person).enter(self.course, self.link)


def assignment(number: int, word: str, learner: int, *, released: bool = True) -> Assignment:
    """Two criteria, one learner marked with a remark that holds the word."""
    rubric = seeds.rubric(number, f"{word} rubric", f"{word} searching for information", f"{word} judging sources")
    first, second = (criterion.id for criterion in rubric.criteria)
    work = seeds.work(learner, 1, seeds.level(first, 2, f"{word} remark"), seeds.level(second, 3), released=released)
    return Assignment(number, f"{word} check", 6, rubric=rubric, work=(work,))


def populate(world: World) -> None:
    """Marks from the LMS, a mapping, an own assessment with work, marks and a grade that stopped, a resource, a target,
    a request to check, a file looked at, a deployment to approve."""
    lms, word, learner = world.lms, world.word, world.learners[0]
    tool, teacher = lms.tool, lms.be(world.teacher)
    world.enter(world.teacher)
    tool.sweep()
    teacher.press(teacher.see("/grading/assessments"), "/look-again")
    tool.sweep()
    key = {f"{word} searching for information": "A1", f"{word} judging sources": "A2"}
    assert steps.map_all(tool, teacher, key) == 2
    form = {
        "title": f"{word} task",
        "instructions": f"{word} instructions",
        "points": "3",
        "c-0-title": f"{word} making",
    }
    form |= {f"c-0-r-{at}-points": str(at) for at in range(4)} | {
        f"c-0-r-{at}-words": f"{word} {at}" for at in range(4)
    }
    ref = teacher.do("/grading/assessments/new", form).url.split("/assessments/")[1].split("/")[0]
    for each in world.learners:
        world.enter(each)
        file = {"file": (f"{word}.txt", f"{word} file of {each}".encode(), "text/plain")}
        page = lms.be(each).do(f"/grading/assessments/{ref}/hand-in", {"text": f"{word} work of {each}"}, file)
        assert page.says("Your work is handed in")
    own = steps.Own(ref, 0, f"{word} task", 3)
    with lms.fault(ags="403"):
        for each in world.learners:
            assert steps.mark_own(lms, own, each, 2, comment=f"{word} comment", teacher=world.teacher).ok
        tool.sweep()
    item = str(steps.item_id(lms, "A1"))
    teacher.do(
        "/diagnostics/resources", {"item": item, "title": f"{word} book", "url": "https://example.org/", "minutes": ""}
    )
    teacher.do("/diagnostics/targets", {"item": item, "level": "3"})
    lms.be(learner).do("/diagnostics/checks", {"words": f"{word} asks"}).says("Sent.")
    lines = f"learner,assessment,criterion,points,max_points\n{learner},{word} file,{word} line,1,2\n"
    assert teacher.do("/grading/marks/upload", files={"file": ("m.csv", lines.encode(), "text/csv")}).says(
        f"{word} file"
    )
    with LaunchDriver(lms.url, person=learner, link=world.link) as driver:
        driver.forge(claims_patch={"deployment_id": f"{word}-pending"})


def furnish(lms: Lms, word: str) -> None:
    """What an institution has besides courses: an invitation, a draft, a role, a brief with a document, a file that
    was looked at and not kept."""
    admin = lms.be(seeds.ADMIN)
    assert admin.do("/admin/invitations", {"days": "7"}).ok
    (framework,) = lms.tool.read(
        lambda s: s.scalars(
            select(Framework.id)
            .join(Platform, Platform.institution_id == Framework.institution_id)
            .where(Platform.id == lms.platform_id)
        ).all()
    )
    assert admin.do(f"/frameworks/{framework}/draft").ok
    assert admin.do("/frameworks/roles", {"framework": str(framework), "title": f"{word} role"}).ok
    brief = admin.do("/frameworks/generate")
    document = {"document": (f"{word}.txt", f"{word} document of the library".encode(), "text/plain")}
    assert admin.do(f"{urlsplit(brief.url).path}/documents", {"title": f"{word} brief"}, document).ok
    pending = {"file": (f"{word}.csv", seeds.FRAMEWORK.replace("Saves", f"{word} saves").encode(), "text/csv")}
    assert admin.do("/frameworks/import", files=pending).ok


def ids_of(world: World) -> Ids:
    """The ids of all that stands in this course, by the names that routes give them."""

    def ask(session: Session) -> Ids:
        platform = session.get_one(Platform, world.lms.platform_id)
        owner = platform.institution_id
        course = session.scalars(
            select(Course).where(Course.platform_id == platform.id, Course.title.like(f"%{world.word}%"))
        ).one()
        assessments = select(Assessment.id).where(Assessment.course_id == course.id)
        criteria = select(Criterion.id).where(Criterion.assessment_id.in_(assessments)).order_by(Criterion.id)
        wanted = {
            "platform_id": select(Platform.id).where(Platform.id == platform.id),
            "deployment": select(Deployment.id).where(Deployment.institution_id == owner),
            "work": select(OutboxRow.id).where(OutboxRow.institution_id == owner, OutboxRow.done_at.is_(None)).limit(3),
            "delivery_id": select(Delivery.id).where(Delivery.assessment_id.in_(assessments)),
            "framework_id": select(Framework.id).where(Framework.institution_id == owner),
            "version_id": select(FrameworkVersion.id).where(FrameworkVersion.institution_id == owner),
            "identifier": select(Framework.identifier).where(Framework.institution_id == owner),
            "invitation_id": select(Invitation.id).where(Invitation.institution_id == owner),
            "role_id": select(RoleProfile.id).where(RoleProfile.institution_id == owner),
            "generation_id": select(Generation.id).where(Generation.institution_id == owner),
            "document_id": select(GenerationDocument.id).where(GenerationDocument.institution_id == owner),
            "pending_id": select(PendingImport.id).where(PendingImport.institution_id == owner),
            "item": select(Item.id).where(Item.institution_id == owner).limit(4),
            "criterion_id": criteria,
            "rating": select(Rating.id).where(Rating.criterion_id.in_(criteria)).limit(3),
            "assessment": assessments,
            "course_id": select(Course.id).where(Course.id == course.id),
            "intake_id": select(Intake.id).where(Intake.course_id == course.id, Intake.ended_at.is_(None)),
            "submission_id": select(Submission.id).where(Submission.assessment_id.in_(assessments)),
            "person_id": select(Person.id).where(
                Person.platform_id == platform.id, Person.subject.in_(_subjects(world, world.learners))
            ),
            "resource_id": select(Resource.id).where(Resource.course_id == course.id),
            "request_id": select(CheckRequest.id).where(CheckRequest.course_id == course.id),
            "ref": select(Assessment.source_id).where(
                Assessment.course_id == course.id,
                Assessment.source == "tool",
                Assessment.title.like(f"%{world.word}%"),
            ),
        }
        found = {name: [str(one) for one in session.scalars(query)] for name, query in wanted.items()}
        missing = [name for name, ids in found.items() if not ids]
        assert missing == [], missing
        return found

    return world.lms.tool.read(ask)


def _subjects(world: World, people: tuple[int, ...]) -> list[str]:
    known = [world.lms.seed.person(each) for each in people]
    return [world.lms.served.campus.sub(one) for one in known if one is not None]


def owner_of(world: World) -> int:
    """The institution's id."""
    return world.lms.tool.read(lambda session: session.get_one(Platform, world.lms.platform_id).institution_id)


def everything(tool: Tool, owner: int | None = None) -> dict[str, list[str]]:
    """Every row that belongs to an institution (to this one), as text, by table. Without sessions and what was noted of
    who tried: those are made by looking."""

    def ask(session: Session) -> dict[str, list[str]]:
        tables = [mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned)]
        assert len(tables) > 15
        found = {}
        for table in sorted(tables, key=str):
            if str(table) == "launch":
                continue
            query = select(table).order_by(*table.primary_key.columns)
            if owner is not None:
                query = query.where(table.c.institution_id == owner)
            found[str(table)] = [repr(row) for row in session.execute(query)]
        return found

    return tool.read(ask)
