"""Is this framework one to work with? Findings with place, reason and a way out; local, with no key and no network.

    findings = lint(draft, embed=local_embedder().embed)
    stops = blocking(findings)

Findings are advice: only placeholders, exact copies and missing levels block publishing. The methods and their
figures are in `docs/linting.md`; every rule is a module of its own. Nothing here reads a table or asks a provider;
`lint.rewriting` adds rewrites of a language model where there is a key.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lti_tool.frameworks.domain import FrameworkDraft
from lti_tool.frameworks.lint.counts import counts, months
from lti_tool.frameworks.lint.domain import BLOCKING, LintFinding, Place, Rule, blocking
from lti_tool.frameworks.lint.gaps import copies, missing_levels, placeholders
from lti_tool.frameworks.lint.reading import Rungs, all_rungs, families

if TYPE_CHECKING:
    from lti_tool.frameworks.lint.domain import Embed

__all__ = ["BLOCKING", "LintFinding", "Place", "Rule", "blocking", "lint", "lint_items"]


def lint(draft: FrameworkDraft, embed: "Embed | None" = None) -> tuple[LintFinding, ...]:
    """Every finding of a whole framework, what blocks first, then in reading order.

    `embed` (texts to unit vectors) is asked once for each kind of text; without it, what needs meaning rather than
    words is left out: overlaps, bare skills, and levels that say the same in other words.
    """
    rungs = all_rungs(draft)
    found = [
        *placeholders(rungs),
        *missing_levels(draft, rungs),
        *copies(rungs),
        *counts(draft, families(draft, rungs)),
        *months(draft),
        *_of_items(draft, rungs, embed),
    ]
    return _in_order(draft, found)


def lint_items(draft: FrameworkDraft, keys: Sequence[str], embed: "Embed | None" = None) -> tuple[LintFinding, ...]:
    """The findings that stand at some items of a framework: for an editor after a change, or a stage of a generator.
    Costs what these items cost; how many competencies there are is not judged."""
    wanted = set(keys)
    rungs = tuple(one for one in all_rungs(draft) if one.item.key in wanted)
    found = [
        *placeholders(rungs),
        *missing_levels(draft, rungs),
        *copies(rungs),
        *_of_items(draft, rungs, embed),
    ]
    return _in_order(draft, found)


def _of_items(draft: FrameworkDraft, rungs: Sequence[Rungs], embed: "Embed | None") -> Iterator[LintFinding]:
    return iter(())


def _in_order(draft: FrameworkDraft, found: Sequence[LintFinding]) -> tuple[LintFinding, ...]:
    places = {item.key: place for place, item in enumerate(draft.items)}
    return tuple(
        sorted(
            found,
            key=lambda one: (
                not one.blocking,
                places.get(one.place.item_key, -1),
                one.place.level or 0,
                -1 if one.place.bullet is None else one.place.bullet,
            ),
        )
    )
