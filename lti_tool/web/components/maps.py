"""Values of the learner's map, the strip, the range and the cohort grid.

Levels count from 1; 0 means "not enough evidence yet". On a range, level k spans k - 0.5 to k + 0.5.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.web.components.words import Action, Fact

PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
MOST_DOTS = 4


class CellState(StrEnum):
    SHOWN = "shown"
    HERE = "here"
    MAYBE = "maybe"
    AHEAD = "ahead"
    NONE = "none"


CELL_WORDS = {
    CellState.SHOWN: "Shown",
    CellState.HERE: "Here",
    CellState.MAYBE: "Possible",
    CellState.AHEAD: "Ahead",
    CellState.NONE: "Not enough evidence yet",
}


@dataclass(frozen=True, slots=True)
class MapCell:
    """One level of one competency. `href` is the page with this cell open; without it the cell is only text."""

    level: int
    state: CellState
    href: str = ""
    goal: bool = False
    words: str = ""
    """In place of the state's own, such as "Probably"."""
    aside: str = ""
    """For NONE: "2 of 3 pieces"."""

    @property
    def said(self) -> str:
        return self.words or CELL_WORDS[self.state]


@dataclass(frozen=True, slots=True)
class EvidencePiece:
    """A result: criterion and rating, the comment, where and when, and why it counts here."""

    criterion: str
    rating: str
    level: int = 0
    comment: str = ""
    context: str = ""
    """Task, date and mapping in one soft line."""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """What would move the level: a lead ("To be sure of level 3, show that you can:"), the indicator, a note."""

    lead: str = ""
    statement: str = ""
    note: str = ""
    actions: tuple[Action, ...] = ()
    title: str = "What would move it"


@dataclass(frozen=True, slots=True)
class EvidencePanel:
    level: int
    title: str
    summary: str
    pieces: tuple[EvidencePiece, ...] = ()
    none_words: str = "No single result speaks for this level directly."
    more: Action | None = None
    move: Move | None = None
    numbers: tuple[Fact, ...] = ()
    """The estimate, its interval and the like, folded away."""
    close_href: str = ""
    """The same page with nothing open, for readers without script."""


@dataclass(frozen=True, slots=True)
class MapRow:
    """A competency: one cell for each level with exactly one HERE, or a single NONE cell.

    `panels` may be empty: the script then reads the cell's own page and takes the panel from it.
    """

    id: str
    code: str
    name: str
    cells: tuple[MapCell, ...]
    say: str = ""
    panels: tuple[EvidencePanel, ...] = ()
    open_level: int | None = None

    def __post_init__(self) -> None:
        if not PLAIN_ID.fullmatch(self.id):
            raise ValueError(f"a row's id is letters, digits, dots, hyphens: {self.id!r}")
        states = [cell.state for cell in self.cells]
        if states != [CellState.NONE] and (CellState.NONE in states or states.count(CellState.HERE) != 1):
            raise ValueError("a row has one NONE cell, or a cell for each level with one HERE")

    @property
    def none(self) -> bool:
        return self.cells[0].state is CellState.NONE


@dataclass(frozen=True, slots=True)
class MapGroup:
    title: str
    rows: tuple[MapRow, ...]
    note: str = ""
    """Such as "2 of 3 at your target"."""


@dataclass(frozen=True, slots=True)
class LearnerMap:
    levels: tuple[str, ...]
    """The level's names from the lowest: ("Basic", "Intermediate", ...)."""
    groups: tuple[MapGroup, ...]
    head: str = "Competency"


@dataclass(frozen=True, slots=True)
class StripTile:
    """A square: a level, a count, or dashed. `said` is the text behind it: "level 3", "3 criteria"."""

    name: str
    said: str
    shown: str
    level: int = 0
    href: str = ""
    dashed: bool = False

    @property
    def label(self) -> str:
        return f"{self.name}: {self.said}"


@dataclass(frozen=True, slots=True)
class StripArea:
    title: str
    tiles: tuple[StripTile, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Where someone is, how sure that is, and the target; all in levels."""

    label: str
    """The same in words: "Level 2, perhaps 3. Target: level 3."."""
    at: float
    low: float
    high: float
    levels: int
    goal: float | None = None

    def __post_init__(self) -> None:
        if not self.low <= self.at <= self.high:
            raise ValueError(f"{self.at} is outside {self.low} to {self.high}")

    def place(self, value: float) -> float:
        """Per cent of the scale's length, 0..100."""
        return round(min(max((value - 0.5) / self.levels, 0.0), 1.0) * 100, 1)

    @property
    def start(self) -> float:
        return self.place(self.low)

    @property
    def width(self) -> float:
        return round(self.place(self.high) - self.start, 1)

    @property
    def ticks(self) -> tuple[float, ...]:
        return tuple(round(100 * k / self.levels, 1) for k in range(1, self.levels))


@dataclass(frozen=True, slots=True)
class ListItem:
    """A line in a card: a level chip, a code or an icon; the name; something at the end; a range; a note."""

    name: str
    code: str = ""
    level: int | None = None
    icon: str = ""
    text: str = ""
    """After the name, in plain weight."""
    end: str = ""
    range: Range | None = None
    note: str = ""
    href: str = ""


class Reach(StrEnum):
    """Towards which neighbour the estimate may also lie."""

    NONE = ""
    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class CohortCell:
    level: int
    pieces: int
    href: str = ""
    may: Reach = Reach.NONE
    needed: int = 3
    open: bool = False

    @property
    def label(self) -> str:
        if not self.level:
            return f"Not enough evidence yet, {self.pieces} of {self.needed} pieces"
        below, above = self.level - 1, self.level + 1
        perhaps = {
            "": "",
            "up": f", perhaps {above}",
            "down": f", perhaps {below}",
            "both": f", perhaps {below} or {above}",
        }
        return f"Level {self.level}{perhaps[self.may]}, {self.pieces} {'piece' if self.pieces == 1 else 'pieces'}"

    @property
    def dots(self) -> str:
        return "•" * min(self.pieces, MOST_DOTS)


@dataclass(frozen=True, slots=True)
class CohortRow:
    name: str
    cells: tuple[CohortCell, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class CohortColumn:
    code: str
    name: str
    share: str = "–"
    """At target: "71%", or a dash where nobody is placed."""
    placed: str = ""


@dataclass(frozen=True, slots=True)
class CohortArea:
    title: str
    columns: tuple[CohortColumn, ...]


@dataclass(frozen=True, slots=True)
class CohortGrid:
    label: str
    areas: tuple[CohortArea, ...]
    rows: tuple[CohortRow, ...]
    head: str = "Learner"
    totals: str = "At target"
    """The name of the last row; empty for none."""
    panel: EvidencePanel | None = None
    """What is open below the grid when the page arrives."""

    def __post_init__(self) -> None:
        wide = sum(len(area.columns) for area in self.areas)
        if any(len(row.cells) != wide for row in self.rows):
            raise ValueError(f"every learner has {wide} cells")

    @property
    def first(self) -> frozenset[int]:
        """The columns that open an area, counted from 0: they get the gap."""
        at, found = 0, set()
        for area in self.areas:
            found.add(at)
            at += len(area.columns)
        return frozenset(found)
