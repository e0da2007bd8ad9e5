"""What changed between versions is told in words, and evidence goes along where the words are the same."""

from dataclasses import replace

from lti_tool.frameworks import exchange
from lti_tool.frameworks.domain import AssociationDraft, ItemKind
from lti_tool.frameworks.life.diff import ChangeKind, carried, changes, pieces

OLD = exchange.read_bytes(
    b"""id,parent,title,description,kind,precedes,level 1,level 2
A,,Handling information,,category,,,
B,,Working together,,category,,,
A1,A,Searching,Finds what is needed,competency,A2,Finds with help,Finds alone
A2,A,Judging,Tells good from bad,competency,,Asks who wrote it,Compares sources
A3,A,Storing,Keeps files in order,competency,,Names files,Agrees on names
A4,A,Sorting,Puts files in order,competency,,Sorts,Sorts well
A5,A,Faxing,Sends a fax,competency,,Dials,Dials twice
""",
    "care.csv",
)


def newer() -> exchange.FrameworkDraft:
    items = []
    for item in OLD.items:
        if item.key in ("A4", "A5"):
            continue
        if item.key == "A1":
            item = replace(item, code="A.1", parent_keys=("B",), description="Finds  what is needed")
        if item.key == "A2":
            item = replace(item, descriptors={1: "Asks who wrote it", 2: "Compares three sources"})
        items.append(item)
    items.append(replace(OLD.items[2], key="A6", title="Prompting", code="A6", kind=ItemKind.COMPETENCY))
    replaced = AssociationDraft("replacedBy", "A4", "A3")
    levels = (OLD.levels[0], replace(OLD.levels[1], name="Working"))
    return replace(OLD, items=tuple(items), associations=(replaced,), levels=levels, title="Care 2")


def test_each_kind_of_change_is_said() -> None:
    found = changes(OLD, newer())
    said = {(change.kind, change.key): change.words for change in found}
    assert said[ChangeKind.FRAMEWORK, ""] == "Its title reads differently."
    assert said[ChangeKind.SCALE, ""] == "Level 2 is called “Working” in place of “Level 2”."
    assert said[ChangeKind.ADDED, "A6"] == "New competency, below A Handling information."
    assert said[ChangeKind.REMOVED, "A5"] == "This competency is gone, below A Handling information."
    assert said[ChangeKind.MERGED, "A4"] == "Now part of A3 Storing. Its evidence goes there."
    assert said[ChangeKind.REWORDED, "A1"] == "It has another code."
    assert (
        said[ChangeKind.MOVED, "A1"] == "It stands below B Working together in place of below A Handling information."
    )
    assert said[ChangeKind.LEVELS, "A2"] == "Level 2 reads differently."
    assert said[ChangeKind.RELATIONS, "A1"] == "Gone: A1 Searching comes before A2 Judging."
    assert said[ChangeKind.RELATIONS, "A4"] == "New: “A4” elsewhere is replaced by A3 Storing."
    assert changes(OLD, OLD) == ()
    kinds = [change.kind for change in found]
    assert kinds == sorted(kinds, key=list(ChangeKind).index)


def test_evidence_goes_along_where_the_words_are_the_same_or_a_merge_says_so() -> None:
    # a new code, another place and other blanks change no meaning; a level's text does
    found = carried(OLD, newer())
    assert found.same == {"A1": "A1", "A3": "A3"}
    assert found.merged == {"A4": "A3"}
    assert found.changed == {"A2": "A2"}
    assert (found.gone, found.new) == (("A5",), ("A6",))
    assert found.taking() == {"A1": "A1", "A3": "A3", "A4": "A3"}
    assert found.taking(["A2", "A5"])["A2"] == "A2"


def test_merges_are_followed_to_their_end_and_circles_lead_nowhere() -> None:
    chain = (AssociationDraft("replacedBy", "A5", "A4"), AssociationDraft("replacedBy", "A4", "A3"))
    kept = tuple(item for item in OLD.items if item.key not in ("A4", "A5"))
    assert carried(OLD, replace(OLD, items=kept, associations=chain)).merged == {"A5": "A3", "A4": "A3"}
    circle = (AssociationDraft("replacedBy", "A5", "A4"), AssociationDraft("replacedBy", "A4", "A5"))
    assert carried(OLD, replace(OLD, items=kept, associations=circle)).gone == ("A4", "A5")


def test_texts_are_compared_word_by_word() -> None:
    told = pieces("Finds two sources alone", "Finds three sources")
    assert [(piece.before, piece.after, piece.same) for piece in told] == [
        ("Finds", "Finds", True),
        ("two", "three", False),
        ("sources", "sources", True),
        ("alone", "", False),
    ]
    long = " ".join(map(str, range(400)))
    assert len(pieces(long, long[::-1])) == 1
