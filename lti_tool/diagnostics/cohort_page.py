"""The page of a class: who stands where, what is well taught, what nobody is assessed on. Values for the template.
Pure.

Shares count placed learners only: who has not enough evidence is neither at target nor below it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from lti_tool.diagnostics.class_cells import ClassCells, gaps, reached
from lti_tool.diagnostics.queries import Targets
from lti_tool.diagnostics.subject import by_area
from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.launch.queries import MemberInfo
from lti_tool.web.components.maps import (
    CohortArea,
    CohortColumn,
    CohortGrid,
    EvidencePanel,
    ListItem,
)

WELL, BELOW_TARGET = 0.75, 0.5
ON_A_PAGE = 50
IN_A_LIST = 5
WIDEST = 60
"""Competencies that a table shows side by side unless it is asked for all."""
EVERYTHING = "*"
"""The choice of all areas where the table would show one at a time."""
SHORT_NAME = 12


Areas = Mapping[str, Sequence[CompetencyInfo]]


@dataclass(frozen=True)
class Share:
    """Of one competency: how many learners are placed, how many of them at target, how many criteria point to it."""

    competency: CompetencyInfo
    placed: int
    there: int
    criteria: int

    @property
    def part(self) -> float | None:
        return self.there / self.placed if self.placed else None

    @property
    def said(self) -> str:
        return "–" if self.part is None else f"{self.part:.0%}"


@dataclass(frozen=True)
class Class:
    """Everything read for the page."""

    framed: Framed
    members: tuple[MemberInfo, ...]
    cells: ClassCells
    targets: Targets
    coverage: Mapping[int, int]
    """Competency id to accepted criteria."""

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        return tuple(
            Share(c, *reached(self.cells.column(c.id), self.targets.of(c.id)), self.coverage.get(c.id, 0))
            for c in self.framed.competencies
        )

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(sorted({member.section for member in self.members if member.section}))


@dataclass(frozen=True)
class View:
    """What the instructor chose to see, and how pages say so in their address."""

    group: str = ""
    sort: str = "name"
    area: str = ""
    start: int = 0

    def query(self, **more: int) -> str:
        """The query string of this view, with more in it; what was not chosen is left out."""
        own = {"group": self.group, "sort": self.sort if self.sort != "name" else "", "area": self.area}
        return urlencode(
            {**{k: v for k, v in own.items() if v}, **({"from": self.start} if self.start else {}), **more}
        )

    def at(self, start: int) -> "View":
        return replace(self, start=start)


@dataclass(frozen=True)
class Chosen:
    """The learners and competencies that a view asks for, in the order that they are shown: all pages of learners, the
    competencies of the table, and those of the picture. A framework too wide for a table is shown by area; the picture
    holds all of it."""

    view: View
    members: tuple[MemberInfo, ...]
    areas: Areas
    pictured: Areas
    part: str = ""
    """The name of the one area that the table shows; empty for all."""

    @property
    def items(self) -> tuple[int, ...]:
        return tuple(competency.id for members in self.areas.values() for competency in members)

    @property
    def pictured_items(self) -> tuple[int, ...]:
        return tuple(competency.id for members in self.pictured.values() for competency in members)

    @property
    def people(self) -> tuple[int, ...]:
        return tuple(member.person.id for member in self.members)

    @property
    def page(self) -> tuple[MemberInfo, ...]:
        return self.members[self.view.start : self.view.start + ON_A_PAGE]


def is_wide(framed: Framed) -> bool:
    return len(framed.competencies) > WIDEST


def column_sets(framed: Framed) -> Areas:
    """The areas, and those that are too wide for a table in parts."""
    found: dict[str, Sequence[CompetencyInfo]] = {}
    for title, members in by_area(framed).items():
        if len(members) <= WIDEST:
            found[title] = members
            continue
        for start in range(0, len(members), WIDEST):
            part = members[start : start + WIDEST]
            found[f"{title}, {start + 1} to {start + len(part)}"] = part
    return found


def chosen(group: Class, view: View, item: int | None = None) -> Chosen:
    """A group, an area or a page that does not exist asks for what stands first, or for the last page. The table shows
    the competency that is open (`item`), whatever was asked for."""
    sets: Areas = column_sets(group.framed)
    everything: Areas = by_area(group.framed)
    of_item = next((name for name, members in sets.items() if any(c.id == item for c in members)), "")
    wide = is_wide(group.framed)
    part = view.area if view.area in sets else ""
    if part or (wide and view.area != EVERYTHING):
        part = of_item or part or next(iter(sets))
    areas = {part: sets[part]} if part else everything
    view = View(
        view.group if view.group in group.sections else "",
        view.sort,
        part if view.area in sets else EVERYTHING if wide and not part else "",
        view.start,
    )
    members = tuple(m for m in group.members if not view.group or m.section == view.group)
    found = Chosen(view, members, areas, everything if wide else areas, part)
    if view.sort == "gap":
        targets = {item: group.targets.of(item) for item in found.pictured_items}
        missing = gaps(group.cells.on(found.pictured_items), targets, found.people)
        members = tuple(sorted(members, key=lambda m: -missing[m.person.id]))
    last = max(0, (len(members) - 1) // ON_A_PAGE * ON_A_PAGE)
    return replace(found, view=view.at(min(max(0, view.start), last)), members=members)


def lede(group: Class) -> str:
    learners, known = len(group.members), [share for share in group.shares if share.placed]
    words = f"{learners} {'learner' if learners == 1 else 'learners'}, {len(group.shares)} competencies."
    if known:
        fine = sum(1 for share in known if (share.part or 0) >= BELOW_TARGET)
        words += f" In {fine} of the {len(known)} competencies with enough evidence, at least half are at target."
        words += f" {len(known) - fine} {_are(len(known) - fine)} below that." if fine < len(known) else ""
    never = sum(1 for share in group.shares if not share.criteria)
    return words + (f" {never} {'has' if never == 1 else 'have'} never been assessed here." if never else "")


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


@dataclass(frozen=True)
class Summaries:
    """Short lists, and how many more there are beyond each."""

    well: tuple[ListItem, ...]
    below: tuple[ListItem, ...]
    never: tuple[ListItem, ...]
    more_well: int
    more_below: int
    more_never: int


def summaries(found: Sequence[Share]) -> Summaries:
    known = [share for share in found if share.part is not None]
    well = sorted((s for s in known if (s.part or 0) >= WELL), key=lambda s: -(s.part or 0))
    below = sorted((s for s in known if (s.part or 0) < BELOW_TARGET), key=lambda s: s.part or 0)
    never = [share for share in found if not share.criteria]
    return Summaries(
        tuple(ListItem(s.competency.title, s.competency.code, end=s.said) for s in well[:IN_A_LIST]),
        tuple(ListItem(s.competency.title, s.competency.code, end=s.said) for s in below[:IN_A_LIST]),
        tuple(ListItem(s.competency.title, s.competency.code, end="0 criteria") for s in never[:IN_A_LIST]),
        *(max(0, len(each) - IN_A_LIST) for each in (well, below, never)),
    )


def grid(group: Class, wanted: Chosen, panel: EvidencePanel | None) -> CohortGrid:
    """The chosen competencies as a grid's head and foot; its rows are written by `grid_rows`."""
    by_id = {share.competency.id: share for share in group.shares}
    return CohortGrid(
        label="Learners and competencies",
        areas=tuple(
            CohortArea(title, tuple(_column(by_id[c.id]) for c in members)) for title, members in wanted.areas.items()
        ),
        rows=(),
        panel=panel,
    )


def _column(share: Share) -> CohortColumn:
    competency = share.competency
    return CohortColumn(
        competency.code or competency.title[:SHORT_NAME], competency.title, share.said, str(share.placed)
    )
