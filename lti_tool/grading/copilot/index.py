"""A framework's competencies as vectors, tokens and words: computed once, then compared with any criteria."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lti_tool.grading.copilot.bm25 import Bm25
from lti_tool.grading.copilot.domain import CompetencyText
from lti_tool.grading.copilot.words import folded
from lti_tool.llm.ports import Passage, TokenEmbedder

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CompetencyIndex:
    """m competencies with p parts in all.

    `vectors` (m, dim) stand for the competency, `in_context` (m, dim) for it under its parent. `part_vectors` (p, dim)
    belong to `parts`, whose words (folded) are in `part_words`; those of competency j begin at `part_starts[j]`.
    `tokens[j]` (tokens, dim) are its tokens with the parent's title before them, to be multiplied by `token_scales[j]`;
    `token_weights[j]` are their rarities in the framework.
    `saying` gives the places of the competencies that have a part of these words (folded).
    """

    competencies: tuple[CompetencyText, ...]
    vectors: Floats
    in_context: Floats
    parts: tuple[str, ...]
    part_words: tuple[str, ...]
    part_vectors: Floats
    part_starts: NDArray[np.intp]
    tokens: tuple[NDArray[np.int8], ...]
    token_scales: tuple[Floats, ...]
    token_weights: tuple[Floats, ...]
    words: Bm25
    saying: Mapping[str, frozenset[int]]

    def parts_of(self, competency: int) -> slice:
        end = self.part_starts[competency + 1] if competency + 1 < len(self.part_starts) else len(self.parts)
        return slice(int(self.part_starts[competency]), int(end))


def index_competencies(competencies: Sequence[CompetencyText], embedder: TokenEmbedder) -> CompetencyIndex:
    """Encodes each text once; most of the time that an alignment takes is spent here."""
    passages = [Passage(one.text, f"{one.parent.rstrip('.')}: " if one.parent else "") for one in competencies]
    encoded = embedder.encode(passages)
    parts = [part for one in competencies for part in one.parts]
    lengths = [len(one.parts) for one in competencies]
    starts = np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.intp)
    words = [folded(part) for part in parts]
    distinct = {text: place for place, text in enumerate(dict.fromkeys(parts))}
    part_vectors = embedder.embed(list(distinct))[[distinct[part] for part in parts]]
    vectors = np.stack([encoding.body for encoding in encoded])
    for place, one in enumerate(competencies):
        own = part_vectors[starts[place] : starts[place] + lengths[place]]
        if one.text in one.parts:  # a single sentence: better encoded alone than read out of its context
            vectors[place] = own[one.parts.index(one.text)]
        indicators = sum(1 for indicator in one.indicators if indicator.strip())
        if indicators:  # observable behaviour makes half of what the competency means
            vectors[place] = unit(vectors[place] + own[-indicators:].mean(axis=0))
    return CompetencyIndex(
        competencies=tuple(competencies),
        vectors=vectors,
        in_context=np.stack([encoding.whole for encoding in encoded]),
        parts=tuple(parts),
        part_words=tuple(words),
        part_vectors=part_vectors,
        part_starts=starts,
        tokens=tuple(encoding.tokens for encoding in encoded),
        token_scales=tuple(encoding.scales for encoding in encoded),
        token_weights=_rarities([encoding.token_ids for encoding in encoded]),
        words=Bm25(
            [
                " ".join((folded(one.parent), *words[start : start + length])).split()
                for one, start, length in zip(competencies, starts, lengths, strict=True)
            ]
        ),
        saying=_saying(words, lengths),
    )


def _saying(words: Sequence[str], lengths: Sequence[int]) -> dict[str, frozenset[int]]:
    places: dict[str, set[int]] = {}
    owners = (place for place, length in enumerate(lengths) for _ in range(length))
    for part, owner in zip(words, owners, strict=True):
        places.setdefault(part, set()).add(owner)
    places.pop("", None)
    return {part: frozenset(found) for part, found in places.items()}


def _rarities(token_ids: Sequence[NDArray[np.int32]]) -> tuple[Floats, ...]:
    holders = Counter(token for ids in token_ids for token in set(ids.tolist()))
    rarity = {token: math.log(1 + (len(token_ids) + 1) / (count + 0.5)) for token, count in holders.items()}
    return tuple(np.array([rarity[token] for token in ids.tolist()], np.float32) for ids in token_ids)


def unit(vectors: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays."""
    scaled: Floats = vectors / np.clip(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9, None)
    return scaled
