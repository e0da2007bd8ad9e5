"""How alike are a criterion and a competency: five signals, each standardised over all competencies.

    score = 0.5 z(cosine with the competency)          added later, because learning moves the competency's vector
          + 0.5 z(best cosine with one of its parts)
          + 0.2 min(z(BM25), 5)
          + 0.3 z(cosine with the competency under its parent)
          + 0.4 z(late interaction), for the best 50 by the first four
          + 10 where the criterion says one of its parts word for word, as one copied from an outcome does

Late interaction (Khattab and Zaharia 2020, turned round): each token of the competency takes its most alike token of
the criterion; the mean is weighted by the tokens' rarity. The weights were chosen on two public sets, digital
competences and work activities, and held on three frameworks that had no part in the choice.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lti_tool.grading.copilot.index import CompetencyIndex
from lti_tool.grading.copilot.words import folded
from lti_tool.llm.ports import Encoding

Floats = NDArray[np.float32]
WHOLE, PART, WORDS, CONTEXT, TOKENS = 0.5, 0.5, 0.2, 0.3, 0.4
WORDS_AT_MOST, VERBATIM = 5.0, 10.0
CANDIDATES = 50
"""How many competencies a criterion can be offered at most: only these have all five signals."""
_AHEAD = 10.0
"""Added to the candidates' scores, so that no other competency comes between them."""
_AT_ONCE, _TOKENS_AT_ONCE, _CORES = 256, 8_000, 2


@dataclass(frozen=True, eq=False)
class Signals:
    """For n criteria and m competencies: `fixed` (n, m), all but the first signal, and `absolute` (n,), from 0 to 1,
    how alike the best candidate is in itself, whatever the others are."""

    fixed: Floats
    absolute: Floats


def compare(index: CompetencyIndex, texts: Sequence[str], criteria: Sequence[Encoding]) -> Signals:
    """Signals of each criterion, given as text and as encoding."""
    fixed = np.empty((len(criteria), len(index.competencies)), np.float32)
    absolute = np.empty(len(criteria), np.float32)

    def some(rows: list[int]) -> None:
        fixed[rows], absolute[rows] = _compare(index, [texts[row] for row in rows], [criteria[row] for row in rows])

    with ThreadPoolExecutor(_CORES) as pool:
        list(pool.map(some, _slices([len(criterion.tokens) for criterion in criteria])))
    return Signals(fixed, absolute)


def _slices(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of similar length, so many at a time that their tokens fit into little memory."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if rows and (len(rows) == _AT_ONCE or (len(rows) + 1) * lengths[row] > _TOKENS_AT_ONCE):
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _compare(index: CompetencyIndex, texts: Sequence[str], criteria: Sequence[Encoding]) -> tuple[Floats, Floats]:
    vectors = np.stack([criterion.whole for criterion in criteria])
    part = np.maximum.reduceat(vectors @ index.part_vectors.T, index.part_starts, axis=1)
    said = [folded(text) for text in texts]
    words = np.minimum(standardised(index.words.scores([one.split() for one in said])), WORDS_AT_MOST)
    fixed = PART * standardised(part) + WORDS * words + CONTEXT * standardised(vectors @ index.in_context.T)
    for row, one in enumerate(said):
        for place in index.saying.get(one, ()):
            fixed[row, place] += VERBATIM
    first = fixed + WHOLE * standardised(vectors @ index.vectors.T)
    candidates = np.argpartition(-first, min(CANDIDATES, first.shape[1]) - 1, axis=1)[:, :CANDIDATES]
    late = _late_interaction(index, criteria, candidates)
    rows = np.arange(len(criteria))
    fixed[rows[:, None], candidates] += _AHEAD + TOKENS * standardised(late)
    best = np.take_along_axis(first, candidates, axis=1).argmax(axis=1)
    return fixed, (late[rows, best] + part[rows, candidates[rows, best]]) / 2


def shown(score: float) -> float:
    """A candidate's score as people and files see it."""
    return score - _AHEAD


def standardised(values: Floats) -> Floats:
    """Each row with mean 0 and deviation 1 (all 0 where the row is constant)."""
    centred: Floats = values - values.mean(axis=-1, keepdims=True)
    scaled: Floats = centred / (values.std(axis=-1, keepdims=True) + np.float32(1e-6))
    return scaled


def _late_interaction(index: CompetencyIndex, criteria: Sequence[Encoding], candidates: NDArray[np.intp]) -> Floats:
    """Shape of `candidates`. Goes by competency, so that its tokens are unpacked once for all its criteria."""
    late = np.zeros(candidates.shape, np.float32)
    tokens = _side_by_side(criteria)
    if not tokens.shape[1]:
        return late
    most = int(np.bincount(candidates.ravel()).max())
    held = np.empty((most, *tokens.shape[1:]), np.float32)  # used again and again: new memory costs more than copying
    for competency, rows, columns in _by_competency(candidates):
        own, weights = index.tokens[competency].astype(np.float32), index.token_weights[competency]
        if len(weights):
            theirs = np.take(tokens, rows, axis=0, out=held[: len(rows)], mode="clip")
            alike = theirs.reshape(-1, own.shape[1]) @ own.T  # one large product is faster than many small
            best = alike.reshape(len(rows), -1, len(own)).max(axis=1)
            late[rows, columns] = best @ (weights * index.token_scales[competency]) / weights.sum()
    return late


def _side_by_side(criteria: Sequence[Encoding]) -> Floats:
    """Tokens of all criteria in one array (criteria, longest, dim). Shorter ones repeat their first token, which
    leaves every maximum as it is; one without words is all zeros."""
    longest = max(len(criterion.tokens) for criterion in criteria)
    tokens = np.zeros((len(criteria), longest, len(criteria[0].whole)), np.float32)
    for place, criterion in enumerate(criteria):
        count = len(criterion.tokens)
        np.multiply(criterion.tokens, criterion.scales[:, None], out=tokens[place, :count])
        if count:
            tokens[place, count:] = tokens[place, 0]
    return tokens


def _by_competency(
    candidates: NDArray[np.intp],
) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
    """(competency, rows, columns) for each competency that is a candidate anywhere."""
    flat = candidates.ravel()
    order = np.argsort(flat, kind="stable")
    bounds = np.flatnonzero(np.diff(flat[order])) + 1
    for places in np.split(order, bounds):
        rows, columns = np.divmod(places, candidates.shape[1])
        yield int(flat[places[0]]), rows, columns
