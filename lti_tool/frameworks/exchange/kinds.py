"""What publishers call their items, in the words of this tool."""

from lti_tool.frameworks.domain import ItemKind

_WORDS: dict[ItemKind, str] = {
    ItemKind.CATEGORY: (
        "category|domain|strand|cluster|area|group|theme|topic|unit|section|focus area|competence area|"
        "competency category|competency group|content area|conceptual category|outcome group|role family"
    ),
    ItemKind.COMPETENCY: (
        "competency|competence|standard|content standard|competency statement|competency area|work role|capability"
    ),
    ItemKind.SKILL: "skill",
    ItemKind.KNOWLEDGE: "knowledge",
    ItemKind.TASK: "task",
    ItemKind.INDICATOR: (
        "indicator|behaviour|behavior|performance indicator|performance criterion|evidence statement|"
        "behavioural indicator|behavioral indicator|competence statement"
    ),
    ItemKind.OUTCOME: "outcome|learning outcome|learning objective|objective",
    ItemKind.STATEMENT: "statement",
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}


def kind_of(word: str) -> ItemKind:
    """The kind that a publisher's word stands for, `ITEM` when it is not one that we know."""
    known = " ".join(word.replace("_", " ").replace("-", " ").casefold().split())
    return _KIND_OF.get(known) or _KIND_OF.get(known.removesuffix("s"), ItemKind.ITEM)
