"""The rows of a learner's map, a link for each level of each competency, and the strip above them.

Through the templates they take half of the page's time, so they are written here, with the markup of
`components/map.html`; a test holds the two together. Cells look alike: each look is made once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from lti_tool.web.components.maps import (
    CellState,
    EvidencePanel,
    LearnerMap,
    MapCell,
    MapGroup,
    MapRow,
    StripArea,
    StripTile,
)

Evidence = Callable[[EvidencePanel, str], str]
"""What opens under a cell as HTML, and the id of what holds it: the component does that."""


def rows(shown: LearnerMap, evidence: Evidence) -> Markup:
    """Everything inside the map's `tbody`."""
    wide = len(shown.levels)
    parts: list[str] = []
    for group in shown.groups:
        parts.append(_head(group, wide + 1))
        for row in group.rows:
            parts.append(_line(row, wide))
            parts.append(_detail(row, wide + 1, evidence))
    return Markup("".join(parts))  # noqa: S704 - texts and addresses are escaped below, the rest is ours


def strip(areas: Sequence[StripArea]) -> Markup:
    """One square for each competency, linked to its row."""
    parts = [
        f'<div><p class="area">{escape(area.title)}</p><ul>{"".join(map(_tile, area.tiles))}</ul></div>'
        for area in areas
    ]
    return Markup(f'<div class="strip">{"".join(parts)}</div>')  # noqa: S704 - texts are escaped


def _tile(tile: StripTile) -> str:
    label, look = escape(tile.label), "tile none" if tile.dashed else "tile"
    level = f' data-level="{tile.level}"' if tile.level else ""
    return (
        f'<li><a href="{escape(tile.href)}" aria-label="{label}" class="{look}"{level} title="{label}">'
        f'<span aria-hidden="true">{escape(tile.shown)}</span></a></li>'
    )


def _head(group: MapGroup, columns: int) -> str:
    if not group.title:
        return ""
    note = f" <span>{escape(group.note)}</span>" if group.note else ""
    return (
        f'<tr class="group" role="row"><th role="rowheader" scope="rowgroup" colspan="{columns}">'
        f"{escape(group.title)}{note}</th></tr>"
    )


def _line(row: MapRow, wide: int) -> str:
    is_open = " open" if row.open_level is not None else ""
    code = f'<span class="code">{escape(row.code)}</span> ' if row.code else ""
    say = f' <span class="say">{escape(row.say)}</span>' if row.say else ""
    whole = f' colspan="{wide}" aria-colspan="{wide}"' if row.none else ""
    cells = "".join(f'<td role="cell"{whole}>{_link(cell, row)}</td>' for cell in row.cells)
    return (
        f'<tr role="row" id="c-{row.id}" class="line{is_open}" data-row="e-{row.id}">'
        f'<th role="rowheader" scope="row">{code}{escape(row.name)}{say}</th>{cells}</tr>'
    )


def _link(cell: MapCell, row: MapRow) -> str:
    is_open = "true" if row.open_level == cell.level else "false"
    return (
        f'<a href="{escape(cell.href)}" aria-expanded="{is_open}" aria-controls="e-{row.id}" '
        f"{_look(cell.level, cell.state, cell.said, cell.aside, cell.goal)}"
    )


@lru_cache(maxsize=4096)
def _look(level: int, state: CellState, said: str, aside: str, goal: bool) -> str:
    """The rest of a cell's link, from its class on."""
    of = f' data-level="{level}"' if level else ""
    if state is CellState.NONE:
        words = f"<span>{escape(said)}</span>" + (f"<span>{escape(aside)}</span>" if aside else "")
    else:
        here = f"{_mark('here')} " if state is CellState.HERE else ""
        words = f'<span class="n">{level}</span><span>{here}{escape(said)}</span>'
    target = f'<span class="goal">{_mark("goal")} target</span>' if goal else ""
    return f'class="cell" data-state="{state.value}"{of}>{words}{target}</a>'


def _mark(name: str) -> str:
    return f'<svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><use href="#i-{name}" /></svg>'


def _detail(row: MapRow, columns: int, evidence: Evidence) -> str:
    hidden = " hidden" if row.open_level is None else ""
    inside = "".join(evidence(panel, f"e-{row.id}") for panel in row.panels)
    return (
        f'<tr role="row" id="e-{row.id}" class="detail" data-panel{hidden}>'
        f'<td role="cell" colspan="{columns}" aria-colspan="{columns}">{inside}</td></tr>'
    )
