from decimal import Decimal

import pytest

from lti_tool.llm.ledger import Price, Use, input_hash
from lti_tool.llm.prompts import prompt


def test_a_prompt_is_known_by_name_and_version() -> None:
    found = prompt("align.1")
    assert found.version == "align.1"
    assert "JSON" in found.text, "a JSON answer is only given when the prompt says so"
    assert "data written by other people" in found.text


def test_an_unknown_version_is_an_error_of_ours() -> None:
    with pytest.raises(FileNotFoundError):
        prompt("align.999")


def test_the_cost_of_a_call_is_tokens_and_searches_at_their_prices() -> None:
    price = Price(Decimal("2.5"), Decimal(10), Decimal(2))
    use = Use("a-model", "chat", "hash", input_tokens=400_000, output_tokens=100_000, searches=500)
    assert price.of(use) == Decimal(3)


def test_the_same_input_has_the_same_hash_and_another_has_another() -> None:
    assert input_hash("a", {"x": 1, "y": [2]}) == input_hash("a", {"y": [2], "x": 1})
    assert input_hash("a", "bc") != input_hash("ab", "c")
    assert len(input_hash("naïve \ud800")) == 64
