"""The whole class in one picture: what the page says about it, and the bytes that it is drawn from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lti_tool.diagnostics.class_cells import ClassCells
from lti_tool.diagnostics.cohort_page import Chosen, Class

SHOWN_FROM = 61
"""With fewer learners the table is the picture."""


@dataclass(frozen=True)
class Overview:
    """`src` answers one byte a cell (`class_cells`), learners one after the other."""

    src: str
    page: str
    """The table's address; a place in the picture opens it there."""
    query: str
    said: str
    """What the picture shows, in words."""
    areas: tuple[tuple[str, int], ...]
    """Name and number of competencies."""
    data: dict[str, Any]
    """Who and what the rows and columns are: [id, name] each."""


def overview(group: Class, wanted: Chosen, levels: Sequence[str], src: str, page: str) -> Overview | None:
    """None for a class small enough to be seen in the table."""
    if len(wanted.members) < SHOWN_FROM or not wanted.pictured_items:
        return None
    query = wanted.view.at(0).query()
    return Overview(
        src=f"{src}?{query}" if query else src,
        page=page,
        query=query,
        said=said(cells(group, wanted), levels),
        areas=tuple((title, len(members)) for title, members in wanted.pictured.items()),
        data={
            "learners": [[m.person.id, m.person.shown_as] for m in wanted.members],
            "competencies": [[c.id, c.label] for members in wanted.pictured.values() for c in members],
        },
    )


def cells(group: Class, wanted: Chosen) -> ClassCells:
    """The bytes of what was chosen, in its order."""
    return group.cells.on(wanted.pictured_items).of(wanted.people)


def said(shown: ClassCells, levels: Sequence[str]) -> str:
    """The text in place of the picture."""
    total = len(shown.levels)
    known = total - shown.levels.count(0)
    words = f"{len(shown.people)} learners by {len(shown.items)} competencies. "
    words += f"{known / total:.0%} of the places have enough evidence"
    parts = [
        f"{shown.levels.count(number) / known:.0%} at level {number} {name}"
        for number, name in enumerate(levels, 1)
        if known
    ]
    return words + (f"; of these {', '.join(parts)}." if parts else ".") + " The table below holds every value."
