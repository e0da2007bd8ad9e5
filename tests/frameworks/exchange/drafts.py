"""Generated frameworks for property tests, and the view of one that every lossless round trip has to keep."""

from typing import Any

from hypothesis import strategies as st

from lti_tool.frameworks.domain import (
    AssociationDraft,
    AssociationType,
    FrameworkDraft,
    ItemDraft,
    ItemKind,
    LevelDraft,
    with_positions,
)

# No surrogates and no NUL: readers take those out, because no database keeps them.
_LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
_ODD = [
    "<p>one</p><p>two</p>",
    "a < b & c > d",
    "$x^2 < y$ **md**",
    "=1+1",
    "'=x",
    "&amp;",
    "-5",
    "“Ä” 𝑑",
    "one\r\ntwo",
]
words = st.text(_LETTERS, max_size=30) | st.sampled_from(_ODD)
titles = words.map(str.strip).filter(bool)
uuids = st.uuids().map(str)


@st.composite
def frameworks(draw: st.DrawFn, keys: st.SearchStrategy[str] | None = None) -> FrameworkDraft:
    """A framework with levels, several parents, descriptors and associations inside and outside."""
    names = draw(st.lists(uuids | titles if keys is None else keys, min_size=1, max_size=8, unique_by=str.casefold))
    levels = draw(st.integers(0, 4))
    items = []
    for number, key in enumerate(names):
        parents = draw(st.lists(st.sampled_from(names[:number]), max_size=2, unique=True)) if number else []
        described = draw(st.dictionaries(st.integers(1, levels), titles, max_size=levels)) if levels else {}
        items.append(
            ItemDraft(
                key=key,
                title=draw(titles),
                parent_keys=tuple(parents),
                kind=draw(st.sampled_from(ItemKind)),
                code=draw(words).strip()[:100],
                description=draw(words).strip(),
                scope=draw(st.sampled_from(["", "core", "functional"])),
                descriptors=described,
                level=draw(st.none() | st.integers(1, levels)) if levels else None,
            )
        )
    return FrameworkDraft(
        identifier=draw(uuids | titles),
        title=draw(titles),
        description=draw(words).strip(),
        version=draw(words),
        language=draw(st.sampled_from(["", "en", "de-AT"])),
        publisher=draw(words),
        licence=draw(words).strip(),
        attribution=draw(words),
        source_url=draw(st.sampled_from(["", "https://example.org/f"])),
        levels=tuple(LevelDraft(number, draw(titles), draw(words)) for number in range(1, levels + 1)),
        items=with_positions(items),
        associations=tuple(draw(st.lists(_associations(names), max_size=4))),
    )


@st.composite
def _associations(draw: st.DrawFn, names: list[str]) -> AssociationDraft:
    if draw(st.booleans()):
        later = draw(st.integers(0, len(names) - 1))
        kind, origin, destination = AssociationType.PRECEDES.value, names[0], names[later]
        if later:
            return AssociationDraft(kind, origin, destination)
    kind = draw(st.sampled_from(["isRelatedTo", "exactMatchOf", "isPartOf", "ourOwnRelation"]))
    if draw(st.booleans()):
        return AssociationDraft(kind, draw(st.sampled_from(names)), draw(st.sampled_from(names)))
    outside = draw(uuids)
    return AssociationDraft(kind, draw(st.sampled_from(names)), outside, f"https://example.org/CFItems/{outside}")


def substance(draft: FrameworkDraft) -> dict[str, Any]:
    """Everything but what a file format adds of its own: addresses, dates and identifiers of links."""
    fields = ("identifier", "title", "description", "version", "language", "publisher", "licence", "attribution")
    return {
        **{name: getattr(draft, name) for name in fields},
        "source_url": draft.source_url,
        "levels": draft.levels,
        "items": [item_substance(item) for item in draft.items],
        "associations": [
            (link.type, link.origin_key, link.destination_key, link.destination_uri) for link in draft.associations
        ],
    }


def item_substance(item: ItemDraft) -> tuple[Any, ...]:
    """An item without `extra`."""
    text = (item.key, item.title, item.description, item.code, item.kind, item.scope)
    return (*text, item.parent_keys, dict(item.descriptors), item.level, item.position)
