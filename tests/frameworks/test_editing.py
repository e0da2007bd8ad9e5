"""Changes of a draft: made, refused, taken back; nobody's work is lost."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.frameworks import drafts, queries, service
from lti_tool.frameworks.domain import AssociationDraft, FrameworkDraft, ItemDraft, ItemKind, LevelDraft
from lti_tool.frameworks.editing import queries as read
from lti_tool.frameworks.editing import service as editing
from lti_tool.frameworks.editing.applying import Cycle
from lti_tool.frameworks.editing.domain import (
    Add,
    AddLevel,
    DropLevel,
    ItemFacts,
    Move,
    Op,
    Relate,
    Remove,
    Set,
    SetAbout,
    SetLevel,
    Unrelate,
    closes,
    ordered,
    renumbered,
)
from lti_tool.frameworks.editing.service import Conflict, Done, From, Gone, TakenBack
from lti_tool.frameworks.models import FrameworkEdit, Item
from lti_tool.kit.db import scoped, writing
from lti_tool.kit.errors import Invalid, NotFound
from tests.factories import NOW, make_institution

pytestmark = pytest.mark.both_databases

OURS, THEIRS = "page-of-maple", "page-of-rowan"


def sample() -> FrameworkDraft:
    """Two areas; A2 also stands in B, with an indicator below it; A1 comes before A2, A2 before B1."""
    item = ItemDraft
    return FrameworkDraft(
        identifier="sample",
        title="Sample",
        levels=(LevelDraft(1, "Starting"), LevelDraft(2, "Working", months=12), LevelDraft(3, "Leading")),
        items=(
            item("A", "Area A", kind=ItemKind.CATEGORY),
            item("A1", "Searching", ("A",), ItemKind.COMPETENCY, "A.1", descriptors={1: "Finds", 3: "Teaches"}),
            item("A2", "Judging", ("A", "B"), ItemKind.COMPETENCY, "A.2", position=1),
            item("A2a", "Names the source", ("A2",), ItemKind.INDICATOR, level=2),
            item("B", "Area B", kind=ItemKind.CATEGORY, position=1),
            item("B1", "Sharing", ("B",), ItemKind.COMPETENCY, extra={"own": 1}),
        ),
        associations=(
            AssociationDraft("precedes", "A1", "A2"),
            AssociationDraft("precedes", "A2", "B1"),
            AssociationDraft("exactMatchOf", "A1", "elsewhere", "https://example.org/elsewhere"),
        ),
    )


class Desk:
    """A draft of the sample on which two people work."""

    def __init__(self, session: Session, owner: int, version_id: int) -> None:
        self.session, self.owner, self.version_id, self.sent = session, owner, version_id, 0

    def do(self, op: Op, by: str = OURS, **more: Any) -> Done:
        self.sent += 1
        more.setdefault("base", read.last_seq(self.session, self.version_id))
        with writing(self.session):
            return editing.change(self.session, self.version_id, op, From(by, self.sent), NOW, **more)

    def undo(self, seq: int, by: str = OURS, **more: Any) -> Done:
        self.sent += 1
        with writing(self.session):
            return editing.undo(self.session, self.version_id, seq, From(by, self.sent), NOW, **more)

    def now(self) -> dict[str, Any]:
        """The draft by meaning: row ids and the order of rows left out."""
        draft = queries.draft(self.session, self.version_id)
        items = {item.key: replace(item, parent_keys=tuple(item.parent_keys)) for item in draft.items}
        order = {
            key: [child.key for child in sorted(kids, key=lambda one: one.position)]
            for key in ("", *items)
            if (kids := [one for one in draft.items if (one.parent_keys or ("",))[0] == key])
        }
        facts = {key: replace(one, position=0) for key, one in items.items()}
        links = sorted(json.dumps([str(a.type), a.origin_key, a.destination_key]) for a in draft.associations)
        assessed = set(
            self.session.scalars(select(Item.key).where(Item.version_id == self.version_id, Item.assessed.is_(True)))
        )
        about = (draft.title, draft.description)
        return {"items": facts, "order": order, "links": links, "levels": draft.levels, "is": assessed, "about": about}


@pytest.fixture
def desk(session: Session) -> Iterator[Desk]:
    with writing(session):
        owner = make_institution(session).id
    with scoped(session, owner):
        with writing(session):
            kept = service.keep(session, sample(), owner, NOW)
            version_id = drafts.open_draft(session, kept.framework_id, NOW)
        yield Desk(session, owner, version_id)


def facts(title: str, parent: str | None, kind: str = "competency") -> ItemFacts:
    return ItemFacts(key="", title=title, kind=kind, parent=parent)


def test_a_draft_is_changed_in_every_way_and_each_change_can_be_taken_back(desk: Desk) -> None:
    start = desk.now()
    ops: list[Op] = [
        Add(facts("Citing", "A"), after="A1"),
        Set("A1", {"title": "Finding", "descriptor:2": "Finds alone", "descriptor:3": "", "scope": "core"}),
        Move("A1", "B", after="B1"),
        Relate("isRelatedTo", "A1", "B1"),
        Relate("isChildOf", "A1", "A"),
        Move("A1", "A"),  # the second parent becomes the first
        Unrelate("precedes", "A2", "B1"),
        Move("A1", "B", after="B1"),
        Remove("A"),
        SetLevel(2, {"name": "Practising", "months": 18}),
        AddLevel(2, "Helped"),
        DropLevel(1),
        SetAbout({"title": "Sample, our edition"}),
    ]
    states, done = [], []
    for op in ops:
        states.append(desk.now())
        done.append(desk.do(op).seq)
    end = desk.now()
    assert end["about"] == ("Sample, our edition", "")
    assert [level.name for level in end["levels"]] == ["Helped", "Practising", "Leading"]
    assert end["items"]["A1"].title == "Finding"
    assert end["items"]["A1"].descriptors == {2: "Finds alone"}
    assert end["items"]["A2"].parent_keys == ("B",), "what also stood in B stayed when A was removed"
    assert end["items"]["A2a"].level == 2
    assert set(end["items"]) == {"A1", "A2", "A2a", "B", "B1"}
    assert end["order"]["B"] == ["B1", "A1", "A2"]
    redo = []
    for before, seq in zip(reversed(states), reversed(done), strict=True):
        redo.append(desk.undo(seq).seq)
        assert desk.now() == before, seq
    assert desk.now() == start
    with pytest.raises(TakenBack):
        desk.undo(done[0])
    for seq in reversed(redo):
        desk.undo(seq)
    again = desk.now()
    assert (again["items"], again["order"]) == (end["items"], end["order"])
    count = desk.session.scalar(select(func.count()).select_from(FrameworkEdit))
    assert count == 3 * len(ops), "undoing and redoing are edits like any other"


def test_random_work_of_an_afternoon_is_taken_back_to_the_letter(desk: Desk) -> None:
    rng = random.Random(7)
    start = desk.now()
    made: list[int] = []
    for turn in range(40):
        keys = sorted(desk.now()["items"])
        if len(keys) < 4:
            break
        one, two = rng.sample(keys, 2)
        choice: list[Op] = [
            Add(facts(f"New {turn}", rng.choice([None, one]), rng.choice(["competency", "indicator", "item"])), two),
            Set(one, {"title": f"Title {turn}", f"descriptor:{rng.randint(1, 3)}": f"Does {turn}"}),
            Set(one, {"kind": rng.choice(["competency", "category", "item", "skill"])}),
            Move(one, rng.choice([None, two]), rng.choice([None, *keys])),
            Relate(rng.choice(["precedes", "isPartOf", "isRelatedTo", "isChildOf"]), one, two),
            Remove(one) if turn % 5 == 0 else Set(one, {"code": str(turn)}),
        ]
        try:
            made.append(desk.do(rng.choice(choice)).seq)
        except (Cycle, Invalid):
            continue
    assert len(made) > 20
    for seq in reversed(made):
        desk.undo(seq)
    assert desk.now() == start


def test_two_people_at_once_lose_nothing(desk: Desk) -> None:
    seen = read.last_seq(desk.session, desk.version_id)
    first = desk.do(Set("A1", {"title": "Hers"}), THEIRS)
    with pytest.raises(Conflict) as refused:
        desk.do(Set("A1", {"title": "His"}), base=seen)
    assert refused.value.theirs == {"title": "Hers"}
    assert refused.value.seq == first.seq
    desk.do(Set("A1", {"description": "Another field"}), base=seen)
    desk.do(Set("A1", {"title": "Hers"}), base=seen)  # both wrote the same
    desk.do(Set("A1", {"title": "His"}), base=seen, keep=True)
    assert desk.now()["items"]["A1"].title == "His"
    with pytest.raises(Conflict):
        desk.undo(first.seq, THEIRS)
    assert desk.undo(first.seq, THEIRS, keep=True).op["fields"] == {"title": "Searching"}

    seen = read.last_seq(desk.session, desk.version_id)
    desk.do(Move("A2", "B", "B1"), THEIRS)
    with pytest.raises(Conflict) as moved:
        desk.do(Move("A2", None), base=seen)
    assert moved.value.theirs == {"place": {"parent": "B"}}

    desk.do(Set("A1", {"title": "Work of hers"}), THEIRS)
    with pytest.raises(Conflict):
        desk.do(Remove("A"), base=seen)
    removed = desk.do(Remove("A"), base=seen, keep=True)
    with pytest.raises(Gone) as gone:
        desk.do(Set("A1", {"title": "Too late"}), THEIRS)
    assert gone.value.key == "A1"
    found = read.removal_of(desk.session, desk.version_id, "A1")
    assert found is not None
    assert found.seq == removed.seq
    desk.undo(removed.seq, THEIRS)
    desk.do(Set("A1", {"title": "Just in time"}), THEIRS)
    assert desk.now()["items"]["A1"].title == "Just in time"

    level = read.last_seq(desk.session, desk.version_id)
    desk.do(SetLevel(1, {"name": "Hers"}), THEIRS)
    desk.do(SetAbout({"title": "Hers"}), THEIRS)
    with pytest.raises(Conflict):
        desk.do(SetLevel(1, {"name": "His"}), base=level)
    with pytest.raises(Conflict):
        desk.do(SetAbout({"title": "His"}), base=level)
    added = desk.do(Add(facts("His", "B")))
    desk.do(Set(added.op["item"]["key"], {"title": "Made better by her"}), THEIRS)
    with pytest.raises(Conflict):
        desk.undo(added.seq)


def test_cycles_are_refused_with_their_path(desk: Desk) -> None:
    with pytest.raises(Cycle) as refused:
        desk.do(Relate("precedes", "A2", "A1"))
    assert refused.value.path == ("A2", "A1", "A2")
    with pytest.raises(Cycle) as refused:
        desk.do(Relate("precedes", "B1", "A1"))
    assert refused.value.path == ("B1", "A1", "A2", "B1")
    with pytest.raises(Cycle) as refused:
        desk.do(Move("A", "A2"))
    assert refused.value.path == ("A", "A2", "A")
    with pytest.raises(Cycle):
        desk.do(Relate("isChildOf", "B", "A2a"))
    desk.do(Relate("isPartOf", "A1", "B1"))
    with pytest.raises(Cycle):
        desk.do(Relate("isPartOf", "B1", "A1"))
    with pytest.raises(Cycle):
        desk.do(Relate("precedes", "A1", "A1"))
    taken = desk.do(Unrelate("precedes", "A1", "A2"))
    desk.do(Relate("precedes", "A2", "A1"))
    with pytest.raises(Cycle):  # undoing may close one too
        desk.undo(taken.seq)


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(desk: Desk) -> None:
    before = desk.now()
    for op in (
        Set("A1", {"title": "  "}),
        Set("A1", {"kind": "nonsense"}),
        Set("A1", {"scope": "nonsense"}),
        Set("A1", {"level": "2"}),
        Set("A1", {"parent_id": 3}),
        Set("A1", {"title": "x" * 3000}),
        Relate("isRelatedTo", "A1", "A1"),
        Relate("nonsense", "A1", "A2"),
        Relate("precedes", "A1", "A2"),
        Unrelate("isPartOf", "A1", "A2"),
        Move("A1", None, "A1"),
        AddLevel(9, "Too far"),
        SetLevel(1, {"number": 4}),
    ):
        with pytest.raises(Invalid):
            desk.do(op)
    for missing in (Set("none", {"title": "x"}), Move("A1", "none"), Remove("none"), DropLevel(7)):
        with pytest.raises(Gone):
            desk.do(missing)
    with pytest.raises(NotFound):
        desk.undo(99)
    assert desk.now() == before
    published = queries.default_version_id(desk.session)
    assert published is not None
    desk.version_id = published
    with pytest.raises(drafts.NotADraft):
        desk.do(Remove("A"))


def test_the_same_change_sent_twice_is_made_once(desk: Desk) -> None:
    op = Add(facts("Once", "A"))
    with writing(desk.session):
        first = editing.change(desk.session, desk.version_id, op, From(OURS, 1), NOW)
    with writing(desk.session):
        again = editing.change(desk.session, desk.version_id, op, From(OURS, 1), NOW)
    assert (first.seq, first.op) == (again.seq, again.op)
    assert len(desk.now()["items"]) == 7


def test_the_page_reads_a_draft_and_what_changed_since(desk: Desk) -> None:
    with writing(desk.session):
        editing.put_places(desk.session, desk.version_id, [("A", 1.5, 2), ("none", 0, 0)])
    desk.do(Set("A1", {"title": "Finding"}))
    found = read.content(desk.session, desk.version_id)
    assert found["seq"] == 1
    assert found["status"] == "draft"
    assert [row[0] for row in found["items"]] == ["A", "A1", "A2", "A2a", "B", "B1"]
    assert found["items"][1][1:6] == [0, "competency", True, "A.1", "Finding"]
    assert ["precedes", 1, 2] in found["links"]
    assert ["isChildOf", 2, 4] in found["links"]
    assert found["places"] == {"A": [1.5, 2.0]}
    assert found["levels"][1] == [2, "Working", "", 12]
    desk.do(Set("A1", {"code": "1"}), THEIRS)
    since = read.changes(desk.session, desk.version_id, 1)
    assert [(one.seq, one.client, one.op["fields"]) for one in since.edits] == [(2, THEIRS, {"code": "1"})]
    assert not since.reload
    desk.do(AddLevel(1, "New"))
    assert read.changes(desk.session, desk.version_id, 2).reload
    assert [one.seq for one in read.history(desk.session, desk.version_id)] == [3, 2, 1]


def test_places_among_siblings_and_levels_are_told_by_name() -> None:
    assert ordered(["a", "b", "c"], "c", None) == ["c", "a", "b"]
    assert ordered(["a", "b", "c"], "a", "b") == ["b", "a", "c"]
    assert ordered(["a", "b"], "x", "gone meanwhile") == ["a", "b", "x"]
    assert closes([("a", "b"), ("b", "c")], "c", "a") == ("c", "a", "b", "c")
    assert closes([("a", "b")], "a", "c") == ()
    assert renumbered({"1": "x", "3": "z"}, {1: 1, 2: 2}) == {"1": "x"}
