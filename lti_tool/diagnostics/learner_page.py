"""The page of one learner: position, next steps, and the map, as values for the template.

The same page for the learner and for the instructor; the words differ only in who is spoken to.
"""

from collections.abc import Sequence

from lti_tool.diagnostics.evidence_panel import panel
from lti_tool.diagnostics.mastery.levels import Cell, Standing
from lti_tool.diagnostics.mastery.words import pieces, say
from lti_tool.diagnostics.steps import Kind, Step
from lti_tool.diagnostics.subject import ENOUGH, Subject, area_of, where
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.grading.queries import EvidenceRow
from lti_tool.web.components.maps import (
    CellState,
    LearnerMap,
    ListItem,
    MapCell,
    MapGroup,
    MapRow,
    Range,
    StripArea,
    StripTile,
)
from lti_tool.web.components.words import Action, StepCard, Via

STATES = {
    Cell.SHOWN: (CellState.SHOWN, ""),
    Cell.PROBABLY: (CellState.SHOWN, "Probably"),
    Cell.HERE: (CellState.HERE, ""),
    Cell.POSSIBLE: (CellState.MAYBE, ""),
    Cell.AHEAD: (CellState.AHEAD, ""),
}
SHOWN_STEPS = 3


def strip(subject: Subject) -> tuple[StripArea, ...]:
    """One square for each competency, in areas, linked to its row."""
    areas: dict[str, list[StripTile]] = {}
    for competency in subject.framed.competencies:
        cell = subject.cells.get(competency.id)
        level = cell.standing.level if cell else None
        said = f"level {level}" if level else "not enough evidence yet"
        areas.setdefault(area_of(competency), []).append(
            StripTile(
                competency.label, said, str(level or "·"), level or 0, f"#c-{competency.id}", dashed=level is None
            )
        )
    return tuple(StripArea(title, tuple(tiles)) for title, tiles in areas.items())


def heat_map(subject: Subject, opened: tuple[int, int] | None, evidence: Sequence[EvidenceRow]) -> LearnerMap:
    """The table that is the picture. `opened` is (item, level) with the evidence of that item."""
    groups: dict[str, list[MapRow]] = {}
    for competency in subject.framed.competencies:
        row = _row(subject, competency, opened, evidence)
        groups.setdefault(area_of(competency), []).append(row)
    by_area: dict[str, list[CompetencyInfo]] = {}
    for competency in subject.framed.competencies:
        by_area.setdefault(area_of(competency), []).append(competency)
    return LearnerMap(
        levels=tuple(level.name for level in subject.framed.version.levels),
        groups=tuple(
            MapGroup(title, tuple(rows), _area_note(subject, by_area[title])) for title, rows in groups.items()
        ),
    )


def _area_note(subject: Subject, members: Sequence[CompetencyInfo]) -> str:
    placed = [c for c in members if c.id in subject.cells and subject.cells[c.id].standing.level]
    there = sum(1 for c in placed if (subject.cells[c.id].standing.level or 0) >= subject.targets.of(c.id))
    still_open = len(members) - len(placed)
    whose = "your target" if subject.own else "the target"
    words = f"{there} of {len(members)} at {whose}"
    return f"{words}, {still_open} still open" if still_open else words


def _row(
    subject: Subject, competency: CompetencyInfo, opened: tuple[int, int] | None, evidence: Sequence[EvidenceRow]
) -> MapRow:
    cell = subject.cells.get(competency.id)
    is_open = opened is not None and opened[0] == competency.id
    panels = (panel(subject, competency, opened[1], evidence),) if is_open and opened is not None else ()
    if cell is None or cell.standing.level is None:
        count = cell.standing.n if cell else 0
        href = subject.address(open=competency.id, level=0)
        aside = f"{count} of {ENOUGH} pieces" if count else "Not assessed so far"
        cells: tuple[MapCell, ...] = (MapCell(0, CellState.NONE, href, aside=aside),)
        line = ""
    else:
        cells = tuple(
            MapCell(
                level,
                STATES[cell.standing.cell(level)][0],
                subject.address(open=competency.id, level=level),
                goal=level == subject.targets.of(competency.id),
                words=STATES[cell.standing.cell(level)][1],
            )
            for level in range(1, subject.level_count + 1)
        )
        line = f"{say(cell.standing)} · {pieces(cell.standing.n)}"
    return MapRow(
        id=str(competency.id),
        code=competency.code,
        name=competency.title,
        cells=cells,
        say=line,
        panels=panels,
        open_level=opened[1] if is_open and opened is not None else None,
    )


def cards(subject: Subject, steps: Sequence[Step], decline: str | None) -> tuple[StepCard, ...]:
    """The next steps in words, each with its reason, indicator, resource, and the task where it can be shown."""
    return tuple(_card(subject, step, decline) for step in steps)


def _card(subject: Subject, step: Step, decline: str | None) -> StepCard:
    competency = subject.framed.by_id[step.item_id]
    linked = [r for r in subject.resources.get(step.item_id, ()) if r.level in (None, step.level)]
    resource = linked[0] if linked else None
    chance = next(iter(subject.opportunities.get(step.item_id, ())), None)
    return StepCard(
        title=competency.title,
        reason=_reason(subject, step),
        show=competency.what_shows(step.level) or competency.title,
        show_at=f"({competency.code}, level {step.level})" if competency.code else f"(level {step.level})",
        learn=Action(resource.title, resource.url, via=Via.NEW_WINDOW) if resource else None,
        learn_note=f"about {resource.minutes} minutes" if resource and resource.minutes else "",
        where=where(chance) if chance else "",
        action=Action(
            "See the results behind it",
            subject.address(open=step.item_id, level=step.level if step.kind is not Kind.UNPROVEN else 0)
            + f"#c-{step.item_id}",
            about=competency.title,
        ),
        decline=Action(
            "Not for me",
            decline,
            via=Via.POST,
            about=competency.title,
            fields=(("item", str(step.item_id)),),
        )
        if decline
        else None,
    )


def _reason(subject: Subject, step: Step) -> str:
    if step.kind is Kind.UNPROVEN:
        more = ENOUGH - step.pieces
        words = f"There {'is' if step.pieces == 1 else 'are'} {step.pieces} of the {ENOUGH} pieces we need. "
        words += (
            "One more and there is a place on the map." if more == 1 else f"{more} more and there is a place on it."
        )
    elif step.kind is Kind.CLOSE:
        words = f"Close: results already reach towards level {step.target}. One more at that level would settle it."
    else:
        away = "One level" if step.gap == 1 else f"{step.gap} levels"
        words = f"{away} below the target, and {pieces(step.pieces)} point the same way."
    if step.leads_to:
        names = ", ".join(subject.framed.by_id[item].title for item in step.leads_to[:2])
        words += f" It comes first because it leads to {names}."
    return words


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


def lede(subject: Subject) -> str:
    """Where someone stands, in one or two sentences."""
    total = len(subject.framed.competencies)
    placed = [
        (cell.standing.level, subject.targets.of(item))
        for item, cell in subject.cells.items()
        if cell.standing.level and item in subject.framed.by_id
    ]
    there = sum(1 for level, target in placed if level >= target)
    rest = total - len(placed)
    who = "You are" if subject.own else "This learner is"
    words = f"{who} at or above the target in {there} of {total} competencies"
    on_the_way = len(placed) - there
    words += f" and on the way in {on_the_way}." if on_the_way else "."
    if rest:
        words += f" For the other {rest} there is not enough evidence yet, so we leave them open."
    return words
