"""What opens under a cell: the results that led to it, what they say, and what would move it."""

from collections.abc import Sequence

from lti_tool.diagnostics.mastery.levels import Standing
from lti_tool.diagnostics.mastery.words import pieces
from lti_tool.diagnostics.subject import ENOUGH, Subject, day, where
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.grading.queries import EvidenceRow
from lti_tool.web.components.maps import EvidencePanel, EvidencePiece, Move
from lti_tool.web.components.words import Fact


def panel(subject: Subject, competency: CompetencyInfo, level: int, evidence: Sequence[EvidenceRow]) -> EvidencePanel:
    """What opens under a cell: the results that speak for this level, and what would move it."""
    cell = subject.cells.get(competency.id)
    standing = cell.standing if cell else None
    placed = standing is not None and standing.level is not None
    speaking = [row for row in evidence if not placed or level_of(row, subject.level_count) == level]
    more = len(evidence) - len(speaking)
    return EvidencePanel(
        level=level,
        title=f"{competency.label}: level {level}" if placed else competency.label,
        summary=_summary(standing, level),
        pieces=tuple(piece(row, competency, subject.level_count) for row in speaking or evidence),
        none_words="No results yet.",
        move=_move(subject, competency, standing, level),
        numbers=_numbers(standing, more),
        close_href=f"{subject.address()}#c-{competency.id}",
    )


def level_of(row: EvidenceRow, level_count: int) -> int:
    """The level that a rating speaks for: ratings and levels both divide the way from nothing to everything."""
    rating = round(row.fraction * (max(2, row.levels) - 1))
    return min(level_count, 1 + rating * level_count // max(2, row.levels))


def piece(row: EvidenceRow, competency: CompetencyInfo, level_count: int) -> EvidencePiece:
    rating = row.rating_title or f"{row.points:g} of {row.max_points:g} points"
    rank = f"rated {round(row.fraction * (max(2, row.levels) - 1)) + 1} of {max(2, row.levels)}"
    who = "your teacher accepted this link" if row.decided_by == "person" else "of a rule your teacher switched on"
    context = (
        f"{row.assessment_title} · {day(row.observed_at)} · {rating} · counts towards {competency.code or 'this'}"
        f" because {who} on {day(row.decided_at)}"
    )
    if row.weight < 1:
        context += f", for {row.weight:.0%} of it"
    return EvidencePiece(
        criterion=row.criterion_title,
        rating=rank,
        level=level_of(row, level_count),
        comment=row.comment,
        context=context,
    )


def _summary(standing: Standing | None, level: int) -> str:
    if standing is None or not standing.n:
        return (
            f"Nothing in this course has assessed this so far. {ENOUGH} pieces of evidence are needed to place anyone."
        )
    if standing.level is None:
        missing = ENOUGH - standing.n
        return (
            f"{standing.n} of {ENOUGH} pieces so far. After {missing} more there is a place on the map; until then we "
            "leave it open rather than guess."
        )
    if level == standing.level:
        return f"Most of what has been shown in {pieces(standing.n)} fits level {level}."
    if level < standing.level:
        sure = "Results at higher levels speak for it." if level < standing.lowest else "Probably, not surely."
        return f"Level {level} lies behind. {sure}"
    if level <= standing.highest:
        return f"Some results reach towards level {level}, not enough of them yet to be sure."
    return f"The results do not show level {level} yet. Here is what would."


def _move(subject: Subject, competency: CompetencyInfo, standing: Standing | None, level: int) -> Move:
    goal = level or min(subject.level_count, max(1, subject.targets.of(competency.id)))
    if standing is not None and standing.level is not None and level <= standing.level:
        goal = min(subject.level_count, standing.level + 1)
    statement = competency.what_shows(goal)
    chance = next(iter(subject.opportunities.get(competency.id, ())), None)
    note = "Only results your teacher has released are shown and counted."
    if chance is not None:
        note = f"Next chance: {where(chance)}. {note}"
    return Move(
        lead=f"To be sure of level {goal}, show that you can:" if statement else "The next task that assesses it.",
        statement=statement,
        note=note,
    )


def _numbers(standing: Standing | None, elsewhere: int) -> tuple[Fact, ...]:
    if standing is None or not standing.n:
        return ()
    facts = [
        Fact("Pieces of evidence", str(standing.n)),
        Fact("Estimate on the scale of levels", f"{standing.estimate:.1f}"),
        Fact("90 in 100 such estimates lie", f"between {standing.low90:.1f} and {standing.high90:.1f}"),
    ]
    if elsewhere > 0:
        facts.append(Fact("Results that speak for other levels", str(elsewhere)))
    return tuple(facts)
