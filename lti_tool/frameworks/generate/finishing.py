"""The last stage, local: passages of documents beside the items they speak of, and goals that nothing serves."""

from __future__ import annotations

from dataclasses import replace

from lti_tool.frameworks.generate.compose import Composer
from lti_tool.frameworks.generate.domain import CORE, FUNCTIONAL, Origin, Outline, Remark
from lti_tool.frameworks.generate.material import MOST_PASSAGES, passages_of

SPEAKS_OF = 0.50
"""How near a passage must be to an item to stand beside it."""
PER_ITEM = 2
_NONE = "No role family could be served, so there is no draft. Nothing was made up to fill it."


def finish(outline: Outline, composer: Composer) -> Outline:
    """Nothing at all where no family was served; else what it is, with what is missing said."""
    served = [at for at in range(len(composer.brief.families)) if len(outline.functional(at)) >= FUNCTIONAL[0]]
    if not served or not CORE[0] <= len(outline.core) <= CORE[1]:
        return replace(outline, items=(), remarks=(*outline.remarks, Remark("The whole", _NONE, "gap")))
    items = tuple(item for item in outline.items if item.levels and (item.is_core or item.families[0] in served))
    made = _with_passages(replace(outline, items=items), composer)
    return replace(made, remarks=(*made.remarks, *composer.uncovered(made)))


def _with_passages(outline: Outline, composer: Composer) -> Outline:
    found = [pair for pair, _ in zip(passages_of(composer.brief.documents), range(MOST_PASSAGES), strict=False)]
    if not found:
        return outline
    near = (
        composer.embedder.embed([text for _, text in found])
        @ composer.embedder.embed([item.text for item in outline.items]).T
    )
    items = []
    for place, item in enumerate(outline.items):
        said = {origin.words for origin in item.origins}
        order = sorted(range(len(found)), key=lambda at: -float(near[at, place]))[:PER_ITEM]
        new = tuple(
            Origin("document", found[at][0].name, found[at][1])
            for at in order
            if near[at, place] >= SPEAKS_OF and found[at][1] not in said
        )
        items.append(replace(item, origins=(*item.origins, *new)))
    return replace(outline, items=tuple(items))
