"""A kept version back as the plain value that it was read from."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks.domain import (
    AssociationDraft,
    AssociationType,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
)
from lti_tool.frameworks.models import Association, Framework, FrameworkVersion, Item, Level
from lti_tool.kit.errors import NotFound


def head(session: Session, version_id: int) -> FrameworkDraft:
    """What a kept version says of itself and its levels, without its items and relations. Raises NotFound."""
    row = session.get(FrameworkVersion, version_id)
    if row is None:
        raise NotFound("This framework is not here.", "Look at `lti-tool framework list` for its number.")
    framework = session.get_one(Framework, row.framework_id)
    return FrameworkDraft(
        identifier=framework.identifier,
        title=row.title,
        description=row.description,
        version=row.source_version,
        language=row.language,
        publisher=row.publisher,
        licence=row.licence,
        attribution=row.attribution,
        source_url=row.source_url,
        levels=tuple(
            LevelDraft(level.number, level.name, level.description, level.months)
            for level in session.scalars(select(Level).where(Level.version_id == version_id).order_by(Level.number))
        ),
        extra=row.extra,
        format=row.format,
    )


def draft(session: Session, version_id: int) -> FrameworkDraft:
    """A kept version as the plain value it was read from, for export and comparison."""
    about = head(session, version_id)
    item_rows: Sequence[Item] = session.scalars(
        select(Item).where(Item.version_id == version_id).order_by(Item.id)
    ).all()
    link_rows = session.scalars(
        select(Association).where(Association.version_id == version_id).order_by(Association.id)
    ).all()
    keys = {item.id: item.key for item in item_rows}
    more_parents: dict[str, list[str]] = {}
    links = []
    for link in link_rows:
        if link.type == AssociationType.IS_CHILD_OF and link.destination_id is not None and link.origin_id is not None:
            more_parents.setdefault(keys[link.origin_id], []).append(keys[link.destination_id])
            continue
        extra = dict(link.extra)
        uri = extra.pop("waymark_destination_uri", "")
        links.append(AssociationDraft(link.type, link.origin_key, link.destination_key, uri, extra))
    return replace(
        about,
        items=tuple(
            ItemDraft(
                key=item.key,
                title=item.title,
                parent_keys=((keys[item.parent_id], *more_parents.get(item.key, ())) if item.parent_id else ()),
                kind=ItemKind(item.kind),
                code=item.code,
                description=item.description,
                scope=item.scope,
                descriptors={int(level): text for level, text in item.descriptors.items()},
                level=item.level_number,
                position=item.position,
                extra=item.extra,
            )
            for item in item_rows
        ),
        associations=tuple(links),
    )
