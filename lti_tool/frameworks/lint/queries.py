"""A kept version's findings, with what people set aside."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import queries
from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.lint import lint
from lti_tool.frameworks.lint.domain import Embed, LintFinding
from lti_tool.frameworks.lint.reading import all_rungs
from lti_tool.frameworks.models import FrameworkVersion, LintDismissal
from lti_tool.kit.errors import NotFound

Mark = tuple[str, str, str]
"""Rule, item key, hash of the words."""


@dataclass(frozen=True)
class Dismissal:
    id: int
    note: str
    at: datetime
    by: int | None


@dataclass(frozen=True)
class Judged:
    """`open` is what there is to look at, `aside` what somebody set aside and still stands in this version."""

    draft: FrameworkDraft
    open: tuple[LintFinding, ...]
    aside: tuple[tuple[LintFinding, Dismissal], ...]
    words_only: bool = False


def mark_of(finding: LintFinding) -> Mark:
    return finding.rule.value, finding.place.item_key, finding.text_hash


def dismissals(session: Session, framework_id: int) -> dict[Mark, Dismissal]:
    rows = session.scalars(select(LintDismissal).where(LintDismissal.framework_id == framework_id))
    return {
        (row.rule, row.item_key, row.text_hash): Dismissal(row.id, row.note, row.dismissed_at, row.dismissed_by)
        for row in rows
    }


def judged(session: Session, version_id: int, embed: Embed | None = None, most_texts: int | None = None) -> Judged:
    """With more than `most_texts` to embed (about 100 a second the first time), the rules that need vectors are left
    out. Raises NotFound when the institution has no such version."""
    framework_id = session.scalar(select(FrameworkVersion.framework_id).where(FrameworkVersion.id == version_id))
    if framework_id is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    draft = queries.draft(session, version_id)
    aside = dismissals(session, framework_id)
    words_only = embed is None or (most_texts is not None and _texts(draft) > most_texts)
    found = lint(draft, None if words_only else embed)
    return Judged(
        draft,
        tuple(one for one in found if one.blocking or mark_of(one) not in aside),
        tuple((one, aside[mark_of(one)]) for one in found if not one.blocking and mark_of(one) in aside),
        words_only,
    )


def _texts(draft: FrameworkDraft) -> int:
    """How many texts the rules of meaning read: titles, descriptions, and the statements of levels."""
    return sum(2 + sum(map(len, one.levels.values())) for one in all_rungs(draft))
