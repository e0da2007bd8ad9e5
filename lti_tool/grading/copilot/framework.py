"""A framework as the copilot reads it: its competencies, each with what makes it observable."""

from collections.abc import Iterator

from lti_tool.frameworks.domain import (
    INDICATOR_KINDS,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    children,
    competencies,
)
from lti_tool.grading.copilot.domain import CompetencyText

_OBSERVABLE = INDICATOR_KINDS | {ItemKind.KNOWLEDGE, ItemKind.SKILL}


def competency_texts(draft: FrameworkDraft) -> list[CompetencyText]:
    """What a criterion may be matched to, in the order of the source. A competency that only heads others is not
    offered: a criterion belongs to what stands below it."""
    offered = competencies(draft)
    keys = {item.key for item in offered}
    leaves = [item for item in offered if not any(child.key in keys for child in children(draft, item.key))]
    return [
        CompetencyText(
            id=item.key,
            title=item.title or item.code,
            description=item.description,
            parent=_parent(draft, item),
            indicators=tuple(_indicators(draft, item)),
        )
        for item in leaves
    ]


def _parent(draft: FrameworkDraft, item: ItemDraft) -> str:
    parent = draft.by_key.get(item.parent_keys[0]) if item.parent_keys else None
    return parent.title if parent else ""


def _indicators(draft: FrameworkDraft, item: ItemDraft) -> Iterator[str]:
    for _, descriptor in sorted(item.descriptors.items()):
        if descriptor.strip():
            yield descriptor.strip()
    for child in children(draft, item.key):
        text = f"{child.title}. {child.description}" if child.description and child.title else child.title
        if child.kind in _OBSERVABLE and text.strip():
            yield text.strip()
