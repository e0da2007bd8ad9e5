"""Vectors kept between runs. A framework is encoded once; after that an alignment costs only its criteria.

A record is keyed by model, kind and the hash of its text, so nothing ever goes stale and a text that occurs in two
frameworks is kept once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lti_tool.kit.log import get_logger
from lti_tool.llm.ports import Encoding, Passage, TokenEmbedder

if TYPE_CHECKING:
    from lti_tool.llm.ports import Floats

log = get_logger(__name__)
LARGEST_FILE = 1_000_000_000
"""Bytes. The older half is forgotten when the file has grown past this."""
_AT_ONCE = 128


class VectorStore(Protocol):
    """Bytes by (model, key). Losing a record costs time, never a result."""

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        """What is kept of the asked keys."""
        ...

    def put(self, model: str, records: Mapping[str, bytes]) -> None: ...


class MemoryStore:
    """For tests and for machines without a writable folder."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], bytes] = {}

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        return {key: self._records[model, key] for key in keys if (model, key) in self._records}

    def put(self, model: str, records: Mapping[str, bytes]) -> None:
        self._records.update({(model, key): record for key, record in records.items()})


class FileStore:
    """One SQLite file, shared by threads and processes. A file that cannot be read or written is done without."""

    def __init__(self, file: Path, largest: int = LARGEST_FILE) -> None:
        self._file = file
        self._largest = largest

    def get(self, model: str, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}

        def read(connection: sqlite3.Connection) -> None:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, record FROM vector WHERE model = ? AND key IN ({marks})"  # noqa: S608 only marks
                found.update(connection.execute(query, (model, *some)))

        self._with_file(read)
        return found

    def put(self, model: str, records: Mapping[str, bytes]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            rows = [(model, key, record) for key, record in records.items()]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR IGNORE INTO vector (model, key, record) VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")
            if self._file.stat().st_size > self._largest:
                connection.execute(
                    "DELETE FROM vector WHERE rowid <= (SELECT (min(rowid) + max(rowid)) / 2 FROM vector)"
                )
                connection.execute("VACUUM")

        self._with_file(write)

    def _with_file(self, work: Callable[[sqlite3.Connection], None]) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = OFF")  # a record lost to a power cut is computed again
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS vector "
                    "(model TEXT NOT NULL, key TEXT NOT NULL, record BLOB NOT NULL, UNIQUE (model, key))"
                )
                work(connection)
        except sqlite3.OperationalError as trouble:  # locked for long, no space, no right to write
            log.warning("vectors.not_kept", trouble=type(trouble).__name__)
        except sqlite3.DatabaseError as trouble:  # not a database, or a damaged one: begin again
            log.warning("vectors.file_damaged", trouble=type(trouble).__name__)
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
        except OSError as trouble:
            log.warning("vectors.not_kept", trouble=type(trouble).__name__)


def default_store() -> VectorStore:
    """In `LTI_TOOL_CACHE_DIR`, else where the system keeps the caches of its user."""
    return FileStore(cache_dir() / "vectors.sqlite3")


def cache_dir() -> Path:
    given = os.environ.get("LTI_TOOL_CACHE_DIR")
    if given:
        return Path(given)
    home = Path("~").expanduser()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "lti-tool"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home)) / "lti-tool"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "lti-tool"


class CachedEmbedder:
    """A TokenEmbedder that asks another only for what the store does not hold."""

    def __init__(self, inner: TokenEmbedder, store: VectorStore) -> None:
        self._inner = inner
        self._store = store

    @property
    def model(self) -> str:
        return self._inner.model

    def embed(self, texts: Sequence[str]) -> Floats:
        import numpy as np

        keys = [_key("vector", text) for text in texts]
        missing = dict(zip(keys, texts, strict=True))

        def make(wanted: Sequence[str]) -> list[bytes]:
            return [vector.tobytes() for vector in self._inner.embed([missing[key] for key in wanted])]

        records = self._records(keys, make)
        return np.stack([np.frombuffer(records[key], np.float32) for key in keys]) if keys else self._inner.embed([])

    def encode(self, passages: Sequence[Passage]) -> list[Encoding]:
        keys = [_key("tokens.2", passage.head, passage.body) for passage in passages]
        missing = dict(zip(keys, passages, strict=True))

        def make(wanted: Sequence[str]) -> list[bytes]:
            return [_packed(encoding) for encoding in self._inner.encode([missing[key] for key in wanted])]

        records = self._records(keys, make)
        return [_unpacked(records[key]) for key in keys]

    def _records(self, keys: Sequence[str], make: Callable[[Sequence[str]], list[bytes]]) -> dict[str, bytes]:
        distinct = list(dict.fromkeys(keys))
        kept = self._store.get(self.model, distinct)
        wanted = [key for key in distinct if key not in kept]
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            made = dict(zip(some, make(some), strict=True))
            self._store.put(self.model, made)
            kept |= made
        return kept


def _key(kind: str, *texts: str) -> str:
    return hashlib.sha256("\x00".join((kind, *texts)).encode("utf-8", "surrogatepass")).hexdigest()


def _packed(encoding: Encoding) -> bytes:
    import numpy as np

    size = np.array([len(encoding.token_ids), len(encoding.whole)], np.int32)
    parts = (size, encoding.whole, encoding.body, encoding.token_ids, encoding.scales, encoding.tokens)
    return b"".join(part.tobytes() for part in parts)


def _unpacked(record: bytes) -> Encoding:
    import numpy as np

    count, dim = np.frombuffer(record, np.int32, 2).tolist()
    vectors = np.frombuffer(record, np.float32, 2 * dim, 8).reshape(2, dim)
    ids_at = 8 + 8 * dim
    token_ids = np.frombuffer(record, np.int32, count, ids_at)
    scales = np.frombuffer(record, np.float32, count, ids_at + 4 * count)
    tokens = np.frombuffer(record, np.int8, count * dim, ids_at + 8 * count).reshape(count, dim)
    return Encoding(vectors[0], vectors[1], token_ids, tokens, scales)
