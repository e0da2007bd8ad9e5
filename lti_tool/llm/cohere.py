"""Cohere behind the ports, by its SDK.

An answer is used only when it is whole and of the right shape. Errors become ModelFaults whose words never quote the
SDK's own: those hold headers, and so the key.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from lti_tool.llm.ledger import Use, input_hash
from lti_tool.llm.ports import Ask, ModelFault, Reranked, Written

if TYPE_CHECKING:
    from lti_tool.llm.ports import Floats

TEXTS_AT_ONCE = 96
"""The most that one embed call takes; the SDK does not divide longer lists."""
SEED = 20
Answer = TypeVar("Answer")


@dataclass
class Cohere:
    """A connection to Cohere; use as a context manager. Nothing is sent before the first question.

    `timeout` is in seconds for each call. `retries` counts for 408, 409, 429 and 5xx, with up to 60 s between two
    when the answer asks for it: 1 in a job, 0 where somebody waits. A time-out is never tried again.
    """

    api_key: str
    base_url: str
    chat_model: str
    rerank_model: str
    embed_model: str
    timeout: float = 20.0
    retries: int = 1

    def __repr__(self) -> str:
        return f"Cohere({self.chat_model!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "client" in self.__dict__:
            self.client.__exit__(None, None, None)

    @cached_property
    def client(self) -> Any:
        import cohere

        # All four are said here: left out, the SDK reads the environment and waits for 300 s, twice.
        return cohere.ClientV2(
            self.api_key, base_url=self.base_url, timeout=self.timeout, max_retries=self.retries, client_name="waymark"
        )

    @property
    def writer(self) -> CohereWriter:
        return CohereWriter(self, self.chat_model)

    @property
    def reranker(self) -> CohereReranker:
        return CohereReranker(self, self.rerank_model)

    @property
    def embedder(self) -> CohereEmbedder:
        return CohereEmbedder(self, self.embed_model)

    def call(self, question: Callable[[], Answer]) -> tuple[Answer, float]:
        """What Cohere answered, and the seconds it took. Raises ModelFault for every failure of the call."""
        import httpx
        from cohere.core.api_error import ApiError
        from pydantic import ValidationError

        started = time.monotonic()
        try:
            return question(), time.monotonic() - started
        except ApiError as error:
            raise _refused(error.status_code) from None
        except httpx.TimeoutException:
            words = f"Cohere did not answer within {self.timeout:g} seconds."
            raise ModelFault(words, _LATER, reason="model_slow", lasting=True) from None
        except httpx.RemoteProtocolError:
            raise ModelFault("Cohere's answer broke off.", _LATER, reason="model_cut_off", lasting=False) from None
        except httpx.HTTPError:
            words = "Cohere cannot be reached."
            raise ModelFault(words, _LATER, reason="model_unreachable", lasting=True) from None
        except (ValidationError, ValueError, TypeError, KeyError):
            raise _bad_reply() from None


_LATER = "Try again later."


def _refused(status: int | None) -> ModelFault:
    if status in (401, 403):
        words, next_step = "Cohere does not accept the key.", "Check COHERE_API_KEY."
        return ModelFault(words, next_step, reason="model_unauthorised", lasting=True)
    if status == 429:
        return ModelFault("Cohere asks for fewer questions.", _LATER, reason="model_throttled", lasting=True)
    if status is not None and (status >= 500 or status == 408):
        return ModelFault(f"Cohere is in trouble (it answered {status}).", _LATER, reason="model_down", lasting=True)
    if status is not None and status >= 400:
        words, next_step = f"Cohere refused the question (it answered {status}).", "Check the names of its models."
        return ModelFault(words, next_step, reason="model_refused", lasting=True)
    return _bad_reply()


def _bad_reply(words: str = "Cohere's answer could not be read.", reason: str = "model_bad_reply") -> ModelFault:
    return ModelFault(words, _LATER, reason=reason, lasting=False)


@dataclass(frozen=True)
class CohereWriter:
    cohere: Cohere
    model: str

    def write(self, ask: Ask) -> Written:
        """The JSON object that the chat model answered with."""
        messages = [{"role": "system", "content": ask.system}, {"role": "user", "content": ask.data}]
        shape = {"type": "json_object", "json_schema": dict(ask.schema)}
        reply, seconds = self.cohere.call(
            lambda: self.cohere.client.chat(
                model=self.model,
                messages=messages,
                response_format=shape,
                temperature=0,
                seed=SEED,
                max_tokens=ask.max_tokens,
            )
        )
        use = Use(
            model=self.model,
            operation="chat",
            input_hash=input_hash(self.model, messages, shape),
            prompt_version=ask.prompt_version,
            input_tokens=_billed(reply, "usage", "input_tokens"),
            output_tokens=_billed(reply, "usage", "output_tokens"),
            seconds=seconds,
        )
        return Written(_whole_object(reply), use)


def _whole_object(reply: Any) -> Mapping[str, Any]:
    # An empty body passes the SDK: everything may be missing.
    finish = getattr(reply, "finish_reason", None)
    content = getattr(getattr(reply, "message", None), "content", None)
    if not isinstance(content, list) or not content:
        raise _bad_reply("Cohere's answer is empty.", "model_empty_reply")
    if finish != "COMPLETE":
        raise _bad_reply("Cohere's answer broke off.", "model_cut_off")
    texts = [getattr(part, "text", None) for part in content if getattr(part, "type", None) == "text"]
    try:
        value = json.loads("".join(text for text in texts if isinstance(text, str)))
    except (ValueError, RecursionError):
        raise _bad_reply("Cohere's answer is not JSON.") from None
    if not isinstance(value, dict):
        raise _bad_reply()
    return value


@dataclass(frozen=True)
class CohereReranker:
    cohere: Cohere
    model: str

    def rerank(self, query: str, documents: Sequence[str]) -> Reranked:
        reply, seconds = self.cohere.call(
            lambda: self.cohere.client.rerank(
                model=self.model, query=query, documents=list(documents), top_n=len(documents)
            )
        )
        found: dict[int, float] = {}
        for one in getattr(reply, "results", None) or ():
            place, relevance = getattr(one, "index", None), getattr(one, "relevance_score", None)
            if not isinstance(place, int) or not isinstance(relevance, int | float) or not math.isfinite(relevance):
                raise _bad_reply()
            found[place] = min(max(float(relevance), 0.0), 1.0)
        if sorted(found) != list(range(len(documents))):
            raise _bad_reply()
        use = Use(
            model=self.model,
            operation="rerank",
            input_hash=input_hash(self.model, query, list(documents)),
            searches=_billed(reply, "meta", "search_units"),
            seconds=seconds,
        )
        return Reranked(tuple(sorted(found.items(), key=lambda one: -one[1])), use)


@dataclass(frozen=True)
class CohereEmbedder:
    """`dimension` is one that the model offers; vectors of different dimensions are of different models."""

    cohere: Cohere
    name: str
    dimension: int = 1024

    @property
    def model(self) -> str:
        return f"{self.name}/{self.dimension}"

    def embed(self, texts: Sequence[str]) -> Floats:
        """In calls of 96 texts at most. Raises ModelFault."""
        import numpy as np

        rows: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            rows += self._some(list(texts[start : start + TEXTS_AT_ONCE]))
        vectors = np.array(rows, np.float32).reshape(len(rows), self.dimension)
        unit: Floats = vectors / np.clip(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9, None)
        return unit

    def _some(self, texts: list[str]) -> list[list[float]]:
        reply, _ = self.cohere.call(
            lambda: self.cohere.client.embed(
                model=self.name,
                input_type="search_document",
                texts=texts,
                embedding_types=["float"],
                output_dimension=self.dimension,
            )
        )
        rows = getattr(getattr(reply, "embeddings", None), "float_", None)
        if not isinstance(rows, list) or len(rows) != len(texts):
            raise _bad_reply()
        if not all(isinstance(row, list) and len(row) == self.dimension and _finite(row) for row in rows):
            raise _bad_reply()
        return rows


def _finite(row: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and math.isfinite(value) for value in row)


def _billed(reply: Any, where: str, unit: str) -> int:
    amount = getattr(getattr(getattr(reply, where, None), "billed_units", None), unit, None)
    return int(amount) if isinstance(amount, int | float) and math.isfinite(amount) else 0
