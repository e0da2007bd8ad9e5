"""Making one competency of two that overlap, in a draft, so that no evidence is lost.

What stood below the second stands below the first, levels that only the second described are taken over, relations
follow, and `replacedBy` tells every later step where the second one's evidence belongs. Each part is an edit of the
draft like any other: other open pages see it, and it can be taken back in the editor.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries
from lti_tool.frameworks.domain import AssociationType, FrameworkDraft, ItemDraft, children, competencies
from lti_tool.frameworks.editing import service as editing
from lti_tool.frameworks.editing.domain import Move, Op, Relate, Remove, Set
from lti_tool.frameworks.editing.service import From
from lti_tool.frameworks.models import Association, FrameworkVersion, Item
from lti_tool.kit.errors import Fault, Invalid, NotFound

_FOLLOW = (AssociationType.PRECEDES, AssociationType.IS_RELATED_TO, AssociationType.IS_PART_OF)


def merge(session: Session, version_id: int, keep: str, drop: str, now: datetime, by: int | None = None) -> None:
    """`drop` goes into `keep` (keys of two competencies). Raises NotFound, NotADraft, Invalid. Inside `writing()`."""
    draft = queries.draft(session, version_id)
    kept, dropped = _competency(draft, keep), _competency(draft, drop)
    if keep == drop:
        raise Invalid("A competency cannot be merged with itself.", "Choose two.")
    if any(link.key == keep for link in children(draft, drop)):
        raise Invalid("One of the two stands below the other.", "Move it out first, then merge them.")
    page = f"merge-{uuid.uuid4().hex[:16]}"
    sent = 0

    def do(op: Op) -> None:
        nonlocal sent
        sent += 1
        editing.change(session, version_id, op, From(page, sent, by), now, keep=True)

    after = next((child.key for child in reversed(children(draft, keep))), None)
    for child in children(draft, drop):
        if keep in child.parent_keys:
            continue  # it stays there when the other goes
        if child.parent_keys[0] != drop:
            do(Relate(AssociationType.IS_CHILD_OF.value, child.key, keep))
            continue
        do(Move(child.key, keep, after))
        after = child.key
    fields = _taken_over(kept, dropped)
    if fields:
        do(Set(keep, fields))
    for op in _relations(draft, keep, drop):
        try:
            do(op)
        except Fault:
            continue  # it stands already, or would close a circle: the evidence does not depend on it
    do(Remove(drop))
    version = session.scalars(select(FrameworkVersion).where(FrameworkVersion.id == version_id)).one()
    session.add(
        Association(
            institution_id=version.institution_id,
            version_id=version_id,
            type=AssociationType.REPLACED_BY.value,
            origin_id=None,
            origin_key=drop,
            destination_id=session.scalar(select(Item.id).where(Item.version_id == version_id, Item.key == keep)),
            destination_key=keep,
            extra={},
        )
    )
    session.flush()


def _competency(draft: FrameworkDraft, key: str) -> ItemDraft:
    found = next((item for item in competencies(draft) if item.key == key), None)
    if found is None:
        raise NotFound("One of the two competencies is not here any more.", "Reload the page.")
    return found


def _taken_over(kept: ItemDraft, dropped: ItemDraft) -> dict[str, str | int | None]:
    """Descriptors of levels that only the second describes; its description where the first has none."""
    fields: dict[str, str | int | None] = {
        f"descriptor:{number}": text
        for number, text in dropped.descriptors.items()
        if text.strip() and not kept.descriptors.get(number, "").strip()
    }
    if dropped.description.strip() and not kept.description.strip():
        fields["description"] = dropped.description
    return fields


def _relations(draft: FrameworkDraft, keep: str, drop: str) -> list[Op]:
    found: list[Op] = []
    for link in draft.associations:
        if link.type not in _FOLLOW or drop not in (link.origin_key, link.destination_key):
            continue
        origin = keep if link.origin_key == drop else link.origin_key
        destination = keep if link.destination_key == drop else link.destination_key
        if origin != destination and destination in draft.by_key and origin in draft.by_key:
            found.append(Relate(str(link.type), origin, destination))
    return found
