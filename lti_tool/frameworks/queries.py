"""What other rooms and pages read of a framework, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from lti_tool.frameworks.domain import (
    INDICATOR_KINDS,
    AssociationType,
    Status,
)
from lti_tool.frameworks.models import Association, Framework, FrameworkVersion, Item, Level
from lti_tool.frameworks.whole import draft as draft
from lti_tool.frameworks.whole import head as head
from lti_tool.kit.errors import NotFound

DEFAULT_LEVELS = 4
"""A framework that names no levels is shown on this many plain ones."""


KEPT_VERSIONS = 32
_framed: WeakKeyDictionary[Any, dict[tuple[Any, int], "Framed"]] = WeakKeyDictionary()


@dataclass(frozen=True)
class LevelInfo:
    number: int
    name: str
    description: str
    months: int | None = None


@dataclass(frozen=True)
class VersionInfo:
    id: int
    framework_id: int
    identifier: str
    number: int
    status: str
    title: str
    description: str
    licence: str
    attribution: str
    source_url: str
    levels: tuple[LevelInfo, ...]

    @property
    def level_count(self) -> int:
        return len(self.levels)


@dataclass(frozen=True)
class CompetencyInfo:
    """What criteria are aligned to. `path` is the titles above it, from the top; the area is the nearest of them."""

    id: int
    key: str
    code: str
    title: str
    description: str
    path: tuple[str, ...]
    parent_id: int | None
    area_id: int | None
    area_code: str
    area_title: str
    indicators: tuple[str, ...]
    """Texts of the observable behaviours below it, all levels."""
    shown_at: Mapping[int, tuple[str, ...]]
    """Level number to the indicators that show this level; those of no said level are under 0."""
    descriptors: Mapping[int, str]
    position: int

    @property
    def label(self) -> str:
        return f"{self.code} {self.title}".strip()

    def what_shows(self, level: int) -> str:
        """Words for "show that you can": an indicator of the level, else its descriptor, else the description."""
        named = self.shown_at.get(level) or ()
        return named[0] if named else self.descriptors.get(level) or self.description


@dataclass(frozen=True)
class FrameworkSummary:
    framework_id: int
    version_id: int
    title: str
    number: int
    status: str
    is_default: bool
    items: int
    assessed: int
    attribution: str
    draft_id: int | None = None
    """The draft that is open, if there is one."""


@dataclass(frozen=True)
class Framed:
    """A version with its competencies, read once for a page or a job."""

    version: VersionInfo
    competencies: tuple[CompetencyInfo, ...]
    prerequisites: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Competency id to the ids that have to come directly before it."""

    @cached_property
    def by_id(self) -> Mapping[int, CompetencyInfo]:
        return {competency.id: competency for competency in self.competencies}


def version(session: Session, version_id: int) -> VersionInfo:
    """Raises NotFound when the institution has no such version."""
    found = session.execute(
        select(FrameworkVersion, Framework.identifier)
        .join(Framework, Framework.id == FrameworkVersion.framework_id)
        .where(FrameworkVersion.id == version_id)
    ).one_or_none()
    if found is None:
        raise NotFound("This framework is not here.", "Choose one from the list of frameworks.")
    row, identifier = found
    return VersionInfo(
        id=row.id,
        framework_id=row.framework_id,
        identifier=identifier,
        number=row.number,
        status=row.status,
        title=row.title,
        description=row.description,
        licence=row.licence,
        attribution=row.attribution,
        source_url=row.source_url,
        levels=levels(session, version_id),
    )


def levels(session: Session, version_id: int) -> tuple[LevelInfo, ...]:
    rows = session.scalars(select(Level).where(Level.version_id == version_id).order_by(Level.number))
    named = tuple(LevelInfo(row.number, row.name, row.description, row.months) for row in rows)
    return named or tuple(LevelInfo(n, f"Level {n}", "") for n in range(1, DEFAULT_LEVELS + 1))


def competencies(session: Session, version_id: int) -> tuple[CompetencyInfo, ...]:
    """In reading order: by area, then by position. Two queries, whatever the size."""
    rows = session.scalars(
        select(Item).options(defer(Item.extra)).where(Item.version_id == version_id).order_by(Item.id)
    ).all()
    by_id = {row.id: row for row in rows}
    shown: dict[int, dict[int, list[str]]] = {}
    for row in rows:
        if row.parent_id is not None and row.kind in INDICATOR_KINDS:
            shown.setdefault(row.parent_id, {}).setdefault(row.level_number or 0, []).append(row.title)

    def above(row_id: int) -> list[int]:
        chain: list[int] = []
        parent = by_id[row_id].parent_id
        while parent is not None and parent in by_id and parent not in chain:
            chain.append(parent)
            parent = by_id[parent].parent_id
        return chain

    found = []
    for row in rows:
        if not row.assessed:
            continue
        chain = above(row.id)
        area = by_id[chain[0]] if chain else None
        by_level = {level: tuple(texts) for level, texts in shown.get(row.id, {}).items()}
        info = CompetencyInfo(
            id=row.id,
            key=row.key,
            code=row.code,
            title=row.title,
            description=row.description,
            path=tuple(by_id[parent].title for parent in reversed(chain)),
            parent_id=row.parent_id,
            area_id=area.id if area else None,
            area_code=area.code if area else "",
            area_title=area.title if area else "",
            indicators=tuple(text for level in sorted(by_level) for text in by_level[level]),
            shown_at=by_level,
            descriptors={int(level): text for level, text in row.descriptors.items()},
            position=row.position,
        )
        found.append(((*(by_id[parent].position for parent in reversed(chain)), row.position), info))
    return tuple(info for _, info in sorted(found, key=lambda pair: pair[0]))


def prerequisites(session: Session, version_id: int) -> dict[int, frozenset[int]]:
    rows = session.execute(
        select(Association.origin_id, Association.destination_id).where(
            Association.version_id == version_id,
            Association.type == AssociationType.PRECEDES.value,
            Association.origin_id.is_not(None),
            Association.destination_id.is_not(None),
        )
    )
    before: dict[int, set[int]] = {}
    for origin, destination in rows:
        if origin is None or destination is None:
            continue
        before.setdefault(destination, set()).add(origin)
    return {item: frozenset(needed) for item, needed in before.items()}


def framed(session: Session, version_id: int) -> Framed:
    """A version whole. What is more than a draft never changes, so each process reads it once."""
    engine = session.get_bind()
    kept = _framed.setdefault(engine, {})
    key = (session.info.get("institution"), version_id)
    if key not in kept:
        found = Framed(
            version(session, version_id), competencies(session, version_id), prerequisites(session, version_id)
        )
        if found.version.status == Status.DRAFT:
            return found
        if len(kept) >= KEPT_VERSIONS:
            kept.clear()
        kept[key] = found
    return kept[key]


def default_version_id(session: Session) -> int | None:
    """The newest published version of the institution's default framework."""
    return session.scalar(
        select(FrameworkVersion.id)
        .join(Framework, Framework.id == FrameworkVersion.framework_id)
        .where(Framework.is_default.is_(True), FrameworkVersion.status == "published")
        .order_by(FrameworkVersion.number.desc())
        .limit(1)
    )


def newest_version_id(session: Session, framework_id: int) -> int:
    """The newest published version, else the newest that is more than a draft, else the draft. Raises NotFound when
    there is no such framework."""
    found = session.scalar(
        select(FrameworkVersion.id)
        .where(FrameworkVersion.framework_id == framework_id)
        .order_by(
            FrameworkVersion.status != Status.PUBLISHED,
            FrameworkVersion.status == Status.DRAFT,
            FrameworkVersion.number.desc(),
        )
        .limit(1)
    )
    if found is None:
        raise NotFound("There is no framework with this number.", "`lti-tool framework list` names them.")
    return found


def summaries(session: Session) -> tuple[FrameworkSummary, ...]:
    """The version of each framework that stands for it, as `newest_version_id` says; the default first."""
    is_draft = FrameworkVersion.status == Status.DRAFT
    number = func.max(FrameworkVersion.number)
    newest = (
        select(
            FrameworkVersion.framework_id,
            func.coalesce(
                number.filter(FrameworkVersion.status == Status.PUBLISHED), number.filter(~is_draft), number
            ).label("number"),
            func.max(FrameworkVersion.id).filter(is_draft).label("draft_id"),
        )
        .group_by(FrameworkVersion.framework_id)
        .subquery()
    )
    counted = (
        select(
            Item.version_id,
            func.count().label("item_count"),
            func.count().filter(Item.assessed.is_(True)).label("assessed_count"),
        )
        .group_by(Item.version_id)
        .subquery()
    )
    rows = session.execute(
        select(Framework, FrameworkVersion, counted.c.item_count, counted.c.assessed_count, newest.c.draft_id)
        .join(FrameworkVersion, FrameworkVersion.framework_id == Framework.id)
        .join(newest, (newest.c.framework_id == Framework.id) & (newest.c.number == FrameworkVersion.number))
        .outerjoin(counted, counted.c.version_id == FrameworkVersion.id)
        .order_by(Framework.is_default.desc(), FrameworkVersion.title)
    ).all()
    return tuple(
        FrameworkSummary(
            framework_id=framework.id,
            version_id=row.id,
            title=row.title,
            number=row.number,
            status=row.status,
            is_default=framework.is_default,
            items=items or 0,
            assessed=assessed or 0,
            attribution=row.attribution,
            draft_id=draft_id,
        )
        for framework, row, items, assessed, draft_id in rows
    )


def fingerprint_of(session: Session, version_id: int) -> str:
    """The hash of the content that a version was made from."""
    return session.scalar(select(FrameworkVersion.fingerprint).where(FrameworkVersion.id == version_id)) or ""


def choosable(session: Session) -> tuple[int, ...]:
    """Ids of the versions that a course may work with: published ones, by framework, the newest first."""
    return tuple(
        session.scalars(
            select(FrameworkVersion.id)
            .join(Framework, Framework.id == FrameworkVersion.framework_id)
            .where(FrameworkVersion.status == Status.PUBLISHED)
            .order_by(Framework.title, Framework.id, FrameworkVersion.number.desc())
        )
    )
