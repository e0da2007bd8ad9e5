"""The local aligner: ranks all competencies of a framework for each criterion, and learns from decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lti_tool.grading.copilot import learning, signals
from lti_tool.grading.copilot.blas import use_one_core
from lti_tool.grading.copilot.confidence import (
    DECISIONS_NEEDED,
    SPREAD,
    SPREAD_BEHIND,
    Calibration,
    acceptance_threshold,
    first_logit,
    recalibrated,
)
from lti_tool.grading.copilot.domain import CompetencyText, Confirmed
from lti_tool.grading.copilot.index import index_competencies
from lti_tool.grading.copilot.learning import Learned, Taught
from lti_tool.llm.ports import Encoding, Passage, TokenEmbedder

Floats = NDArray[np.float32]
METHOD = "local.1"
"""Version of the method: a change that ranks differently is a new one, and is kept beside each suggestion."""
_CELLS = 4_000_000
"""Criteria times competencies that are scored, and teach each other, at once: bounds the memory."""


@dataclass(frozen=True)
class Ranked:
    """A competency by its place in the list that was given, with its score and estimated probability."""

    place: int
    competency_id: str
    score: float
    confidence: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """Best first. `absolute` is the similarity of the first in itself; `vector` (dim,) the criterion's."""

    ranked: tuple[Ranked, ...]
    absolute: float
    vector: Floats


@dataclass(frozen=True, eq=False)
class _Decided:
    """The decisions that were made on this framework, with what comparing their criteria gave."""

    labels: tuple[tuple[int, ...], ...]
    vectors: Floats
    fixed: Floats
    absolute: Floats


def encode_criteria(embedder: TokenEmbedder, criteria: Sequence[str]) -> list[Encoding]:
    return embedder.encode([Passage(text) for text in criteria])


class Aligner:
    """Made for one framework and the decisions made on it. Raises ModelFault when the model cannot be loaded."""

    def __init__(
        self, competencies: Sequence[CompetencyText], embedder: TokenEmbedder, confirmed: Sequence[Confirmed] = ()
    ) -> None:
        if not competencies:
            raise ValueError("there is no competency to align to")
        use_one_core()
        self.index = index_competencies(competencies, embedder)
        self._embedder = embedder
        self._decided = self._compare_decided(confirmed)
        labels, vectors = (self._decided.labels, self._decided.vectors) if self._decided else ((), self._no_vectors)
        self.learned = Learned.of(self.index, vectors, labels, [one.text for one in confirmed])

    @property
    def _no_vectors(self) -> Floats:
        return np.zeros((0, self.index.vectors.shape[1]), np.float32)

    def rank(self, criteria: Sequence[str], top: int = 5, encoded: Sequence[Encoding] | None = None) -> list[Ranking]:
        """The best `top` (at most 50) for each text, in the order of the texts. The batch teaches itself.

        `encoded` are the criteria as `encode_criteria` gives them, for who has them already.
        """
        encoded = encode_criteria(self._embedder, criteria) if encoded is None else encoded
        most, top = max(_CELLS // len(self.index.competencies), 1), min(top, signals.CANDIDATES)
        return [
            ranking
            for start in range(0, len(criteria), most)
            for ranking in self._rank_batch(criteria[start : start + most], encoded[start : start + most], top)
        ]

    def _rank_batch(self, texts: Sequence[str], encoded: Sequence[Encoding], top: int) -> list[Ranking]:
        compared = signals.compare(self.index, texts, encoded)
        vectors = np.stack([criterion.whole for criterion in encoded])
        scores, _ = learning.score(self.index, vectors, compared.fixed, self.learned)
        best_share = _best_share(scores).tolist()
        found = []
        for row, absolute in enumerate(compared.absolute.tolist()):
            order = np.argsort(-scores[row], kind="stable")[:top]
            own = scores[row, order]
            first = self.calibration.confidence(first_logit(best_share[row], absolute))
            columns = (order, own, first * np.exp((own - own[0]) / SPREAD_BEHIND))
            ranked = tuple(
                Ranked(place, self.index.competencies[place].id, signals.shown(score), confidence)
                for place, score, confidence in zip(*(column.tolist() for column in columns), strict=True)
            )
            found.append(Ranking(ranked, absolute, vectors[row]))
        return found

    @cached_property
    def calibration(self) -> Calibration:
        """Learned from the decisions once there are enough of them; before that, the general one."""
        if self._decided is None or len(self._decided.labels) < DECISIONS_NEEDED:
            return Calibration()
        logits, right = self._left_out
        return recalibrated(logits, right)

    @property
    def calibrated(self) -> bool:
        return self._decided is not None and len(self._decided.labels) >= DECISIONS_NEEDED

    @cached_property
    def threshold(self) -> float | None:
        """The confidence from which the acceptance rule may accept; None: ask a person."""
        if not self.calibrated:
            return None
        logits, right = self._left_out
        return acceptance_threshold(zip(map(self.calibration.confidence, logits), right, strict=True))

    @cached_property
    def _left_out(self) -> tuple[list[float], list[bool]]:
        """For each decision, the log-odds of what would be suggested without it, and whether that was right."""
        decided = self._decided
        if decided is None:
            return [], []
        scores = learning.score_left_out(
            self.index, decided.vectors, decided.fixed, self.learned, Taught.nothing(self.index), decided.labels
        )
        first = scores.argmax(axis=1).tolist()
        best = _best_share(scores).tolist()
        logits = [first_logit(share, absolute) for share, absolute in zip(best, decided.absolute.tolist(), strict=True)]
        return logits, [place in labels for place, labels in zip(first, decided.labels, strict=True)]

    def _compare_decided(self, confirmed: Sequence[Confirmed]) -> _Decided | None:
        if not confirmed:
            return None
        places = {one.id: place for place, one in enumerate(self.index.competencies)}
        labels = tuple(tuple(places[key] for key in one.competency_ids if key in places) for one in confirmed)
        texts = [one.text for one in confirmed]
        encoded = encode_criteria(self._embedder, texts)
        compared = signals.compare(self.index, texts, encoded)
        vectors = np.stack([criterion.whole for criterion in encoded])
        return _Decided(labels, vectors, compared.fixed, compared.absolute)


def _best_share(scores: Floats) -> Floats:
    """Shape (n,): with scores as shares of belief that add up to 1, the share of each row's best."""
    best: Floats = 1 / np.exp((scores - scores.max(axis=1, keepdims=True)) / SPREAD).sum(axis=1)
    return best
