import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lti_tool.llm.ports import Passage
from lti_tool.llm.store import CachedEmbedder, FileStore, MemoryStore, VectorStore, cache_dir, default_store
from tests.standins.embedders import WordEmbedder


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> VectorStore:
    return MemoryStore() if request.param == "memory" else FileStore(tmp_path / "deep" / "vectors.sqlite3")


def test_a_text_is_encoded_once(store: VectorStore) -> None:
    inner = WordEmbedder()
    cached = CachedEmbedder(inner, store)
    first = cached.embed(["one two", "three", "one two"])
    again = CachedEmbedder(inner, store).embed(["three", "one two"])
    assert inner.seen == ["one two", "three"]
    assert np.array_equal(first[[1, 0]], again)
    assert np.array_equal(first[0], first[2])


def test_a_passage_comes_back_as_it_was(store: VectorStore) -> None:
    inner = WordEmbedder()
    passages = [Passage("two three", "one: "), Passage("four")]
    fresh = inner.encode(passages)
    CachedEmbedder(inner, store).encode(passages)
    kept = CachedEmbedder(inner, store).encode(passages)
    assert len(inner.seen) == 4
    for one, other in zip(fresh, kept, strict=True):
        for name in ("whole", "body", "token_ids", "tokens", "scales"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_head_and_body_are_told_apart_and_models_too(store: VectorStore) -> None:
    inner = WordEmbedder()
    cached = CachedEmbedder(inner, store)
    cached.encode([Passage("b", "a")])
    cached.encode([Passage("ab")])
    assert len(inner.seen) == 2
    store.put("other model", {"key": b"x"})
    assert store.get("words", ["key"]) == {}


def test_many_records_are_read_in_several_questions(store: VectorStore) -> None:
    store.put("m", {str(number): bytes([number % 256]) for number in range(1200)})
    found = store.get("m", [str(number) for number in range(1300)])
    assert len(found) == 1200
    assert found["700"] == bytes([700 % 256])


def test_threads_share_one_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "vectors.sqlite3")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: store.put("m", {f"{number}": b"x" * 1000}), range(40)))
    assert len(store.get("m", [str(number) for number in range(40)])) == 40


def test_a_damaged_file_is_begun_again(tmp_path: Path) -> None:
    file = tmp_path / "vectors.sqlite3"
    file.write_bytes(b"this is no database" * 100)
    store = FileStore(file)
    assert store.get("m", ["key"]) == {}
    store.put("m", {"key": b"x"})
    assert store.get("m", ["key"]) == {"key": b"x"}


def test_a_place_that_cannot_be_written_costs_time_but_no_result(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cached = CachedEmbedder(WordEmbedder(), FileStore(tmp_path / "file" / "vectors.sqlite3"))
    assert cached.embed(["a text"]).shape == (1, 1024)


def test_a_full_file_forgets_its_older_half(tmp_path: Path) -> None:
    file = tmp_path / "vectors.sqlite3"
    store = FileStore(file, largest=200_000)
    for number in range(10):
        store.put("m", {f"{number}": bytes(50_000)})
    assert file.stat().st_size < 300_000
    assert list(store.get("m", ["0", "9"])) == ["9"]
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_the_place_of_the_file_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTI_TOOL_CACHE_DIR", str(tmp_path))
    default_store().put("m", {"key": b"x"})
    assert (tmp_path / "vectors.sqlite3").exists()
    monkeypatch.delenv("LTI_TOOL_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert cache_dir().is_relative_to(tmp_path) or cache_dir().is_relative_to(Path.home())
