"""Keeping frameworks: an import becomes a version; the same content again adds nothing."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from lti_tool.frameworks import matching
from lti_tool.frameworks.domain import AssociationType, FrameworkDraft, Status, competencies, counts
from lti_tool.frameworks.models import Association, Framework, FrameworkVersion, Item, Level
from lti_tool.frameworks.queries import default_version_id
from lti_tool.kit.errors import NotFound
from lti_tool.launch import service as launch


@dataclass(frozen=True)
class Kept:
    framework_id: int
    version_id: int
    number: int
    counts: dict[str, int]
    is_new: bool
    """False when this very content stands already: nothing was written."""


def fingerprint(draft: FrameworkDraft) -> str:
    """Hash of everything a reader said, warnings aside."""
    content = asdict(replace(draft, warnings=()))
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def keep(
    session: Session,
    draft: FrameworkDraft,
    institution_id: int,
    now: datetime,
    status: Status = Status.PUBLISHED,
    *,
    into: int | None = None,
    as_new: bool = False,
) -> Kept:
    """Keep a draft as the next version of its framework, whole or not at all; published unless `status` says draft.

    The framework is the one that the draft continues (`matching.find`), or `into`, or with `as_new` one of its own.
    The first framework of an institution becomes its default. Raises NotFound for an unknown `into`.
    """
    mark = fingerprint(draft)
    framework = _framework(session, draft, institution_id, now, into, as_new)
    versions = session.scalars(
        select(FrameworkVersion)
        .where(FrameworkVersion.framework_id == framework.id)
        .order_by(FrameworkVersion.number.desc())
    ).all()
    # A draft is being edited: what it was made from says nothing about what it holds now.
    latest = next((version for version in versions if version.status != Status.DRAFT), None)
    if latest is not None and latest.fingerprint == mark:
        return Kept(framework.id, latest.id, latest.number, counts(draft), is_new=False)
    if status is Status.PUBLISHED:
        hold_courses(session, framework.id)
        framework.title = draft.title
    version_id = insert_version(session, framework, draft, status, now, mark, latest.id if latest else None)
    number = session.get_one(FrameworkVersion, version_id).number
    return Kept(framework.id, version_id, number, counts(draft), is_new=True)


def _framework(
    session: Session, draft: FrameworkDraft, institution_id: int, now: datetime, into: int | None, as_new: bool
) -> Framework:
    match = None if as_new or into is not None else matching.find(session, draft)
    wanted = match.framework_id if match else into
    if wanted is not None:
        found = session.scalar(select(Framework).where(Framework.id == wanted).with_for_update())
        if found is None:
            raise NotFound("This framework is not here.", "Choose one from the list.")
        return found
    return new_framework(session, matching.free_identifier(session, draft), draft.title, institution_id, now)


def new_framework(session: Session, identifier: str, title: str, institution_id: int, now: datetime) -> Framework:
    """A framework with no version yet. The institution's first one becomes its default."""
    first = session.scalar(select(Framework.id).limit(1)) is None
    framework = Framework(
        institution_id=institution_id, identifier=identifier, title=title, is_default=first, created_at=now
    )
    session.add(framework)
    session.flush()
    return framework


def hold_courses(session: Session, framework_id: int) -> None:
    """Before a new version is published: courses that work with the default of today stay with it until somebody
    moves them. Their evidence is pinned to it."""
    framework = session.get_one(Framework, framework_id)
    present = default_version_id(session) if framework.is_default else None
    if present is not None:
        launch.hold_framework_version(session, present)


def insert_version(
    session: Session,
    framework: Framework,
    draft: FrameworkDraft,
    status: Status,
    now: datetime,
    mark: str = "",
    based_on_id: int | None = None,
) -> int:
    """The next version of a framework with everything in it. Returns its id."""
    newest = session.scalar(
        select(func.max(FrameworkVersion.number)).where(FrameworkVersion.framework_id == framework.id)
    )
    version = FrameworkVersion(
        institution_id=framework.institution_id,
        framework_id=framework.id,
        number=(newest or 0) + 1,
        status=status.value,
        based_on_id=based_on_id,
        title=draft.title,
        description=draft.description,
        source_version=draft.version,
        language=draft.language,
        publisher=draft.publisher,
        licence=draft.licence,
        attribution=draft.attribution,
        source_url=draft.source_url,
        format=draft.format,
        fingerprint=mark or fingerprint(draft),
        extra=dict(draft.extra),
        created_at=now,
        published_at=now if status is Status.PUBLISHED else None,
    )
    session.add(version)
    session.flush()
    own = {"institution_id": framework.institution_id, "version_id": version.id}
    if draft.levels:
        session.execute(insert(Level), [{**own, **asdict(level)} for level in draft.levels])
    ids = _keep_items(session, draft, own)
    _keep_associations(session, draft, own, ids)
    return version.id


def _keep_items(session: Session, draft: FrameworkDraft, own: dict[str, Any]) -> dict[str, int]:
    if not draft.items:
        return {}
    assessed = {item.key for item in competencies(draft)}
    session.execute(
        insert(Item),
        [
            {
                **own,
                "key": item.key,
                "kind": item.kind.value,
                "assessed": item.key in assessed,
                "code": item.code,
                "title": item.title,
                "description": item.description,
                "scope": item.scope,
                "level_number": item.level,
                "position": item.position,
                "descriptors": {str(level): text for level, text in item.descriptors.items()},
                "extra": dict(item.extra),
            }
            for item in draft.items
        ],
    )
    ids = {
        key: id_ for id_, key in session.execute(select(Item.id, Item.key).where(Item.version_id == own["version_id"]))
    }
    parents = [
        {"id": ids[item.key], "parent_id": ids[item.parent_keys[0]]}
        for item in draft.items
        if item.parent_keys and item.parent_keys[0] in ids
    ]
    if parents:
        session.execute(update(Item), parents)
    return ids


def _keep_associations(session: Session, draft: FrameworkDraft, own: dict[str, Any], ids: dict[str, int]) -> None:
    """Parents beyond the first are kept as associations; the first is the item's own `parent_id`."""
    rows = [
        {
            **own,
            "type": AssociationType.IS_CHILD_OF.value,
            "origin_id": ids[item.key],
            "origin_key": item.key,
            "destination_id": ids[parent],
            "destination_key": parent,
            "extra": {},
        }
        for item in draft.items
        for parent in item.parent_keys[1:]
        if parent in ids
    ]
    rows += [
        {
            **own,
            "type": str(link.type),
            "origin_id": ids.get(link.origin_key),
            "origin_key": link.origin_key,
            "destination_id": ids.get(link.destination_key),
            "destination_key": link.destination_key,
            "extra": {
                **link.extra,
                **({"waymark_destination_uri": link.destination_uri} if link.destination_uri else {}),
            },
        }
        for link in draft.associations
    ]
    if rows:
        session.execute(insert(Association), rows)


def make_default(session: Session, framework_id: int) -> None:
    """Courses that chose no framework work with this one from now on."""
    framework = session.get(Framework, framework_id)
    if framework is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    for other in session.scalars(select(Framework).where(Framework.is_default.is_(True))):
        other.is_default = False
    session.flush()
    framework.is_default = True
