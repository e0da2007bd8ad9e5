"""Findings about how texts relate: levels that repeat each other, ladders that run downward, competencies that overlap,
titles that are bare skills."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lti_tool.frameworks.domain import ItemKind, Severity
from lti_tool.frameworks.lint.domain import LintFinding, Place, Rule
from lti_tool.frameworks.lint.gaps import is_placeholder
from lti_tool.frameworks.lint.ladders import ENDS, Compared, Step, advancement, compare, new_words
from lti_tool.frameworks.lint.reading import Family, Rungs

if TYPE_CHECKING:
    from lti_tool.frameworks.lint.domain import Floats
    from lti_tool.frameworks.lint.meaning import Vectors

LARGEST_FAMILY = 1000
"""Nobody meets more at once, and each pair is compared."""

_STUCK = "A learner who cannot see the difference cannot work toward it, and two assessors will not agree."


def alike(rungs: Sequence[Rungs], vectors: "Vectors | None") -> Iterator[LintFinding]:
    """Neighbouring levels that repeat each other. Exact copies are told elsewhere."""
    if vectors is not None:
        from lti_tool.frameworks.lint.meaning import similarity

        texts = [text for one in rungs for pair in one.steps for number in pair for text in one.said(number)]
        if texts:
            vectors.of(texts)  # in one go: the model works on several texts at once
    for one in rungs:
        for below, above in one.steps:
            lower, upper = one.said(below), one.said(above)
            if lower == upper or any(is_placeholder(text) for text in lower + upper):
                continue
            similar = similarity(lower, upper, vectors) if vectors is not None else None
            found = compare(lower, upper, similar)
            if found.step is not Step.OK:
                yield _alike(one, below, above, found)


def _alike(one: Rungs, below: int, above: int, found: Compared) -> LintFinding:
    lower, upper = one.said(below), one.said(above)
    pair = f"Levels {below} and {above} of “{one.item.title}”"
    added = ", ".join(new_words(lower, upper)[:4])
    match found.step:
        case Step.SAME:
            severity, words = Severity.WARNING, f"{pair} say nearly the same."
            rewrite = (
                f"Name what level {above} adds: another act, a harder case, a wider reach or a product of its own."
            )
        case Step.AUTONOMY_ONLY:
            severity, words = Severity.NOTE, f"{pair} differ in independence or reach alone."
            rewrite = f"Keep it if that is the step you mean; else name an act that only level {above} shows."
        case _:
            severity, words = Severity.NOTE, f"{pair} may say the same in other words: compare them."
            rewrite = f"If they do, name what level {above} adds; if not, set this aside."
    if added and found.step is not Step.COMPARE:
        words += f" New: {added}."
    quote = "\n".join((*lower, "", *upper))
    return LintFinding(
        Rule.ALIKE, severity, Place(one.item.key, above), words, _STUCK, rewrite, quote=quote, score=found.shared
    )


def progression(rungs: Sequence[Rungs]) -> Iterator[LintFinding]:
    """A top level that reads less advanced than the bottom. Neighbours are never judged: words cannot tell them."""
    for one in rungs:
        if not one.steps:
            continue
        bottom, top = one.steps[0][0], one.steps[-1][1]
        difference = advancement(one.said(top)) - advancement(one.said(bottom))
        if difference > ENDS:
            continue
        words = f"Level {top} of “{one.item.title}” reads less advanced than level {bottom}."
        reason = "Words for guidance and routine stand at the top, or words for scope and influence at the bottom."
        rewrite = "Look whether the levels stand in the right order; if they do, name scope or independence at the top."
        quote = "\n".join((*one.said(bottom), "", *one.said(top)))
        score = round(difference, 2)
        yield LintFinding(
            *(Rule.PROGRESSION, Severity.WARNING, Place(one.item.key, top), words, reason, rewrite),
            quote=quote,
            score=score,
        )


def overlapping(families: Sequence[Family], rungs: Sequence[Rungs], vectors: "Vectors") -> Iterator[LintFinding]:
    """Competencies that one role family meets and that mean nearly the same; each pair once."""
    from lti_tool.frameworks.lint.meaning import overlaps

    told: set[frozenset[str]] = set()
    reason = "Evidence is divided between two competencies that ask for the same, and learners meet it twice."
    for family in families:
        members = family.members
        if not 2 <= len(members) <= LARGEST_FAMILY:
            continue
        described = [bool(member.item.description.strip()) for member in members]
        for pair in overlaps(_near(family, rungs, vectors), described):
            keep, drop = members[pair.first].item, members[pair.second].item
            keys = frozenset((keep.key, drop.key))
            # the same title twice is a copy, which is told elsewhere
            if keys in told or len(keys) < 2 or keep.title.strip().lower() == drop.title.strip().lower():
                continue
            told.add(keys)
            words = f"“{keep.title}” and “{drop.title}” overlap."
            rewrite = "Merge the two: evidence for either then counts for one."
            if not pair.offers_merge:
                words = f"“{keep.title}” and “{drop.title}” may overlap: compare them."
                rewrite = "Say in the titles or descriptions what sets them apart, or merge them."
            yield LintFinding(
                Rule.OVERLAP,
                Severity.WARNING if pair.offers_merge else Severity.NOTE,
                Place(keep.key),
                words,
                reason,
                rewrite,
                quote="\n".join((members[pair.first].text, members[pair.second].text)),
                others=(drop.key,),
                offers_merge=pair.offers_merge,
                score=pair.score,
            )


def bare_skills(
    families: Sequence[Family], chosen: Sequence[Rungs], rungs: Sequence[Rungs], vectors: "Vectors"
) -> Iterator[LintFinding]:
    """Titles that name a skill, a tool or a subject, each with the competencies it could belong to."""
    from lti_tool.frameworks.lint.meaning import ASK, FLAG, plain_titles, skill_chances

    judged = [
        one
        for one in chosen
        if one.item.kind in (ItemKind.COMPETENCY, ItemKind.ITEM) and not is_placeholder(one.item.title)
    ]
    style = dict(zip((one.item.key for one in rungs), plain_titles([one.item.title for one in rungs]), strict=True))
    likely = skill_chances([style[one.item.key] for one in judged], vectors)
    chances = dict(zip((one.item.key for one in judged), likely, strict=True))
    home = {member.item.key: family for family in reversed(families) for member in family.members}
    skills = {key for key, chance in chances.items() if chance >= FLAG}
    cosines: dict[str, Floats] = {}

    def ranked(one: Rungs, family: Family) -> tuple[Rungs, ...]:
        if not 2 <= len(family.members) <= LARGEST_FAMILY:
            return ()
        if family.key not in cosines:
            cosines[family.key] = _near(family, rungs, vectors)
        return _nearest(one, family.members, cosines[family.key], skills)

    for one in judged:
        chance = chances[one.item.key]
        if chance < ASK:
            continue
        nearest = ranked(one, home[one.item.key])
        titles = [other.item.title for other in nearest]
        flagged = chance >= FLAG
        words = f"“{one.item.title}” reads as a skill, not as a competency."
        if not flagged:
            words = f"Is “{one.item.title}” a skill or a competency?"
        reason = "A skill is specific and teachable; a competency combines skills, knowledge and behaviour."
        rewrite = "Name what people achieve with it, for whom and in which decisions."
        if titles:
            rewrite = f"It could be a skill of {_or(titles)}. Else name what people achieve with it, and for whom."
        yield LintFinding(
            Rule.SKILL,
            Severity.WARNING if flagged else Severity.NOTE,
            Place(one.item.key),
            words,
            reason,
            rewrite,
            quote=one.item.title,
            others=tuple(other.item.key for other in nearest),
            score=round(chance, 2),
        )


def _near(family: Family, rungs: Sequence[Rungs], vectors: "Vectors") -> "Floats":
    from lti_tool.frameworks.lint.meaning import near

    members = family.members
    whole = ([each.item.title for each in rungs], [each.text for each in rungs])
    vectors.of([*whole[0], *whole[1]])  # in one go: the model works on several texts at once
    return near([m.item.title for m in members], [m.text for m in members], vectors, whole)


def _nearest(one: Rungs, members: Sequence[Rungs], cosines: "Floats", skills: set[str]) -> tuple[Rungs, ...]:
    """The three competencies of its family that are nearest to a skill and are none themselves."""
    keys = [member.item.key for member in members]
    own = cosines[keys.index(one.item.key)]
    ranked = sorted(range(len(members)), key=lambda place: -float(own[place]))
    fitting = (place for place in ranked if keys[place] != one.item.key and keys[place] not in skills)
    return tuple(members[place] for place, _ in zip(fitting, range(3), strict=False))


def _or(titles: Sequence[str]) -> str:
    quoted = [f"“{title}”" for title in titles]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
