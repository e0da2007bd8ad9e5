"""What decisions teach: a competency is also what people have aligned to it.

Confirmed criteria pull the competency's vector toward their mean (Rocchio 1971) and a criterion close to a confirmed
one gains. A batch of five criteria or more also teaches itself for two rounds, from its own confident matches,
without any label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lti_tool.grading.copilot.index import CompetencyIndex, unit
from lti_tool.grading.copilot.signals import WHOLE, standardised

Floats = NDArray[np.float32]
CONFIRMED_PULL = 2.0
NEAREST, NEAREST_HALF = 0.25, 20
"""Weight of the nearest confirmed criterion, and how many confirmations give half of it."""
ROUNDS, SMALLEST_BATCH, SHARPNESS, LEAST_SHARE = 2, 5, 0.3, 0.3
_SAME = 0.9999


@dataclass(frozen=True, eq=False)
class Taught:
    """Per competency, the sum (m, dim) of the vectors assigned to it and their number (m,), which may be broken."""

    sums: Floats
    counts: Floats

    @classmethod
    def nothing(cls, index: CompetencyIndex) -> "Taught":
        return cls(np.zeros_like(index.vectors), np.zeros(len(index.vectors), np.float32))


@dataclass(frozen=True, eq=False)
class Learned:
    """Confirmed alignments: one row per pair of criterion and competency. `vectors` (c, dim), `labels` (c,) places of
    competencies, `texts` their criteria."""

    taught: Taught
    vectors: Floats
    labels: NDArray[np.intp]
    texts: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, index: CompetencyIndex, vectors: Floats, labels: Sequence[Sequence[int]], texts: Sequence[str]
    ) -> "Learned":
        pairs = [(row, label) for row, own in enumerate(labels) for label in own]
        taught = Taught.nothing(index)
        for row, label in pairs:
            taught.sums[label] += vectors[row]
            taught.counts[label] += 1
        rows, places = np.array(pairs, np.intp).reshape(-1, 2).T
        return cls(taught, vectors[rows], places, tuple(texts[row] for row, _ in pairs))


@dataclass(frozen=True, eq=False)
class _Own:
    """Pairs (criterion, competency) in which the criterion itself had a part in what was taught: it must not count
    as its own witness. `confirmed` and `assigned` (pairs,) say how much of it."""

    rows: NDArray[np.intp]
    places: NDArray[np.intp]
    confirmed: Floats
    assigned: Floats


def score(index: CompetencyIndex, vectors: Floats, fixed: Floats, learned: Learned) -> tuple[Floats, Taught]:
    """Final scores (n, m) of a batch, and what it taught itself."""
    taught = Taught.nothing(index)
    scores = _final(index, vectors, fixed, learned, taught)
    for _ in range(ROUNDS if len(vectors) >= SMALLEST_BATCH else 0):
        shares = np.exp((scores - scores.max(axis=1, keepdims=True)) / SHARPNESS)
        shares /= shares.sum(axis=1, keepdims=True)
        shares[shares <= LEAST_SHARE] = 0
        taught = Taught(shares.T @ vectors, shares.sum(axis=0))
        rows, places = np.nonzero(shares)
        own = _Own(rows, places, np.zeros(len(rows), np.float32), shares[rows, places])
        scores = _final(index, vectors, fixed, learned, taught, own)
    return scores, taught


def score_left_out(
    index: CompetencyIndex,
    vectors: Floats,
    fixed: Floats,
    learned: Learned,
    taught: Taught,
    labels: Sequence[Sequence[int]],
) -> Floats:
    """Scores (n, m) of the confirmed criteria themselves, each as if it had not been confirmed."""
    pairs = np.array([(row, label) for row, own in enumerate(labels) for label in own], np.intp).reshape(-1, 2)
    ones = np.ones(len(pairs), np.float32)
    own = _Own(pairs[:, 0], pairs[:, 1], ones, np.zeros_like(ones))
    return _final(index, vectors, fixed, learned, taught, own, left_out=True)


def _final(
    index: CompetencyIndex,
    vectors: Floats,
    fixed: Floats,
    learned: Learned,
    taught: Taught,
    own: _Own | None = None,
    left_out: bool = False,
) -> Floats:
    sums, counts = learned.taught.sums, learned.taught.counts
    moved = vectors @ _moved(index.vectors, sums, counts, taught.sums, taught.counts).T
    if own is not None and len(own.rows):
        at, mine = own.places, vectors[own.rows]
        without = _moved(
            index.vectors[at],
            sums[at] - own.confirmed[:, None] * mine,
            counts[at] - own.confirmed,
            taught.sums[at] - own.assigned[:, None] * mine,
            np.maximum(taught.counts[at] - own.assigned, 0),
        )
        moved[own.rows, at] = (without * mine).sum(axis=1)
    scores = fixed + WHOLE * standardised(moved)
    if len(learned.labels):
        scores += _nearest(index, vectors, learned, left_out)
    return scores


def _moved(vectors: Floats, sums: Floats, counts: Floats, more: Floats, share: Floats) -> Floats:
    confirmed = (CONFIRMED_PULL * counts / (counts + 1))[:, None] * unit(sums)
    assigned = (share / (share + 1))[:, None] * unit(more)
    return unit(vectors + confirmed + assigned)


def _nearest(index: CompetencyIndex, vectors: Floats, learned: Learned, left_out: bool) -> Floats:
    """What the nearest confirmed criterion of each competency adds, in units of the cosine's spread."""
    plain = vectors @ index.vectors.T
    close = vectors @ learned.vectors.T
    if left_out:
        close[close > _SAME] = -1  # itself, or the same words elsewhere
    order = np.argsort(learned.labels, kind="stable")
    labels, starts = np.unique(learned.labels[order], return_index=True)
    nearest = np.maximum.reduceat(close[:, order], starts, axis=1)
    gain = np.zeros_like(plain)
    gain[:, labels] = np.maximum(nearest - plain.mean(axis=1, keepdims=True), 0) / (
        plain.std(axis=1, keepdims=True) + np.float32(1e-6)
    )
    weight = NEAREST * len(learned.labels) / (len(learned.labels) + NEAREST_HALF)
    weighted: Floats = np.float32(weight) * gain
    return weighted
