"""Embedders for tests: the real local model, loaded once, and one made of words that needs no model."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lti_tool.llm.local import MiniLm
from lti_tool.llm.ports import Encoding, Passage, in_whole_numbers


@cache
def mini_lm() -> MiniLm:
    return MiniLm()


class WordEmbedder:
    """A word is a direction, a text the mean of its words: texts are alike as far as they share words."""

    model = "words"
    dim = 1024

    def __init__(self) -> None:
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen += texts
        return np.stack([self._mean(self._words(text)) for text in texts])

    def encode(self, passages: Sequence[Passage]) -> list[Encoding]:
        self.seen += [passage.head + passage.body for passage in passages]
        return [self._encoding(passage) for passage in passages]

    def _encoding(self, passage: Passage) -> Encoding:
        head, body = self._words(passage.head), self._words(passage.body)
        tokens = np.stack([_direction(word, self.dim) for word in head + body] or [np.zeros(self.dim, np.float32)])
        ids = np.array([_number(word) for word in head + body] or [0], np.int32)
        return Encoding(self._mean(head + body), self._mean(body), ids, *in_whole_numbers(tokens))

    def _mean(self, words: list[str]) -> NDArray[np.float32]:
        total = sum((_direction(word, self.dim) for word in words), np.zeros(self.dim, np.float32))
        return (total / max(float(np.linalg.norm(total)), 1e-9)).astype(np.float32)

    @staticmethod
    def _words(text: str) -> list[str]:
        return re.findall(r"\w+", text.lower())


def _number(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:3], "big")


@cache
def _direction(word: str, dim: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(_number(word)).normal(size=dim)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)
