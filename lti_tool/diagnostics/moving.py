"""A course works with another framework version: what was set for its competencies goes along with them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.diagnostics.models import Resource, Target
from lti_tool.grading.events import CourseMoved


def take_along(session: Session, moved: CourseMoved, institution_id: int) -> int:
    """Targets and resources of the competencies that went along, unless the new version has its own. How many."""
    goes: dict[int | None, int | None] = {pair[0]: pair[1] for pair in moved.items}
    goes[None] = None  # the target for everything
    own = {"institution_id": institution_id, "course_id": moved.course_id, "version_id": moved.version_id}
    taken = 0
    there = set(
        session.scalars(
            select(Target.item_id).where(Target.course_id == moved.course_id, Target.version_id == moved.version_id)
        )
    )
    for target in session.scalars(
        select(Target).where(Target.course_id == moved.course_id, Target.version_id == moved.from_version_id)
    ).all():
        if target.item_id in goes and goes[target.item_id] not in there:
            there.add(goes[target.item_id])
            session.add(Target(**own, item_id=goes[target.item_id], level=target.level))
            taken += 1
    known = {
        (item_id, url)
        for item_id, url in session.execute(
            select(Resource.item_id, Resource.url).where(
                Resource.course_id == moved.course_id, Resource.version_id == moved.version_id
            )
        )
    }
    for row in session.scalars(
        select(Resource).where(Resource.course_id == moved.course_id, Resource.version_id == moved.from_version_id)
    ).all():
        item_id = goes.get(row.item_id)
        if item_id is None or (item_id, row.url) in known:
            continue
        known.add((item_id, row.url))
        session.add(
            Resource(
                **own,
                item_id=item_id,
                level=row.level,
                title=row.title,
                url=row.url,
                minutes=row.minutes,
                note=row.note,
            )
        )
        taken += 1
    session.flush()
    return taken
