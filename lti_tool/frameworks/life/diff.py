"""What changed between two versions, in words; and whose evidence goes along from one to the other. Pure."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lti_tool.frameworks.domain import AssociationType, FrameworkDraft, ItemDraft, ItemKind, competencies


class ChangeKind(StrEnum):
    FRAMEWORK = "framework"
    SCALE = "scale"
    ADDED = "added"
    REMOVED = "removed"
    MERGED = "merged"
    REWORDED = "reworded"
    LEVELS = "levels"
    MOVED = "moved"
    RELATIONS = "relations"


CHANGE_WORDS = {
    ChangeKind.FRAMEWORK: "About the framework",
    ChangeKind.SCALE: "The levels themselves",
    ChangeKind.ADDED: "New",
    ChangeKind.REMOVED: "Gone",
    ChangeKind.MERGED: "Merged into another",
    ChangeKind.REWORDED: "Worded differently",
    ChangeKind.LEVELS: "Level descriptions changed",
    ChangeKind.MOVED: "In another place",
    ChangeKind.RELATIONS: "Relations",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that was changed: kept where `before` equals `after`."""

    before: str
    after: str

    @property
    def same(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    key: str
    label: str
    """The item's code and title, as they are now (or were, when it is gone)."""
    words: str
    pieces: tuple[Piece, ...] = ()
    """Of a text that reads differently now: word for word."""
    is_competency: bool = False


@dataclass(frozen=True)
class Carried:
    """What becomes of each competency's evidence when a course goes from one version to another, by key."""

    same: Mapping[str, str] = field(default_factory=dict)
    """Unchanged: evidence goes along."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Replaced by another (`replacedBy`): evidence goes along to that one."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """Worded differently: evidence goes along only where somebody says that it means the same."""
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    def taking(self, also: Iterable[str] = ()) -> dict[str, str]:
        """Old key to new key of everything that goes along, with these of the changed ones."""
        wanted = set(also)
        return {**self.same, **self.merged, **{old: new for old, new in self.changed.items() if old in wanted}}


_FIELDS = {
    "title": "Its title",
    "description": "Its description",
    "version": "The source's version",
    "publisher": "Its publisher",
    "licence": "Its licence",
    "attribution": "Its attribution",
    "language": "Its language",
    "source_url": "Its address",
}


def carried(before: FrameworkDraft, after: FrameworkDraft) -> Carried:
    """What goes along from one version's competencies to the other's."""
    old = {item.key: item for item in competencies(before)}
    new = {item.key: item for item in competencies(after)}
    merged = _merged(after, new.keys()) | {
        key: target for key, target in _merged(before, new.keys()).items() if key not in new
    }
    same: dict[str, str] = {}
    changed: dict[str, str] = {}
    joined: dict[str, str] = {}
    gone = []
    for key, item in old.items():
        if key in new and _texts(new[key]) == _texts(item):
            same[key] = key
        elif key in new:
            changed[key] = key
        elif key in merged:
            joined[key] = merged[key]
        else:
            gone.append(key)
    return Carried(same, joined, changed, tuple(gone), tuple(key for key in new if key not in old))


def _merged(draft: FrameworkDraft, present: Iterable[str]) -> dict[str, str]:
    """Old key to the one that stands in its place, chains followed."""
    known = set(present)
    said = {
        link.origin_key: link.destination_key for link in draft.associations if link.type == AssociationType.REPLACED_BY
    }
    found = {}
    for key in said:
        at, seen = key, {key}
        while at in said and said[at] not in seen:
            at = said[at]
            seen.add(at)
        if at in known and at != key:
            found[key] = at
    return found


def changes(before: FrameworkDraft, after: FrameworkDraft) -> tuple[Change, ...]:
    """Everything that is different, kind by kind, each in the reading order of the newer version."""
    found = [*_about(before, after), *_scale(before, after), *_items(before, after), *_relations(before, after)]
    order = list(ChangeKind)
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _about(before: FrameworkDraft, after: FrameworkDraft) -> Iterator[Change]:
    for name, words in _FIELDS.items():
        was, now = _plain(getattr(before, name)), _plain(getattr(after, name))
        if was != now:
            yield Change(ChangeKind.FRAMEWORK, "", words, f"{words} reads differently.", pieces(was, now))


def _scale(before: FrameworkDraft, after: FrameworkDraft) -> Iterator[Change]:
    old = {level.number: level for level in before.levels}
    new = {level.number: level for level in after.levels}
    if len(old) != len(new):
        words = f"There are {len(new)} levels in place of {len(old)}."
        yield Change(ChangeKind.SCALE, "", "Number of levels", words)
    for number in sorted(old.keys() & new.keys()):
        was, now = old[number], new[number]
        if was.name != now.name:
            words = f"Level {number} is called “{now.name}” in place of “{was.name}”."
            yield Change(ChangeKind.SCALE, "", f"Level {number}", words)
        if _plain(was.description) != _plain(now.description):
            told = pieces(_plain(was.description), _plain(now.description))
            yield Change(ChangeKind.SCALE, "", f"Level {number}", f"Level {number} is described differently.", told)
        if was.months != now.months:
            words = f"Reaching level {number} is meant to take {_months(now.months)} in place of {_months(was.months)}."
            yield Change(ChangeKind.SCALE, "", f"Level {number}", words)


def _months(months: int | None) -> str:
    return "no stated time" if months is None else f"{months} months"


def _items(before: FrameworkDraft, after: FrameworkDraft) -> Iterator[Change]:
    aligned = {item.key for item in (*competencies(before), *competencies(after))}
    merged = _merged(after, after.by_key)
    for item in after.items:
        was = before.by_key.get(item.key)
        mine = item.key in aligned
        if was is None:
            yield Change(ChangeKind.ADDED, item.key, label(item), f"New {_kind(item)}{_below(after, item)}.", (), mine)
            continue
        yield from _same_item(before, after, was, item, mine)
    for item in before.items:
        if item.key in after.by_key:
            continue
        mine = item.key in aligned
        if item.key in merged:
            words = f"Now part of {label(after.by_key[merged[item.key]])}. Its evidence goes there."
            yield Change(ChangeKind.MERGED, item.key, label(item), words, (), mine)
        else:
            words = f"This {_kind(item)} is gone{_below(before, item)}."
            yield Change(ChangeKind.REMOVED, item.key, label(item), words, (), mine)


def _same_item(
    before: FrameworkDraft, after: FrameworkDraft, was: ItemDraft, now: ItemDraft, mine: bool
) -> Iterator[Change]:
    name = label(now)
    for old, new, words in (
        (was.title, now.title, "The title reads differently."),
        (was.description, now.description, "The description reads differently."),
        (was.code, now.code, "It has another code."),
    ):
        if _plain(old) != _plain(new):
            told = pieces(_plain(old), _plain(new))
            yield Change(ChangeKind.REWORDED, now.key, name, words, told, mine)
    for number in sorted(was.descriptors.keys() | now.descriptors.keys()):
        old, new = _plain(was.descriptors.get(number, "")), _plain(now.descriptors.get(number, ""))
        if old != new:
            verb = "is described now" if not old else "is not described any more" if not new else "reads differently"
            yield Change(ChangeKind.LEVELS, now.key, name, f"Level {number} {verb}.", pieces(old, new), mine)
    if was.level != now.level:
        words = f"It shows {_level(now.level)} in place of {_level(was.level)}."
        yield Change(ChangeKind.LEVELS, now.key, name, words, (), mine)
    if was.parent_keys != now.parent_keys:
        words = f"It stands {_place(after, now)} in place of {_place(before, was)}."
        yield Change(ChangeKind.MOVED, now.key, name, words, (), mine)
    if was.kind is not now.kind:
        words = f"It is a {_kind(now)} in place of a {_kind(was)}."
        yield Change(ChangeKind.MOVED, now.key, name, words, (), mine)
    if was.scope != now.scope:
        words = f"It is {now.scope or 'neither core nor functional'} in place of {was.scope or 'neither'}."
        yield Change(ChangeKind.MOVED, now.key, name, words, (), mine)


_VERBS = {
    "precedes": "comes before",
    "isRelatedTo": "is related to",
    "isPartOf": "is part of",
    "isPeerOf": "is a peer of",
    "exactMatchOf": "matches",
    "replacedBy": "is replaced by",
    "exemplar": "is shown by",
    "hasSkillLevel": "has the level",
    "isTranslationOf": "is a translation of",
}


def _relations(before: FrameworkDraft, after: FrameworkDraft) -> Iterator[Change]:
    old, new = _links(before), _links(after)
    for verb, here, links in (("New", after, new - old), ("Gone", before, old - new)):
        for kind, origin, destination in sorted(links):
            names = (_named(here, origin), _VERBS.get(kind, kind), _named(here, destination))
            yield Change(ChangeKind.RELATIONS, origin, names[0], f"{verb}: {' '.join(names)}.")


def _links(draft: FrameworkDraft) -> set[tuple[str, str, str]]:
    return {(str(link.type), link.origin_key, link.destination_key) for link in draft.associations}


def _named(draft: FrameworkDraft, key: str) -> str:
    item = draft.by_key.get(key)
    return label(item) if item else f"“{key[:60]}” elsewhere"


def label(item: ItemDraft) -> str:
    """Code and title, cut to what a line holds."""
    text = f"{item.code} {item.title}".strip()
    return text if len(text) <= 120 else f"{text[:119].rstrip()}…"


def _kind(item: ItemDraft) -> str:
    return "entry" if item.kind is ItemKind.ITEM else item.kind.value


def _below(draft: FrameworkDraft, item: ItemDraft) -> str:
    return f", {_place(draft, item)}" if item.parent_keys else ""


def _place(draft: FrameworkDraft, item: ItemDraft) -> str:
    parents = [label(draft.by_key[key]) for key in item.parent_keys if key in draft.by_key]
    return f"below {' and '.join(parents)}" if parents else "at the top"


def _level(number: int | None) -> str:
    return "no level" if number is None else f"level {number}"


def _texts(item: ItemDraft) -> tuple[object, ...]:
    """What an item says: the same words carry the same evidence, wherever it stands and whatever its code."""
    described = tuple(sorted((number, _plain(text)) for number, text in item.descriptors.items() if _plain(text)))
    return _plain(item.title), _plain(item.description), described


def _plain(text: str) -> str:
    return " ".join(text.split())


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """The two texts word by word, what is the same in between. Long texts are told whole, before and after."""
    old, new = before.split(), after.split()
    if len(old) * len(new) > 90_000:
        return (Piece(before, after),)
    found = []
    for _, a1, a2, b1, b2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        found.append(Piece(" ".join(old[a1:a2]), " ".join(new[b1:b2])))
    return tuple(found)
