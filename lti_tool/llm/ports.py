"""What the rest of the tool asks of language models, whoever answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lti_tool.kit.errors import Unavailable
from lti_tool.llm.ledger import Use

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


class ModelFault(Unavailable):
    """A language model did not give a usable answer.

    `reason` is set per fault ("model_throttled", "model_bad_reply", ...). `lasting` says that asking again at once
    will fail in the same way: a wrong key, a provider that is down or throttles. The words never quote what was
    sent or received.
    """

    reason = "model_unavailable"

    def __init__(self, words: str, next_step: str = "", *, reason: str = "model_unavailable", lasting: bool) -> None:
        super().__init__(words, next_step)
        self.reason = reason
        self.lasting = lasting


@dataclass(frozen=True)
class Passage:
    """A text to encode, with the words that stand before it as context (`head`, may be empty)."""

    body: str
    head: str = ""


@dataclass(frozen=True, eq=False)
class Encoding:
    """A passage as vectors of length 1.

    `whole` (dim,) is the mean over all tokens, `body` (dim,) over the tokens of the body alone. `token_ids` (n,) and
    `tokens` (n, dim) are the tokens of head and body in order, without the marks of start and end. A framework has
    100 000 of them, so they are kept as whole numbers: token i is `tokens[i] * scales[i]`.
    """

    whole: Floats
    body: Floats
    token_ids: NDArray[np.int32]
    tokens: NDArray[np.int8]
    scales: Floats


def in_whole_numbers(vectors: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(tokens, scales) of vectors (n, dim), each scaled so that its largest component is 127."""
    import numpy as np

    scales = np.abs(vectors).max(axis=-1, initial=0) / np.float32(127)
    rounded = np.rint(vectors / np.maximum(scales, 1e-12)[:, None])
    return rounded.astype(np.int8), scales.astype(np.float32)


class Embedder(Protocol):
    """Turns texts into vectors of length 1. `model` names the model and its version: vectors of different models
    are never compared."""

    @property
    def model(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> Floats:
        """Shape (len(texts), dim)."""
        ...


class TokenEmbedder(Embedder, Protocol):
    """An embedder that also shows the vector of each token, in its context."""

    def encode(self, passages: Sequence[Passage]) -> list[Encoding]: ...


@dataclass(frozen=True)
class Ask:
    """A request to a Writer. `system` is ours; `data` holds texts of others and is never instruction.

    `schema` is the JSON Schema of the answer, `prompt_version` names the prompt ("align.1").
    """

    system: str
    data: str
    schema: Mapping[str, Any]
    prompt_version: str
    max_tokens: int = 1200


@dataclass(frozen=True)
class Written:
    """The answer of a Writer: the parsed JSON object, not yet checked against the schema."""

    value: Mapping[str, Any]
    use: Use


class Writer(Protocol):
    @property
    def model(self) -> str: ...

    def write(self, ask: Ask) -> Written:
        """Raises ModelFault when there is no whole JSON object."""
        ...


@dataclass(frozen=True)
class Reranked:
    """Positions in the documents that were sent, best first, each with its relevance from 0 to 1."""

    order: tuple[tuple[int, float], ...]
    use: Use


class Reranker(Protocol):
    @property
    def model(self) -> str: ...

    def rerank(self, query: str, documents: Sequence[str]) -> Reranked:
        """All documents, best first. Raises ModelFault."""
        ...
