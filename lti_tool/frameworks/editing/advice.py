"""The linter's findings for the editor's page, beside the items that they stand at."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.frameworks import lint, queries
from lti_tool.frameworks.models import FrameworkVersion, LintDismissal
from lti_tool.kit.errors import NotFound

MOST = 1000
"""Findings sent to the page; a framework with more of them has other worries."""


def findings(session: Session, version_id: int) -> list[dict[str, Any]]:
    """By the local rules that need no vectors, so that asking costs little. Raises NotFound."""
    framework_id = session.scalar(select(FrameworkVersion.framework_id).where(FrameworkVersion.id == version_id))
    if framework_id is None:
        raise NotFound("This framework is not here.", "Choose one from the list.")
    kept = {
        (row.rule, row.item_key, row.text_hash)
        for row in session.scalars(select(LintDismissal).where(LintDismissal.framework_id == framework_id))
    }
    found = lint.lint(queries.draft(session, version_id))
    return [
        {
            "key": one.place.item_key,
            "level": one.place.level,
            "rule": one.rule.value,
            "words": one.words,
            "reason": one.reason,
            "rewrite": one.rewrite,
            "blocking": one.blocking,
            "hash": one.text_hash,
        }
        for one in found
        if (one.rule.value, one.place.item_key, one.text_hash) not in kept
    ][:MOST]
