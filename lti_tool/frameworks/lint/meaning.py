"""What needs vectors: how alike two levels are, which competencies overlap, which titles are bare skills.

Imported only where an embedder is at hand: numpy stays out of a web process that asks for word rules alone.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lti_tool.frameworks.lint.domain import Embed
from lti_tool.frameworks.lint.lexicon import lexicon

Floats = NDArray[np.float32]
MERGE, COMPARE = 0.40, 0.25
"""Centred cosine from which two competencies are offered for merging, and from which they are shown side by side."""
MOST_PAIRS = 5
FEWEST_FOR_MEAN = 8
"""Below this many competencies a family's own mean says more about them than about its style."""
FLAG, ASK = 0.70, 0.30
"""Probability from which a title is called a skill, and from which it is asked about."""
_TITLE_WEIGHT = 4


class Vectors:
    """Vectors by text, asked for in one go and kept for the length of one run."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._kept: dict[str, Floats] = {}

    def of(self, texts: Sequence[str]) -> Floats:
        """Shape (texts, dim). No text, no vectors: ask for one at least."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if missing:
            self._kept.update(zip(missing, self._embed(missing), strict=True))
        return np.stack([self._kept[text] for text in texts])


def similarity(lower: Sequence[str], upper: Sequence[str], vectors: Vectors) -> float:
    """Mean of each statement's best cosine on the other side, both ways."""
    cosines = vectors.of(upper) @ vectors.of(lower).T
    return float(cosines.max(axis=0).mean() + cosines.max(axis=1).mean()) / 2


@dataclass(frozen=True)
class Overlap:
    first: int
    second: int
    score: float
    offers_merge: bool


def overlaps(cosines: Floats, described: Sequence[bool]) -> list[Overlap]:
    """Pairs within one family by their `near` cosines, nearest first, at most five. Where one of the two has no
    description a pair is only ever shown for comparison: titles alone mislead."""
    above = np.argwhere(np.triu(cosines >= COMPARE, 1))
    nearest = sorted(above.tolist(), key=lambda pair: -float(cosines[pair[0], pair[1]]))[:MOST_PAIRS]
    found = []
    for first, second in nearest:
        score = float(cosines[first, second])
        offers = score >= MERGE and described[first] and described[second]
        found.append(Overlap(first, second, round(score, 2), offers))
    return found


def near(
    titles: Sequence[str], texts: Sequence[str], vectors: Vectors, whole: tuple[Sequence[str], Sequence[str]]
) -> Floats:
    """Centred cosines between competencies: title with title, text (title and description) with text, and title with
    text both ways, their mean; shape (n, n).

    Competencies of one framework share a style, which a raw cosine mistakes for overlap: the family's mean is taken
    out first; for a small family that of the `whole` framework (its titles and texts).
    """
    mean_titles, mean_texts = (titles, texts) if len(titles) >= FEWEST_FOR_MEAN else whole
    if len(mean_titles) < FEWEST_FOR_MEAN:  # the mean of three is mostly the pair itself
        background = lexicon().background
        mean_titles = [*mean_titles, *(title for title, _ in background)]
        mean_texts = [*mean_texts, *(f"{title}. {text}" for title, text in background)]
    by_title = _centred(vectors.of(titles), vectors.of(mean_titles))
    by_text = _centred(vectors.of(texts), vectors.of(mean_texts))
    across = by_title @ by_text.T  # one's title is often what the other's description says
    mean: Floats = (by_title @ by_title.T + by_text @ by_text.T + across + across.T) / np.float32(4)
    return mean


def _centred(vectors: Floats, of_whom: Floats) -> Floats:
    moved: Floats = vectors - of_whom.mean(axis=0)
    unit: Floats = moved / np.clip(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9, None)
    return unit


def skill_features(titles: Sequence[str], vectors: Vectors) -> Floats:
    """What the skill head reads, shape (titles, dim + 8): the lower-cased title's vector times 4, then one, words / 5,
    people or decision words, tool words, a single word, a gerund first, "and", and the share of capitals after the
    first word."""
    lex = lexicon()
    found = []
    for title in titles:
        words = title.split()
        found.append(
            [
                1.0,
                len(words) / 5,
                bool(lex.people.search(title)),
                bool(lex.tool.search(title)),
                len(words) == 1,
                bool(re.match(r"\w+ing\b", title)),
                " and " in title,
                sum(word[:1].isupper() for word in words[1:]) / max(len(words) - 1, 1),
            ]
        )
    features: Floats = np.hstack(
        [vectors.of([title.lower() for title in titles]) * _TITLE_WEIGHT, np.array(found, np.float32)]
    )
    return features


def skill_chances(titles: Sequence[str], vectors: Vectors) -> list[float]:
    """Of each title, the probability that it names a skill, a tool or a subject rather than a competency.

    A logistic head over `skill_features` of all-MiniLM-L6-v2 vectors. NOTICE says on which titles it was trained and
    `python -m bench._skill_head` trains it again.
    """
    if not titles:
        return []
    features, weights = skill_features(titles, vectors), _head()
    if features.shape[1] != len(weights):
        return [0.0] * len(titles)  # vectors of another model: nothing can be said
    scores = features @ weights
    return [float(chance) for chance in 1 / (1 + np.exp(-scores))]


def plain_titles(titles: Sequence[str]) -> list[str]:
    """Titles as one would write them in a sentence: without parentheses, and without capitals where the framework
    gives them to most words of most titles. Both are house style, which the head would take for names of products."""
    bare = [re.sub(r"\s*\([^)]*\)", "", title).strip() or title for title in titles]
    long = [title.split()[1:] for title in bare if len(title.split()) > 1]
    in_capitals = sum(sum(word[:1].isupper() for word in words) * 2 > len(words) for words in long)
    if in_capitals * 2 <= len(long):
        return bare
    return [" ".join([*title.split()[:1], *map(_small, title.split()[1:])]) for title in bare]


def _small(word: str) -> str:
    return word if any(sign.isupper() for sign in word[1:]) else word.lower()


@cache
def _head() -> Floats:
    """392 weights, kept as half floats in base64."""
    packed = (Path(__file__).parent / "skill_head.txt").read_text(encoding="ascii")
    return np.frombuffer(base64.b64decode(packed), np.float16).astype(np.float32)
