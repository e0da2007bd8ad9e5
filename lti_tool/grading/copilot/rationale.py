"""Why was this competency suggested? One sentence from what really matched, nothing invented.

The strongest reason that exists is told: rare words that criterion and competency share, with the sentence or
indicator that is nearest in meaning; a close criterion that a person aligned there; else nearness in meaning alone.
"""

from collections.abc import Container, Sequence

import numpy as np
from numpy.typing import NDArray

from lti_tool.grading.copilot.index import CompetencyIndex
from lti_tool.grading.copilot.learning import Learned
from lti_tool.grading.copilot.words import folded, found_words, stem, terms

LONGEST_QUOTE, _LEAD = 90, 20
"""Signs of a quote, and how many of them may come before the first shared word."""
MOST_WORDS = 3
_TELLING, _NEXT_TO_BEST = 1.0, 0.35
"""A word tells something if its rarity is at least the first: it stands in fewer than 4 of 10 competencies. A word far
less rare than the best one, by the second, adds nothing to it."""
_SAYS_NOTHING = frozenset({
    "one", "ones", "own", "can", "may", "not", "has", "have", "how", "what", "when", "which", "who", "will",
    "well", "more", "most", "each", "any", "all", "between", "others",
})  # fmt: skip
_ALIKE, _SAME = 0.75, 0.9999


def rationale(index: CompetencyIndex, learned: Learned, text: str, vector: NDArray[np.float32], competency: int) -> str:
    """`vector` (dim,) is the criterion's, `competency` a place in the index."""
    here = index.parts_of(competency)
    parts, words = index.parts[here], index.part_words[here]
    best = int((index.part_vectors[here] @ vector).argmax())
    nearest, same = parts[best], folded(text)
    if competency in index.saying.get(same, ()):
        reason = f"It says the same as {_quoted(parts[words.index(same)])}."
    elif shared := _shared(index, text, words[best].split()):
        reason = f"It shares {_listed(shared)} with {_quoted(nearest, shared)}."
    elif elsewhere := _shared(index, text, " ".join(words).split()):
        reason = (
            f"Its meaning is closest to {_quoted(nearest)}, and it shares {_listed(elsewhere)} with the competency."
        )
    else:
        reason = f"No telling word is shared; its meaning is closest to {_quoted(nearest)}."
    known = _decided_before(learned, vector, competency)
    return f"{reason[:-1]}; {known}." if known else reason


def _shared(index: CompetencyIndex, text: str, there: Container[str]) -> list[str]:
    """Words of the criterion, as written, whose stems are there: at most three, the rarest first."""
    rarity: dict[str, tuple[float, str]] = {}
    for stemmed, written in terms(text):
        plain = len(written) < 3 or written.isdigit() or written.lower() in _SAYS_NOTHING
        if stemmed in there and stemmed not in rarity and not plain:
            rarity[stemmed] = (index.words.rarity(stemmed), written)
    ranked = sorted(rarity.values(), key=lambda found: -found[0])[:MOST_WORDS]
    telling = min(_TELLING, index.words.rarest)  # in a framework of three, one of three is rare
    return [_lowered(written) for rare, written in ranked if rare >= max(telling, _NEXT_TO_BEST * ranked[0][0])]


def _decided_before(learned: Learned, vector: NDArray[np.float32], competency: int) -> str:
    rows = np.flatnonzero(learned.labels == competency)
    if not len(rows):
        return ""
    alike = learned.vectors[rows] @ vector
    if alike.max() < _ALIKE:
        return ""
    if alike.max() > _SAME:
        return "the same criterion was matched to it before"
    return f"a similar criterion, {_quoted(learned.texts[rows[int(alike.argmax())]])}, was matched to it before"


def _lowered(word: str) -> str:
    """A capital at the start of a sentence is no part of the word; "SQL" stays."""
    return word.lower() if word[1:].islower() else word


def _listed(words: list[str]) -> str:
    quoted = [f"‘{word}’" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _quoted(text: str, words: Sequence[str] = ()) -> str:
    """The text, or of a long one the stretch where the words are."""
    line = " ".join(text.split()).rstrip(".;:")
    if len(line) <= LONGEST_QUOTE:
        return f"‘{line}’"
    wanted = {stem(word.lower()) for word in words}
    places = [found.span() for found in found_words(line) if stem(found.group().lower()) in wanted]
    if places and places[-1][1] > LONGEST_QUOTE:
        start = line.rfind(" ", 0, max(places[0][0] - _LEAD, 0)) + 1
        line = f"… {line[start:]}" if start else line
    if len(line) > LONGEST_QUOTE:
        line = line[:LONGEST_QUOTE].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return f"‘{line}’"
