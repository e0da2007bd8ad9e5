"""The real model file, on this machine."""

from pathlib import Path

import numpy as np
import pytest

from lti_tool.llm.local import LONGEST, MiniLm
from lti_tool.llm.ports import ModelFault, Passage
from tests.standins.embedders import mini_lm


def test_texts_that_mean_the_same_are_closer_than_texts_that_do_not() -> None:
    cite, source, cook = mini_lm().embed(
        ["Cites sources correctly", "References the literature properly", "Cooks pasta al dente"]
    )
    assert cite @ source > cite @ cook + 0.3


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours() -> None:
    texts = ["short", "a somewhat longer text about marking essays fairly " * 4, "another one", "x"]
    together = mini_lm().embed(texts)
    assert together.shape == (4, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([mini_lm().embed([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-4


def test_a_passage_shows_its_tokens_and_tells_its_body_from_its_head() -> None:
    with_head, without = mini_lm().encode([Passage("Protecting devices", "Safety: "), Passage("Protecting devices")])
    assert len(with_head.token_ids) == len(without.token_ids) + 2  # "safety" and ":"
    assert with_head.tokens.shape == (len(with_head.token_ids), 384)
    tokens = with_head.tokens * with_head.scales[:, None]
    assert np.allclose(np.linalg.norm(tokens, axis=1), 1, atol=0.02)
    assert with_head.body @ without.body > with_head.whole @ without.body
    assert np.allclose(without.whole, mini_lm().embed(["Protecting devices"])[0], atol=1e-5)


def test_long_empty_and_broken_texts_are_encoded_too() -> None:
    long, empty, broken = mini_lm().encode(
        [Passage("word " * 2000, "head " * 300), Passage(""), Passage("half a pair \ud800 and a \x00")]
    )
    assert len(long.token_ids) == LONGEST - 2
    assert np.linalg.norm(long.body) == pytest.approx(1, abs=1e-4)
    assert len(empty.token_ids) == 0
    assert np.isfinite(empty.whole).all()
    assert len(broken.token_ids) > 3
    assert mini_lm().embed([]).shape == (0, 384)


@pytest.mark.parametrize("present", [True, False])
def test_a_model_file_that_is_not_the_expected_one_is_refused(tmp_path: Path, present: bool) -> None:
    file = tmp_path / "model.onnx"
    if present:
        file.write_bytes(b"something else")
    with pytest.raises(ModelFault) as caught:
        MiniLm(model_file=file).embed(["a text"])
    assert caught.value.reason == "model_file_wrong"
    assert caught.value.next_step
