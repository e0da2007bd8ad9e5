"""What changed lately."""

from datetime import date, timedelta

from lti_tool.diagnostics.mastery.belief import Belief
from lti_tool.diagnostics.mastery.levels import Standing, place
from lti_tool.diagnostics.since import Change, changes, compared_with

CUTS = (-1.0, 0.0, 1.0)
DAY = date(2026, 10, 1)


def stood(mean: float, sd: float = 0.3, n: int = 4) -> Standing:
    return place(Belief(mean, sd, n), CUTS)


def test_today_is_compared_with_the_last_results_of_two_weeks_before_the_newest() -> None:
    days = [DAY + timedelta(days=n) for n in (0, 10, 20, 33, 34)]
    assert compared_with(days) == days[2]
    assert compared_with(days[3:]) == days[3]  # all of it is newer: the first results
    assert compared_with([DAY, DAY]) is None
    assert compared_with([]) is None


def test_news_come_by_weight_and_only_where_there_is_new_evidence() -> None:
    before = {
        1: stood(-0.5), 2: stood(-0.5, n=2), 3: stood(0.5), 4: stood(-0.5), 5: stood(-0.5, sd=0.9), 6: stood(-0.5),
        7: stood(-0.5, n=0), 8: stood(-0.5),
    }  # fmt: skip
    now = {
        1: stood(1.5, n=6), 2: stood(0.5, n=3), 3: stood(-0.5, n=5), 4: stood(-0.5, sd=0.9, n=5),
        5: stood(-0.5, n=5), 6: stood(-0.5, n=5), 7: stood(-0.5, n=1), 8: stood(1.5),
    }  # fmt: skip
    found = changes(now, before)
    assert [(one.item_id, one.change) for one in found] == [
        (1, Change.UP),
        (2, Change.PLACED),
        (4, Change.LESS_SURE),
        (3, Change.DOWN),
        (5, Change.SURER),
        (6, Change.MORE),
        (7, Change.MORE),
    ]
    assert (found[0].before, found[0].now, found[0].pieces) == (2, 4, 6)
    assert found[1].before is None


def test_a_competency_whose_evidence_went_away_is_no_news() -> None:
    assert changes({}, {1: stood(0.5)}) == ()
