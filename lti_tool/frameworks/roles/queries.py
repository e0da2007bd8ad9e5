"""Role profiles as frozen values, on the newest published version of their framework."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries as frameworks
from lti_tool.frameworks.models import FrameworkVersion, RoleProfile, RoleTarget
from lti_tool.frameworks.queries import CompetencyInfo, Framed, LevelInfo
from lti_tool.frameworks.roles.domain import Asked, Role, Rung, acts_of
from lti_tool.frameworks.roles.service import unknown


@dataclass(frozen=True, slots=True)
class RoleSummary:
    id: int
    framework_id: int
    title: str
    description: str
    asks: int


def listed(session: Session, framework_id: int | None = None) -> tuple[RoleSummary, ...]:
    """By title; of one framework or of all."""
    counted = select(RoleTarget.role_id, func.count().label("asks")).group_by(RoleTarget.role_id).subquery()
    wanted = (
        select(RoleProfile, counted.c.asks)
        .outerjoin(counted, counted.c.role_id == RoleProfile.id)
        .order_by(RoleProfile.title)
    )
    if framework_id is not None:
        wanted = wanted.where(RoleProfile.framework_id == framework_id)
    return tuple(
        RoleSummary(row.id, row.framework_id, row.title, row.description, asks or 0)
        for row, asks in session.execute(wanted)
    )


def framed_for(session: Session, framework_id: int) -> Framed:
    """The newest published version, else the newest. Raises NotFound."""
    published = session.scalar(
        select(FrameworkVersion.id)
        .where(FrameworkVersion.framework_id == framework_id, FrameworkVersion.status == "published")
        .order_by(FrameworkVersion.number.desc())
        .limit(1)
    )
    return frameworks.framed(session, published or frameworks.newest_version_id(session, framework_id))


def targets(session: Session, role_id: int) -> dict[str, int]:
    """Competency key to level."""
    rows = session.execute(select(RoleTarget.item_key, RoleTarget.level).where(RoleTarget.role_id == role_id))
    return {key: level for key, level in rows}  # noqa: C416 - rows are not pairs to the type checker


def role(session: Session, role_id: int, framed: Framed | None = None) -> Role:
    """A role on its framework's present version, or on the one given. Raises NotFound."""
    row = session.scalar(select(RoleProfile).where(RoleProfile.id == role_id))
    if row is None:
        raise unknown()
    framed = framed or framed_for(session, row.framework_id)
    wanted = targets(session, role_id)
    levels = framed.version.levels
    asks = tuple(
        Asked(c.key, c.label, c.description, rungs(c, levels), min(wanted[c.key], len(levels)))
        for c in framed.competencies
        if c.key in wanted
    )
    here = {c.key for c in framed.competencies}
    return Role(
        id=row.id,
        title=row.title,
        description=row.description,
        framework=framed.version.title,
        version=framed.version.number,
        attribution=framed.version.attribution,
        asks=asks,
        gone=tuple(sorted(wanted.keys() - here)),
    )


def framework_of(session: Session, role_id: int) -> int:
    """Raises NotFound."""
    found = session.scalar(select(RoleProfile.framework_id).where(RoleProfile.id == role_id))
    if found is None:
        raise unknown()
    return found


def rungs(competency: CompetencyInfo, levels: tuple[LevelInfo, ...]) -> tuple[Rung, ...]:
    """Each level with its indicators, else the lines of its descriptor."""
    return tuple(
        Rung(
            level.number,
            level.name,
            competency.shown_at.get(level.number) or acts_of(competency.descriptors.get(level.number, "")),
            level.months,
        )
        for level in levels
    )
