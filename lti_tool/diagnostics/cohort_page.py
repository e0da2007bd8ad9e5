"""The page of a class: who stands where, what is well taught, what nobody is assessed on. Values for the template.

Shares count placed learners only: who has not enough evidence is neither at target nor below it. Groups under ten are
hidden, and one more with them where the hidden one could be worked out from the total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from lti_tool.diagnostics.mastery.levels import Standing
from lti_tool.diagnostics.queries import CellInfo, Targets
from lti_tool.diagnostics.subject import area_of
from lti_tool.frameworks.queries import CompetencyInfo, Framed
from lti_tool.launch.queries import MemberInfo
from lti_tool.web.components.maps import (
    CohortArea,
    CohortCell,
    CohortColumn,
    CohortGrid,
    CohortRow,
    EvidencePanel,
    ListItem,
    Reach,
)
from lti_tool.web.components.tables import Column, ColumnKind, Row, Table

HIDDEN_UNDER = 10
WELL, BELOW = 0.75, 0.5
ON_A_PAGE = 50


@dataclass(frozen=True)
class Share:
    """Of one competency: how many learners are placed, and how many of them at target."""

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
    cells: Mapping[tuple[int, int], CellInfo]
    """(person id, competency id) to cell."""
    targets: Targets
    coverage: Mapping[int, int]
    """Competency id to accepted criteria."""


@dataclass(frozen=True)
class View:
    """What the instructor chose to see."""

    group: str = ""
    sort: str = "name"
    area: str = ""
    start: int = 0


def shares(group: Class) -> tuple[Share, ...]:
    found = []
    for competency in group.framed.competencies:
        levels = [
            cell.standing.level
            for member in group.members
            if (cell := group.cells.get((member.person.id, competency.id))) and cell.standing.level
        ]
        there = sum(1 for level in levels if level >= group.targets.of(competency.id))
        found.append(Share(competency, len(levels), there, group.coverage.get(competency.id, 0)))
    return tuple(found)


def lede(group: Class, found: Sequence[Share]) -> str:
    learners, known = len(group.members), [share for share in found if share.placed]
    words = f"{learners} {'learner' if learners == 1 else 'learners'}, {len(found)} competencies."
    if known:
        fine = sum(1 for share in known if (share.part or 0) >= BELOW)
        words += f" In {fine} of the {len(known)} competencies with enough evidence, at least half are at target."
    never = sum(1 for share in found if not share.criteria)
    return words + (f" {never} have never been assessed here." if never else "")


def summaries(found: Sequence[Share]) -> tuple[tuple[ListItem, ...], tuple[ListItem, ...], tuple[ListItem, ...]]:
    """(well taught, below target across the class, never assessed): up to five each."""
    known = [share for share in found if share.part is not None]
    well = sorted((s for s in known if (s.part or 0) >= WELL), key=lambda s: -(s.part or 0))
    below = sorted((s for s in known if (s.part or 0) < BELOW), key=lambda s: s.part or 0)
    never = [share for share in found if not share.criteria]
    return (
        tuple(ListItem(s.competency.title, s.competency.code, end=s.said) for s in well[:5]),
        tuple(ListItem(s.competency.title, s.competency.code, end=s.said) for s in below[:5]),
        tuple(ListItem(s.competency.title, s.competency.code, end="0 criteria") for s in never[:5]),
    )


def chosen(group: Class, view: View) -> tuple[tuple[MemberInfo, ...], tuple[CompetencyInfo, ...]]:
    """The learners and competencies that the view asks for, all pages."""
    members = [m for m in group.members if not view.group or m.section == view.group]
    competencies = tuple(c for c in group.framed.competencies if not view.area or area_of(c) == view.area)
    if view.sort == "gap":
        members.sort(key=lambda m: -_gap(group, m, competencies))
    return tuple(members), competencies


def _gap(group: Class, member: MemberInfo, competencies: Sequence[CompetencyInfo]) -> int:
    """Levels below target, added up: who could use a conversation first."""
    found = 0
    for competency in competencies:
        cell = group.cells.get((member.person.id, competency.id))
        if cell and cell.standing.level:
            found += max(0, group.targets.of(competency.id) - cell.standing.level)
    return found


def grid(
    group: Class, found: Sequence[Share], view: View, opened: tuple[int, int] | None, panel: EvidencePanel | None
) -> CohortGrid:
    """One page of learners against the chosen competencies."""
    members, competencies = chosen(group, view)
    by_id = {share.competency.id: share for share in found}
    areas: dict[str, list[CohortColumn]] = {}
    for competency in competencies:
        share = by_id[competency.id]
        column = CohortColumn(competency.code or competency.title[:12], competency.title, share.said, str(share.placed))
        areas.setdefault(area_of(competency), []).append(column)
    return CohortGrid(
        label="Learners and competencies",
        areas=tuple(CohortArea(title, tuple(columns)) for title, columns in areas.items()),
        rows=tuple(
            CohortRow(
                member.person.shown_as,
                tuple(_cell(group, member, competency, opened) for competency in competencies),
                url_for("diagnostics.learner", person_id=member.person.id),
            )
            for member in members[view.start : view.start + ON_A_PAGE]
        ),
        panel=panel,
    )


def _cell(group: Class, member: MemberInfo, competency: CompetencyInfo, opened: tuple[int, int] | None) -> CohortCell:
    person = member.person.id
    cell = group.cells.get((person, competency.id))
    href = url_for("diagnostics.cohort", person=person, item=competency.id) + "#opened"
    is_open = opened == (person, competency.id)
    if cell is None:
        return CohortCell(0, 0, href, open=is_open)
    standing = cell.standing
    return CohortCell(standing.level or 0, standing.n, href, reach(standing), open=is_open)


def reach(standing: Standing) -> Reach:
    if standing.level is None:
        return Reach.NONE
    down, up = standing.lowest < standing.level, standing.highest > standing.level
    return Reach.BOTH if down and up else Reach.UP if up else Reach.DOWN if down else Reach.NONE


def groups_table(group: Class) -> Table | None:
    """Share of placed cells at target, per group and area; None where the LMS tells no groups."""
    sections = sorted({member.section for member in group.members if member.section})
    if not sections:
        return None
    sizes = {name: sum(1 for m in group.members if m.section == name) for name in sections}
    hidden = hidden_groups(sizes)
    areas = list(dict.fromkeys(area_of(c) for c in group.framed.competencies))
    rows = [Row((f"All ({len(group.members)})", *_area_shares(group, group.members, areas)))]
    for name in sections:
        label = f"{name} ({sizes[name]})"
        if name in hidden:
            rows.append(Row((label,), veil=hidden[name]))
        else:
            members = [m for m in group.members if m.section == name]
            rows.append(Row((label, *_area_shares(group, members, areas))))
    columns = (Column("Group", ColumnKind.HEAD), *(Column(area, ColumnKind.NUM) for area in areas))
    return Table(columns, tuple(rows))


def hidden_groups(sizes: Mapping[str, int]) -> dict[str, str]:
    """Which groups are hidden, and why. With exactly one hidden, its figures would follow from the total and the
    others: the smallest of the rest is hidden too (complementary suppression)."""
    hidden = {
        name: f"Hidden: fewer than {HIDDEN_UNDER} learners" for name, size in sizes.items() if size < HIDDEN_UNDER
    }
    rest = [name for name in sizes if name not in hidden]
    if len(hidden) == 1 and rest:
        small = next(iter(hidden))
        other = min(rest, key=lambda name: (sizes[name], name))
        hidden[other] = f"Hidden, so that {small} cannot be worked out from the total"
    return hidden


def _area_shares(group: Class, members: Sequence[MemberInfo], areas: Sequence[str]) -> tuple[str, ...]:
    said = []
    for area in areas:
        placed = there = 0
        for competency in group.framed.competencies:
            if area_of(competency) != area:
                continue
            for member in members:
                cell = group.cells.get((member.person.id, competency.id))
                if cell and cell.standing.level:
                    placed += 1
                    there += cell.standing.level >= group.targets.of(competency.id)
        said.append(f"{there / placed:.0%}" if placed else "–")
    return tuple(said)
