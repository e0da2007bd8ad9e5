"""Is an incoming framework one that is here already? By its identifier; where a file has none, by what is in it."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from lti_tool.frameworks.domain import FrameworkDraft, Status
from lti_tool.frameworks.models import Framework, FrameworkVersion, Item

#: Formats without an identifier of their own: the file's name stands in, and two files may share a name.
NAMED_BY_FILE = frozenset({"csv", "xlsx", "json", "canvas"})
#: The share of items, of the smaller of two frameworks, whose id and title agree from which on they are one.
ALIKE = 0.2


@dataclass(frozen=True, slots=True)
class Match:
    """The framework that an import continues. `version_id` is what it is compared with: the newest that is no draft,
    else the draft."""

    framework_id: int
    version_id: int
    title: str
    number: int
    alike: float
    """Share of items whose id and title agree, 0 to 1."""


def find(session: Session, draft: FrameworkDraft) -> Match | None:
    """The framework that this one continues; None when it is new here."""
    found = [_match(session, framework, draft) for framework in _candidates(session, draft)]
    matches = [match for match in found if match is not None]
    if draft.format not in NAMED_BY_FILE:
        return matches[0] if matches else None
    return max((match for match in matches if match.alike >= ALIKE), key=lambda match: match.alike, default=None)


def free_identifier(session: Session, draft: FrameworkDraft) -> str:
    """The draft's identifier, with a number behind it where another framework has it."""
    taken = set(session.scalars(select(Framework.identifier)))
    name, number = draft.identifier, 2
    while name in taken:
        name, number = f"{draft.identifier}-{number}", number + 1
    return name


def _candidates(session: Session, draft: FrameworkDraft) -> list[Framework]:
    wanted: ColumnElement[bool] = Framework.identifier == draft.identifier
    if draft.format in NAMED_BY_FILE:
        wanted = or_(wanted, Framework.identifier.startswith(f"{draft.identifier}-", autoescape=True))
    rows = session.scalars(select(Framework).where(wanted).order_by(Framework.id))
    pattern = re.compile(re.escape(draft.identifier) + r"(-\d+)?")
    return [row for row in rows if pattern.fullmatch(row.identifier)]


def _match(session: Session, framework: Framework, draft: FrameworkDraft) -> Match | None:
    versions = session.scalars(
        select(FrameworkVersion)
        .where(FrameworkVersion.framework_id == framework.id)
        .order_by((FrameworkVersion.status == Status.DRAFT), FrameworkVersion.number.desc())
    ).all()
    if not versions:
        return None
    version = versions[0]
    rows = session.execute(select(Item.key, Item.title).where(Item.version_id == version.id))
    kept = {(key, _plain(title)) for key, title in rows}
    came = {(item.key, _plain(item.title)) for item in draft.items}
    smaller = min(len(kept), len(came))
    alike = len(kept & came) / smaller if smaller else 1.0
    return Match(framework.id, version.id, version.title, version.number, alike)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
