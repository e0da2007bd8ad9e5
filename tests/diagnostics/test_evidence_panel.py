"""What opens under a cell, in words: only what the results bear out."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from lti_tool.diagnostics.evidence_panel import level_of, panel
from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.levels import place
from lti_tool.diagnostics.queries import CellInfo, Targets
from lti_tool.diagnostics.subject import Address, Subject
from lti_tool.frameworks.queries import CompetencyInfo, Framed, LevelInfo, VersionInfo
from lti_tool.grading.queries import EvidenceRow
from tests.factories import NOW

COMPETENCY = CompetencyInfo(
    id=7, key="k", code="1.2", title="Weighing sources", description="", path=(), parent_id=None, area_id=None,
    area_code="", area_title="", indicators=(), shown_at={}, descriptors={3: "Compares two sources."}, position=1,
)  # fmt: skip
VERSION = VersionInfo(
    id=1, framework_id=1, identifier="f", number=1, status="published", title="F", description="", licence="",
    attribution="", source_url="", levels=tuple(LevelInfo(n, f"Level {n}", "") for n in range(1, 5)),
)  # fmt: skip
ROW = EvidenceRow(
    id=1, person_id=1, item_id=7, course_id=1, assessment_id=1, criterion_id=1, criterion_score_id=1,
    criterion_title="Names its sources", assessment_title="Memo", rating_title="Shown", points=2.0, max_points=3.0,
    comment="", observed_at=NOW, released_at=NOW, decided_by="person", decided_by_id=4, decided_at=NOW,
    confidence=None, fraction=2 / 3, levels=4, weight=1.0, rater="x", attempt=0,
)  # fmt: skip


def subject(mean: float, sd: float = 0.2, n: int = 3, *, own: bool = True) -> Subject:
    """A learner on a scale whose levels begin at -1, 0 and 1."""
    cell = CellInfo(1, 7, place(Belief(mean, sd, n), (-1.0, 0.0, 1.0)), NOW)
    return Subject(
        course_id=1, framed=Framed(VERSION, (COMPETENCY,)), cells={7: cell}, targets=Targets(2, {}), resources={},
        opportunities={}, coverage={7: 1}, address=Address("/map"), own=own,
    )  # fmt: skip


def rated(*ranks: int, of: int = 4) -> list[EvidenceRow]:
    """One piece for each rating, 1 being the lowest."""
    return [
        replace(ROW, fraction=(rank - 1) / (of - 1), levels=of, observed_at=NOW + timedelta(days=day))
        for day, rank in enumerate(ranks)
    ]


@pytest.mark.parametrize(
    ("mean", "ranks", "words"),
    [
        (0.5, (3, 3, 1), "Most of what has been shown in 3 pieces of evidence fits level 3."),
        (0.5, (4, 3, 2, 1), "Taken together, 3 pieces of evidence point to level 3."),
        (0.5, (1, 1, 1), "The results here speak for level 1. What has been shown elsewhere counts a little too"),
        (-0.5, (4, 3, 4), "The results here speak for 3 to 4. What has been shown elsewhere counts a little too"),
    ],
)
def test_the_summary_says_what_the_results_bear_out(mean: float, ranks: tuple[int, ...], words: str) -> None:
    here = subject(mean)
    level = here.cells[7].standing.level or 0
    assert panel(here, COMPETENCY, level, rated(*ranks), {}).summary.startswith(words)


def test_levels_above_and_below_say_how_far_the_results_reach() -> None:
    unsure = subject(0.5, sd=0.9)
    said = {level: panel(unsure, COMPETENCY, level, rated(3, 3, 3), {}).summary for level in range(1, 5)}
    assert said[1] == "Level 1 lies behind. What has been shown lies beyond it."
    assert said[2] == "Level 2 lies behind. Probably, not surely."
    assert said[4] == "Level 4 is possible: the results so far leave room for it."
    reached = panel(unsure, COMPETENCY, 4, rated(3, 4, 3), {})
    assert reached.summary == "Some results reach level 4, not enough of them yet to be sure."
    assert len(reached.pieces) == 1
    assert ("Results that speak for other levels", "2") in [(fact.term, fact.text) for fact in reached.numbers]
    sure = panel(subject(-0.5), COMPETENCY, 3, rated(2, 2, 2), {})
    assert sure.summary == "The results do not show level 3 yet. Here is what would."
    assert sure.move is not None
    assert sure.move.statement == "Compares two sources."
    assert len(sure.pieces) == 3  # none speaks for level 3: all are shown, and none is said to be elsewhere
    assert "Results that speak for other levels" not in [fact.term for fact in sure.numbers]


def test_a_rating_speaks_for_the_level_at_its_place_on_the_way() -> None:
    assert [level_of(row, 4) for row in rated(1, 2, 3, 4)] == [1, 2, 3, 4]
    assert [level_of(row, 4) for row in rated(1, 2, of=2)] == [1, 3]
    assert [level_of(row, 8) for row in rated(1, 4)] == [1, 7]
    assert [level_of(row, 2) for row in rated(1, 2, 3, 4)] == [1, 1, 2, 2]


def test_points_without_ratings_are_said_as_points_and_a_rule_is_told_from_a_person() -> None:
    guide = replace(ROW, rating_title="", levels=5, fraction=0.75, points=7.5, max_points=10.0)
    rule = replace(ROW, decided_by="rule", confidence=0.914, weight=0.5)
    own, theirs = subject(0.5), subject(0.5, own=False)
    said = [panel(own, COMPETENCY, 3, [row], {}).pieces[0] for row in (guide, rule)]
    assert (said[0].rating, "7.5 of 10 points" in said[0].context) == ("", True)
    assert "counts towards 1.2 by a rule your teacher switched on, since 2 Nov 2026" in said[1].context
    assert "50% of this criterion counts here" in said[1].context
    names = MappingProxyType({4: "Rowan Example"})
    by_rule, found = (
        panel(theirs, COMPETENCY, 3, [row], names).pieces[0].context for row in (rule, replace(ROW, confidence=0.88))
    )
    assert "suggested (0.91), accepted by a rule that Rowan Example switched on, 2 Nov 2026" in by_rule
    assert "suggested (0.88), accepted by Rowan Example on 2 Nov 2026" in found
    unknown = panel(theirs, COMPETENCY, 3, [ROW], {}).pieces[0].context
    assert "mapped by hand by a teacher" in unknown
