"""Values of tables that fold on phones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lti_tool.web.components.words import Action, Pill


class Layout(StrEnum):
    """What a table does below 768 px."""

    FOLD = "fold"
    """Label beside value, one under the other."""
    RUN = "run"
    """The row's values in one line."""
    PLAIN = ""
    """Stays a table."""


class ColumnKind(StrEnum):
    TEXT = "text"
    NUM = "num"
    HEAD = "head"
    """The row's name: a row header."""


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    kind: ColumnKind = ColumnKind.TEXT
    short: str = ""
    """The label beside the value on a phone, where `label` is long."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Parts are drawn in this order: level, text (a link with `href`), soft line, pill, actions."""

    text: str = ""
    soft: str = ""
    href: str = ""
    level: int | None = None
    """0 draws the dashed chip."""
    pill: Pill | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """As many cells as columns; with a `veil` only the first one, and the veil's words fill the rest."""

    cells: tuple[Cell | str, ...]
    veil: str = ""
    """Why the values are hidden: "Hidden: fewer than 10 learners"."""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    layout: Layout = Layout.FOLD
    empty: str = "Nothing here yet."

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != (1 if row.veil else len(self.columns)):
                raise ValueError(f"a row of {len(row.cells)} cells under {len(self.columns)} columns")
