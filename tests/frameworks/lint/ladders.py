"""Small frameworks for the linter's tests."""

from collections.abc import Mapping, Sequence

from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft, ItemKind, LevelDraft

BAKES = {
    1: "Weighs and mixes ingredients for a given recipe, with a baker checking the dough.",
    2: "Shapes, proves and bakes the daily loaves and records each batch.",
    3: "Adapts recipes to new flours and trains apprentices at the oven.",
}


def competency(
    key: str, title: str, levels: Mapping[int, str] | None = None, scope: str = "", parent: str = "", about: str = ""
) -> ItemDraft:
    parents = (parent,) if parent else ()
    return ItemDraft(key, title, parents, ItemKind.COMPETENCY, "", about, scope, BAKES if levels is None else levels)


def framework(items: Sequence[ItemDraft], months: Sequence[int | None] = (None, 18, 18)) -> FrameworkDraft:
    names = ("Starts", "Works alone", "Leads", "Sets the standard")
    levels = tuple(LevelDraft(n, names[n - 1], "", m) for n, m in enumerate(months, 1))
    return FrameworkDraft("bakery", "Bakery", levels=levels, items=tuple(items))


def family(core: int, functional: int) -> FrameworkDraft:
    """A category "Bakers" with that many competencies of each scope; all differ in title, description and levels."""
    items = [ItemDraft("bakers", "Bakers", kind=ItemKind.CATEGORY)]
    for number in range(core + functional):
        scope = "core" if number < core else "functional"
        levels = {level: f"{text} Station {number}." for level, text in BAKES.items()}
        items.append(competency(f"c{number}", f"Working at station {number}", levels, scope, "bakers"))
    return framework(items)
