"""BM25: how well do a criterion's words fit a competency's words, rare words first."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

# Saturation and length as measured good for short texts (Robertson and Zaragoza 2009 give the formula; these values
# are the defaults of Anserini).
K1, B = 0.9, 0.4


class Bm25:
    """Scores of texts against a fixed list of documents, all given as the stems of their words."""

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        counted = [Counter(document) for document in documents]
        lengths = [counts.total() for counts in counted]
        average = sum(lengths) / max(len(lengths), 1) or 1.0
        self._size = len(documents)
        self._holders = Counter(word for counts in counted for word in counts)
        postings: dict[str, list[tuple[int, float]]] = {}
        for place, (counts, length) in enumerate(zip(counted, lengths, strict=True)):
            for word, times in counts.items():
                share = times * (K1 + 1) / (times + K1 * (1 - B + B * length / average))
                postings.setdefault(word, []).append((place, self.rarity(word) * share))
        self._postings = {
            word: (np.array([place for place, _ in row]), np.array([weight for _, weight in row], np.float32))
            for word, row in postings.items()
        }

    def rarity(self, stemmed: str) -> float:
        """Inverse document frequency: 0 for a word that every document holds or none does."""
        holders = self._holders.get(stemmed, 0)
        return math.log(1 + (self._size - holders + 0.5) / (holders + 0.5)) if holders else 0.0

    @property
    def rarest(self) -> float:
        """The rarity of a word that one document alone holds."""
        return math.log(1 + (self._size - 0.5) / 1.5)

    def scores(self, texts: Sequence[Iterable[str]]) -> NDArray[np.float32]:
        """Shape (texts, documents), 0 where no word is shared."""
        found = np.zeros((len(texts), self._size), np.float32)
        for row, text in zip(found, texts, strict=True):
            for word in set(text):
                if word in self._postings:
                    places, weights = self._postings[word]
                    row[places] += weights
        return found
