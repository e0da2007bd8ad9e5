"""Drafts: the only versions whose content may change. The editor and the generator work on these."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import matching, queries
from lti_tool.frameworks.domain import FrameworkDraft, LevelDraft, Status
from lti_tool.frameworks.models import Framework, FrameworkVersion
from lti_tool.frameworks.service import Kept, insert_version, keep, new_framework
from lti_tool.kit.errors import Invalid, NotFound

PLAIN_LEVELS = ("Starting", "Working", "Leading", "Shaping")


class NotADraft(Invalid):
    reason = "not_a_draft"
    status = 409


def open_draft(session: Session, framework_id: int, now: datetime) -> int:
    """The framework's draft: the one that is open, or a new copy of its newest version that is not retired. The id of
    the version. Raises NotFound."""
    framework = session.scalar(select(Framework).where(Framework.id == framework_id).with_for_update())
    if framework is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    versions = _versions(session, framework_id)
    open_one = next((version for version in versions if version.status == Status.DRAFT), None)
    if open_one is not None:
        return open_one.id
    source = next((version for version in versions if version.status != Status.RETIRED), None) or versions[0]
    content = queries.draft(session, source.id)
    return insert_version(session, framework, content, Status.DRAFT, now, based_on_id=source.id)


def new_draft(session: Session, title: str, institution_id: int, now: datetime) -> int:
    """A framework of one's own with nothing in it but four levels; the id of its draft version."""
    title = title.strip()
    if not title:
        raise Invalid("The framework has no name yet.", "Give it a name.")
    framework = new_framework(session, str(uuid.uuid4()), title[:500], institution_id, now)
    levels = tuple(LevelDraft(number, name) for number, name in enumerate(PLAIN_LEVELS, 1))
    content = FrameworkDraft(framework.identifier, title[:500], levels=levels, format="editor")
    return insert_version(session, framework, content, Status.DRAFT, now)


def keep_draft(
    session: Session,
    content: FrameworkDraft,
    institution_id: int,
    now: datetime,
    *,
    into: int | None = None,
    as_new: bool = False,
) -> Kept:
    """Made elsewhere (generated, imported to be looked at first): the next version of its framework, as a draft. An
    open draft of the same framework makes room for it. `into` and `as_new` as in `service.keep`."""
    match = matching.find(session, content) if into is None and not as_new else None
    framework_id = match.framework_id if match else into
    kept = keep(session, content, institution_id, now, Status.DRAFT, into=framework_id, as_new=framework_id is None)
    for version in _versions(session, kept.framework_id):
        if kept.is_new and version.status == Status.DRAFT and version.id != kept.version_id:
            discard(session, version.id)
    return kept


def a_copy_of(content: FrameworkDraft, title: str) -> FrameworkDraft:
    """The same content as the start of another framework, with an identifier of its own."""
    return replace(content, identifier=str(uuid.uuid4()), title=title)


def needs_draft(session: Session, version_id: int) -> FrameworkVersion:
    """The version's row, if it is a draft. Raises NotFound, NotADraft."""
    row = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == version_id))
    if row is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    if row.status != Status.DRAFT:
        words = "This version is in use, so it does not change any more."
        raise NotADraft(words, "Open a draft of it: the draft can be changed and becomes the next version.")
    return row


def discard(session: Session, version_id: int) -> None:
    """Throw a draft away; a framework that was nothing but this draft goes with it. Raises NotFound, NotADraft."""
    row = needs_draft(session, version_id)
    framework_id = row.framework_id
    session.execute(delete(FrameworkVersion).where(FrameworkVersion.id == version_id))
    session.expire_all()
    if not _versions(session, framework_id):
        session.execute(delete(Framework).where(Framework.id == framework_id))


def _versions(session: Session, framework_id: int) -> Sequence[FrameworkVersion]:
    return session.scalars(
        select(FrameworkVersion)
        .where(FrameworkVersion.framework_id == framework_id)
        .order_by(FrameworkVersion.number.desc())
    ).all()
