"""The page of one learner: position, next steps, and the map, as values for the template. Pure.

The same page for the learner and for the instructor; the words differ only in who is spoken to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lti_tool.diagnostics.mastery.levels import Cell, Standing
from lti_tool.diagnostics.mastery.words import pieces, say
from lti_tool.diagnostics.subject import ENOUGH, Subject, by_area, level_names
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.web.components.maps import (
    CellState,
    EvidencePanel,
    LearnerMap,
    ListItem,
    MapCell,
    MapGroup,
    MapRow,
    Range,
    StripArea,
    StripTile,
)

STATES = {
    Cell.SHOWN: (CellState.SHOWN, ""),
    Cell.PROBABLY: (CellState.SHOWN, "Probably"),
    Cell.HERE: (CellState.HERE, ""),
    Cell.POSSIBLE: (CellState.MAYBE, ""),
    Cell.AHEAD: (CellState.AHEAD, ""),
}


@dataclass(frozen=True)
class Opened:
    """The cell that is open."""

    item: int
    level: int
    panel: EvidencePanel


@dataclass(frozen=True)
class Summary:
    """Where someone stands, in numbers: the template says it in words."""

    total: int
    there: int
    on_the_way: int

    @property
    def open(self) -> int:
        return self.total - self.there - self.on_the_way


def strip(subject: Subject) -> tuple[StripArea, ...]:
    """One square for each competency, in areas, linked to its row."""
    return tuple(
        StripArea(title, tuple(_tile(subject, competency) for competency in members))
        for title, members in by_area(subject.framed).items()
    )


def _tile(subject: Subject, competency: CompetencyInfo) -> StripTile:
    cell = subject.cells.get(competency.id)
    level = cell.standing.level if cell else None
    said = f"level {level}" if level else "not enough evidence yet"
    return StripTile(competency.label, said, str(level or "·"), level or 0, f"#c-{competency.id}", dashed=level is None)


def heat_map(subject: Subject, opened: Opened | None) -> LearnerMap:
    """The table that is the picture."""
    return LearnerMap(
        levels=level_names(subject.framed),
        groups=tuple(
            MapGroup(title, tuple(_row(subject, c, opened) for c in members), _area_note(subject, members))
            for title, members in by_area(subject.framed).items()
        ),
    )


def _area_note(subject: Subject, members: Sequence[CompetencyInfo]) -> str:
    counted = summary(subject, members)
    whose = "your target" if subject.own else "the target"
    words = f"{counted.there} of {counted.total} at {whose}"
    return f"{words}, {counted.open} still open" if counted.open else words


def _row(subject: Subject, competency: CompetencyInfo, opened: Opened | None) -> MapRow:
    cell = subject.cells.get(competency.id)
    here = opened if opened is not None and opened.item == competency.id else None
    if cell is None or cell.standing.level is None:
        cells: tuple[MapCell, ...] = (
            MapCell(0, CellState.NONE, subject.address.cell(competency.id, 0), aside=_so_far(subject, competency)),
        )
        line = ""
    else:
        cells = tuple(_cell(subject, competency, cell.standing, level) for level in range(1, subject.level_count + 1))
        line = f"{say(cell.standing)} · {pieces(cell.standing.n)}"
    return MapRow(
        id=str(competency.id),
        code=competency.code,
        name=competency.title,
        cells=cells,
        say=line,
        panels=(here.panel,) if here else (),
        open_level=here.level if here else None,
    )


def _cell(subject: Subject, competency: CompetencyInfo, standing: Standing, level: int) -> MapCell:
    state, words = STATES[standing.cell(level)]
    goal = level == subject.targets.of(competency.id)
    return MapCell(level, state, subject.address.cell(competency.id, level), goal=goal, words=words)


def _so_far(subject: Subject, competency: CompetencyInfo) -> str:
    cell = subject.cells.get(competency.id)
    if cell and cell.standing.n:
        return f"{cell.standing.n} of {ENOUGH} pieces"
    return "No result yet" if competency.id in subject.coverage else "Not assessed so far"


def short_lists(subject: Subject) -> tuple[tuple[ListItem, ...], tuple[ListItem, ...]]:
    """(strongest, to strengthen): up to three each. Strongest is furthest above target, then furthest along."""
    placed = [
        (subject.cells[c.id].standing, c, subject.targets.of(c.id))
        for c in subject.framed.competencies
        if c.id in subject.cells and subject.cells[c.id].standing.level
    ]
    above = [entry for entry in placed if (entry[0].level or 0) >= entry[2]]
    below = [entry for entry in placed if (entry[0].level or 0) < entry[2]]
    above.sort(key=lambda e: (-(e[0].level or 0), -e[0].estimate))
    below.sort(key=lambda e: ((e[0].level or 0) - e[2], e[0].estimate))
    return tuple(_item(subject, *e) for e in above[:3]), tuple(_item(subject, *e) for e in below[:3])


def _item(subject: Subject, standing: Standing, competency: CompetencyInfo, target: int) -> ListItem:
    gap = target - (standing.level or 0)
    if gap > 0:
        note = (
            "Close: results reach the target"
            if standing.highest >= target
            else ("One level below the target" if gap == 1 else f"{gap} levels below the target")
        )
    else:
        note = pieces(standing.n) + (", all pointing the same way" if standing.lowest == standing.highest else "")
    count = subject.level_count
    low, high = max(0.5, standing.low90), min(count + 0.5, standing.high90)
    at = min(max(standing.estimate, low), high)
    return ListItem(
        name=competency.title,
        code=competency.code,
        level=standing.level,
        range=Range(f"{say(standing)}. Target: level {target}.", at, low, high, count, float(target)),
        note=note,
        href=f"#c-{competency.id}",
    )


def summary(subject: Subject, members: Sequence[CompetencyInfo] | None = None) -> Summary:
    """Of these competencies, or all: how many are at target or beyond, and how many placed below it."""
    counted = subject.framed.competencies if members is None else members
    there = on_the_way = 0
    for competency in counted:
        cell = subject.cells.get(competency.id)
        if cell and cell.standing.level:
            at_target = cell.standing.level >= subject.targets.of(competency.id)
            there, on_the_way = there + at_target, on_the_way + (not at_target)
    return Summary(len(counted), there, on_the_way)
