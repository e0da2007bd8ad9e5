"""DigComp 3.0 from the European Commission's data supplement: areas, competences, levels, statements, outcomes.

The supplement gives every competence statement and every learning outcome its level. A level's descriptor of a
competence is its statements, one a line and word for word: the framework has no other text per level.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft, ItemKind, LevelDraft, with_positions


def build(source: Mapping[str, Any]) -> FrameworkDraft:
    """The framework of the shipped file: 5 areas, 21 competences, 362 statements, 523 outcomes, 4 levels."""
    levels = tuple(LevelDraft(each["number"], each["name"], each["description"]) for each in source["levels"])
    return FrameworkDraft(
        identifier="digcomp-3.0",
        title="DigComp 3.0",
        description="The European Union's reference framework of digital competence: 21 competences in five areas.",
        version="3.0",
        language="en",
        publisher="European Commission, Joint Research Centre",
        levels=levels,
        items=with_positions(list(_items(source))),
        extra={
            "edition": source["edition"],
            "eight_levels": source["eight_levels"],
            "level_purposes": {str(each["number"]): each["purpose"] for each in source["levels"]},
        },
        format="starter",
    )


def _items(source: Mapping[str, Any]) -> Iterator[ItemDraft]:
    for area in source["areas"]:
        yield ItemDraft(area["id"], area["title"], (), ItemKind.CATEGORY, area["id"], area["description"])
    for competence in source["competences"]:
        key = competence["id"]
        descriptors: dict[int, list[str]] = {}
        for identifier, level, _, words in source["statements"]:
            if _competence_of(identifier) == key:
                descriptors.setdefault(level, []).append(words)
        yield ItemDraft(
            key=key,
            title=competence["title"],
            parent_keys=(competence["area"],),
            kind=ItemKind.COMPETENCY,
            code=key,
            description=competence["description"],
            descriptors={level: "\n".join(words) for level, words in descriptors.items()},
        )
    for identifier, level, ai_label, words in source["statements"]:
        yield ItemDraft(
            key=identifier,
            title=words,
            parent_keys=(_competence_of(identifier),),
            kind=ItemKind.INDICATOR,
            code=identifier,
            level=level,
            extra={"ai_label": ai_label},
        )
    for identifier, level, dimension, ai_label, words in source["outcomes"]:
        yield ItemDraft(
            key=identifier,
            title=words,
            parent_keys=(_competence_of(identifier),),
            kind=ItemKind.OUTCOME,
            code=identifier,
            level=level,
            extra={"ai_label": ai_label, "dimension": dimension.lower()},
        )


def _competence_of(identifier: str) -> str:
    """ "CS1.1.01" and "LO1.1.01" belong to "1.1"."""
    return identifier[2:].rsplit(".", 1)[0]
