from lti_tool.frameworks.domain import FrameworkDraft, ItemDraft, ItemKind
from lti_tool.grading.copilot.framework import competency_texts


def test_leaves_are_offered_with_their_parents_title_and_what_makes_them_observable() -> None:
    draft = FrameworkDraft(
        "f",
        "Kitchen",
        items=(
            ItemDraft("area", "Cooking", description="All about cooking."),
            ItemDraft(
                "bake", "Baking", ("area",), description="Bakes.", descriptors={2: "Bakes alone", 1: "Bakes with help"}
            ),
            ItemDraft("dough", "Kneads dough", ("bake",), ItemKind.INDICATOR),
            ItemDraft("yeast", "Knows yeast", ("bake",), ItemKind.KNOWLEDGE, description="And sourdough."),
            ItemDraft("cut", "Cutting", ("area",)),
        ),
    )
    bake, cut = competency_texts(draft)
    assert (bake.id, bake.title, bake.parent) == ("bake", "Baking", "Cooking")
    assert bake.indicators == ("Bakes with help", "Bakes alone", "Kneads dough", "Knows yeast. And sourdough.")
    assert (cut.id, cut.indicators) == ("cut", ())


def test_a_competency_that_only_heads_others_is_not_offered() -> None:
    kind = ItemKind.COMPETENCY
    draft = FrameworkDraft(
        "f",
        "F",
        items=(
            ItemDraft("1", "Whole", kind=kind),
            ItemDraft("1.1", "Part", ("1",), kind),
            ItemDraft("2", "Own", kind=kind),
        ),
    )
    assert [one.id for one in competency_texts(draft)] == ["1.1", "2"]
