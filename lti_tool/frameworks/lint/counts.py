"""How many competencies a role family carries, and how long a step takes: more dilutes focus."""

from collections.abc import Iterator, Sequence

from lti_tool.frameworks.domain import FrameworkDraft, Severity
from lti_tool.frameworks.lint.domain import LintFinding, Place, Rule
from lti_tool.frameworks.lint.reading import Family

FEWEST, MOST = 6, 12
CORE = (3, 5)
FUNCTIONAL = (3, 7)
MONTHS = (12, 24)
_DILUTES = "A role family that works with 6 to 12 competencies keeps its focus: 3 to 5 for everyone, 3 to 7 of its own."


def counts(draft: FrameworkDraft, families: Sequence[Family]) -> Iterator[LintFinding]:
    """Per role family where competencies are marked core or functional; else one note about the whole."""
    members = {one.item.key for family in families for one in family.members}
    marked = any(one.item.scope for family in families for one in family.members)
    if not members:
        words = "There is no competency yet."
        yield LintFinding(
            Rule.COUNT, Severity.WARNING, Place(), words, _DILUTES, "Add the first three core competencies."
        )
        return
    if not marked:
        if not FEWEST <= len(members) <= MOST:
            are = "is" if len(members) == 1 else "are"
            words = f"There {are} {len(members)} {_noun(len(members))}, and none is marked as core or functional."
            rewrite = "Mark what serves everyone as core and the rest as functional, below one category a role family."
            quote = str(len(members))
            yield LintFinding(Rule.COUNT, Severity.NOTE, Place(), words, _DILUTES, rewrite, quote=quote)
        return
    core = len(families[0].core)
    if not CORE[0] <= core <= CORE[1]:
        words = f"{_number(core)} core {_noun(core)} where 3 to 5 are usual."
        rewrite = _more_or_fewer(core, CORE, "core")
        yield LintFinding(Rule.COUNT, Severity.WARNING, Place(), words, _DILUTES, rewrite, quote=f"core {core}")
    for family in families:
        yield from _family(family)


def _family(family: Family) -> Iterator[LintFinding]:
    name = f"“{family.title}”" if family.title else "The role family"
    own, whole = len(family.functional), len(family.members)
    if (own or not family.unmarked) and not FUNCTIONAL[0] <= own <= FUNCTIONAL[1]:
        words = f"{name} has {_number(own).lower()} functional {_noun(own)} where 3 to 7 are usual."
        rewrite = _more_or_fewer(own, FUNCTIONAL, "functional")
        place, quote = Place(family.key), f"functional {own}"
        yield LintFinding(Rule.COUNT, Severity.WARNING, place, words, _DILUTES, rewrite, quote=quote)
    if not FEWEST <= whole <= MOST:
        words = f"{name} sees {_number(whole).lower()} {_noun(whole)} in all where 6 to 12 are usual."
        rewrite = _more_or_fewer(whole, (FEWEST, MOST), "")
        place, quote = Place(family.key), f"all {whole}"
        yield LintFinding(Rule.COUNT, Severity.WARNING, place, words, _DILUTES, rewrite, quote=quote)
    if family.unmarked:
        titles = ", ".join(one.item.title for one in family.unmarked[:3])
        words = f"{name} has {_noun(len(family.unmarked))} marked neither core nor functional: {titles}."
        rewrite = "Say of each whether it serves everyone or this role family."
        quote = "\n".join(one.item.key for one in family.unmarked)
        yield LintFinding(Rule.COUNT, Severity.NOTE, Place(family.key), words, _DILUTES, rewrite, quote=quote)


def months(draft: FrameworkDraft) -> Iterator[LintFinding]:
    """A step that takes less or more time than 12 to 24 months. The first level has no step below it."""
    first = min((level.number for level in draft.levels), default=0)
    for level in draft.levels:
        if level.months is None or level.number == first or MONTHS[0] <= level.months <= MONTHS[1]:
            continue
        short = level.months < MONTHS[0]
        words = f"“{level.name}” is meant to be reached in {level.months} months from the level below."
        reason = "A level is a step of 12 to 24 months: shorter ones cannot be told apart, longer ones hide progress."
        rewrite = (
            "Join this level with the one below." if short else "Put a level between, or say what marks half the way."
        )
        place, quote = Place("", level.number), f"{level.name} {level.months}"
        yield LintFinding(Rule.MONTHS, Severity.WARNING, place, words, reason, rewrite, quote=quote)


def _more_or_fewer(count: int, limits: tuple[int, int], kind: str) -> str:
    what = f"{kind} competencies".strip()
    if count < limits[0]:
        return f"Add {limits[0] - count} more {what}."
    return f"Merge or leave out {count - limits[1]} {what}: look first at those that overlap."


def _number(count: int) -> str:
    return "No" if count == 0 else str(count)


def _noun(count: int) -> str:
    return "competency" if count == 1 else "competencies"
