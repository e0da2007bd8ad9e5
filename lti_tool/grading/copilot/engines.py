"""Who answers: the local model always, Cohere beside it where a key is set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from lti_tool.llm.ledger import Use
from lti_tool.llm.opening import cohere_of, local_embedder
from lti_tool.llm.ports import Reranker, TokenEmbedder, Writer
from lti_tool.llm.store import VectorStore

if TYPE_CHECKING:
    from lti_tool.settings import Settings


def _nowhere(use: Use) -> None:
    pass


@dataclass(frozen=True)
class Engines:
    """`writer` and `reranker` both set: Cohere is asked first. `record` gets the use of each call to it, for the
    ledger. `names` are people whose names never leave, such as the course's teachers."""

    embedder: TokenEmbedder
    writer: Writer | None = None
    reranker: Reranker | None = None
    record: Callable[[Use], None] = _nowhere
    names: tuple[str, ...] = ()
    _open: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the connections to a provider."""
        self._open.close()


def local_engines(store: VectorStore | None = None) -> Engines:
    return Engines(local_embedder(store))


def engines(
    settings: Settings,
    *,
    store: VectorStore | None = None,
    record: Callable[[Use], None] = _nowhere,
    names: tuple[str, ...] = (),
) -> Engines:
    """The engines that the settings allow; use as a context manager. Nothing is loaded or called yet."""
    local = local_engines(store)
    connection = cohere_of(settings)
    if connection is None:
        return local
    stack = ExitStack()
    cohere = stack.enter_context(connection)
    return Engines(local.embedder, cohere.writer, cohere.reranker, record, names, stack)
