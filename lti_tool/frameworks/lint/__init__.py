"""Is this framework one to work with? Findings with place, reason and a way out; local, with no key and no network.

    findings = lint(draft, embed=local_embedder().embed)
    stops = blocking(findings)

Findings are advice: only placeholders, exact copies and missing levels block publishing. The methods and their
figures are in `docs/linting.md`; every rule is a module of its own. Nothing here reads a table or asks a provider;
`lint.rewriting` adds rewrites of a language model where there is a key.
"""

from collections.abc import Iterator, Sequence

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.lint.counts import counts, months
from lti_tool.frameworks.lint.domain import BLOCKING, Embed, LintFinding, Place, Rule, blocking
from lti_tool.frameworks.lint.gaps import copies, missing_levels, placeholders
from lti_tool.frameworks.lint.reading import Rungs, all_rungs, families
from lti_tool.frameworks.lint.relations import alike, bare_skills, overlapping, progression
from lti_tool.frameworks.lint.wording import is_english, other_language, wording

__all__ = ["BLOCKING", "Embed", "LintFinding", "Place", "Rule", "blocking", "lint", "lint_items"]


def lint(draft: FrameworkDraft, embed: Embed | None = None) -> tuple[LintFinding, ...]:
    """Every finding of a whole framework: what blocks first, then in the order of its items.

    `embed` (texts to unit vectors) is asked once for each kind of text; without it, what needs meaning rather than
    words is left out: overlaps, bare skills, and levels that say the same in other words.
    """
    rungs = all_rungs(draft)
    found = [*counts(draft, families(draft, rungs)), *months(draft), *_of_items(draft, rungs, rungs, embed)]
    return _in_order(draft, found)


def lint_items(draft: FrameworkDraft, keys: Sequence[str], embed: Embed | None = None) -> tuple[LintFinding, ...]:
    """The findings that stand at some items of a framework: for an editor after a change, or a stage of a generator.

    An indicator's findings come with those of its competency. How many competencies there are is not judged, and
    overlaps are told for pairs of which one is asked for.
    """
    wanted = set(keys)
    every = all_rungs(draft)
    chosen = tuple(one for one in every if wanted & {one.item.key, *(said.place.item_key for said in one.everything)})
    return _in_order(draft, list(_of_items(draft, chosen, every, embed)))


def _of_items(
    draft: FrameworkDraft, chosen: Sequence[Rungs], every: Sequence[Rungs], embed: Embed | None
) -> Iterator[LintFinding]:
    """`chosen` are the competencies to judge, `every` those they stand among."""
    keys = {one.item.key for one in chosen}
    yield from placeholders(chosen)
    yield from missing_levels(draft, chosen)
    yield from (one for one in copies(every) if keys & {one.place.item_key, *one.others})
    if not is_english(draft):
        yield other_language(draft)
        return
    yield from wording(chosen)
    yield from progression(chosen)
    if embed is None:
        yield from alike(chosen, None)
        return
    from lti_tool.frameworks.lint.meaning import Vectors

    vectors = Vectors(embed)
    met = [family for family in families(draft, every) if keys & {one.item.key for one in family.members}]
    yield from alike(chosen, vectors)
    yield from (one for one in overlapping(met, every, vectors) if keys & {one.place.item_key, *one.others})
    yield from bare_skills(met, chosen, every, vectors)


def _in_order(draft: FrameworkDraft, found: Sequence[LintFinding]) -> tuple[LintFinding, ...]:
    places = {item.key: place for place, item in enumerate(draft.items)}
    once = {(one.rule, one.place, one.quote, one.others): one for one in found}  # items may have several parents
    return tuple(
        sorted(
            once.values(),
            key=lambda one: (
                not one.blocking,
                places.get(one.place.item_key, -1),
                one.place.level or 0,
                -1 if one.place.bullet is None else one.place.bullet,
            ),
        )
    )
