"""A finished outline as a framework draft: categories, competencies, levels, indicators, months, origins."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lti_tool.frameworks.domain import (
    AssociationDraft,
    AssociationType,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
    with_positions,
)
from lti_tool.frameworks.generate.bank import SOURCES
from lti_tool.frameworks.generate.domain import Brief, Competence, Evidence, Origin, Outline

if TYPE_CHECKING:
    from lti_tool.llm.ports import Embedder

FORMAT = "generated"
RELATED = 0.27
"""Centred likeness from which two items are linked as related: the linter's own cut for "compare"."""
EVIDENCE_WORDS = {
    Evidence.PRODUCT: "work product",
    Evidence.EXPLANATION: "explanation or test",
    Evidence.OBSERVATION: "observation",
    Evidence.RECORD: "work record",
}


def to_draft(brief: Brief, outline: Outline, identifier: str, embedder: Embedder | None = None) -> FrameworkDraft:
    """The same outline and identifier give the same draft. A role family that nothing was found for has no category:
    it is told of in the remarks."""
    space = uuid.uuid5(uuid.NAMESPACE_URL, identifier)
    keys = item_keys(outline, identifier)
    core_key = str(uuid.uuid5(space, "core"))
    items = [ItemDraft(core_key, "Core", kind=ItemKind.CATEGORY, description=_CORE, scope="core")]
    for family, name in enumerate(brief.families):
        if outline.functional(family):
            key = str(uuid.uuid5(space, f"family/{family}"))
            described = f"What {name} do beyond the core."
            items.append(
                ItemDraft(key, _capital(name), kind=ItemKind.CATEGORY, description=described, scope="functional")
            )
    for place, item in enumerate(outline.items):
        family_key = core_key if item.is_core else str(uuid.uuid5(space, f"family/{item.families[0]}"))
        items += _item(item, keys[place], family_key, space)
    used = sources_used(outline)
    return FrameworkDraft(
        identifier=identifier,
        title=f"{brief.organisation}: competency framework",
        description=f"A draft for {_listed(brief.families)} in {brief.sector}. Goals: {'; '.join(brief.goals)}.",
        language="en",
        publisher=brief.organisation,
        licence="; ".join(f"{SOURCES[key].name}: {SOURCES[key].licence}" for key in used if key != "own"),
        attribution=" ".join(SOURCES[key].attribution for key in used if key != "own"),
        levels=_levels(brief),
        items=with_positions(items),
        associations=(*_to_sources(outline, keys), *_related(outline, keys, embedder)),
        extra={"generated": {"remarks": [[one.kind, one.place, one.words] for one in outline.remarks]}},
        format=FORMAT,
    )


def item_keys(outline: Outline, identifier: str) -> dict[int, str]:
    """The key of each item in the draft of this identifier, by its place in the outline."""
    space = uuid.uuid5(uuid.NAMESPACE_URL, identifier)
    return {place: str(uuid.uuid5(space, f"{place}/{item.title}")) for place, item in enumerate(outline.items)}


def sources_used(outline: Outline) -> tuple[str, ...]:
    """Keys of the open sources that something was taken from, in a fixed order."""
    found = {origin.name for item in outline.items for origin in item.origins if origin.kind == "source"}
    return tuple(key for key in SOURCES if key in found)


_CORE = "What everybody here is asked for, whatever their role."


def _levels(brief: Brief) -> tuple[LevelDraft, ...]:
    return tuple(
        LevelDraft(number, name, months=None if number == 1 else brief.months[number - 2])
        for number, name in enumerate(brief.stages, 1)
    )


def _item(item: Competence, key: str, parent: str, space: uuid.UUID) -> list[ItemDraft]:
    evidence = {str(one.level): EVIDENCE_WORDS[one.evidence] for one in reversed(item.indicators)}
    extra: dict[str, Any] = {
        "generated": {
            "engine": item.engine.value,
            "why": item.why,
            "origins": [_origin(one) for one in item.origins],
            "notes": list(item.notes),
        },
        "evidence": evidence,
    }
    made = [
        ItemDraft(
            key,
            item.title,
            (parent,),
            ItemKind.COMPETENCY,
            description=item.description,
            scope="core" if item.is_core else "functional",
            descriptors={number: "\n".join(bullets) for number, bullets in enumerate(item.levels, 1)},
            extra=extra,
        )
    ]
    for place, one in enumerate(item.indicators):
        made.append(
            ItemDraft(
                str(uuid.uuid5(space, f"{key}/{place}")),
                one.text,
                (key,),
                ItemKind.INDICATOR,
                level=one.level,
                extra={"evidence": EVIDENCE_WORDS[one.evidence]},
            )
        )
    return made


def _origin(origin: Origin) -> dict[str, str]:
    found = {"kind": origin.kind, "name": origin.name, "words": origin.words, "ref": origin.ref, "url": origin.url}
    if origin.kind == "source":
        source = SOURCES[origin.name]
        found |= {"source": source.name, "licence": source.licence, "attribution": source.attribution}
    return {name: value for name, value in found.items() if value}


def _to_sources(outline: Outline, keys: Mapping[int, str]) -> list[AssociationDraft]:
    """Each item is related to what it was made from, by address: the text may differ, so it is no exact match."""
    found = []
    for place, item in enumerate(outline.items):
        addresses = {origin.url: origin for origin in item.origins if origin.kind == "source" and origin.url}
        for url, origin in addresses.items():
            outside = f"{origin.name}:{re.sub(r'[^A-Za-z0-9.-]+', '-', origin.ref)}"
            found.append(AssociationDraft(AssociationType.IS_RELATED_TO, keys[place], outside, url))
    return found


def _related(outline: Outline, keys: Mapping[int, str], embedder: Embedder | None) -> list[AssociationDraft]:
    """Items that are alike once what all share is taken out, each pair once, from different parts of the draft."""
    if embedder is None or len(outline.items) < 2:
        return []
    import numpy as np

    vectors = embedder.embed([item.text for item in outline.items])
    centred = vectors - vectors.mean(axis=0)
    centred /= np.clip(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9, None)
    alike = centred @ centred.T
    return [
        AssociationDraft(AssociationType.IS_RELATED_TO, keys[one], keys[other])
        for one in range(len(outline.items))
        for other in range(one + 1, len(outline.items))
        if alike[one, other] >= RELATED and outline.items[one].families != outline.items[other].families
    ]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
