"""Setting advice aside, and taking that back."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_tool.frameworks.lint.domain import BLOCKING, Rule
from lti_tool.frameworks.models import FrameworkVersion, LintDismissal
from lti_tool.kit.db import upsert
from lti_tool.kit.errors import Invalid, NotFound

LONGEST_NOTE = 1000


class CannotDismiss(Invalid):
    reason = "cannot_dismiss"


def dismiss(
    session: Session,
    version_id: int,
    rule: str,
    item_key: str,
    text_hash: str,
    note: str,
    now: datetime,
    by: int | None = None,
) -> int:
    """Set one finding aside, for every version of the framework in which its words still stand. The id of the row;
    a second time changes the note. Raises NotFound, CannotDismiss for what blocks publishing, Invalid without a note.
    """
    version = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == version_id))
    if version is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    try:
        kind = Rule(rule)
    except ValueError:
        raise Invalid("There is no such rule.", "Reload the page.") from None
    if kind in BLOCKING:
        raise CannotDismiss("This stops publishing and cannot be set aside.", "Mend it in the draft.")
    note = note.strip()
    if not note:
        raise Invalid("A reason is missing.", "Write in a few words why this may stay: colleagues will ask.")
    if len(text_hash) != 64 or len(item_key) > 255:
        raise Invalid("This finding is not known.", "Reload the page.")
    return upsert(
        session,
        LintDismissal,
        {
            "framework_id": version.framework_id,
            "rule": kind.value,
            "item_key": item_key,
            "text_hash": text_hash,
        },
        {
            "institution_id": version.institution_id,
            "note": note[:LONGEST_NOTE],
            "dismissed_by": by,
            "dismissed_at": now,
        },
    )


def take_back(session: Session, version_id: int, dismissal_id: int) -> None:
    """The finding is shown again. Raises NotFound when it was not set aside in this framework."""
    version = session.scalar(select(FrameworkVersion).where(FrameworkVersion.id == version_id))
    done = (
        version
        and session.execute(
            delete(LintDismissal)
            .where(LintDismissal.id == dismissal_id, LintDismissal.framework_id == version.framework_id)
            .returning(LintDismissal.id)
        ).first()
    )
    if not done:
        raise NotFound("This was not set aside, or was taken back already.", "Reload the page.")
