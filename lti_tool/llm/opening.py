"""Which models answer here: the local one always, Cohere beside it where a key is set."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lti_tool.llm.ports import TokenEmbedder
from lti_tool.llm.store import CachedEmbedder, VectorStore, default_store

if TYPE_CHECKING:
    from lti_tool.llm.cohere import Cohere
    from lti_tool.settings import Settings


@cache
def _local_model() -> TokenEmbedder:
    """One for the process: a second copy would be another 100 MB."""
    from lti_tool.llm.local import MiniLm

    return MiniLm()


def local_embedder(store: VectorStore | None = None) -> CachedEmbedder:
    """The local model, asked only for texts whose vectors are not kept. It loads with the first such text."""
    return CachedEmbedder(_local_model(), store or default_store())


def cohere_of(settings: Settings) -> Cohere | None:
    """A connection to Cohere, to be used as a context manager; None where no key is set. Nothing is sent yet."""
    key = settings.cohere_api_key.get_secret_value()
    if not key:
        return None
    from lti_tool.llm.cohere import Cohere

    return Cohere(
        key,
        base_url=settings.cohere_base_url,
        timeout=settings.cohere_timeout,
        chat_model=settings.cohere_chat_model,
        rerank_model=settings.cohere_rerank_model,
        embed_model=settings.cohere_embed_model,
    )
