"""What opens under a cell: the results that led to it, what they say, and what would move it."""

from collections.abc import Mapping, Sequence

from lti_tool.diagnostics.mastery.levels import Standing
from lti_tool.diagnostics.mastery.words import pieces
from lti_tool.diagnostics.subject import ENOUGH, Subject, day, where
from lti_tool.frameworks.queries import CompetencyInfo
from lti_tool.grading.queries import EvidenceRow
from lti_tool.web.components.maps import EvidencePanel, EvidencePiece, Move
from lti_tool.web.components.words import Fact

NOT_NEAR = 1e-6
POINTS_ONLY = 5
"""A criterion without ratings is read as a scale of five: then its points are what was given."""
Names = Mapping[int, str]
"""Person id to name, of the people who decided mappings."""


def panel(
    subject: Subject,
    competency: CompetencyInfo,
    level: int,
    evidence: Sequence[EvidenceRow],
    deciders: Names,
    *,
    every: bool = False,
) -> EvidencePanel:
    """What opens under a cell: the results that speak for this level (all of them where none does, while there is no
    place on the map, and where `every` asks for it), and what would move it. `level` is 0 without a place."""
    cell = subject.cells.get(competency.id)
    standing = cell.standing if cell else None
    placed = standing is not None and standing.level is not None
    speaking = [row for row in evidence if every or not placed or level_of(row, subject.level_count) == level]
    elsewhere = len(evidence) - len(speaking) if speaking else 0
    return EvidencePanel(
        level=level,
        title=f"{competency.label}: level {level}" if placed else competency.label,
        summary=_summary(subject, competency, level, evidence),
        pieces=tuple(piece(subject, row, competency, deciders) for row in speaking or evidence),
        none_words="No results yet.",
        move=_move(subject, competency, standing, level),
        numbers=_numbers(standing, elsewhere),
        close_href=f"{subject.address.page}#c-{competency.id}",
    )


def level_of(row: EvidenceRow, level_count: int) -> int:
    """The level that a rating speaks for: ratings and levels both divide the way from nothing to everything."""
    rating = round(row.fraction * (max(2, row.levels) - 1))
    return min(level_count, 1 + rating * level_count // max(2, row.levels))


def piece(subject: Subject, row: EvidenceRow, competency: CompetencyInfo, deciders: Names) -> EvidencePiece:
    """One result in words. An instructor sees that a result of another course counts, and no more of it."""
    level = level_of(row, subject.level_count)
    if not subject.own and row.course_id != subject.course_id:
        words = f"{day(row.observed_at)} · what was written there stays with that course"
        return EvidencePiece("A result of another course", _rated(row), level, context=words)
    parts = [row.assessment_title, day(row.observed_at)]
    parts += [f"“{row.rating_title}”"] if row.rating_title else []
    parts += [f"{row.points:g} of {row.max_points:g} points"] if row.max_points else []
    parts += [_counts(row, competency) if subject.own else _mapped(row, deciders)]
    if row.weight < 1:
        parts.append(f"{row.weight:.0%} of this criterion counts here")
    return EvidencePiece(row.criterion_title, _rated(row), level, row.comment, " · ".join(parts))


def _rated(row: EvidenceRow) -> str:
    """Its place among the ratings; nothing where it lies between two, or where there are no ratings."""
    steps = row.levels - 1
    reached = row.fraction * steps
    if abs(reached - round(reached)) > NOT_NEAR or (row.levels == POINTS_ONLY and not row.rating_title):
        return ""
    return f"rated {round(reached) + 1} of {row.levels}"


def _counts(row: EvidenceRow, competency: CompetencyInfo) -> str:
    """For the learner: why it counts."""
    if row.decided_by == "person":
        why = f"because your teacher accepted this link on {day(row.decided_at)}"
    else:
        why = f"by a rule your teacher switched on, since {day(row.decided_at)}"
    return f"counts towards {competency.code or 'this'} {why}"


def _mapped(row: EvidenceRow, deciders: Names) -> str:
    """For the instructor: how the mapping came about, and by whom."""
    sure = "" if row.confidence is None else f"suggested ({row.confidence:.2f}), "
    name = deciders.get(row.decided_by_id or 0, "a teacher")
    if row.decided_by != "person":
        return f"{sure}accepted by a rule that {name} switched on, {day(row.decided_at)}"
    return f"{sure}accepted by {name} on {day(row.decided_at)}" if sure else f"mapped by hand by {name}"


def _summary(subject: Subject, competency: CompetencyInfo, level: int, evidence: Sequence[EvidenceRow]) -> str:
    cell = subject.cells.get(competency.id)
    if cell is None or not cell.standing.n:
        nothing = "No result yet." if competency.id in subject.coverage else "Nothing in this course assesses this."
        return f"{nothing} {ENOUGH} pieces of evidence are needed to place anyone."
    standing = cell.standing
    if standing.level is None:
        missing = ENOUGH - standing.n
        return (
            f"{standing.n} of {ENOUGH} pieces so far. After {missing} more there is a place on the map; until then we "
            "leave it open rather than guess."
        )
    speak_for = [level_of(row, subject.level_count) for row in evidence]
    if level == standing.level:
        if speak_for.count(level) * 2 > len(speak_for):
            return f"Most of what has been shown in {pieces(standing.n)} fits level {level}."
        if speak_for and (level < min(speak_for) or level > max(speak_for)):
            return (
                f"{_here(speak_for)}. What has been shown elsewhere counts a little too, so it reads level {level}; "
                "with more results here it counts less."
            )
        return f"Taken together, {pieces(standing.n)} point to level {level}."
    if level < standing.level:
        sure = "What has been shown lies beyond it." if level < standing.lowest else "Probably, not surely."
        return f"Level {level} lies behind. {sure}"
    if level > standing.highest:
        return f"The results do not show level {level} yet. Here is what would."
    if any(spoken >= level for spoken in speak_for):
        return f"Some results reach level {level}, not enough of them yet to be sure."
    return f"Level {level} is possible: the results so far leave room for it."


def _here(speak_for: Sequence[int]) -> str:
    low, high = min(speak_for), max(speak_for)
    return f"The results here speak for level {low}" if low == high else f"The results here speak for {low} to {high}"


def _move(subject: Subject, competency: CompetencyInfo, standing: Standing | None, level: int) -> Move:
    goal = level or min(subject.level_count, max(1, subject.targets.of(competency.id)))
    if standing is not None and standing.level is not None and level <= standing.level:
        goal = min(subject.level_count, standing.level + 1)
    statement = competency.what_shows(goal)
    who = "show that you can" if subject.own else "the learner shows that they can"
    note = f"Only results {'your teacher has' if subject.own else 'that are'} released are shown and counted."
    chance = next(iter(subject.opportunities.get(competency.id, ())), None)
    if chance is not None:
        note = f"Next chance: {where(chance)}. {note}"
    return Move(
        lead=f"To be sure of level {goal}, {who}:" if statement else "The next task that assesses it.",
        statement=statement,
        note=note,
    )


def _numbers(standing: Standing | None, elsewhere: int) -> tuple[Fact, ...]:
    if standing is None or not standing.n:
        return ()
    facts = [
        Fact("Pieces of evidence", str(standing.n)),
        Fact("Estimate on the scale of levels", f"{standing.estimate:.1f}"),
        Fact("Nine times in ten the place lies", f"between {standing.low90:.1f} and {standing.high90:.1f}"),
    ]
    if elsewhere > 0:
        facts.append(Fact("Results that speak for other levels", str(elsewhere)))
    return tuple(facts)
