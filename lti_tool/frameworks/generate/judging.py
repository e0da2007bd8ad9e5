"""The linter's eye on single statements, for choosing among many before a draft exists."""

import math
from collections.abc import Sequence

from lti_tool.frameworks.generate.domain import Evidence, Indicator
from lti_tool.frameworks.lint.gaps import is_placeholder
from lti_tool.frameworks.lint.generic import FLAG, generic
from lti_tool.frameworks.lint.lexicon import lexicon
from lti_tool.frameworks.lint.measurable import measurable
from lti_tool.frameworks.lint.observable import observable
from lti_tool.frameworks.lint.words import lemma, words

__all__ = ["advancement", "evidence_of", "indicators_of", "is_good", "is_observable", "is_placeholder", "lemma"]

_KINDS = {
    "work product": Evidence.PRODUCT,
    "explanation or test": Evidence.EXPLANATION,
    "observation": Evidence.OBSERVATION,
    "work record": Evidence.RECORD,
}


def is_good(bullet: str) -> bool:
    """Would an assessor know what to ask for? Measurable, and no rung by degree or rank."""
    return generic(bullet)[0] < FLAG and measurable(bullet).is_measurable


def is_observable(bullet: str) -> bool:
    return generic(bullet)[0] < FLAG and observable(bullet).is_observable


def evidence_of(bullet: str) -> Evidence:
    kinds = measurable(bullet).kinds
    return _KINDS.get(kinds[0], Evidence.OBSERVATION) if kinds else Evidence.OBSERVATION


def indicators_of(levels: Sequence[Sequence[str]]) -> tuple[Indicator, ...]:
    """Each measurable bullet as what shows its level; the first where none is, so that no level goes without."""
    return tuple(
        Indicator(number, bullet, evidence_of(bullet))
        for number, bullets in enumerate(levels, 1)
        for bullet in ([one for one in bullets if is_good(one)] or list(bullets[:1]))
    )


def advancement(bullets: Sequence[str]) -> float:
    """Autonomy, complexity, scope and influence by words alone, to put tasks in an order; higher is further on."""
    lex = lexicon()
    found = [word.lower() for bullet in bullets for word in words(bullet)]
    score = sum(word in lex.high for word in found) - sum(word in lex.low for word in found)
    return score / math.sqrt(max(len(found), 1))
