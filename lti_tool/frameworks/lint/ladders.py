"""Rules on a competency's levels: neighbours differ in substance, and the top asks for more than the bottom."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.frameworks.lint.lexicon import lexicon
from lti_tool.frameworks.lint.words import stem

SHARED_WORDS = 0.60
"""Jaccard of content stems, quantifiers left out, from which two levels repeat each other."""
SAME_MEANING = 0.88
"""Mean of each statement's best cosine on the other side, both ways, from which they say the same."""
COMPARE = 0.90
"""Cosine and jaccard together, from which two levels of a single statement are shown side by side."""
ADVANCES = 0.5
"""Rise of `advancement` by which a step with the same words is one of autonomy or reach."""
ENDS = -0.2
"""Top minus bottom, at or under which a ladder seems to run downward."""


class Step(StrEnum):
    OK = "ok"
    SAME = "same"
    AUTONOMY_ONLY = "autonomy only"
    COMPARE = "compare"


@dataclass(frozen=True)
class Compared:
    step: Step
    shared: float
    similar: float | None
    """None where nothing was embedded."""
    advance: float


def content(statements: Sequence[str]) -> frozenset[str]:
    """Stems without stop words, quantifiers and intensifiers: "most" for "some" is no difference."""
    lex = lexicon()
    left_out = lex.stop | lex.quantifiers
    return frozenset(
        stem(word) for word in re.findall(r"[a-z0-9]+", " ".join(statements).lower()) if word not in left_out
    )


def advancement(statements: Sequence[str]) -> float:
    """Autonomy, complexity, scope and influence by words, over the root of the length. Right for 65 to 88 % of
    neighbours and 83 to 100 % of top against bottom: compare the ends only."""
    lex = lexicon()
    text = " ".join(statements).lower()
    found = re.findall(r"[a-z]+(?:-[a-z]+)*", text)
    score = float(sum(word in lex.high for word in found) - sum(word in lex.low for word in found))
    score += sum(worth * len(pattern.findall(text)) for pattern, worth in lex.phrases)
    return float(score / max(len(found), 1) ** 0.5)


def compare(lower: Sequence[str], upper: Sequence[str], similar: float | None) -> Compared:
    """Two neighbours, each with its statements. `similar` is their mean best cosine, see `similarity`."""
    below, above = content(lower), content(upper)
    shared = len(below & above) / max(len(below | above), 1)
    one_word = len(below ^ above) <= 1 and len(below & above) >= 2
    advance = advancement(upper) - advancement(lower)
    step = Step.OK
    if shared >= SHARED_WORDS or one_word or (similar is not None and similar >= SAME_MEANING):
        step = Step.AUTONOMY_ONLY if advance >= ADVANCES and not one_word else Step.SAME
    elif len(lower) == len(upper) == 1 and similar is not None and similar + shared >= COMPARE:
        step = Step.COMPARE
    return Compared(step, round(shared, 2), None if similar is None else round(similar, 2), round(advance, 2))


def new_words(lower: Sequence[str], upper: Sequence[str]) -> tuple[str, ...]:
    """Words of the upper level that the lower one lacks, in order: what the step rests on."""
    lex, known = lexicon(), content(lower)
    found = re.findall(r"[A-Za-z0-9-]+", " ".join(upper))
    return tuple(
        dict.fromkeys(
            word for word in found if word.lower() not in lex.stop | lex.quantifiers and stem(word.lower()) not in known
        )
    )
