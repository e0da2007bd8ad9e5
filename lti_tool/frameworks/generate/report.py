"""What pages show of a generation, as frozen values: its stages, its items with where they come from and what was
found, and who has read what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries
from lti_tool.frameworks.domain import ItemDraft, Severity
from lti_tool.frameworks.generate import keeping, service
from lti_tool.frameworks.generate.bank import SOURCES, SourceInfo
from lti_tool.frameworks.generate.domain import Competence, Engine, Origin, Remark
from lti_tool.frameworks.generate.models import Generation, GenerationStage
from lti_tool.frameworks.generate.outcome import EVIDENCE_WORDS, item_keys, sources_used
from lti_tool.kit.errors import NotFound


@dataclass(frozen=True)
class StageRow:
    title: str
    status: str
    engine: str
    words: str
    model: str


@dataclass(frozen=True)
class OriginRow:
    """`told` is a sentence's beginning ("From O*NET 29.3 Database"), `words` what stands there."""

    told: str
    words: str
    url: str = ""
    licence: str = ""


@dataclass(frozen=True)
class FoundRow:
    severity: str
    words: str
    reason: str = ""
    rewrite: str = ""
    level: int | None = None


@dataclass(frozen=True)
class ItemRow:
    """One competency as it stands in the draft now. `changed` says that a person edited it since."""

    key: str
    part: str
    title: str
    description: str
    engine: Engine
    why: str
    levels: tuple[tuple[str, tuple[str, ...]], ...]
    indicators: tuple[tuple[int, str, str], ...]
    """Level, text, kind of evidence."""
    origins: tuple[OriginRow, ...]
    notes: tuple[str, ...]
    findings: tuple[FoundRow, ...]
    read: bool
    changed: bool
    gone: bool


@dataclass(frozen=True)
class Report:
    items: tuple[ItemRow, ...]
    whole: tuple[FoundRow, ...]
    """Findings about the framework as a whole."""
    remarks: tuple[Remark, ...]
    sources: tuple[SourceInfo, ...]
    nearest: Mapping[str, tuple[tuple[str, float], ...]]

    @property
    def unread(self) -> int:
        return sum(not item.read and not item.gone for item in self.items)

    @property
    def gaps(self) -> tuple[Remark, ...]:
        return tuple(one for one in self.remarks if one.kind != "note")

    @property
    def blocking(self) -> int:
        return sum(one.severity == Severity.ERROR.value for item in self.items for one in item.findings)


def stages(session: Session, generation_id: int) -> tuple[StageRow, ...]:
    wanted = select(GenerationStage).where(GenerationStage.generation_id == generation_id)
    rows = session.scalars(wanted.order_by(GenerationStage.position)).all()
    return tuple(StageRow(row.title, row.status, row.engine, row.words, row.model) for row in rows)


def mine(session: Session) -> tuple[Generation, ...]:
    """The institution's, newest first."""
    return tuple(session.scalars(select(Generation).order_by(Generation.id.desc()).limit(50)).all())


def report(session: Session, row: Generation) -> Report:
    outline = keeping.from_json(row.outline)
    findings: list[dict[str, Any]] = row.outline.get("findings", [])
    keys = item_keys(outline, service.identifier(row))
    brief = row.brief
    families = [one.strip() for one in str(brief.get("families", "")).splitlines() if one.strip()]
    now = _draft_now(session, row)
    stage_names = _stage_names(session, row)
    items = []
    for place, item in enumerate(outline.items):
        present = now.get(keys[place]) if now is not None else None
        changed = present is not None and (
            present.title != item.title
            or [present.descriptors.get(number, "") for number in range(1, len(item.levels) + 1)]
            != ["\n".join(bullets) for bullets in item.levels]
        )
        found = () if changed else tuple(_found(one) for one in findings if one.get("item") == place)
        items.append(
            _item(item, keys[place], families, stage_names, found, row, changed, now is not None and not present)
        )
    return Report(
        tuple(items),
        tuple(_found(one) for one in findings if one.get("item") is None),
        outline.remarks,
        tuple(SOURCES[key] for key in sources_used(outline)),
        outline.nearest,
    )


def _draft_now(session: Session, row: Generation) -> dict[str, ItemDraft] | None:
    if row.version_id is None:
        return None
    try:
        return dict(queries.draft(session, row.version_id).by_key)
    except NotFound:
        return None


def _stage_names(session: Session, row: Generation) -> tuple[str, ...]:
    if row.version_id is None:
        return tuple(f"Level {number}" for number in range(1, 5))
    return tuple(level.name for level in queries.levels(session, row.version_id))


def _item(
    item: Competence,
    key: str,
    families: list[str],
    stage_names: tuple[str, ...],
    found: tuple[FoundRow, ...],
    row: Generation,
    changed: bool,
    gone: bool,
) -> ItemRow:
    part = "Core" if item.is_core else families[item.families[0]] if item.families[0] < len(families) else ""
    return ItemRow(
        key=key,
        part=part[:1].upper() + part[1:],
        title=item.title,
        description=item.description,
        engine=item.engine,
        why=item.why,
        levels=tuple(zip(stage_names, item.levels, strict=False)),
        indicators=tuple((one.level, one.text, EVIDENCE_WORDS[one.evidence]) for one in item.indicators),
        origins=tuple(_origin(one) for one in item.origins),
        notes=item.notes,
        findings=found,
        read=key in row.read_at,
        changed=changed,
        gone=gone,
    )


def _origin(origin: Origin) -> OriginRow:
    if origin.kind == "source":
        source = SOURCES[origin.name]
        return OriginRow(f"Open source: {source.name}", origin.words, origin.url, source.licence)
    if origin.kind == "document":
        return OriginRow(f"Your document “{origin.name}”", origin.words)
    return OriginRow("Your goal", origin.words)


def _found(one: Mapping[str, Any]) -> FoundRow:
    return FoundRow(one["severity"], one["words"], one["reason"], one["rewrite"], one["level"])
