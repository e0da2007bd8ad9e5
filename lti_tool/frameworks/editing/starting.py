"""A framework of one's own: from a name, a number of levels and a first area, or as a copy of one that is here."""

import uuid
from dataclasses import dataclass

from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft, ItemKind, LevelDraft
from lti_tool.kit.errors import Invalid


@dataclass(frozen=True)
class Preset:
    name: str
    label: str
    levels: tuple[tuple[str, int | None], ...]
    """Names, and the months that each step usually takes."""


PRESETS = (
    Preset("three", "Three levels", (("With guidance", None), ("Alone", 12), ("Guiding others", 24))),
    Preset("four", "Four levels", (("Starting", None), ("Working", 12), ("Leading", 18), ("Shaping", 24))),
    Preset(
        "five",
        "Five levels",
        (("Starting", None), ("Working", 12), ("Improving", 12), ("Leading", 18), ("Shaping", 24)),
    ),
)


def blank(title: str, preset: str, area: str) -> FrameworkDraft:
    """Levels and one category, nothing else. Raises Invalid."""
    chosen = next((one for one in PRESETS if one.name == preset), None)
    if not title.strip():
        raise Invalid("The framework has no name yet.", "Give it a name.")
    if chosen is None:
        raise Invalid("This number of levels is not offered.", "Choose one of the list.")
    return FrameworkDraft(
        identifier=str(uuid.uuid4()),
        title=title.strip()[:500],
        levels=tuple(LevelDraft(at, name, months=months) for at, (name, months) in enumerate(chosen.levels, 1)),
        items=(ItemDraft(str(uuid.uuid4()), area.strip()[:2000] or "First area", kind=ItemKind.CATEGORY),),
        format="editor",
    )
