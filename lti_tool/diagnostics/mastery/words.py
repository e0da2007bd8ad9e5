"""A standing in words that a student understands. English here; pages pass their translator."""

from collections.abc import Callable, Sequence

from lti_tool.diagnostics.mastery.constants import DEFAULT, Constants
from lti_tool.diagnostics.mastery.levels import Standing


def _as_is(text: str) -> str:
    return text


def say(standing: Standing, translate: Callable[[str], str] = _as_is, constants: Constants = DEFAULT) -> str:
    """The line beside a competency's name, like "Level 2, perhaps 1 or 3", "Not enough evidence yet: 2 of 3 pieces"."""
    if standing.level is None:
        if standing.n >= constants.enough:  # a category with pieces on too few of its competencies
            return translate("Not enough evidence yet")
        words = translate("Not enough evidence yet: %(n)s of %(enough)s pieces")
        return words % {"n": standing.n, "enough": constants.enough}
    if not standing.perhaps:
        return translate("Level %(level)s") % {"level": standing.level}
    return translate("Level %(level)s, perhaps %(others)s") % {
        "level": standing.level,
        "others": _one_of(standing.perhaps, translate),
    }


def pieces(n: int, translate: Callable[[str], str] = _as_is) -> str:
    """How much there is, like "5 pieces of evidence"."""
    return translate("1 piece of evidence") if n == 1 else translate("%(n)s pieces of evidence") % {"n": n}


def _one_of(levels: Sequence[int], translate: Callable[[str], str]) -> str:
    if len(levels) == 1:
        return str(levels[0])
    return translate("%(first)s or %(last)s") % {"first": ", ".join(map(str, levels[:-1])), "last": levels[-1]}
